"""The way to the script inside of Ardour, with a thread in its place."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from plugin_host.bridge import Placement
from plugin_host.daws.ardour.daw import ArdourDaw
from plugin_host.daws.ardour.spool import Spool, format_lines, parse_lines
from plugin_host.errors import DawError
from plugin_host.timeline import Region, Take

Reply = Callable[[dict[str, list[str]]], dict[str, object]]


def script(folder: Path, *replies: Reply) -> threading.Thread:
    """Answers so many questions, one after the other."""

    def run() -> None:
        for reply in replies:
            while not (folder / "request").exists():
                time.sleep(0.005)
            request = parse_lines((folder / "request").read_text())
            (folder / "request").unlink()
            answer = format_lines({"id": request["id"][0], **reply(request)})
            (folder / "draft").write_text(answer)
            (folder / "draft").replace(folder / "answer")

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    return thread


def test_the_selection_is_what_the_script_says(tmp_path: Path) -> None:
    """And takes become layers of its track."""
    daw = ArdourDaw(Spool(tmp_path))
    asked: list[dict[str, list[str]]] = []

    def insert(request: dict[str, list[str]]) -> dict[str, object]:
        asked.append(request)
        return {"place": "144001 5"}

    thread = script(
        tmp_path,
        lambda _: {"start": 144001, "frames": 5, "rate": 48000, "key": "77", "name": "Fol=ey"},
        insert,
    )
    selection = daw.selection()
    assert selection.region == Region(144001, 5, 48000)
    assert selection.tracks[0].name == "Fol=ey"
    daw.insert([Take(tmp_path / "a.wav", selection.region, "a")], Placement.LANE)
    thread.join(10)
    assert asked[0]["key"] == ["77"]


def test_a_refusal_is_its_sentence(tmp_path: Path) -> None:
    """Nothing selected, for example."""
    script(tmp_path, lambda _: {"error": "Nothing is selected."})
    with pytest.raises(DawError, match="Nothing is selected"):
        ArdourDaw(Spool(tmp_path)).selection()


def test_a_take_elsewhere_is_an_error(tmp_path: Path) -> None:
    """One frame off is not in place."""
    script(tmp_path, lambda _: {"place": "144000 5"})
    with pytest.raises(DawError, match="144000 5 instead of 144001 5"):
        ArdourDaw(Spool(tmp_path)).insert(
            [Take(tmp_path / "a.wav", Region(144001, 5, 48000), "a")], Placement.TRACK
        )


def test_nobody_there_is_a_sentence_and_leaves_no_question_behind(tmp_path: Path) -> None:
    """An Ardour that is started later must not answer to it."""
    with pytest.raises(DawError, match="does not answer"):
        Spool(tmp_path).ask("hello", {}, 0.05)
    assert not (tmp_path / "request").exists()


def test_cancel_in_ardour_is_ctrl_c_here(tmp_path: Path) -> None:
    """At the next news."""
    daw = ArdourDaw(Spool(tmp_path))
    daw.tell("Punch-In: denoising 40 %, 3 s left")
    assert parse_lines((tmp_path / "news").read_text()) == {
        "text": ["denoising 40 %, 3 s left"], "share": ["0.400"],
    }  # fmt: skip
    (tmp_path / "cancel").touch()
    with pytest.raises(KeyboardInterrupt):
        daw.tell("Punch-In: denoising 50 %")
    daw.tell("Punch-In: more")
