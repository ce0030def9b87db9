"""Tiny random AudioLDM checkpoints in exactly the hub's layout, saved by diffusers and transformers.

Needs torch, diffusers and transformers: mark the tests that use it ``torch``.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from engine.networks.hub_config import HubConfig

SCALING_FACTOR = 0.9392935633659363  # of the published s-full-v2, which tests can tell from 1
CONDITION_WIDTH = 32
LATENT_CHANNELS = 8
N_MELS = 64
# Marks, in the order of RoBERTa; one entry for each byte comes between the fourth and the last.
MARKS_FIRST = ("<s>", "<pad>", "</s>", "<unk>")
MASK = "<mask>"
# Channels, heads (neither uniform nor a fixed width) and ResBlocks at each level.
UNETS: dict[int, tuple[tuple[int, ...], tuple[int, ...], int]] = {
    2: ((32, 64), (4, 2), 1),
    4: ((32, 64, 96, 160), (2, 4, 3, 5), 2),
}


def make_checkpoint(
    folder: Path,
    *,
    levels: int = 2,
    safetensors: bool = True,
    heads: int | tuple[int, ...] | None = None,
    normalize_before: bool = False,
    seed: int = 0,
) -> Path:
    """A whole checkpoint in ``folder``, which is made; gives ``folder`` back.

    levels: 2, or 4 as the published ones have. heads: what the UNet's ``attention_head_dim`` says; an
    8 is what the published ones say. safetensors: False for the older ``.bin`` files.
    """
    from diffusers import AudioLDMPipeline, DDIMScheduler

    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        parts = {
            "unet": make_unet(levels, heads),
            "vae": make_vae(),
            "text_encoder": make_text_encoder(),
            "vocoder": make_vocoder(normalize_before),
        }
        scheduler = DDIMScheduler(**SCHEDULER)
        pipeline = AudioLDMPipeline(**parts, tokenizer=make_tokenizer(folder), scheduler=scheduler)
        pipeline.save_pretrained(folder)
    # What current transformers leaves out and the hub's folders have.
    _write_vocabulary(folder / "tokenizer")
    if not safetensors:
        _as_bin(folder)
    return folder


SCHEDULER: dict[str, Any] = {
    "beta_start": 0.0015,
    "beta_end": 0.0195,
    "beta_schedule": "scaled_linear",
    "clip_sample": False,
    "set_alpha_to_one": False,
    "steps_offset": 1,
}


def make_unet(levels: int = 2, heads: int | tuple[int, ...] | None = None) -> Any:
    """A random UNet2DConditionModel with the first level free of attention, as published."""
    from diffusers import UNet2DConditionModel

    channels, own_heads, layers = UNETS[levels]
    attending = levels - 1
    return _randomised(
        UNet2DConditionModel(
            sample_size=32,
            in_channels=LATENT_CHANNELS,
            out_channels=LATENT_CHANNELS,
            down_block_types=("DownBlock2D",) + ("CrossAttnDownBlock2D",) * attending,
            up_block_types=("CrossAttnUpBlock2D",) * attending + ("UpBlock2D",),
            block_out_channels=channels,
            layers_per_block=layers,
            cross_attention_dim=channels,
            attention_head_dim=own_heads if heads is None else heads,
            class_embed_type="simple_projection",
            projection_class_embeddings_input_dim=CONDITION_WIDTH,
            class_embeddings_concat=True,
        )
    )


def make_vae() -> Any:
    """A random AutoencoderKL: 64 bands to 16, four mel frames to one."""
    from diffusers import AutoencoderKL

    return _randomised(
        AutoencoderKL(
            in_channels=1,
            out_channels=1,
            down_block_types=("DownEncoderBlock2D",) * 3,
            up_block_types=("UpDecoderBlock2D",) * 3,
            block_out_channels=(32, 32, 64),
            layers_per_block=1,
            latent_channels=LATENT_CHANNELS,
            sample_size=32,
            scaling_factor=SCALING_FACTOR,
        )
    )


def make_text_encoder() -> Any:
    """A random ClapTextModelWithProjection of two layers."""
    from transformers import ClapTextConfig, ClapTextModelWithProjection

    config = ClapTextConfig(
        vocab_size=len(MARKS_FIRST) + 257,
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=4,
        intermediate_size=64,
        max_position_embeddings=514,
        projection_dim=CONDITION_WIDTH,
    )
    return _randomised(ClapTextModelWithProjection(config))


def make_vocoder(normalize_before: bool = False) -> Any:
    """A random SpeechT5HifiGan of the real rates and 32 channels: 160 frames for each of a mel, and 32."""
    from transformers import SpeechT5HifiGan, SpeechT5HifiGanConfig

    config = SpeechT5HifiGanConfig(
        model_in_dim=N_MELS,
        sampling_rate=16000,
        upsample_initial_channel=32,
        upsample_rates=[5, 4, 2, 2, 2],
        upsample_kernel_sizes=[16, 16, 8, 4, 4],
        resblock_kernel_sizes=[3, 7, 11],
        resblock_dilation_sizes=[[1, 3, 5]] * 3,
        normalize_before=normalize_before,
    )
    vocoder = _randomised(SpeechT5HifiGan(config))
    with torch.no_grad():
        vocoder.mean.normal_()
        vocoder.scale.uniform_(0.5, 2.0)
    return vocoder


def hub_config(module: Any) -> HubConfig:
    """What the ``config.json`` of a network above says."""
    states = module if hasattr(module, "to_json_string") else module.config
    return HubConfig(json.loads(states.to_json_string()), type(module).__name__)


def make_tokenizer(folder: Path) -> Any:
    """A RoBERTa tokenizer of single bytes; its files are written into the folder on the way."""
    from transformers import RobertaTokenizerFast

    _write_vocabulary(folder / "tokenizer")
    names = [str(folder / "tokenizer" / name) for name in ("vocab.json", "merges.txt")]
    return RobertaTokenizerFast(*names, model_max_length=512)


def _randomised(module: nn.Module) -> nn.Module:
    """Every weight drawn so that signals keep their size and no scale is 1, no shift 0, no attention flat.

    Attention must not be so sharp either that the last bit of a float decides.
    """
    with torch.no_grad():
        for name, parameter in module.named_parameters():
            _draw(name, parameter)
    return module.eval()


def _draw(name: str, parameter: Tensor) -> None:
    if parameter.ndim > 1:
        # Of a transposed convolution the first axis is the input; it sees kernel / stride places, about 3.
        fan_in = parameter[0].numel() if "upsampler" not in name else 3 * parameter.shape[0]
        parameter.normal_(0.0, fan_in**-0.5)
    elif name.endswith("weight"):
        parameter.uniform_(0.7, 1.3)
    else:
        parameter.normal_(0.0, 0.1)


def _byte_characters() -> list[str]:
    """The visible characters that byte-level vocabularies write for the 256 bytes."""
    from tokenizers.pre_tokenizers import ByteLevel

    return sorted(ByteLevel.alphabet())


def _write_vocabulary(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    entries = [*MARKS_FIRST, *_byte_characters(), MASK]
    vocabulary = {entry: number for number, entry in enumerate(entries)}
    (folder / "vocab.json").write_text(json.dumps(vocabulary), encoding="utf-8")
    (folder / "merges.txt").write_text("#version: 0.2\n", encoding="utf-8")
    start, pad, end, unknown = MARKS_FIRST
    marks = {"bos_token": start, "cls_token": start, "pad_token": pad, "eos_token": end, "sep_token": end}
    marks |= {"unk_token": unknown, "mask_token": MASK}
    (folder / "special_tokens_map.json").write_text(json.dumps(marks), encoding="utf-8")


def _as_bin(folder: Path) -> None:
    """The weights as ``torch.save`` writes them, in place of the safetensors files."""
    from safetensors.torch import load_file

    for file in folder.glob("*/*.safetensors"):
        stem = "pytorch_model" if file.stem == "model" else file.stem
        torch.save(load_file(file), file.with_name(f"{stem}.bin"))
        file.unlink()
