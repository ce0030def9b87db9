"""What the original AudioLDM code calls the weights that the hub's files have.

The hub's names are the ones the networks use, so each function here goes from such a name to the original
one. The originals count every block of a UNet in one row, name a ResBlock's layers by their place in a
``Sequential``, and count the VAE's decoder levels from the inside (AudioLDM's own modules
``openaimodel``, ``variational_autoencoder`` and ``clap.open_clip``).
"""

from __future__ import annotations

import re

from engine.networks.architecture import UnetConfig, VaeConfig

UNET_ENDS = {
    "conv_in": "input_blocks.0.0",
    "time_embedding.linear_1": "time_embed.0",
    "time_embedding.linear_2": "time_embed.2",
    "class_embedding": "film_emb",
    "conv_norm_out": "out.0",
    "conv_out": "out.2",
}
UNET_RESBLOCK = {
    "norm1": "in_layers.0",
    "conv1": "in_layers.2",
    "time_emb_proj": "emb_layers.1",
    "norm2": "out_layers.0",
    "conv2": "out_layers.3",
    "conv_shortcut": "skip_connection",
}
VAE_ATTENTION = {"group_norm": "norm", "to_q": "q", "to_k": "k", "to_v": "v", "to_out.0": "proj_out"}
SWIN_BLOCK = {
    "layernorm_before": "norm1",
    "layernorm_after": "norm2",
    "attention.self.relative_position_bias_table": "attn.relative_position_bias_table",
    "attention.output.dense": "attn.proj",
    "intermediate.dense": "mlp.fc1",
    "output.dense": "mlp.fc2",
}
PROJECTION = {"linear1": "0", "linear2": "2"}
# The thirds of the original's one layer for all three projections.
THIRDS = ("query", "key", "value")
# An original name, and which third of that weight where it is not all of it.
Place = tuple[str, int | None]


def unet_name(name: str, config: UnetConfig) -> str:
    """In ``model.diffusion_model``."""
    if name.startswith(("down_blocks", "mid_block", "up_blocks")):
        return _unet_block(name, config)
    layer, _, kind = name.rpartition(".")
    return f"{UNET_ENDS[layer]}.{kind}"


def _unet_block(name: str, config: UnetConfig) -> str:
    side, part, rest = re.fullmatch(r"(\w+?)_blocks?(?:\.(\d+))?\.(.*)", name).groups()  # type: ignore[union-attr]
    kind, number, leaf = rest.split(".", 2)
    if side == "mid":
        return f"middle_block.{1 if kind == 'attentions' else 2 * int(number)}.{_unet_leaf(kind, leaf)}"
    level, each = int(part), config.layers_per_block + 1
    if side == "down":
        # The first block of all is conv_in; each level ends in what halves its size.
        block = level * each + (each if kind == "downsamplers" else int(number) + 1)
        return f"input_blocks.{block}.{1 if kind == 'attentions' else 0}.{_unet_leaf(kind, leaf)}"
    block = level * each + (each - 1 if kind == "upsamplers" else int(number))
    attends = config.attention_levels[len(config.block_out_channels) - 1 - level]
    place = {"resnets": 0, "attentions": 1, "upsamplers": 2 if attends else 1}[kind]
    return f"output_blocks.{block}.{place}.{_unet_leaf(kind, leaf)}"


def _unet_leaf(kind: str, leaf: str) -> str:
    """A layer's name inside its block: transformers are called the same, resamplers by what they do."""
    if kind == "resnets":
        return _replaced(leaf, UNET_RESBLOCK)
    return leaf.replace("conv.", "op.") if kind == "downsamplers" else leaf


def vae_name(name: str, config: VaeConfig) -> str:
    """In ``first_stage_model``."""
    name = re.sub(r"mid_block\.resnets\.(\d+)", lambda found: f"mid.block_{int(found[1]) + 1}", name)
    name = re.sub(r"mid_block\.attentions\.0\.(.*)", _vae_attention, name)
    last = len(config.block_out_channels) - 1
    name = re.sub(r"down_blocks\.(\d+)", r"down.\1", name)
    name = re.sub(r"up_blocks\.(\d+)", lambda found: f"up.{last - int(found[1])}", name)
    for hub, original in (
        (".resnets.", ".block."),
        (".downsamplers.0.", ".downsample."),
        (".upsamplers.0.", ".upsample."),
        (".conv_norm_out.", ".norm_out."),
        (".conv_shortcut.", ".nin_shortcut."),
    ):
        name = name.replace(hub, original)
    return name


def _vae_attention(found: re.Match[str]) -> str:
    return f"mid.attn_1.{_replaced(found[1], VAE_ATTENTION)}"


def hub_vocoder_name(name: str) -> str:
    """Of a weight in ``first_stage_model.vocoder``: the other way round, as here only one thing differs."""
    return re.sub(r"^ups\.", "upsampler.", name)


def text_name(name: str) -> str:
    """In ``cond_stage_model.model``."""
    if name.startswith("text_projection."):
        return re.sub(r"linear\d", lambda found: PROJECTION[found[0]], name)
    return re.sub(r"^text_model\.", "text_branch.", name)


def audio_name(name: str) -> Place:
    """In ``cond_stage_model.model``; and for a query, key or value, which third of that weight it is."""
    if name.startswith("audio_projection."):
        return re.sub(r"linear\d", lambda found: PROJECTION[found[0]], name), None
    name = re.sub(r"^audio_model\.audio_encoder\.", "audio_branch.", name)
    name = name.replace("audio_branch.batch_norm.", "audio_branch.bn0.")
    third = re.search(r"\.attention\.self\.(query|key|value)\.", name)
    if third:
        return name.replace(third[0], ".attn.qkv."), THIRDS.index(third[1])
    return re.sub(r"(\.blocks\.\d+\.)(.*)", _swin_block, name), None


def _swin_block(found: re.Match[str]) -> str:
    return found[1] + _replaced(found[2], SWIN_BLOCK)


def _replaced(leaf: str, table: dict[str, str]) -> str:
    """``leaf`` with its beginning as the table has it; what the table does not have stays."""
    for hub, original in table.items():
        if leaf == hub or leaf.startswith(f"{hub}."):
            return original + leaf.removeprefix(hub)
    return leaf
