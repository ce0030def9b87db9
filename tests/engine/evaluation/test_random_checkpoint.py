"""Random checkpoints have the hub's sizes and layout, and numbers that no network minds."""

from __future__ import annotations

import json
import struct
from pathlib import Path

import numpy as np
import pytest

from engine.evaluation.checkpoint_configs import CHANNELS, Size, published_configs, tiny_configs, unet_config
from engine.evaluation.random_checkpoint import (
    TENSORS,
    WEIGHTS,
    count_parameters,
    write_random_checkpoint,
    write_safetensors,
)
from engine.evaluation.random_tokenizer import SMALLEST, write_tokenizer

# Millions of parameters, and what s-full-v2's .bin files have.
UNET_MILLIONS = {Size.S: 185.04, Size.M: 415.95, Size.L: 739.14}
OTHER_MILLIONS = {"vae": 55.38, "vocoder": 55.26, "text_encoder": 125.30}
PUBLISHED_BYTES = {
    "unet": 740_429_981,
    "vae": 221_586_505,
    "vocoder": 221_120_349,
    "text_encoder": 501_284_353,
}


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny one."""
    return write_random_checkpoint(tmp_path_factory.mktemp("hub") / "tiny", tiny_configs(Size.S))


@pytest.mark.parametrize("size", Size)
def test_the_denoisers_have_the_published_numbers_of_parameters(size: Size) -> None:
    """185, 416 and 739 million."""
    millions = count_parameters("unet", unet_config(CHANNELS[size])) / 1e6
    assert UNET_MILLIONS[size] == pytest.approx(millions, abs=0.005)


@pytest.mark.parametrize("component", OTHER_MILLIONS)
def test_the_other_networks_have_the_published_numbers_of_parameters(component: str) -> None:
    """The same in all three sizes."""
    millions = count_parameters(component, published_configs(Size.L)[component]) / 1e6
    assert OTHER_MILLIONS[component] == pytest.approx(millions, abs=0.005)


@pytest.mark.parametrize("component", PUBLISHED_BYTES)
def test_the_files_have_the_published_sizes(component: str) -> None:
    """Within half a per cent of the hub's, whose container is another."""
    specs = TENSORS[component](published_configs(Size.S)[component])
    assert PUBLISHED_BYTES[component] == pytest.approx(4 * sum(spec.size for spec in specs), rel=0.005)


def test_the_folder_has_every_file_of_the_hubs_layout(checkpoint: Path) -> None:
    """By name, so that a loader finds what it looks for."""
    there = {path.relative_to(checkpoint).as_posix() for path in checkpoint.rglob("*") if path.is_file()}
    tokenizer = ("vocab.json", "merges.txt", "tokenizer.json", "tokenizer_config.json")
    expected = {
        "README.md",
        "model_index.json",
        "scheduler/scheduler_config.json",
        "tokenizer/special_tokens_map.json",
        *(f"tokenizer/{name}" for name in tokenizer),
        *(f"{component}/config.json" for component in WEIGHTS),
        *(f"{component}/{name}" for component, name in WEIGHTS.items()),
    }
    assert expected == there


def test_a_whole_checkpoint_is_kept_and_a_half_one_is_written_again(tmp_path: Path) -> None:
    """What is written last tells them apart."""
    folder = write_random_checkpoint(tmp_path / "hub", tiny_configs(Size.S))
    weights = folder / "vocoder" / WEIGHTS["vocoder"]
    content = weights.read_bytes()
    weights.write_bytes(b"half")
    write_random_checkpoint(folder, tiny_configs(Size.S))
    kept = weights.read_bytes()
    (folder / "model_index.json").unlink()
    write_random_checkpoint(folder, tiny_configs(Size.S))

    assert b"half" == kept
    assert content == weights.read_bytes()


def read_tensor(path: Path, name: str) -> tuple[list[int], np.ndarray]:
    """By the format's definition: 8 bytes of length, a JSON header, the data."""
    content = path.read_bytes()
    (length,) = struct.unpack("<Q", content[:8])
    entry = json.loads(content[8 : 8 + length])[name]
    start, end = (8 + length + offset for offset in entry["data_offsets"])
    return entry["shape"], np.frombuffer(content[start:end], "<f4")


def test_a_tensor_depends_on_the_seed_and_its_name_alone(tmp_path: Path) -> None:
    """Not on what else is in the file, so that S and L share what is the same in both."""
    specs = list(TENSORS["vocoder"](tiny_configs(Size.S)["vocoder"]))
    for name, some, seed in (("all", specs, 1), ("last", specs[-2:], 1), ("other", specs[-2:], 2)):
        write_safetensors(tmp_path / name, some, seed)
    name = specs[-2].name
    shapes, tensors = zip(
        *(read_tensor(tmp_path / file, name) for file in ("all", "last", "other")), strict=True
    )

    assert [list(specs[-2].shape)] * 3 == list(shapes)
    assert np.array_equal(tensors[0], tensors[1])
    assert not np.array_equal(tensors[1], tensors[2])


def test_no_two_layers_have_the_same_weights(checkpoint: Path) -> None:
    """Layers of one shape are drawn one by one, or a confusion of two would not be seen."""
    path = checkpoint / "vocoder" / WEIGHTS["vocoder"]
    layers = [f"resblocks.0.convs{kind}.{number}.weight" for kind in (1, 2) for number in range(3)]
    tensors = [read_tensor(path, layer)[1] for layer in layers]
    directions = {tuple(np.sign(tensor[:40]).astype(int)) for tensor in tensors}
    assert len(layers) == len(directions)


@pytest.mark.parametrize("size", [SMALLEST, 1000, 50_265])
def test_the_vocabulary_has_exactly_as_many_ids_as_the_text_encoder_has_rows(
    tmp_path: Path, size: int
) -> None:
    """From 0 on, and a prompt of any characters stays among them."""
    import tokenizers

    write_tokenizer(tmp_path, size)
    vocabulary = json.loads((tmp_path / "vocab.json").read_text(encoding="utf-8"))
    tokenizer = tokenizers.Tokenizer.from_file(str(tmp_path / "tokenizer.json"))
    ids = tokenizer.encode("Rain on a tin roof, 23 °C \U0001f327").ids

    assert list(range(size)) == sorted(vocabulary.values())
    assert size == tokenizer.get_vocab_size()
    assert (0, 2) == (ids[0], ids[-1])
    assert max(ids) < size


def test_the_smallest_vocabulary_is_that_of_the_bytes(tmp_path: Path) -> None:
    """Five marks and 256 letters: a token for every byte."""
    write_tokenizer(tmp_path, SMALLEST)
    assert "#version: 0.2\n" == (tmp_path / "merges.txt").read_text()
