"""Prompts to token ids, with the bundle's own ``tokenizer.json``."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import tokenizers
from numpy.typing import NDArray

from engine.errors import EngineError, ErrorCode
from engine.models.manifest import TextParameters

Int64 = NDArray[np.int64]


class PromptTokenizer:
    """Cuts prompts to the model's longest and pads a batch to its own longest, nothing to a fixed length.

    What ``tokenizer.json`` says about cutting and padding is a habit of whoever saved it, and is replaced.
    """

    def __init__(self, path: Path, text: TextParameters) -> None:
        self._tokenizer = _read(path)
        self._tokenizer.enable_truncation(text.max_tokens)
        self._tokenizer.enable_padding(pad_id=text.pad_id)

    def __call__(self, prompts: list[str]) -> tuple[Int64, Int64]:
        """input_ids and attention_mask, each (batch, tokens)."""
        encodings = self._tokenizer.encode_batch([_encodable(prompt) for prompt in prompts])
        input_ids = np.array([encoding.ids for encoding in encodings], np.int64)
        attention_mask = np.array([encoding.attention_mask for encoding in encodings], np.int64)
        return input_ids, attention_mask


def _encodable(prompt: str) -> str:
    """The prompt with halves of characters, which no tokenizer takes, replaced."""
    return prompt.encode("utf-8", "replace").decode("utf-8")


def _read(path: Path) -> tokenizers.Tokenizer:
    try:
        return tokenizers.Tokenizer.from_file(str(path))
    except Exception as error:
        # The library raises Exception itself; anything narrower is not about the file.
        if type(error) is not Exception:
            raise
        raise EngineError(
            ErrorCode.BAD_BUNDLE,
            f"The model in {path.parent} can't be used: {path.name} is no tokenizer ({error}).",
        ) from error
