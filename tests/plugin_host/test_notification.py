"""Lines on the desktop, with a program that notes what it is told in place of the desktop's own."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from plugin_host.notification import Notification, notification

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="a shell script stands for notify-send")


@pytest.fixture
def desktop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Its log: the arguments of each call in a line; a notification's number is 7."""
    log = tmp_path / "log"
    program = tmp_path / "notify-send"
    program.write_text(f'#!/bin/sh\necho "$*" >> "{log}"\necho 7\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    return log


def test_the_next_line_replaces_the_last(desktop: Path) -> None:
    """One notification that changes, not a heap of them."""
    times = iter(range(100))
    shown = Notification(lambda: next(times))
    shown.show("Punch-In: denoising 40 %, 3 s left")
    shown.show("Punch-In: 2 takes in place.")
    assert desktop.read_text().splitlines() == [
        "--app-name=Punch-In --print-id -- Punch-In denoising 40 %, 3 s left",
        "--app-name=Punch-In --print-id --replace-id=7 -- Punch-In 2 takes in place.",
    ]


def test_many_lines_at_once_are_two_and_the_last_is_one_of_them(
    desktop: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A desktop is not flooded, and never left with old news."""
    monkeypatch.setattr("plugin_host.notification._LEAST_SECONDS", 1000.0)
    with pytest.raises(RuntimeError), notification() as shown:
        for number in range(20):
            shown.show(f"step {number}")
        raise RuntimeError
    assert [line.rsplit(" ", 1)[-1] for line in desktop.read_text().splitlines()] == ["0", "19"]


@pytest.mark.parametrize("script", [None, "#!/bin/sh\nexit 1\n", "#!/bin/sh\necho nonsense\n"])
def test_no_desktop_costs_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], script: str | None
) -> None:
    """Where there is no such program, no desktop, or an answer that means nothing: work goes on, unasked."""
    monkeypatch.setenv("PATH", str(tmp_path))
    if script:
        (tmp_path / "notify-send").write_text(script)
        (tmp_path / "notify-send").chmod(0o755)
    with notification() as shown:
        shown.show("a")
        shown.show("b")
    assert ("", "") == capfd.readouterr()
