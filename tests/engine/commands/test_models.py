"""``punchin models``: what is listed, asked, removed and installed, on the command line."""

from __future__ import annotations

import builtins
import io
import json
import sys
from pathlib import Path

import pytest

from engine.commands.exit_codes import ExitCode
from engine.errors import EngineError, ErrorCode
from engine.install import install as installing
from engine.install import licences
from engine.install.download import Source
from engine.install.install import Options, Plan
from engine.install.progress import Progress
from engine.install.workplace import open_workplace
from tests.bundles import change_manifest, make_tiny_bundle

LICENCE = "CC-BY-NC-SA-4.0"
PROVENANCE = {
    "repository": "/nowhere/tiny",
    "revision": "",
    "layout": "diffusers",
    "weights": "plain",
    "heads": "original",
    "audio_tower": "",
}


@pytest.fixture
def models(tmp_path: Path) -> Path:
    """The folder of installed models, which the command line will look into."""
    return tmp_path / "home" / "models"


class Terminal(io.StringIO):
    """A person at a keyboard."""

    def isatty(self) -> bool:
        """Yes."""
        return True


@pytest.fixture
def answer(monkeypatch):
    """What the person types."""
    return lambda text: monkeypatch.setattr(sys, "stdin", Terminal(text))


@pytest.fixture
def nobody(monkeypatch) -> None:
    """No person is there."""
    monkeypatch.setattr(sys, "stdin", io.StringIO("y\n"))


@pytest.fixture
def source(monkeypatch) -> dict[str, object]:
    """A hub with one repository, and an installation that makes a tiny bundle; notes what was asked."""
    asked: dict[str, object] = {}

    def plan(given: str, options: Options, revision: str = "", offline: bool = False) -> Plan:
        asked.update(given=given, options=options, revision=revision, offline=offline)
        if given != "cvssp/tiny":
            raise EngineError(ErrorCode.NOT_FOUND, f"The hub has no repository {given}.")
        found = Source(None, "tiny-hub", given, "abc", LICENCE, {"unet.bin": 5_000_000}, from_hub=True)
        return Plan(found, options, options.name or found.name)

    def work(plan: Plan):
        licences.check_accepted(plan.source.licence, plan.source.repository)
        yield Progress("downloading", 1_000_000, 5_000_000, 4.0)
        make_tiny_bundle(plan.folder, name=plan.name, licence=LICENCE, measured={"unet_step": 0.012})
        return plan.folder

    monkeypatch.setattr(installing, "plan_install", plan)
    monkeypatch.setattr(installing, "install", work)
    return asked


class TestList:
    """What there is."""

    def test_a_row_has_what_one_chooses_by(self, punchin, models: Path) -> None:
        """Size, rate, precision, devices and licence."""
        make_tiny_bundle(models / "a", name="mine", licence=LICENCE, precision="int8")
        row = next(line for line in punchin("models", "list").out.splitlines() if line.startswith("mine"))
        assert "16 kHz  int8  on cpu  does not rank takes  CC-BY-NC-SA-4.0" in row

    def test_a_row_warns_of_what_is_slow(self, punchin, models: Path) -> None:
        """fp16 on a processor, which computes in fp32."""
        make_tiny_bundle(models / "a", name="mine", precision="fp16")
        assert "fp16  on cpu (slow in fp16)" in punchin("models", "list").out

    def test_as_json(self, punchin, models: Path) -> None:
        """The same for programs."""
        make_tiny_bundle(models / "a", name="mine", measured={"unet_step": 0.01})
        entry = punchin("models", "list", "--json").value["models"][-1]
        assert ("mine", "fp32", {"unet_step": 0.01}) == (
            entry["name"],
            entry["precision"],
            entry["measured"],
        )
        assert "cpu" in entry["devices"]

    def test_half_a_model_is_none(self, punchin, models: Path) -> None:
        """One that is being installed or removed, even if it would load."""
        make_tiny_bundle(models / ".installing-x" / "bundle", name="half")
        make_tiny_bundle(models / ".removing-y", name="gone")
        assert not {"half", "gone"} & {
            entry["name"] for entry in punchin("models", "list", "--json").value["models"]
        }

    def test_an_interrupted_installation_is_told(self, punchin, models: Path) -> None:
        """With what can be done about it; a model that is in repair is one that is there."""
        make_tiny_bundle(models / "a", name="mine")
        for name in ("mine", "half"):
            with open_workplace(models, name, {}) as place:
                place.finish("calibrated")
        assert ["half"] == [half["name"] for half in punchin("models", "list", "--json").value["unfinished"]]
        assert "punchin models remove half gives it up" in punchin("models", "list").out
        assert ExitCode.OK == punchin("models", "remove", "half", "--yes").code
        assert [] == punchin("models", "list", "--json").value["unfinished"]
        assert "mine is whole" in punchin("models", "verify", "mine").out

    def test_info_tells_where_it_came_from(self, punchin, models: Path) -> None:
        """And how far it is from there."""
        make_tiny_bundle(models / "a", name="mine", provenance=PROVENANCE, measured={"unet_step": 0.0123})
        told = punchin("models", "info", "mine").out
        assert "From /nowhere/tiny: diffusers layout, original heads." in told
        assert "unet_step 0.012" in told

    def test_what_of_a_checkpoint_was_left_out_is_told(self, punchin, models: Path) -> None:
        """In the list, by itself and when it is verified, for people and for programs."""
        told = "Its audio tower is left out."
        make_tiny_bundle(models / "a", name="mine", provenance={**PROVENANCE, "left_out": told})
        for question in (("list",), ("info", "mine"), ("verify", "mine")):
            assert told in punchin("models", *question).out
        assert told == punchin("models", "verify", "mine", "--json").value["left_out"]
        assert told == punchin("models", "list", "--json").value["models"][-1]["left_out"]
        assert not punchin("models", "info", "mine", "--json").value["ranks"]

    def test_a_damaged_manifest_is_listed(self, punchin, models: Path) -> None:
        """With its problem, in both forms."""
        change_manifest(make_tiny_bundle(models / "broken"), scale_factor="big")
        assert "can't be used" in punchin("models", "list").out
        assert "" == punchin("models", "list", "--json").value["models"][-1]["precision"]


class TestRemove:
    """A model goes."""

    def test_it_asks_first(self, punchin, models: Path, answer) -> None:
        """And keeps the model unless the answer is yes."""
        folder = make_tiny_bundle(models / "a", name="mine")
        for text in ("\n", "n\n", "maybe\n", ""):
            answer(text)
            assert ExitCode.CANCELLED == punchin("models", "remove", "mine").code
            assert folder.is_dir()
        answer("y\n")
        ended = punchin("models", "remove", "mine")
        assert (ExitCode.OK, "mine is removed.\n") == (ended.code, ended.out)
        assert [] == list(models.iterdir())

    @pytest.mark.usefixtures("nobody")
    def test_where_nobody_can_be_asked_it_must_be_told(self, punchin, models: Path) -> None:
        """A script says --yes."""
        make_tiny_bundle(models / "a", name="mine")
        assert ExitCode.NOT_ALLOWED == punchin("models", "remove", "mine").code
        assert {"removed": "mine"} == punchin("models", "remove", "mine", "--yes", "--json").value

    def test_the_embedded_one_stays(self, punchin) -> None:
        """It is part of the package."""
        name = punchin("models", "list", "--json").value["models"][0]["name"]
        assert ExitCode.NOT_ALLOWED == punchin("models", "remove", name, "--yes").code
        assert ExitCode.OK == punchin("models", "verify", name).code

    def test_one_that_is_not_there(self, punchin) -> None:
        """The sentence lists those that are."""
        assert ExitCode.NOT_FOUND == punchin("models", "remove", "nothing", "--yes").code

    def test_a_broken_one_can_be_removed(self, punchin, models: Path) -> None:
        """By its folder's name."""
        (make_tiny_bundle(models / "broken") / "manifest.json").write_text("{")
        assert ExitCode.OK == punchin("models", "remove", "broken", "--yes").code

    def test_a_link_goes_alone(self, punchin, models: Path, tmp_path: Path) -> None:
        """What it points to belongs to somebody else."""
        folder = make_tiny_bundle(tmp_path / "elsewhere", name="mine")
        models.mkdir(parents=True)
        (models / "a").symlink_to(folder)
        assert ExitCode.OK == punchin("models", "remove", "mine", "--yes").code
        assert (folder / "manifest.json").is_file()
        assert [] == list(models.iterdir())


class TestVerify:
    """Whether it is whole."""

    def test_a_damaged_one_says_how_to_repair_it(self, punchin, models: Path) -> None:
        """By name."""
        folder = make_tiny_bundle(models / "a", name="mine")
        (folder / "vocoder.onnx").write_bytes(b"")
        ended = punchin("models", "verify", "mine")
        assert ExitCode.CHECK == ended.code
        assert "punchin models verify mine --repair" in ended.err

    def test_a_whole_one_needs_no_repair(self, punchin, models: Path) -> None:
        """Wherever it came from."""
        make_tiny_bundle(models / "a", name="mine")
        ended = punchin("models", "verify", "mine", "--repair", "--json")
        assert {"name": "mine", "whole": True, "repaired": []} == ended.value

    def test_one_of_unknown_origin_can_not_be_repaired(self, punchin, models: Path) -> None:
        """The sentence says so, and the model stays as it was."""
        folder = make_tiny_bundle(models / "a", name="mine")
        (folder / "vocoder.onnx").write_bytes(b"")
        ended = punchin("models", "verify", "mine", "--repair")
        assert ExitCode.NOT_FOUND == ended.code
        assert "was not made from a checkpoint" in ended.err

    def test_one_whose_source_is_gone(self, punchin, models: Path) -> None:
        """The sentence names what must be put back."""
        folder = make_tiny_bundle(models / "a", name="mine", provenance=PROVENANCE)
        (folder / "vocoder.onnx").write_bytes(b"")
        ended = punchin("models", "verify", "mine", "--repair")
        assert ExitCode.NOT_FOUND == ended.code
        assert "/nowhere/tiny" in ended.err


@pytest.mark.usefixtures("source")
class TestInstall:
    """A repository becomes a model."""

    def test_the_licence_is_asked_for_once(self, punchin, answer) -> None:
        """With its meaning, and what follows from it."""
        answer("n\n")
        ended = punchin("models", "install", "cvssp/tiny")
        assert ExitCode.CANCELLED == ended.code
        assert "CC-BY-NC-SA-4.0 (no commercial use" in ended.err
        assert "every take" in ended.err
        answer("yes\n")
        assert ExitCode.OK == punchin("models", "install", "cvssp/tiny").code
        assert ExitCode.OK == punchin("models", "remove", "tiny-hub", "--yes").code
        answer("")
        assert ExitCode.OK == punchin("models", "install", "cvssp/tiny").code

    @pytest.mark.usefixtures("nobody")
    def test_where_nobody_can_be_asked_it_must_be_accepted(self, punchin) -> None:
        """A script says --accept-licence; a yes on a pipe is nobody's."""
        ended = punchin("models", "install", "cvssp/tiny")
        assert ExitCode.NOT_ALLOWED == ended.code
        assert "--accept-licence" in ended.err
        ended = punchin("models", "install", "cvssp/tiny", "--accept-licence", "--json")
        assert ("tiny-hub", LICENCE, {"unet_step": 0.012}) == (
            ended.value["name"],
            ended.value["licence"],
            ended.value["measured"],
        )
        assert "downloading, MB 1 of 5, 4 s left" in ended.err

    def test_news_for_programs(self, punchin) -> None:
        """The licence first, then how far it is; a line each, and nothing between them."""
        ended = punchin("models", "install", "cvssp/tiny", "--accept-licence", "--news", "--json")
        licence, progress = map(json.loads, ended.err.splitlines())
        assert ("cvssp/tiny", LICENCE) == (licence["repository"], licence["licence"])
        assert ("downloading", 1_000_000, 5_000_000) == tuple(
            progress[name] for name in ("stage", "done", "total")
        )

    def test_options_arrive(self, punchin, source) -> None:
        """Each of them."""
        words = (
            "cvssp/tiny --accept-licence --precision fp16 --revision v2 --offline --heads original --no-ema"
        )
        words += " --name other --audio-tower tower --tokenizer words --device cpu"
        assert ExitCode.OK == punchin("models", "install", *words.split()).code
        tower, tokenizer = Path("tower"), Path("words")
        expected = Options("fp16", "original", False, "other", tower, tokenizer, "cpu")
        assert {"given": "cvssp/tiny", "options": expected, "revision": "v2", "offline": True} == source

    def test_the_precision_follows_the_machine(self, monkeypatch) -> None:
        """int8 on processors, fp16 on graphics cards."""
        from engine.models import devices

        for here, expected in ((["cpu", "torch-cpu"], "int8"), (["cuda", "cpu"], "fp16")):
            monkeypatch.setattr(devices, "available_devices", lambda here=here: here)
            assert expected == installing.default_precision()

    def test_what_was_measured_is_told(self, punchin) -> None:
        """In words."""
        ended = punchin("models", "install", "cvssp/tiny", "--accept-licence")
        assert "one guided denoising step: 0.012" in ended.out

    def test_a_name_that_is_taken(self, punchin) -> None:
        """Is refused before anything is asked."""
        assert ExitCode.OK == punchin("models", "install", "cvssp/tiny", "--accept-licence").code
        ended = punchin("models", "install", "cvssp/tiny")
        assert ExitCode.FILE_EXISTS == ended.code
        assert "punchin models remove tiny-hub" in ended.err

    def test_no_such_repository(self, punchin) -> None:
        """What the hub says, with its number."""
        ended = punchin("models", "install", "cvssp/other")
        assert ExitCode.NOT_FOUND == ended.code
        assert "cvssp/other" in ended.err

    @pytest.mark.parametrize("missing", ["torch", "onnx", "safetensors"])
    def test_without_the_extra(self, punchin, monkeypatch, missing: str) -> None:
        """Which one to install."""

        def work(_: Plan):
            yield Progress("reading", 0, 0, -1.0)
            raise ModuleNotFoundError(f"No module named '{missing}'", name=f"{missing}.inner")

        monkeypatch.setattr(installing, "install", work)
        ended = punchin("models", "install", "cvssp/tiny", "--accept-licence")
        assert ExitCode.NOT_FOUND == ended.code
        sentence = f"Installing models needs {missing}: pip install '.[models]' in Punch-In's folder."
        assert sentence in ended.err

    def test_listing_needs_no_extra(self, punchin, models: Path, monkeypatch) -> None:
        """Nor does anything but installing and repairing."""
        find = builtins.__import__

        def without(name: str, *rest: object):
            if name.partition(".")[0] in ("torch", "onnx", "safetensors", "huggingface_hub"):
                raise ModuleNotFoundError(name=name)
            return find(name, *rest)

        make_tiny_bundle(models / "a", name="mine")
        monkeypatch.setattr(builtins, "__import__", without)
        for command in (["list"], ["info", "mine"], ["verify", "mine"], ["remove", "mine", "--yes"]):
            assert ExitCode.OK == punchin("models", *command).code
