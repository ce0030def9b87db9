"""What the engine has to say beside errors is said in the panel's language."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication

import engine
from engine.install.licences import MEANINGS
from engine.models.bundle import verify_bundle
from engine.models.manifest import GraphName
from gui.models.engine_words import in_our_words, is_known, take_meant
from tests.bundles import make_tiny_bundle

ROOT = Path(engine.__file__).parents[1]
# Where sentences are put together that reach the panel as notices, as the state of a model, as an answer.
SOURCES = (
    *("notices", "guide", "render", "workbench", "inspection", "audio/quality"),
    *("models/resident", "models/placement", "models/catalogue"),
    *("library/indexing", "library/search", "library/models", "library/database"),
    *("takes/making", "takes/recipe", "takes/reading", "takes/index", "takes/database", "takes/prune"),
    *("retake", "../presets/resolve", "../plugin_host/effects/treatment"),
)
# What is said with these is an error, which has a code and words of its own.
ERRORS = {"EngineError", "Failed", "NotFiniteError", "PresetError", "_refuse"}
ERROR_NAMES = {"sentence"}


def sentences(source: str) -> Iterator[str]:
    """What a file says to people, "7" for whatever is put into it."""
    tree = ast.parse((ROOT / "engine" / f"{source}.py").read_text(encoding="utf-8"))
    beside = {id(part) for node in ast.walk(tree) if _is_beside(node) for part in ast.walk(node)}
    parts = {id(part) for node in ast.walk(tree) for part in getattr(node, "values", ())}
    for node in ast.walk(tree):
        text = "" if id(node) in beside | parts else _text(node)
        if " " in text and (text.endswith(".") or ". " in text):
            yield text


def _is_beside(node: ast.AST) -> bool:
    """Docstrings, what goes into a log, and errors."""
    match node:
        case ast.Expr(ast.Constant()) | ast.Raise():
            return True
        case ast.Assign([ast.Name(name)]):
            return name in ERROR_NAMES
        case ast.Call(ast.Attribute(ast.Name("logger"))):
            return True
        case ast.Call(ast.Name(name)) | ast.Call(ast.Attribute(_, name)):
            return name in ERRORS
    return False


def _text(node: ast.AST) -> str:
    match node:
        case ast.JoinedStr(parts):
            return "".join(_text(part) or "7" for part in parts)
        case ast.Constant(str(text)):
            return text
    return ""


@pytest.mark.parametrize("source", SOURCES)
def test_every_sentence_can_be_translated(source: str) -> None:
    """One that is new, or worded anew, has to be written down for the translators."""
    assert not [text for text in sentences(source) if not is_known(text)]


def test_no_other_part_of_the_engine_says_something() -> None:
    """Who makes notices is looked at above."""
    for path in (ROOT / "engine").rglob("*.py"):
        name = path.relative_to(ROOT / "engine").with_suffix("").as_posix()
        makes_some = "(Notice(" in (text := path.read_text(encoding="utf-8")) or "yield Notice(" in text
        assert not makes_some or name in SOURCES, f"{name} makes notices"


def test_what_is_wrong_with_files_can_be_translated(tmp_path: Path) -> None:
    """Each kind of damage."""
    bundle = make_tiny_bundle(tmp_path / "tiny", name="tiny")
    missing, short, long, other = sorted(path for path in bundle.iterdir() if path.suffix == ".onnx")[:4]
    missing.unlink()
    short.write_bytes(short.read_bytes()[:-1])
    long.write_bytes(long.read_bytes() + b"x")
    other.write_bytes(b"x" + other.read_bytes()[1:])
    problems = verify_bundle(bundle)
    assert len(problems) == 4
    assert all(map(is_known, problems))


def test_licences_and_parts_of_models_can_be_translated() -> None:
    """They stand inside other sentences."""
    assert all(map(is_known, MEANINGS.values()))
    assert all(is_known(graph.replace("_", " ")) for graph in GraphName)


@pytest.mark.usefixtures("german")
def test_a_sentence_inside_another_is_german_as_well() -> None:
    """And what is put into it comes along."""
    text = (
        "Take 2 is not as it should be. It is silent (below -60 dB). It clicks where its end meets its start."
    )
    ours = "Take 2 ist nicht, wie er sein soll. Er ist still (unter -60 dB)."
    assert f"{ours} Er knackt, wo sein Ende auf seinen Anfang trifft." == in_our_words(text)
    short = (
        "The guide /a/mouth.wav ends 0.50 seconds before the region does; from there on silence is followed."
    )
    assert in_our_words(short).startswith("Die Vorlage /a/mouth.wav endet 0.50 Sekunden vor dem Bereich;")
    assert "a.onnx fehlt. b.onnx fehlt." == in_our_words("a.onnx is missing. b.onnx is missing.")


@pytest.mark.usefixtures("german")
def test_what_is_not_known_stays() -> None:
    """As an engine of tomorrow may say it; what is known beside it is translated."""
    assert "The moon is full." == in_our_words("The moon is full.")
    assert "unet.onnx fehlt. The moon is full." == in_our_words("unet.onnx is missing. The moon is full.")
    assert "The moon is full. unet.onnx fehlt." == in_our_words("The moon is full. unet.onnx is missing.")
    assert "" == in_our_words("")


def test_in_english_nothing_changes(qapp: QApplication) -> None:
    """To the letter."""
    del qapp
    for text in ("Take 2 is not as it should be. It is silent (below -60 dB).", "The moon is full."):
        assert text == in_our_words(text)


def test_a_notice_says_which_take_it_is_about() -> None:
    """Counted from 1 for people."""
    assert 1 == take_meant("Take 2 is not as it should be. It is silent (below -60 dB).")
    assert take_meant("The guide is not followed: guide_envelope and guide_onsets are both 0.") is None
    assert take_meant("Take 2 is the best.") is None
