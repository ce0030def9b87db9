"""``architecture.json``: what is written is read, and nothing else is."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from engine.errors import EngineError, ErrorCode
from engine.networks.architecture import (
    ClapAudioConfig,
    ClapTextConfig,
    UnetConfig,
    VaeConfig,
    VocoderConfig,
)
from engine.networks.architecture_file import (
    MAX_BYTES,
    Architecture,
    read_architecture,
    write_architecture,
)

PUBLISHED = Architecture(
    text_encoder=ClapTextConfig(50265, 768, 12, 12, 3072, 514, 1, 1e-12, 512),
    audio_encoder=ClapAudioConfig(96, (2, 2, 6, 2), (4, 8, 16, 32), 8, 4, 4, 256, 64, 768, 4.0, 1e-5, 512),
    unet=UnetConfig(8, 8, (128, 256, 384, 640), (False, True, True, True), 2, (8,) * 4, 32, 512),
    vae=VaeConfig(1, 1, 8, (128, 256, 512), 2, 32, 0.9227914214134216),
    vocoder=VocoderConfig(
        64, 16000, 1024, (5, 4, 2, 2, 2), (16, 16, 8, 4, 4), (3, 7, 11), ((1, 3, 5),) * 3, 0.1, False
    ),
)


def written(path: Path, architecture: Architecture = PUBLISHED) -> dict[str, Any]:
    """What the file holds."""
    write_architecture(path, architecture)
    content: dict[str, Any] = json.loads(path.read_text())
    return content


def complaint(path: Path, content: object) -> str:
    """The sentence with which a file is refused."""
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    with pytest.raises(EngineError) as caught:
        read_architecture(path)
    assert ErrorCode.BAD_BUNDLE == caught.value.code
    return caught.value.sentence


def test_what_is_written_is_read(tmp_path: Path) -> None:
    """Every number, tuples as tuples."""
    write_architecture(tmp_path / "a.json", PUBLISHED)
    assert PUBLISHED == read_architecture(tmp_path / "a.json")


def test_no_audio_encoder_is_null(tmp_path: Path) -> None:
    """Most checkpoints have none."""
    architecture = Architecture(
        PUBLISHED.text_encoder, None, PUBLISHED.unet, PUBLISHED.vae, PUBLISHED.vocoder
    )
    assert written(tmp_path / "a.json", architecture)["audio_encoder"] is None
    assert architecture == read_architecture(tmp_path / "a.json")


@pytest.mark.parametrize("wrong", ["8", 8.0, True, None, [8], {}])
def test_a_number_of_another_kind_is_refused(tmp_path: Path, wrong: object) -> None:
    """By the name of its key."""
    content = written(tmp_path / "a.json")
    content["unet"]["in_channels"] = wrong
    assert "unet.in_channels must be of the kind int" in complaint(tmp_path / "a.json", content)


def test_a_whole_number_will_do_for_a_float(tmp_path: Path) -> None:
    """JSON has only one kind, and some writers drop the .0."""
    content = written(tmp_path / "a.json")
    content["audio_encoder"]["mlp_ratio"] = 4
    (tmp_path / "a.json").write_text(json.dumps(content))
    assert PUBLISHED == read_architecture(tmp_path / "a.json")


@pytest.mark.parametrize("wrong", ["NaN", "Infinity", "1e400", "true", '"1"'])
def test_a_float_is_finite(tmp_path: Path, wrong: str) -> None:
    """JSON readers let more pass than JSON has."""
    content = json.dumps(written(tmp_path / "a.json")).replace("0.9227914214134216", wrong)
    assert "vae.scaling_factor must be of the kind float" in complaint(tmp_path / "a.json", content)


def test_keys_are_exactly_those(tmp_path: Path) -> None:
    """A missing one and an unknown one."""
    content = written(tmp_path / "a.json")
    content["vae"]["depth"] = 3
    assert "vae must have the keys" in complaint(tmp_path / "a.json", content)
    del content["vae"]["depth"], content["vae"]["latent_channels"]
    assert "vae must have the keys" in complaint(tmp_path / "a.json", content)


@pytest.mark.parametrize("content", ["", "{", "[]", "3", "[" * 100_000, "{}", " " * (MAX_BYTES + 1)])
def test_damage_is_refused(tmp_path: Path, content: str) -> None:
    """With one sentence, whatever it is."""
    assert "is damaged" in complaint(tmp_path / "a.json", content)


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    """The same way."""
    with pytest.raises(EngineError, match="can't be read"):
        read_architecture(tmp_path / "a.json")


def test_a_list_must_be_one(tmp_path: Path) -> None:
    """Where sizes at each level are due."""
    content = written(tmp_path / "a.json")
    content["unet"]["heads"] = 8
    assert "unet.heads must be a list" in complaint(tmp_path / "a.json", content)
