"""Finding models: the embedded one first, then what the user installed."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from engine.errors import EngineError, ErrorCode
from engine.models import catalogue
from tests.bundles import change_manifest, make_tiny_bundle


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of installed models of a user who has none yet, with an embedded model beside it."""
    monkeypatch.setenv("PUNCHIN_HOME", str(tmp_path / "home"))
    embedded = make_tiny_bundle(tmp_path / "embedded", name="foley", licence="CC-BY-SA-4.0")
    monkeypatch.setattr(catalogue, "EMBEDDED", embedded)
    return tmp_path / "home" / "models"


def names() -> list[str]:
    """What can be asked for."""
    return [entry.name for entry in catalogue.list_models()]


def test_the_embedded_model_is_there_without_an_installation(installed: Path) -> None:
    """A fresh machine has one model, with all that a list shows of it."""
    (entry,) = catalogue.list_models()
    assert not installed.exists()
    assert (entry.name, entry.licence, entry.sample_rate) == ("foley", "CC-BY-SA-4.0", 16_000)
    assert entry.problem == ""
    on_disk = sum(p.stat().st_size for p in entry.folder.iterdir() if p.name != "manifest.json")
    assert entry.size_bytes == on_disk


def test_installed_models_follow_the_embedded_one(installed: Path) -> None:
    """The list is in order of the folders, and nothing that is no model is in it."""
    make_tiny_bundle(installed / "b", name="second")
    make_tiny_bundle(installed / "a", name="first")
    (installed / "empty").mkdir()
    (installed / "note.txt").write_text("mine")
    assert names() == ["foley", "first", "second"]


def test_no_name_means_the_embedded_model(installed: Path) -> None:
    """The default does not change by installing more."""
    make_tiny_bundle(installed / "a", name="another")
    assert catalogue.find_model("").name == "foley"
    assert catalogue.load_model("", "cpu").specification.name == "foley"


def test_a_model_is_found_by_its_manifests_name(installed: Path) -> None:
    """Folders may be named as one likes."""
    folder = make_tiny_bundle(installed / "download (1)", name="rain-machine")
    assert catalogue.find_model("rain-machine").folder == folder
    assert catalogue.load_model("rain-machine", "cpu").specification.name == "rain-machine"


@pytest.mark.usefixtures("installed")
@pytest.mark.parametrize("name", ["nothing", "../embedded", "FOLEY", "x" * 10_000])
def test_a_model_that_is_not_there_lists_those_that_are(name: str) -> None:
    """The sentence tells what could be asked for instead."""
    with pytest.raises(EngineError, match="there are: foley") as caught:
        catalogue.find_model(name)
    assert caught.value.code == ErrorCode.NOT_FOUND
    assert len(caught.value.sentence) < 500


def test_without_any_model_the_sentence_tells_where_to_put_one(
    installed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A source checkout has no embedded model until it is trained."""
    monkeypatch.setattr(catalogue, "EMBEDDED", installed / "nowhere")
    with pytest.raises(EngineError, match=r"put one into") as caught:
        catalogue.find_model("")
    assert caught.value.code == ErrorCode.NOT_FOUND
    assert str(installed) in caught.value.sentence


def test_a_damaged_manifest_is_listed_with_its_problem(installed: Path) -> None:
    """One broken model hides neither itself nor the others."""
    folder = make_tiny_bundle(installed / "broken", name="mine")
    change_manifest(folder, scale_factor="big")
    entry = catalogue.find_model("broken")
    assert "scale_factor" in entry.problem
    assert names() == ["foley", "broken"]
    with pytest.raises(EngineError, match="scale_factor"):
        catalogue.load_model("broken", "cpu")


def test_a_truncated_file_is_in_the_list(installed: Path) -> None:
    """Sizes are compared in a listing, because that costs nothing."""
    folder = make_tiny_bundle(installed / "a", name="half")
    (folder / "denoiser.onnx").write_bytes(b"")
    assert "denoiser.onnx is truncated" in catalogue.find_model("half").problem


def test_an_altered_file_is_found_by_verifying(installed: Path) -> None:
    """Hashes are taken by verifying and by loading."""
    folder = make_tiny_bundle(installed / "a", name="altered")
    assert catalogue.verify_model("altered") == []
    path = folder / "vocoder.onnx"
    path.write_bytes(path.read_bytes()[:-1] + b"\x00")
    assert catalogue.find_model("altered").problem == ""
    (finding,) = catalogue.verify_model("altered")
    assert finding.startswith("vocoder.onnx was altered")
    with pytest.raises(EngineError, match=r"vocoder.onnx was altered"):
        catalogue.load_model("altered", "cpu")


def test_a_second_model_of_one_name_says_so(installed: Path) -> None:
    """The first one is the one that is used, and the list explains why."""
    make_tiny_bundle(installed / "a", name="foley")
    shutil.copytree(installed / "a", installed / "b")
    problems = [entry.problem for entry in catalogue.list_models()]
    assert problems[0] == ""
    assert all("same name" in problem for problem in problems[1:])
    assert catalogue.find_model("foley").folder == catalogue.EMBEDDED


def test_models_lie_in_the_users_data_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without PUNCHIN_HOME the system's place for an account's data is used."""
    monkeypatch.delenv("PUNCHIN_HOME", raising=False)
    assert catalogue.models_folder().name == "models"
    assert "punch-in" in catalogue.models_folder().parts


def test_looking_for_models_does_not_import_the_runtime() -> None:
    """A list is shown at once; ONNX Runtime is for who loads a model."""
    program = "import sys, engine.models.catalogue as c; c.list_models(); print('onnxruntime' in sys.modules)"
    answer = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert answer.stdout.strip() == "False"


@pytest.mark.skipif(not (catalogue.EMBEDDED / "manifest.json").is_file(), reason="not in this checkout")
def test_the_embedded_model_is_whole() -> None:
    """The package ships what its manifest describes."""
    assert catalogue.verify_model(catalogue.list_models()[0].name) == []
