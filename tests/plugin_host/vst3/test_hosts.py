"""The plugin in hosts that others wrote, in each format."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from plugin_host.vst3.build import Format
from plugin_host.vst3.coverage import pieces
from plugin_host.vst3.found import instances, the_instance
from plugin_host.vst3.port import PluginPort
from tests.plugin_host.vst3.compiled import HERE, plugin, program


def _run(script: str, home: Path, *words: str) -> str:
    """A script in a process of its own: a plugin that crashes takes its host along."""
    done = subprocess.run(
        [sys.executable, HERE / script, *words],
        env={**os.environ, "PUNCHIN_HOME": str(home), "PYTHONPATH": str(HERE.parents[2])},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout


def test_pedalboard_passes_and_captures_bit_exactly(shared: Path, tmp_path: Path) -> None:
    """Noise comes out as it went in at every buffer size, without latency; what was captured is the same."""
    pytest.importorskip("pedalboard", reason="pedalboard is not installed")
    _run("pedalboard_host.py", tmp_path, str(plugin(Format.VST3, shared)))
    assert not list((tmp_path / "plugins").iterdir())


@pytest.mark.parametrize("size", [32, 480, 4096])
def test_dawdreamer_plays_a_take_in_place(shared: Path, tmp_path: Path, size: int) -> None:
    """With a playhead that advances: fetched with handles, bit for bit; a take is heard from its frame on."""
    pytest.importorskip("dawdreamer", reason="dawdreamer is not installed")
    _run("dawdreamer_host.py", tmp_path, str(plugin(Format.VST3, shared)), str(size))


@pytest.mark.parametrize("position", [0, 1, 44_101, 158_760_001])
def test_clap_position_is_the_timelines(shared: Path, tmp_path: Path, position: int) -> None:
    """The host's place in seconds, not its running clock, is where sound is captured, to the frame."""
    host = program("clap_host.cpp", shared)
    with subprocess.Popen(
        [host, plugin(Format.CLAP, shared), str(position)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PUNCHIN_HOME": str(tmp_path)},
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline().split() == ["punch-in.plugin.stereo", "0"]
        for _ in range(500):
            if running := instances(tmp_path):
                break
            process.poll()
            subprocess.run(["sleep", "0.01"], check=True)
        with PluginPort.connect(the_instance(running, 0)) as port:
            captured = port.captured()
            assert [(s.position, s.frames) for s in captured.spans] == [(position, 4_400)]
            (piece,) = pieces(captured.spans, position, position + 4_400)
            heard = np.frombuffer(port.read(captured.generation, piece.first, 4_400), "<f4").reshape(-1, 2)
        assert np.array_equal(heard[:, 0], (np.arange(4_400, dtype=np.float32) + 1) / 65_536)
        process.communicate("\n", timeout=10)
        assert process.returncode == 0


@pytest.mark.parametrize("channels", [2, 1])
@pytest.mark.parametrize("plugin_format", [Format.CLAP, Format.VST3])
def test_what_a_validator_asks(shared: Path, tmp_path: Path, plugin_format: Format, channels: int) -> None:
    """Parameters, texts, states in pieces and damaged, buses, rates, blocks of nothing, threads."""
    built = plugin(plugin_format, shared, channels)
    library = built if built.is_file() else next(built.rglob("*.so"))
    done = subprocess.run(
        [program(f"{plugin_format}_check.cpp", shared), library, str(channels)],
        env={**os.environ, "PUNCHIN_HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-3000:]
    assert int(done.stdout.split()[1].rstrip(",")) > 5_000  # it was asked


@pytest.mark.parametrize("block", [32, 256, 4096])
def test_jalv_plays_a_take_in_place(shared: Path, tmp_path: Path, block: int) -> None:
    """The LV2 in a second host: passed through, captured without a gap at JACK's places, a take heard."""
    for name, package in (("jackd", "jackd1"), ("jalv", "jalv")):
        if shutil.which(name) is None:
            pytest.skip(f"{name} is not installed ({package})")
    pytest.importorskip("jack", reason="JACK-Client is not installed")
    environment = {
        **os.environ,
        "JACK_DEFAULT_SERVER": f"punch-in-{os.getpid()}",
        "JACK_NO_AUDIO_RESERVATION": "1",
        "LV2_PATH": f"{plugin(Format.LV2, shared).parent}:/usr/lib/lv2",
        "PUNCHIN_HOME": str(tmp_path),
        "PYTHONPATH": str(HERE.parents[2]),
    }
    done = subprocess.run(
        [sys.executable, HERE / "jack_host.py", tmp_path / "take.wav", str(block)],
        env=environment,
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    assert done.stdout.splitlines()[-1] == "exact"


def test_lv2_describes_itself_rightly(shared: Path) -> None:
    """Its Turtle files keep to LV2's own schemas, and lilv finds ports and parameters."""
    if shutil.which("lv2info") is None or shutil.which("sord_validate") is None:
        pytest.skip("lv2info and sord_validate are not installed (lilv-utils, sordi)")
    bundle = plugin(Format.LV2, shared)
    schemas = [
        path
        for folder in ("/usr/lib/lv2", "/usr/lib/x86_64-linux-gnu/lv2")
        for path in sorted(Path(folder).glob("*/*.ttl"))
        if path.parent.name.endswith(".lv2") and not path.parent.name.startswith("eg-")
    ]
    # Vocabularies of MOD and KXStudio, which DPF writes, are not installed with LV2's own.
    strange = ("moddevices.com", "kxstudio.sf.net")
    found = _errors(*schemas, *bundle.glob("*.ttl")) - _errors(*schemas)
    assert not [error for error in found if not any(word in error for word in strange)]
    assert len(found) > 0  # it was read
    told = subprocess.run(
        ["lv2info", "urn:punch-in:plugin:stereo"],
        env={**os.environ, "LV2_PATH": f"{bundle.parent}:/usr/lib/lv2"},
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    for symbol in ("lv2_audio_in_1", "lv2_audio_out_2", "capture", "play_take", "take", "mix", "mark"):
        assert f"Symbol:      {symbol}" in told
    assert "Has latency:       no" in told or "latency" not in told


def _errors(*files: Path) -> set[str]:
    """What sord_validate finds, each a few lines; names of blank nodes differ from run to run."""
    done = subprocess.run(["sord_validate", *files], capture_output=True, text=True, check=False)
    said = "\n".join(line for line in done.stderr.splitlines() if not _is_blank_node(line))
    return set(said.split("error: ")[1:])


def _is_blank_node(line: str) -> bool:
    return line.strip().startswith("b") and line.strip()[1:].isdigit()
