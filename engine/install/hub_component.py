"""One part of a checkpoint in the hub's layout: a folder with a ``config.json`` and a file of weights."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from engine.errors import EngineError, ErrorCode
from engine.install.tokenizer_files import read_json
from engine.networks.hub_config import HubConfig

CONFIG = "config.json"
# Names of files of weights, as diffusers and as transformers begin them.
DIFFUSERS_STEMS = ("diffusion_pytorch_model",)
TRANSFORMERS_STEMS = ("model", "pytorch_model")
# What a repository has beside, or instead of, its full precision; all are the same weights.
VARIANTS = ("", "fp16", "bf16")


def component_config(folder: Path) -> HubConfig:
    """What the part says of its sizes. Raises EngineError(BAD_BUNDLE)."""
    return HubConfig(read_json(folder / CONFIG), str(folder / CONFIG))


def weights_file(folder: Path, stems: Sequence[str]) -> Path:
    """The part's weights: safetensors before PyTorch's own, one file before several, full precision first."""
    for ending in ("safetensors", "bin"):
        for variant in VARIANTS:
            for stem in stems:
                for name in file_names(stem, ending, variant):
                    if (folder / name).is_file():
                        return folder / name
    raise EngineError(
        ErrorCode.BAD_BUNDLE,
        f"The checkpoint is not complete: there are no weights ({stems[0]}.safetensors) in {folder}.",
    )


def file_names(stem: str, ending: str, variant: str) -> tuple[str, ...]:
    """What one file of weights, or the index of several, may be called."""
    if not variant:
        return f"{stem}.{ending}", f"{stem}.{ending}.index.json"
    # Of shards the libraries have put the variant at either end.
    indices = f"{stem}.{ending}.index.{variant}.json", f"{stem}.{variant}.{ending}.index.json"
    return f"{stem}.{variant}.{ending}", *indices
