"""The demo: three files, and an honest word about what changed."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile
from PIL import Image

from engine.commands.demo import REGION_SECONDS
from engine.commands.exit_codes import ExitCode
from engine.models.catalogue import EMBEDDED
from engine.models.section import MANIFEST
from engine.protocol.replies import Cancelled, Done, TakeDone


def altered(first_second, last_second):
    """A script that answers with the recording, silenced between two seconds."""

    def script(request):
        samples, rate = soundfile.read(request.source.path, dtype="int16", always_2d=True)
        samples[round(first_second * rate) : round(last_second * rate)] = 0
        soundfile.write(request.output, samples, rate, subtype="PCM_16")
        yield TakeDone(request.job_id, 0, request.output, 1, request.seed)
        yield Done(request.job_id, 1, (("denoise", 1.25), ("total", 1.5)))

    return script


def test_the_demo_leaves_before_after_and_a_picture(punchin, fake, tmp_path):
    """All three are there, where it says they are, and nothing outside the region differs."""
    fake.script = altered(*REGION_SECONDS)
    ended = punchin("demo")
    folder = tmp_path / "punchin-demo"

    assert [str(folder / name) for name in ("before.wav", "after.wav", "demo.png")] == ended.out.splitlines()[
        :3
    ]
    assert "outside the region 0 samples differ" in ended.out
    assert "  denoise        1.25 s" in ended.out
    with Image.open(folder / "demo.png") as picture:
        assert (ExitCode.OK, (1600, 1032)) == (ended.code, picture.size)
    assert {"before.wav", "after.wav", "demo.png"} == {path.name for path in folder.iterdir()}


def test_the_demo_may_go_elsewhere_and_be_repeated(punchin, fake, tmp_path):
    """A second run replaces the files of the first; a new engine is granted the folder."""
    fake.script = altered(*REGION_SECONDS)
    codes = [punchin("demo", tmp_path / "a" / "b", "--json").code for _ in range(2)]

    assert ([ExitCode.OK] * 2, (tmp_path / "a" / "b",)) == (codes, fake.allowed)


@pytest.mark.parametrize(("span", "outside"), [((2.5, 6.0), 24_000), ((3.0, 6.001), 48), ((4.0, 4.0), 0)])
def test_the_demo_finds_what_should_not_have_changed(punchin, fake, span, outside):
    """A sample outside the region, or a take that changed nothing, is told and fails."""
    fake.script = altered(*span)
    ended = punchin("demo", "--json")
    changed = ended.value["samples_changed_outside"]

    assert ExitCode.CHECK == ended.code
    assert 0.98 * outside <= changed <= outside  # a few samples of the recording are zero themselves


def test_a_cancelled_demo_leaves_no_take(punchin, fake, tmp_path):
    """Only what was unpacked stays."""
    fake.script = lambda request: iter([Cancelled(request.job_id)])
    ended = punchin("demo")

    assert ExitCode.CANCELLED == ended.code
    assert ["before.wav"] == [path.name for path in (tmp_path / "punchin-demo").iterdir()]


def test_a_folder_that_can_not_be_made_is_one_sentence(punchin, tmp_path):
    """A file is where the folder should be."""
    (tmp_path / "taken").write_text("")
    ended = punchin("demo", "taken")

    assert (ExitCode.CANT_WRITE, 1) == (ended.code, len(ended.err.splitlines()))


def test_the_recording_ships_with_its_licence():
    """A clean sound of some seconds at 48 kHz, with its origin beside it."""
    folder = Path(__file__).parents[3] / "engine" / "commands" / "demo"
    samples, rate = soundfile.read(folder / "stream.flac")

    assert (48_000, 9 * 48_000) == (rate, len(samples))
    assert 0.02 < np.sqrt(np.mean(samples**2)) < np.abs(samples).max() < 1.0
    assert (folder / "stream.flac").stat().st_size < 1_500_000
    assert "CC0" in (folder / "ATTRIBUTION.md").read_text(encoding="utf-8")


@pytest.mark.skipif(not (EMBEDDED / MANIFEST).is_file(), reason="the embedded model is not in this checkout")
def test_the_demo_works_with_the_real_engine(run_python, tmp_path):
    """From the command line through OSC and the model back to three files, in a home of its own."""
    code = (
        "import os, sys; os.environ['PUNCHIN_HOME'] = sys.argv[1]\n"
        "from engine.client import find_or_start; from engine.config import EngineOptions\n"
        "from engine.commands import main\n"
        "find_or_start(options=EngineOptions(port=0, idle_minutes=1)).close()\n"
        "code = main(['demo', sys.argv[1] + '/demo', '--json']); main(['quit', '--json']); sys.exit(code)"
    )
    ended = run_python(code, str(tmp_path))

    assert (0, "") == (ended.returncode, "" if ended.returncode == 0 else ended.stderr)
    assert '"samples_changed_outside": 0' in ended.stdout
