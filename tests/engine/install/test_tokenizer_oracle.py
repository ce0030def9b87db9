"""Prompts become the ids that transformers makes of them, from whichever files a checkpoint has."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

pytest.importorskip("torch")  # what transformers and the checkpoints' readers stand on
transformers = pytest.importorskip("transformers")
pytestmark = pytest.mark.torch

import tokenizers  # noqa: E402  # behind the skips: without torch nothing below is there

from engine.install.tokenizer_files import read_tokenizer  # noqa: E402
from engine.models.manifest import TextParameters  # noqa: E402
from engine.models.tokenizer import PromptTokenizer  # noqa: E402
from engine.networks.architecture import ClapTextConfig  # noqa: E402

MAX_TOKENS = 24
PAD_ID = 1
PROSE = [
    "boots on wet gravel, distant thunder and heavy rain on a tin roof; a dog barks twice",
    "the naïve café's door isn't closed: 1999 guests, 12 plates & 3 glasses are breaking",
    "Straße, señor, Ωμέγα, привет, 雨の音, 🎧🔊",
]
MARKS = ["<s>", "<pad>", "</s>", "<unk>"]
# What tokenizers trip over: marks in the text, white space of all kinds, digits, contractions, long runs.
AWKWARD = [
    "",
    " ",
    "   ",
    "\t\n",
    " leading",
    "trailing ",
    "two  spaces",
    "don't we'll I'm he'd they've you're it's",
    "DON'T",
    "a<mask>b",
    "a <mask> b",
    "<s>rain</s>",
    "rain <pad> wind",
    "x" * 500,
    "rain " * 200,
    "1234567890",
    "\u00a0no-break\u00a0space",
    "\u2028line\u2029separators\u0085",
    "e\u0301 against \u00e9",
    "\ufeffmark",
    "zero\u200bwidth\u200djoiner",
    "👩‍👩‍👧‍👦",
    "\x00\x01\x7f",
    "שלום עליכם",
    "a" + "\u0301" * 40,
]
PROMPTS = st.one_of(
    st.text(max_size=60),  # surrogates are none: hypothesis leaves them out
    st.text(alphabet=" \t\n\u00a0ab'<>/spdmk", max_size=60),
    st.lists(st.sampled_from([*MARKS, "<mask>", " ", "rain", "'s", "é"]), max_size=12).map("".join),
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """RoBERTa's files with a small vocabulary, learned from PROSE; no tokenizer.json."""
    folder = tmp_path_factory.mktemp("tokenizer")
    learned = tokenizers.ByteLevelBPETokenizer()
    learned.train_from_iterator(PROSE * 5, vocab_size=420, min_frequency=2, special_tokens=MARKS)
    learned.save_model(str(folder))
    vocabulary = json.loads((folder / "vocab.json").read_text(encoding="utf-8"))
    vocabulary["<mask>"] = len(vocabulary)
    (folder / "vocab.json").write_text(json.dumps(vocabulary), encoding="utf-8")
    (folder / "tokenizer_config.json").write_text(json.dumps({"model_max_length": MAX_TOKENS}))
    mask = {"content": "<mask>", "lstrip": True, "normalized": False, "rstrip": False, "single_word": False}
    names = ("bos_token", "pad_token", "eos_token", "unk_token")
    special = dict(zip(names, MARKS, strict=True)) | {"cls_token": "<s>", "sep_token": "</s>"}
    (folder / "special_tokens_map.json").write_text(json.dumps(special | {"mask_token": mask}))
    return folder


@pytest.fixture(scope="module")
def published(folder: Path) -> Any:
    """transformers' own tokenizer of that folder."""
    return transformers.RobertaTokenizer.from_pretrained(folder)


@pytest.fixture(scope="module", params=["vocabulary", "json"])
def own(
    request: pytest.FixtureRequest, folder: Path, published: Any, tmp_path_factory: pytest.TempPathFactory
) -> PromptTokenizer:
    """The engine's, from vocab.json and merges.txt, or from the tokenizer.json that transformers writes."""
    source = folder
    if request.param == "json":
        source = tmp_path_factory.mktemp("saved")
        published.save_pretrained(source)
        assert (source / "tokenizer.json").is_file()
    vocab_size = len(json.loads((folder / "vocab.json").read_text(encoding="utf-8")))
    content, longest = read_tokenizer(source, text_config(vocab_size))
    assert MAX_TOKENS == longest
    target = tmp_path_factory.mktemp("bundle") / "tokenizer.json"
    target.write_text(content, encoding="utf-8")
    return PromptTokenizer(target, TextParameters(max_tokens=longest, pad_id=PAD_ID))


def text_config(vocab_size: int) -> ClapTextConfig:
    """Of a text encoder that has these tokens."""
    return ClapTextConfig(
        vocab_size=vocab_size,
        hidden_size=8,
        num_hidden_layers=1,
        num_attention_heads=1,
        intermediate_size=8,
        max_position_embeddings=514,
        pad_token_id=PAD_ID,
        layer_norm_eps=1e-12,
        projection_dim=8,
    )


def assert_alike(own: PromptTokenizer, published: Any, prompts: list[str]) -> None:
    """Ids and masks of a batch."""
    expected = published(prompts, padding="longest", truncation=True, return_tensors="np")
    ids, mask = own(prompts)
    assert expected["input_ids"].tolist() == ids.tolist()
    assert expected["attention_mask"].tolist() == mask.tolist()


@pytest.mark.parametrize("prompt", [*PROSE, *AWKWARD])
def test_ids_of_awkward_prompts(prompt: str, own: PromptTokenizer, published: Any) -> None:
    """Each by itself, cut where the published one cuts."""
    assert_alike(own, published, [prompt])


@given(prompts=st.lists(PROMPTS, min_size=1, max_size=4))
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_ids_of_any_prompts(prompts: list[str], own: PromptTokenizer, published: Any) -> None:
    """Batched: padded to the longest of them, and cut."""
    assert_alike(own, published, prompts)


def test_a_batch_is_no_longer_than_its_longest(own: PromptTokenizer, published: Any) -> None:
    """The published pipeline pads to 512 tokens, which changes nothing and costs thirty times as much."""
    ids, mask = own(["rain", "rain on a tin roof"])
    single = published("rain on a tin roof")["input_ids"]
    assert (2, len(single)) == ids.shape
    assert np.array_equal(ids == PAD_ID, mask == 0)
