"""A checkpoint's tokenizer, as one ``tokenizer.json`` whatever files it comes in."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import tokenizers
from tokenizers import AddedToken, decoders, models, pre_tokenizers, processors

from engine.errors import EngineError, ErrorCode
from engine.networks.architecture import ClapTextConfig

TOKENIZER = "tokenizer.json"
VOCABULARY = ("vocab.json", "merges.txt")
SETTINGS = "tokenizer_config.json"
# RoBERTa's, which CLAP uses: 1.4 MB in one file.
MAX_BYTES = 2**26
MAX_JSON_BYTES = 2**22
START, PAD, END, UNKNOWN, MASK = "<s>", "<pad>", "</s>", "<unk>", "<mask>"


def read_json(path: Path, limit: int = MAX_JSON_BYTES) -> object:
    """What the JSON file ``path`` holds. Raises EngineError(BAD_BUNDLE, TOO_MUCH)."""
    try:
        return json.loads(read_text(path, limit))
    except (ValueError, RecursionError) as error:
        raise EngineError(ErrorCode.BAD_BUNDLE, f"{path} is damaged: it is not JSON ({error}).") from error


def read_text(path: Path, limit: int = MAX_BYTES) -> str:
    """What the file ``path`` holds. Raises EngineError(BAD_BUNDLE, TOO_MUCH)."""
    try:
        with path.open("rb") as file:
            content = file.read(limit + 1)
        if len(content) > limit:
            raise EngineError(ErrorCode.TOO_MUCH, f"{path} is larger than {limit} bytes.")
        return content.decode()
    except FileNotFoundError as error:
        raise EngineError(
            ErrorCode.BAD_BUNDLE, f"The checkpoint is not complete: {path} is missing."
        ) from error
    except OSError as error:
        raise EngineError(ErrorCode.BAD_BUNDLE, f"{path} can't be read: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise EngineError(ErrorCode.BAD_BUNDLE, f"{path} is damaged: it is not text.") from error


def has_tokenizer(folder: Path) -> bool:
    """Whether ``folder`` holds what ``read_tokenizer`` reads."""
    return (folder / TOKENIZER).is_file() or all((folder / name).is_file() for name in VOCABULARY)


def read_tokenizer(path: Path, text: ClapTextConfig) -> tuple[str, int]:
    """What a ``tokenizer.json`` for ``text`` holds, and its longest prompt in tokens.

    path: such a file, or a folder with one or with a ``vocab.json`` and a ``merges.txt``. Raises
    EngineError(BAD_BUNDLE) also where it gives tokens that the text encoder has not.
    """
    file = path / TOKENIZER if path.is_dir() else path
    folder = file.parent
    content = read_text(file) if file.is_file() else _composed(folder).to_str()
    _check(content, folder, text)
    longest = _settings(folder).get("model_max_length")
    # "No limit" is written as 10**30.
    if isinstance(longest, int) and 3 <= longest <= text.max_tokens:
        return content, longest
    return content, text.max_tokens


def _settings(folder: Path) -> dict[str, Any]:
    path = folder / SETTINGS
    values = read_json(path) if path.is_file() else {}
    return values if isinstance(values, dict) else {}


def _composed(folder: Path) -> tokenizers.Tokenizer:
    """RoBERTa's tokenizer: byte-level pairs, between a mark of start and one of end."""
    if not has_tokenizer(folder):
        raise EngineError(
            ErrorCode.BAD_BUNDLE,
            f"There is no tokenizer in {folder}: neither {TOKENIZER} nor {' and '.join(VOCABULARY)}.",
        )
    vocabulary = _vocabulary(folder / VOCABULARY[0])
    merges = _merges(folder / VOCABULARY[1])
    spaced = _settings(folder).get("add_prefix_space") is True
    try:
        tokenizer = tokenizers.Tokenizer(models.BPE(vocab=vocabulary, merges=merges))
    except Exception as error:
        raise _unusable(folder, error) from error
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=spaced)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens([START, PAD, END, UNKNOWN, AddedToken(MASK, lstrip=True, special=True)])
    # By position: the name of the second one changed from one version of the library to the next.
    tokenizer.post_processor = processors.RobertaProcessing(
        (END, vocabulary[END]),
        (START, vocabulary[START]),
        trim_offsets=True,
        add_prefix_space=spaced,
    )
    return tokenizer


def _vocabulary(path: Path) -> dict[str, int]:
    values = read_json(path, MAX_BYTES)
    if not isinstance(values, dict) or not all(type(number) is int for number in values.values()):
        raise EngineError(ErrorCode.BAD_BUNDLE, f"{path} must give each token a number.")
    absent = [mark for mark in (START, PAD, END, UNKNOWN) if mark not in values]
    if absent or not all(0 <= number < 2**31 for number in values.values()):
        raise EngineError(ErrorCode.BAD_BUNDLE, f"{path} is no vocabulary of RoBERTa: {absent or 'numbers'}.")
    return values


def _merges(path: Path) -> list[tuple[str, str]]:
    """Pairs of tokens, one a line, after a line with the version."""
    lines = read_text(path).splitlines()
    pairs = [line.split(" ") for line in lines if line and not line.startswith("#version")]
    if any(len(pair) != 2 for pair in pairs):
        raise EngineError(ErrorCode.BAD_BUNDLE, f"{path} is damaged: each line must be two tokens.")
    return [(first, second) for first, second in pairs]


def _check(content: str, folder: Path, text: ClapTextConfig) -> None:
    try:
        tokenizer = tokenizers.Tokenizer.from_str(content)
    except Exception as error:
        raise _unusable(folder, error) from error
    highest = max(tokenizer.get_vocab(with_added_tokens=True).values(), default=-1)
    if highest < 0 or highest >= text.vocab_size:
        raise EngineError(
            ErrorCode.BAD_BUNDLE,
            f"The tokenizer in {folder} counts to {highest}, the text encoder has {text.vocab_size} tokens; "
            "they do not belong together.",
        )
    if tokenizer.token_to_id(PAD) != text.pad_token_id:
        raise EngineError(
            ErrorCode.BAD_BUNDLE,
            f"The tokenizer in {folder} pads with {tokenizer.token_to_id(PAD)}, the text encoder with "
            f"{text.pad_token_id}; they do not belong together.",
        )


def _unusable(folder: Path, error: Exception) -> EngineError:
    """The library raises Exception itself; anything narrower is not about the file."""
    if type(error) is not Exception:
        raise error
    return EngineError(ErrorCode.BAD_BUNDLE, f"The tokenizer in {folder} can't be used: {error}.")
