"""CLAP's text half: RoBERTa, its pooled first token, and the projection into the space shared with sound."""

from __future__ import annotations

import numpy as np

from engine.networks.architecture import ClapTextConfig
from engine.networks.operations import AttentionNames, Operations, V

EMBEDDINGS = "text_model.embeddings"


def text_encoder(ops: Operations[V], config: ClapTextConfig, input_ids: V, attention_mask: V) -> V:
    """Ids of tokens and their mask, (batch, tokens) -> (batch, projection_dim), not normalised."""
    bias = ops.mask_bias(attention_mask)
    x = _embeddings(ops, config, input_ids)
    for number in range(config.num_hidden_layers):
        x = _layer(ops, config, f"text_model.encoder.layer.{number}", x, bias)
    pooled = ops.tanh(ops.linear("text_model.pooler.dense", ops.first_token(x)))
    return projection(ops, "text_projection", pooled)


def projection(ops: Operations[V], name: str, pooled: V) -> V:
    """From a tower's own width to the shared space; both towers have one."""
    return ops.linear(f"{name}.linear2", ops.relu(ops.linear(f"{name}.linear1", pooled)))


def _embeddings(ops: Operations[V], config: ClapTextConfig, input_ids: V) -> V:
    """Words, their places, and the one kind of segment there is."""
    words = ops.embed(f"{EMBEDDINGS}.word_embeddings", input_ids)
    positions = ops.positions(input_ids, pad_id=config.pad_token_id)
    places = ops.embed(f"{EMBEDDINGS}.position_embeddings", positions)
    segment = ops.rows(f"{EMBEDDINGS}.token_type_embeddings.weight", np.zeros(1, np.int64))
    x = ops.add(ops.add(words, places), segment)
    return ops.layer_norm(f"{EMBEDDINGS}.LayerNorm", x, eps=config.layer_norm_eps)


def _layer(ops: Operations[V], config: ClapTextConfig, name: str, x: V, bias: V) -> V:
    """One transformer layer, normalised after each of its halves."""
    attended = ops.self_attention(
        attention_names(f"{name}.attention"), x, heads=config.num_attention_heads, bias=bias
    )
    x = ops.layer_norm(f"{name}.attention.output.LayerNorm", ops.add(attended, x), eps=config.layer_norm_eps)
    wide = ops.gelu(ops.linear(f"{name}.intermediate.dense", x))
    out = ops.linear(f"{name}.output.dense", wide)
    return ops.layer_norm(f"{name}.output.LayerNorm", ops.add(out, x), eps=config.layer_norm_eps)


def attention_names(name: str) -> AttentionNames:
    """The projections of a BERT-like attention; both towers name them alike."""
    return AttentionNames(
        f"{name}.self.query", f"{name}.self.key", f"{name}.self.value", f"{name}.output.dense"
    )
