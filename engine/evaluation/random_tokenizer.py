"""A byte-level tokenizer of any size with made-up merges, saved with the files that RoBERTa's has.

Words come out in pieces of up to four letters, as they do with the published vocabulary.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from string import ascii_lowercase

import tokenizers
from tokenizers import Tokenizer

# In the order of their ids; the mask is last in the vocabulary.
MARKS = ("<s>", "<pad>", "</s>", "<unk>")
MASK = "<mask>"
SPACE = "Ġ"  # how a byte-level vocabulary writes a space
LONGEST_PROMPT = 512
SMALLEST = len(MARKS) + 256 + 1


def made_up_merges() -> Iterator[tuple[str, str]]:
    """Pairs of letters, then pairs and a letter, then those and one more: about half a million."""
    pieces = [SPACE, *ascii_lowercase]
    for _ in range(3):
        pairs = [(piece, letter) for piece in pieces for letter in ascii_lowercase]
        yield from pairs
        pieces = ["".join(pair) for pair in pairs]


def write_tokenizer(folder: Path, vocab_size: int) -> None:
    """The five files of a hub tokenizer, with exactly the ids 0 to ``vocab_size`` - 1 (at least 261)."""
    folder.mkdir(parents=True, exist_ok=True)
    merges = list(islice(made_up_merges(), vocab_size - SMALLEST))
    letters = sorted(tokenizers.pre_tokenizers.ByteLevel.alphabet())
    names = [*MARKS, *letters, *("".join(pair) for pair in merges), MASK]
    vocabulary = {name: index for index, name in enumerate(names)}
    _build(vocabulary, merges).save(str(folder / "tokenizer.json"))
    _write_json(folder / "vocab.json", vocabulary)
    rows = ["#version: 0.2", *(" ".join(pair) for pair in merges)]
    (folder / "merges.txt").write_text("\n".join(rows) + "\n", encoding="utf-8")
    marks = _special_tokens()
    _write_json(folder / "special_tokens_map.json", marks)
    habits = {
        "add_prefix_space": False,
        "errors": "replace",
        "model_max_length": LONGEST_PROMPT,
        "tokenizer_class": "RobertaTokenizer",
        "trim_offsets": True,
    }
    _write_json(folder / "tokenizer_config.json", {**marks, **habits})


def _build(vocabulary: dict[str, int], merges: list[tuple[str, str]]) -> Tokenizer:
    tokenizer = Tokenizer(tokenizers.models.BPE(vocabulary, merges))
    tokenizer.add_special_tokens([*MARKS, tokenizers.AddedToken(MASK, lstrip=True)])
    tokenizer.pre_tokenizer = tokenizers.pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = tokenizers.decoders.ByteLevel()
    tokenizer.post_processor = tokenizers.processors.RobertaProcessing(
        ("</s>", MARKS.index("</s>")), ("<s>", MARKS.index("<s>")), add_prefix_space=False
    )
    return tokenizer


def _special_tokens() -> dict[str, str]:
    names = {"bos": "<s>", "cls": "<s>", "eos": "</s>", "sep": "</s>", "pad": "<pad>", "unk": "<unk>"}
    return {f"{name}_token": token for name, token in {**names, "mask": MASK}.items()}


def _write_json(path: Path, value: object) -> None:
    path.write_text(json.dumps(value, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
