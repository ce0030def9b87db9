"""Choosing among candidates: the nearest to the prompt, made again by its seed; nothing is left of others."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engine.audio.clap_mel import clap_log_mels
from engine.audio.resample import resample
from engine.commands import generate
from engine.commands.arguments import Parser
from engine.config import Home
from engine.errors import EngineError, ErrorCode
from engine.models.interface import Float32, Model, ModelSpecification
from engine.models.onnx_model import OnnxModel
from engine.protocol.osc import decode_packet
from engine.protocol.replies import Chunk, Done, Progress, TakeDone
from engine.protocol.requests import Mode, RenderRequest, encode_request, parse_request
from engine.ranking import closeness
from engine.render import render
from tests.engine.rendering import Spy, ask, heard, noise, only, raw, record, rendered

Ask = Callable[..., RenderRequest]
SEED = 7


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    """Five seconds of stereo noise, alone in its folder."""
    (tmp_path / "session").mkdir()
    return record(tmp_path / "session" / "in.wav", noise(80_000, 2))


@pytest.fixture
def region(recording: Path) -> Ask:
    """Asks for its middle: two windows of the tiny model, with the context."""
    return partial(ask, recording, 16_000, 64_000, context_seconds=0.5, seed=SEED)


@pytest.fixture
def nothing_new(recording: Path, home: Home) -> Iterator[None]:
    """After the test there is no file that was not there before."""
    yield
    assert ["in.wav"] == [path.name for path in recording.parent.iterdir()]
    assert [] == list(home.takes.glob("*"))


class Jury(Spy):
    """Gives each sound it hears the next of ``scores`` as its cosine with the prompt."""

    def __init__(self, model: Model, scores: list[float]) -> None:
        super().__init__(model)
        self._scores = iter(scores)
        self._prompt = np.zeros(0)

    def encode_text(self, prompts: list[str]) -> Float32:
        embeddings = super().encode_text(prompts)
        self._prompt = embeddings[0]
        return embeddings

    def encode_sound(self, log_mel: Float32) -> Float32:
        embeddings = super().encode_sound(log_mel)
        score = next(self._scores, 1.0)  # the best is compared with its prompt once more
        across = embeddings - embeddings @ self._prompt[:, None] * self._prompt
        across /= np.linalg.norm(across, axis=1, keepdims=True)
        return (score * self._prompt + np.sqrt(1.0 - score**2) * across).astype(np.float32)


def seeds(replies: list[Any]) -> list[int]:
    """Of the takes."""
    return [take.seed for take in only(TakeDone, replies)]


class TestChoice:
    """Which candidate becomes the take."""

    @pytest.mark.parametrize("best", [0, 1, 2])
    @pytest.mark.parametrize("mode", list(Mode))
    def test_the_nearest_to_the_prompt_is_kept(
        self, mode: Mode, best: int, region: Ask, hearing_model: OnnxModel, home: Home
    ) -> None:
        """Wherever it stands among them, in every mode."""
        scores = [-0.2, -0.3, -0.4]
        scores[best] = 0.1
        replies = rendered(region(mode=mode, candidates=3), Jury(hearing_model, scores), home)
        assert [SEED + best] == seeds(replies)

    @pytest.mark.parametrize("mode", list(Mode))
    def test_its_seed_makes_it_again(
        self, mode: Mode, region: Ask, hearing_model: OnnxModel, home: Home
    ) -> None:
        """To the last bit, with one candidate and with a model that ranks nothing; its chunks, too."""
        replies = rendered(region(mode=mode, candidates=3), Jury(hearing_model, [0.0, 0.5, 0.2]), home)
        again = rendered(region(mode=mode, seed=seeds(replies)[0], retries=0), hearing_model, home)
        takes = [raw(Path(only(TakeDone, made)[0].path)) for made in (replies, again)]
        assert np.array_equal(*takes)
        sounds = [b"".join(chunk.samples for chunk in only(Chunk, made)) for made in (replies, again)]
        assert sounds[0] == sounds[1]

    def test_takes_have_candidates_of_their_own(
        self, region: Ask, hearing_model: OnnxModel, home: Home
    ) -> None:
        """Numbered through, so that no two takes can be the same one."""
        jury = Jury(hearing_model, [0.1, 0.0, 0.2, 0.3, 0.5, 0.4])
        replies = rendered(region(takes=2, candidates=3), jury, home)
        assert [SEED + 2, SEED + 4] == seeds(replies)
        assert list(range(SEED, SEED + 6)) == sorted({seed for _, seed, _ in jury.inputs["vocode"]})

    def test_of_equals_the_first_is_kept(self, region: Ask, hearing_model: OnnxModel, home: Home) -> None:
        """So that the same request gives the same take."""
        replies = rendered(region(candidates=3), Jury(hearing_model, [1.0] * 3), home)
        assert [SEED] == seeds(replies)

    def test_seeds_go_round(self, region: Ask, hearing_model: OnnxModel, home: Home) -> None:
        """Behind the last one comes 0, which a request may hold."""
        replies = rendered(region(seed=2**31 - 1, candidates=2), Jury(hearing_model, [0.0, 0.1]), home)
        assert [0] == seeds(replies)

    def test_the_same_request_gives_the_same_take(
        self, region: Ask, hearing_model: OnnxModel, home: Home
    ) -> None:
        """Ranked by the model's own ear."""
        first, second = (rendered(region(candidates=4), hearing_model, home) for _ in range(2))
        assert seeds(first) == seeds(second)
        assert np.array_equal(*(raw(Path(only(TakeDone, made)[0].path)) for made in (first, second)))

    def test_it_is_the_best_of_takes_made_one_by_one(
        self, region: Ask, hearing_model: OnnxModel, home: Home
    ) -> None:
        """The winner's own score is the highest of all that the candidates get as takes."""
        request = region(mode=Mode.GENERATE, match_loudness=False, prompt="rain", want_chunks=False)
        scores = []
        for number in range(4):
            replies = rendered(replace(request, seed=SEED + number), hearing_model, home)
            take = heard(Path(only(TakeDone, replies)[0].path)).mean(axis=1)
            scores.append(closeness(take, hearing_model.encode_text(["rain"]), hearing_model))
        chosen = rendered(replace(request, candidates=4), hearing_model, home)
        # The take has seams and a limiter, what is ranked has not: near enough to find the same one.
        assert np.ptp(np.sort(scores)[-2:]) > 1e-3
        assert [SEED + int(np.argmax(scores))] == seeds(chosen)


class TestWhatIsRanked:
    """The sound and the prompt that are compared."""

    @pytest.mark.parametrize("rate", [16_000, 44_100, 48_000])
    def test_the_region_and_nothing_around_it(
        self,
        rate: int,
        tmp_path: Path,
        hearing_model: OnnxModel,
        home: Home,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        """At the model's rate what the take has at that place, whatever the host's rate and the context."""
        ranked: list[Float32] = []

        def listen(sound: Float32, *_: object) -> float:
            ranked.append(sound)
            return float(len(ranked))

        monkeypatch.setattr("engine.candidates.closeness", listen)
        path = record(tmp_path / "in.wav", noise(3 * rate, 1), rate=rate, subtype="FLOAT")
        start = rate // 2 + 17
        request = ask(path, start, start + rate, candidates=2, strength=0.9, crossfade_seconds=0.0)
        (done,) = only(TakeDone, rendered(request, hearing_model, home))
        take = resample(heard(Path(done.path)), rate, 16_000)[:, 0]
        assert [16_000, 16_000] == [sound.size for sound in ranked]
        # The take's level and limiter leave its shape alone; a shift by one frame does not.
        alike = [float(np.corrcoef(np.roll(ranked[1], lag), take)[0, 1]) for lag in range(-3, 4)]
        assert 3 == int(np.argmax(alike))
        assert alike[3] > 0.98

    def test_the_prompt_is_encoded_once_and_the_negative_one_plays_no_part(
        self, region: Ask, hearing_model: OnnxModel, home: Home
    ) -> None:
        """For all takes and candidates."""
        spy = Spy(hearing_model)
        rendered(region(takes=2, candidates=2, negative="hum"), spy, home)
        assert [(["boots on gravel", "hum"],)] == spy.inputs["encode_text"]
        assert 4 == spy.calls.count("encode_sound")

    def test_a_sound_that_is_heard_in_crops_counts_as_their_mean(self, hearing_model: OnnxModel) -> None:
        """Neither the first nor the loudest decides."""
        text = hearing_model.encode_text(["rain"])
        halves = [noise(32_000, seed=seed, amplitude=level)[:, 0] for seed, level in ((0, 0.1), (1, 1e-3))]
        vectors = [hearing_model.encode_sound(mels(half, hearing_model)) for half in halves]
        mean = np.mean(vectors, axis=0)[0]
        expected = mean @ text[0] / np.linalg.norm(mean)
        assert expected == pytest.approx(closeness(np.concatenate(halves), text, hearing_model), abs=2e-3)

    def test_closeness_is_a_cosine(self, hearing_model: OnnxModel) -> None:
        """1 for the sound's own direction, -1 for the opposite."""
        sound = noise(16_000)[:, 0]
        own = hearing_model.encode_sound(mels(sound, hearing_model))
        assert closeness(sound, own, hearing_model) == pytest.approx(1.0, abs=1e-6)
        assert closeness(sound, -own, hearing_model) == pytest.approx(-1.0, abs=1e-6)


def mels(sound: Float32, model: OnnxModel) -> Float32:
    """What the model hears of a sound at its rate."""
    parameters = model.specification.ranking
    assert parameters is not None
    return clap_log_mels(resample(sound[:, None], 16_000, parameters.sample_rate)[:, 0], parameters)


class TestReplies:
    """What the client hears meanwhile."""

    @pytest.mark.parametrize("takes", [1, 2])
    def test_progress_counts_all_candidates(
        self, takes: int, region: Ask, hearing_model: OnnxModel, home: Home
    ) -> None:
        """It never falls, has a reply for each call of the denoiser, and ends at its total."""
        spy = Spy(hearing_model)
        replies = rendered(region(takes=takes, candidates=3), spy, home)
        progress = only(Progress, replies)[1:]
        steps = [reply.step for reply in progress]
        assert sorted(steps) == steps
        assert {steps[-1]} == {reply.total for reply in progress}
        assert steps[-1] == sum(reply.stage == "denoising" for reply in progress)
        assert 3 * takes == sum(reply.stage == "ranking" for reply in progress)
        assert "writing" == progress[-1].stage

    def test_chunks_come_when_the_best_is_known(
        self, region: Ask, hearing_model: OnnxModel, home: Home
    ) -> None:
        """All of them, in order, of one candidate."""
        replies = rendered(region(candidates=3), hearing_model, home)
        last = max(number for number, reply in enumerate(replies) if getattr(reply, "stage", "") == "ranking")
        assert [] == only(Chunk, replies[:last])
        chunks = only(Chunk, replies)
        assert list(range(len(chunks))) == [chunk.sequence for chunk in chunks]
        assert 48_000 == sum(len(chunk.samples) // 8 for chunk in chunks)

    def test_its_time_is_told(self, region: Ask, hearing_model: OnnxModel, home: Home) -> None:
        """Beside that of the other stages."""
        (done,) = only(Done, rendered(region(candidates=2), hearing_model, home))
        assert "rank" in dict(done.timings)

    def test_one_candidate_is_not_ranked(self, region: Ask, hearing_model: OnnxModel, home: Home) -> None:
        """There is nothing to choose, and its first window is heard early."""
        spy = Spy(hearing_model)
        rendered(region(candidates=1), spy, home)
        assert "encode_sound" not in spy.calls

    def test_a_transfer_that_changes_nothing_is_not_ranked(
        self, region: Ask, hearing_model: OnnxModel, home: Home
    ) -> None:
        """All candidates would be the recording."""
        spy = Spy(hearing_model)
        replies = rendered(region(strength=0.0, candidates=3), spy, home)
        assert ["encode_text"] == spy.calls
        assert 1 == len(only(TakeDone, replies))


class TestFiles:
    """What lies on the disk."""

    def test_there_is_one_file_for_each_take(
        self, region: Ask, recording: Path, hearing_model: OnnxModel, home: Home
    ) -> None:
        """None of the candidates that were not kept."""
        output = str(recording.with_name("out.wav"))
        rendered(region(takes=2, candidates=3, output=output), hearing_model, home)
        assert {"in.wav", "out-1.wav", "out-2.wav"} == {path.name for path in recording.parent.iterdir()}
        assert [] == list(home.takes.glob("*"))

    @pytest.mark.usefixtures("nothing_new")
    @pytest.mark.parametrize("named", [True, False])
    @pytest.mark.parametrize("stage", ["denoising", "decoding", "ranking"])
    @pytest.mark.parametrize("number", [0, 1, 2])
    def test_cancelled_at_any_candidate(
        self,
        number: int,
        stage: str,
        named: bool,
        region: Ask,
        recording: Path,
        hearing_model: OnnxModel,
        home: Home,
    ) -> None:
        """Who stops iterating finds nothing new."""
        output = str(recording.with_name("out.wav")) if named else ""
        replies = render(region(candidates=3, output=output), hearing_model, home)
        rankings = 0
        for reply in replies:
            if isinstance(reply, Progress) and reply.stage == stage and rankings == number:
                break
            rankings += isinstance(reply, Progress) and reply.stage == "ranking"
        replies.close()
        assert number == rankings

    @pytest.mark.usefixtures("nothing_new")
    def test_a_model_that_hears_nothing_it_can_name(
        self, region: Ask, hearing_model: OnnxModel, home: Home
    ) -> None:
        """Numbers that are none are an error, not the best score."""
        with pytest.raises(EngineError) as caught:
            rendered(region(candidates=3), Jury(hearing_model, [0.1, np.nan, 0.2]), home)
        assert ErrorCode.INTERNAL == caught.value.code


@pytest.mark.usefixtures("nothing_new")
class TestRefusal:
    """Where there is nothing to choose by, no work is begun."""

    def test_a_model_without_an_audio_encoder(self, region: Ask, tiny_model: OnnxModel, home: Home) -> None:
        """The sentence names the model and what to do."""
        spy = Spy(tiny_model)
        replies = render(region(candidates=2), spy, home)
        with pytest.raises(EngineError) as caught:
            next(replies)
        assert ErrorCode.BAD_ARGUMENT == caught.value.code
        assert "tiny has no audio encoder" in caught.value.sentence
        assert [] == spy.calls

    @pytest.mark.parametrize("prompt", ["", " \t\n"])
    def test_an_empty_prompt(self, prompt: str, region: Ask, hearing_model: OnnxModel, home: Home) -> None:
        """No sound is nearer to nothing than another."""
        spy = Spy(hearing_model)
        with pytest.raises(EngineError, match="prompt") as caught:
            rendered(region(candidates=2, prompt=prompt), spy, home)
        assert ErrorCode.BAD_ARGUMENT == caught.value.code
        assert [] == spy.calls

    def test_one_candidate_asks_for_neither(
        self, region: Ask, recording: Path, tiny_model: OnnxModel, home: Home
    ) -> None:
        """As it has always been."""
        replies = rendered(region(candidates=1, prompt=""), tiny_model, home)
        (take,) = only(TakeDone, replies)
        Path(take.path).unlink()
        assert recording.exists()

    def test_ranking_without_an_ear_is_a_defect(self, tiny_model: OnnxModel) -> None:
        """Nobody gets there who has asked check_ranking first."""
        with pytest.raises(ValueError, match="check_ranking"):
            closeness(np.zeros(16_000, np.float32), np.zeros((1, 16), np.float32), tiny_model)


def parsed(request: RenderRequest) -> RenderRequest:
    """What the engine makes of the packet."""
    (message,) = decode_packet(encode_request(request))
    found = parse_request(message).request
    assert isinstance(found, RenderRequest)
    return found


class TestKey:
    """``candidates`` in a request."""

    @pytest.mark.parametrize("candidates", [1, 2, 16])
    def test_it_survives_the_journey(self, candidates: int, region: Ask) -> None:
        """The default is left out and comes back."""
        assert candidates == parsed(region(candidates=candidates)).candidates

    @pytest.mark.parametrize("candidates", [0, -1, 17])
    def test_its_range(self, candidates: int, region: Ask) -> None:
        """1 to 16."""
        with pytest.raises(EngineError, match="candidates must be 1 to 16"):
            parsed(region(candidates=candidates))


def test_the_bundle_says_what_its_audio_encoder_hears(
    hearing_model: OnnxModel, tiny_model: OnnxModel
) -> None:
    """In the specification, which is all that the line knows of a model."""

    def hears(specification: ModelSpecification) -> bool:
        return specification.ranking is not None

    assert (True, False) == (hears(hearing_model.specification), hears(tiny_model.specification))


@pytest.mark.parametrize(("given", "candidates"), [([], 1), (["--candidates", "5"], 5)])
def test_the_command_line_takes_it(given: list[str], candidates: int, tmp_path: Path) -> None:
    """Beside the other options of a job."""
    parser = Parser()
    generate.add_arguments(parser)
    words = [str(tmp_path / "out.wav"), "--seconds", "1", "--prompt", "rain", *given]
    assert candidates == generate.make_request(parser.parse_args(words)).candidates
