"""A published checkpoint becomes a model, whole or not at all, whatever happens on the way."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import soundfile as sf

from engine.config import find_home
from engine.errors import EngineError, ErrorCode
from engine.install import licences
from engine.install.install import Options, Plan, install, plan_install
from engine.install.progress import Progress, Work
from engine.models import catalogue
from engine.models.bundle import load_bundle, read_manifest
from engine.models.manifest import Precision
from engine.models.placement import place_model
from engine.protocol.replies import TakeDone
from engine.protocol.requests import Mode, NewSource
from tests.engine.rendering import ask, noise, only, record, rendered
from tests.fake_hub import FakeHub, serve

torch = pytest.importorskip("torch")
pytest.importorskip("diffusers")
pytestmark = [pytest.mark.torch, pytest.mark.filterwarnings("ignore::DeprecationWarning")]

FP32 = Options("fp32", device="cpu")
EMBEDDED = ["foley-small"]
NETWORKS = ["text_encoder", "unet", "vae", "vocoder"]


def names_in(folder: Path) -> list[str]:
    """What lies in a folder, hidden things included."""
    return sorted(path.name for path in folder.iterdir())


def planned(source: Path, options: Options = FP32) -> Plan:
    """A plan whose licence is accepted."""
    plan = plan_install(str(source), options)
    licences.accept(plan.source.licence, plan.source.repository)
    return plan


def finished(work: Work[Path]) -> Path:
    """The folder, after all the news."""
    while True:
        try:
            next(work)
        except StopIteration as end:
            return Path(end.value)


def installed_names() -> list[str]:
    """Every model but the embedded one."""
    return [model.name for model in catalogue.list_models() if model.folder != catalogue.EMBEDDED]


def refusal(work: Iterator[Progress]) -> EngineError:
    """How an installation ends that can't go on."""
    with pytest.raises(EngineError) as caught:
        list(work)
    return caught.value


@pytest.fixture(scope="module")
def ready(pristine: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model that was installed in fp32; not to be changed."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PUNCHIN_HOME", str(tmp_path_factory.mktemp("home")))
        return finished(install(planned(pristine)))


class TestWhatIsInstalled:
    """A bundle like any other, that knows where it came from."""

    def test_it_loads_and_states_its_making(self, ready: Path, pristine: Path) -> None:
        """Name, licence, precision and origin are in the manifest."""
        manifest = load_bundle(ready).manifest
        assert ("tiny-audioldm", "CC-BY-NC-SA-4.0") == (
            manifest.specification.name,
            manifest.specification.licence,
        )
        made = manifest.provenance
        assert made is not None
        assert (str(pristine), "", "diffusers", "diffusers") == (
            made.repository,
            made.revision,
            made.layout,
            made.heads,
        )
        assert "fp32" == manifest.precision
        assert manifest.torch is not None
        assert set(NETWORKS) == set(manifest.torch.weights)

    def test_what_was_measured_is_kept(self, ready: Path) -> None:
        """The converted networks compute what the originals compute."""
        measured = read_manifest(ready).measured
        expected = {
            "text_cosine",
            "unet_step",
            "vae_encode",
            "vae_decode",
            "vocoder_log_mel",
            "final_mel",
        }
        assert expected == set(measured)
        assert max(measured.values()) < 1e-3

    def test_nothing_else_lies_beside_it(self, ready: Path) -> None:
        """Neither the workplace nor a file that the manifest does not list."""
        assert [ready.name] == names_in(ready.parent)
        assert {*read_manifest(ready).files, "manifest.json"} == set(names_in(ready))

    def test_its_licence_is_in_every_take(self, ready: Path, tmp_path: Path, models: Path) -> None:
        """In one that is part of a recording, and in a new sound."""
        model, home = place_model(load_bundle(ready), "cpu"), find_home()
        recording = record(tmp_path / "in.wav", noise(16_000))
        output = tmp_path / "out.wav"
        edit = ask(recording, 4_000, 8_000, mode=Mode.TRANSFER, steps=1, output=str(output))
        new = ask(None, source=NewSource(16_000, 1, 8_000), mode=Mode.GENERATE, steps=1)
        for request in (edit, new):
            (take,) = only(TakeDone, rendered(request, model, home))
            comment = sf.SoundFile(take.path).copy_metadata()["comment"]
            assert "tiny-audioldm" in comment
            assert "CC-BY-NC-SA-4.0" in comment
        assert not models.exists()


@pytest.mark.usefixtures("models")
class TestInterrupted:
    """Stopped at any moment, it leaves nothing that loads, and goes on where it was."""

    def test_closed_at_every_piece_of_news(self, checkpoint: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """No half model is listed, and no network is converted twice."""
        from engine.install import convert

        written: list[str] = []
        write = convert.write_float_network

        def note(checkpoint, network, folder, precision):  # type: ignore[no-untyped-def]
            written.append(str(network))
            return write(checkpoint, network, folder, precision)

        monkeypatch.setattr(convert, "write_float_network", note)
        plan = planned(checkpoint)
        told: set[tuple[str, int]] = set()
        while True:
            work = install(plan)
            new = next((news for news in work if (news.stage, news.done) not in told), None)
            if new is None:
                break
            told.add((new.stage, new.done))
            work.close()
            assert [] == installed_names()
            if new.stage == "verifying":
                break
        assert {"reading", "converting", "verifying"} == {stage for stage, _ in told}
        assert NETWORKS == sorted(written)
        assert plan.folder == finished(install(plan))
        assert [plan.name] == installed_names()
        assert NETWORKS == sorted(written)

    def test_killed(self, checkpoint: Path, models: Path) -> None:
        """A process that ends in the middle of its work leaves the same."""
        command = [sys.executable, "-m", "engine", "models", "install", str(checkpoint)]
        command += ["--precision", "fp32", "--accept-licence", "--device", "cpu", "--json"]
        for line in (3, 6):
            process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
            assert process.stderr is not None
            for _ in range(line):
                process.stderr.readline()
            process.kill()
            process.communicate()
            assert [] == installed_names()
        ended = subprocess.run(command, capture_output=True, text=True, check=False)
        assert (0, "tiny-audioldm") == (ended.returncode, json.loads(ended.stdout)["name"])
        assert ["tiny-audioldm"] == names_in(models)
        assert [] == catalogue.verify_model("tiny-audioldm")

    def test_a_changed_source_starts_anew(self, checkpoint: Path) -> None:
        """Half of one checkpoint and half of another would load, and be nothing."""
        work = install(planned(checkpoint))
        news = next(news for news in work if news.stage == "verifying")
        assert 0 == news.done
        work.close()
        weights = checkpoint / "vocoder" / "model.safetensors"
        os.utime(weights, ns=(1, 1))
        started = [news for news in install(planned(checkpoint)) if news.stage == "converting"]
        assert 1 + len(NETWORKS) == len(started)

    def test_a_disk_that_fills_up(self, checkpoint: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """A sentence, nothing listed, and once there is room it goes on."""
        calls = 0
        fsync = os.fsync

        def full(handle: int) -> None:
            nonlocal calls
            calls += 1
            if calls > 8:
                raise OSError(28, "No space left on device")
            fsync(handle)

        plan = planned(checkpoint)
        monkeypatch.setattr(os, "fsync", full)
        assert ErrorCode.CANT_WRITE == refusal(install(plan)).code
        assert [] == installed_names()
        monkeypatch.setattr(os, "fsync", fsync)
        assert plan.folder == finished(install(plan))


@pytest.mark.usefixtures("models")
class TestRefused:
    """Before anything is written."""

    def test_without_its_licence_accepted(self, checkpoint: Path, models: Path) -> None:
        """The licence is named."""
        error = refusal(install(plan_install(str(checkpoint), FP32)))
        assert ErrorCode.NOT_ALLOWED == error.code
        assert "CC-BY-NC-SA-4.0" in error.sentence
        assert not models.exists()

    def test_without_room(self, checkpoint: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """The sentence tells how much is missing."""
        usage = shutil.disk_usage(checkpoint)
        monkeypatch.setattr(shutil, "disk_usage", lambda _: usage._replace(free=10_000_000))
        error = refusal(install(planned(checkpoint)))
        assert ErrorCode.CANT_WRITE == error.code
        assert "75 MB are needed, 65 MB more than it has" in error.sentence

    def test_with_a_name_that_is_taken(self, checkpoint: Path) -> None:
        """By the embedded model, say."""
        name = catalogue.list_models()[0].name
        error = refusal(install(planned(checkpoint, Options("fp32", name=name))))
        assert ErrorCode.FILE_EXISTS == error.code
        assert "--name" in error.sentence

    def test_with_a_folder_in_its_place(self, checkpoint: Path, models: Path) -> None:
        """Which may hold whatever the user keeps there."""
        (models / "tiny-audioldm").mkdir(parents=True)
        error = refusal(install(planned(checkpoint)))
        assert ErrorCode.FILE_EXISTS == error.code
        assert "is in the way, and is no model" in error.sentence

    @pytest.mark.parametrize("name", ["", "../up", ".hidden", "a/b", "x" * 65])
    def test_under_a_name_that_is_none(self, checkpoint: Path, name: str) -> None:
        """An empty one is the source's own."""
        if not name:
            assert "tiny-audioldm" == plan_install(str(checkpoint), FP32).name
            return
        with pytest.raises(EngineError, match="name"):
            plan_install(str(checkpoint), Options("fp32", name=name))

    def test_too_far_from_the_original(self, checkpoint: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """What was measured, and what is allowed."""
        from engine.install import verify

        monkeypatch.setitem(verify.LIMITS, "fp32", {"unet_step": 1e-12})
        error = refusal(install(planned(checkpoint)))
        assert ErrorCode.BAD_BUNDLE == error.code
        assert "one guided denoising step" in error.sentence
        assert [] == installed_names()

    def test_a_damaged_checkpoint(self, checkpoint: Path) -> None:
        """Part of a file is no weights."""
        weights = checkpoint / "unet" / "diffusion_pytorch_model.safetensors"
        os.truncate(weights, weights.stat().st_size // 2)
        assert ErrorCode.BAD_BUNDLE == refusal(install(planned(checkpoint))).code
        assert [] == names_in(catalogue.models_folder())

    @pytest.mark.parametrize(
        ("file", "changes", "said"),
        [
            ("model_index.json", {"_class_name": "AudioLDM2Pipeline"}, "AudioLDM 2"),
            ("vocoder/config.json", {"sampling_rate": 48_000}, "48000 Hz of 64 bands"),
            ("unet/config.json", {"cross_attention_dim": [768]}, "cross_attention_dim"),
            ("scheduler/scheduler_config.json", {"beta_schedule": "squaredcos_cap_v2"}, "beta_schedule"),
        ],
    )
    def test_for_what_its_configurations_say(
        self, checkpoint: Path, file: str, changes: dict[str, object], said: str
    ) -> None:
        """When it is planned: before its licence is accepted, and its weights, which need not be there."""
        values = json.loads((checkpoint / file).read_text())
        (checkpoint / file).write_text(json.dumps(values | changes))
        (checkpoint / "unet" / "diffusion_pytorch_model.safetensors").unlink()
        with pytest.raises(EngineError, match=said) as caught:
            plan_install(str(checkpoint), FP32)
        assert ErrorCode.BAD_BUNDLE == caught.value.code

    def test_before_it_is_downloaded(self, checkpoint: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """Of a repository that holds something else, only a few small files come."""
        index = checkpoint / "model_index.json"
        index.write_text(json.dumps(json.loads(index.read_text()) | {"_class_name": "AudioLDM2Pipeline"}))
        with serve(FakeHub({"cvssp/audioldm2": checkpoint})) as hub:
            monkeypatch.setenv("HF_ENDPOINT", hub.endpoint)
            monkeypatch.setenv("HF_HUB_DISABLE_XET", "1")
            with pytest.raises(EngineError, match="AudioLDM 2"):
                plan_install("cvssp/audioldm2", FP32)
        assert hub.ranges
        assert all(name.endswith("config.json") or name == index.name for name, _ in hub.ranges)

    @pytest.mark.parametrize(("precision", "device"), [("fp32", "coreml"), ("int8", "torch-cpu")])
    def test_on_a_device_that_can_not_run_it(
        self, checkpoint: Path, precision: Precision, device: str
    ) -> None:
        """It would be known only after all of the work."""
        with pytest.raises(EngineError) as caught:
            plan_install(str(checkpoint), Options(precision, device=device))
        assert ErrorCode.NO_DEVICE == caught.value.code

    def test_with_a_tower_that_is_not_there(self, checkpoint: Path, tmp_path: Path) -> None:
        """The same of a tokenizer."""
        for options in (
            Options("fp32", audio_tower=tmp_path / "gone"),
            Options("fp32", tokenizer=tmp_path / "gone"),
        ):
            with pytest.raises(EngineError, match="gone"):
                plan_install(str(checkpoint), options)

    @pytest.mark.parametrize("bad", range(4))
    def test_with_a_vector_that_is_no_number(self, bad: int) -> None:
        """Of any of the prompts: no comparison takes it for the smaller one."""
        from engine.install import verify

        def encode(prompts: list[str]) -> np.ndarray:
            return np.full((1, 4), np.nan if prompts == [verify.PROMPTS[bad]] else 0.5, np.float32)

        whole = SimpleNamespace(encode_text=lambda _: np.full((1, 4), 0.5, np.float32))
        assert np.isnan(verify._text(SimpleNamespace(encode_text=encode), whole))  # type: ignore[arg-type]
        assert pytest.approx(0.0, abs=1e-6) == verify._text(whole, whole)  # type: ignore[arg-type]

    def test_with_a_weight_that_is_no_number(self, checkpoint: Path) -> None:
        """Another precision would not help."""
        from safetensors.torch import load_file, save_file

        file = checkpoint / "unet" / "diffusion_pytorch_model.safetensors"
        weights = load_file(file)
        weights["conv_in.bias"][0] = float("nan")
        save_file(weights, file)
        assert "conv_in.bias holds what is no number" in refusal(install(planned(checkpoint))).sentence


class TestInInt8:
    """The other conversion: calibrated first."""

    def test_calibration_is_done_once(
        self, checkpoint: Path, models: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """An interrupted installation keeps what it saw, and what comes out is smaller and measured."""
        from engine.install import verify

        # Random weights are far harder to quantise than trained ones, which the limits are for.
        monkeypatch.setitem(verify.LIMITS, "int8", dict.fromkeys(verify.LIMITS["int8"], float("inf")))
        plan = planned(checkpoint, Options("int8", device="cpu"))
        work = install(plan)
        seen = [next(work).stage]
        while seen[-1] != "verifying":
            seen.append(next(work).stage)
        work.close()
        assert ["reading", "calibrating", "converting", "verifying"] == list(dict.fromkeys(seen))
        assert [] == installed_names()
        again = {news.stage for news in install(plan)}
        assert {"reading", "converting", "verifying", "sealing"} == again
        manifest = read_manifest(models / "tiny-audioldm")
        assert ("int8", None) == (manifest.precision, manifest.torch)
        assert manifest.measured["text_cosine"] < 0.05
        assert manifest.measured["vae_encode"] < 0.2


class TestRepair:
    """What is damaged is made again, and only that."""

    def test_one_network(self, ready: Path, models: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """The others are taken over as they are, and the model is whole and has its name."""
        from engine.install import convert
        from engine.install.repair import repair_model

        folder = Path(shutil.copytree(ready, models / "renamed"))
        before = read_manifest(folder)
        (folder / "vocoder.onnx").write_bytes(b"")
        os.truncate(folder / "unet.safetensors", 1000)
        written: list[str] = []
        write = convert.write_float_network

        def note(checkpoint, network, folder, precision):  # type: ignore[no-untyped-def]
            written.append(str(network))
            return write(checkpoint, network, folder, precision)

        monkeypatch.setattr(convert, "write_float_network", note)
        licences.accept(before.specification.licence, str(before.provenance and before.provenance.repository))
        work = repair_model("tiny-audioldm")
        for _ in work:
            assert ["tiny-audioldm"] == installed_names()
        assert ["unet", "vocoder"] == sorted(written)
        assert ["renamed"] == names_in(models)
        assert [] == catalogue.verify_model("tiny-audioldm")
        assert before.files == read_manifest(folder).files


def test_the_original_is_heard_through_the_bundle(ready: Path, pristine: Path) -> None:
    """The published pipeline's own vocoder, on one log-mel: the same waveform."""
    from transformers import SpeechT5HifiGan

    mel = np.random.default_rng(1).normal(-5.0, 2.0, (1, 40, 64)).astype(np.float32)
    with torch.inference_mode():
        expected = SpeechT5HifiGan.from_pretrained(pristine / "vocoder")(torch.from_numpy(mel)).numpy()
    found = place_model(load_bundle(ready), "cpu").vocode(mel, 0, 0)
    np.testing.assert_allclose(expected.reshape(1, -1)[:, : 40 * 160], found, atol=1e-5)
