"""``punchin train``: what is refused before anything begins, what is shown, and what Ctrl-C leaves."""

from __future__ import annotations

import builtins
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from engine.commands.exit_codes import ExitCode

STOPPED = "the same command goes on from there"


@pytest.fixture
def sounds(tmp_path: Path) -> Path:
    """A folder with one file in it."""
    folder = tmp_path / "sounds"
    folder.mkdir()
    (folder / "a.wav").write_bytes(b"RIFF")
    return folder


def test_without_torch_one_sentence_says_what_to_install(punchin, sounds, monkeypatch) -> None:
    """The extra is optional, and its absence is no traceback."""
    real = builtins.__import__

    def importing(name, *arguments, **options):
        if name == "torch" or name.startswith("torch."):
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
        return real(name, *arguments, **options)

    for name in [name for name in sys.modules if name.startswith(("torch", "engine.training"))]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setattr(builtins, "__import__", importing)
    ended = punchin("train", sounds)
    assert ended.code == ExitCode.NOT_FOUND
    assert ended.err == "punchin: Training needs torch: pip install '.[train]' in Punch-In's folder.\n"


def test_engine_imports_no_torch(run_python) -> None:
    """Nobody waits for torch but who trains; the command's help needs none either."""
    code = "import sys, engine, engine.commands.train, engine.commands.line; sys.exit('torch' in sys.modules)"
    assert run_python(code).returncode == 0


@pytest.mark.torch
@pytest.mark.parametrize(
    ("options", "said", "code"),
    [
        (["nowhere"], "There is no folder nowhere", ExitCode.NOT_FOUND),
        (["sounds", "--minutes", "0"], "--minutes must be", ExitCode.USAGE),
        (["sounds", "--rank", "0"], "--rank must be 1 or more", ExitCode.USAGE),
        (["sounds", "--name", "a/b"], "can't be called a/b", ExitCode.USAGE),
        (["sounds", "--name", "foley-small"], "There is a model foley-small already", ExitCode.FILE_EXISTS),
        (["sounds", "--from", "nobody"], "no model", ExitCode.NOT_FOUND),
        (["sounds", "--captions", "none.csv"], "none.csv can't be read", ExitCode.NOT_FOUND),
        (["."], "There are no WAV", ExitCode.NOT_FOUND),
        (["sounds"], "a.wav can't be read as a sound", ExitCode.AUDIO),
    ],
)
def test_what_cannot_be_trained_is_refused(punchin, sounds, tmp_path, options, said, code) -> None:
    """Each with a sentence, and without a model or half of one."""
    pytest.importorskip("torch", reason="needs the extra train")
    if options == ["."]:
        (sounds / "a.wav").unlink()
    ended = punchin("train", *options)
    assert (ended.code, said in ended.err) == (code, True), ended.err
    assert not (tmp_path / "home" / "models" / "sounds").exists()


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A home with a small model in it."""
    pytest.importorskip("torch", reason="needs the extra train")
    pytest.importorskip("onnxscript", reason="needs the extra train")
    from tests.engine.training.own_sounds import make_base

    make_base(tmp_path / "home" / "models")
    return tmp_path / "home"


def start(home: Path, library: Path) -> subprocess.Popen[str]:
    """A training of a minute in a process of its own."""
    command = [sys.executable, "-m", "engine", "train", library, "--from", "small", "--name", "mine"]
    options = ["--minutes", "1", "--rank", "2"]
    return subprocess.Popen(
        [*map(str, command), *options],
        env={**os.environ, "PUNCHIN_HOME": str(home)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.mark.torch
@pytest.mark.filterwarnings("ignore")
@pytest.mark.skipif(os.name == "nt", reason="needs POSIX signals")
def test_ctrl_c_and_a_kill_leave_what_can_be_gone_on_with(home, tmp_path, punchin) -> None:
    """Stopped by Ctrl-C, then killed, then finished: the model is there at the end and not before."""
    from tests.engine.training.own_sounds import make_library

    library = make_library(tmp_path / "horns")
    (library / "broken.wav").write_bytes(b"RIFF")
    for number, code in ((signal.SIGINT, ExitCode.CANCELLED), (signal.SIGKILL, -signal.SIGKILL)):
        process = start(home, library)
        assert process.stderr is not None
        for line in process.stderr:
            if line.startswith(("remembering", "training")):
                break
        time.sleep(1.0)
        process.send_signal(number)
        _, err = process.communicate(timeout=120)
        assert process.returncode == code
        assert (STOPPED in err) is (number == signal.SIGINT)
        assert not (home / "models" / "mine").exists()
    options = ("--from", "small", "--name", "mine", "--rank", "2", "--steps", "3", "--json")
    ended = punchin("train", library, *options)
    assert ended.code == ExitCode.OK, ended.err
    assert ended.value["sounds"] == 10
    assert [row["path"] for row in ended.value["skipped"]] == ["broken.wav"]
    listed = punchin("models", "list", "--json").value["models"]
    assert [model["problem"] for model in listed if model["name"] == "mine"] == [""]
    info = punchin("models", "info", "mine")
    assert "Trained from small on 10 sounds of horns" in info.out
