"""What a take sounds like: at its time, at its level, between its neighbours."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engine.audio.limiter import CEILING
from engine.audio.loudness import DEFAULT_DB, gated_level_db
from engine.audio.splice import SEAM_CLICK, seam_discontinuity
from engine.config import Home
from engine.errors import EngineError
from engine.models.catalogue import load_model
from engine.models.interface import Float32, Model
from engine.models.onnx_model import OnnxModel
from engine.protocol.replies import Chunk
from engine.protocol.requests import Mode, NewSource
from engine.protocol.vocabulary import Highs
from tests.engine.audio.listening import bands_db
from tests.engine.rendering import Spy, ask, heard, joined, noise, only, record, rendered

RATES = [8_000, 11_025, 22_050, 37_123, 44_100, 48_000, 96_000, 192_000]
MODEL_RATE, HOP, CELL = 16_000, 160, 640
TOLERANCE_SECONDS = 3 / MODEL_RATE
QUANTUM = 2.0**-23  # one step of 24 bits


def sound_of(request: Any, model: Model, home: Home) -> Float32:
    """The region as it is streamed."""
    return joined(only(Chunk, rendered(request, model, home)))


def level(sound: Float32, rate: int = MODEL_RATE) -> float:
    """As the engine measures it."""
    return gated_level_db(sound, rate)


def tone(times: np.ndarray) -> np.ndarray:
    """A sound known at every moment, well below the lowest rate's half."""
    return 0.3 * np.sin(2 * np.pi * 701.0 * times) + 0.1 * np.sin(2 * np.pi * 1_333.0 * times + 1.0)


class Telling(Spy):
    """Its vocoder gives ``tone`` at the time since the canvas's start, whatever it is asked for."""

    def vocode(self, mel: Float32, noise_seed: int, first_frame: int) -> Float32:  # noqa: ARG002
        samples = first_frame * HOP + np.arange(mel.shape[1] * HOP)
        return self.told(samples / MODEL_RATE)[None].astype(np.float32)

    def told(self, times: np.ndarray) -> np.ndarray:
        return tone(times)


class Uneven(Telling):
    """Tells its third second five times as loud as the others."""

    def told(self, times: np.ndarray) -> np.ndarray:
        return np.where((times >= 2.0) & (times < 3.0), 1.0, 0.2) * tone(times)


class Beeping(Spy):
    """Its vocoder gives each mel frame one pulse that is symmetrical about the frame's middle."""

    def vocode(self, mel: Float32, noise_seed: int, first_frame: int) -> Float32:  # noqa: ARG002
        pulse = np.cos(2 * np.pi * 2_000.0 * (np.arange(HOP) - HOP // 2) / MODEL_RATE)
        levels = np.exp(mel).sum(axis=2)
        return (levels[..., None] * pulse * 0.05).reshape(1, -1).astype(np.float32)


@pytest.mark.parametrize("rate", RATES)
def test_what_the_model_gives_is_heard_at_its_time(
    rate: int, tmp_path: Path, home: Home, tiny_model: OnnxModel
) -> None:
    """From the canvas to the host's rate, no sound moves by a hundredth of a frame, the edges included.

    The tone's steepest slope is 2200 per second: a frame's shift at 192 kHz would make a difference of 0.011,
    which the tolerance is a tenth of; at 8 kHz it is a 250th.
    """
    start, end = rate + 7, 2 * rate + 3
    path = record(tmp_path / "in.wav", noise(3 * rate), rate, "FLOAT")
    plain = {"match_loudness": False, "crossfade_seconds": 0.0, "highs": Highs.OFF}
    request = ask(path, start, end, strength=0.3, **plain)
    actual = sound_of(request, Telling(tiny_model), home)[:, 0]
    offset = round(rate * MODEL_RATE // rate // CELL * CELL * rate / MODEL_RATE)
    expected = tone((offset + np.arange(end - start)) / rate)
    scale = (expected @ actual) / (expected @ expected)
    assert np.abs(actual / scale - expected).max() < 0.001


@pytest.mark.parametrize("rate", RATES)
def test_what_happens_happens_at_the_same_time(
    rate: int, tmp_path: Path, home: Home, tiny_model: OnnxModel
) -> None:
    """Clicks through the whole line and back: canvas, mel, latents, vocoder, resampler, splice.

    A mel frame sees 64 ms, so a click comes back as a bump of that width; its middle must be the click.
    The tolerance is three of the model's samples: the noise that even this transfer adds moves a middle by
    one or two, and the pulses' own middle is half a sample early.
    """
    clicks = (np.array([1.25, 1.4611, 1.7003, 1.8117]) * rate).astype(int)
    waveform = noise(3 * rate, amplitude=1e-5)
    waveform[clicks] = 0.5
    path = record(tmp_path / "in.wav", waveform, rate, "FLOAT")
    request = ask(path, rate + 7, 2 * rate + 3, strength=0.001, guidance=1.0)
    power = sound_of(request, Beeping(tiny_model), home)[:, 0].astype(np.float64) ** 2
    for click in clicks - (rate + 7):
        near = np.arange(click - rate // 20, click + rate // 20 + 1)
        middle = (power[near] * near).sum() / power[near].sum()
        assert abs(middle - click) / rate < TOLERANCE_SECONDS


class TestLoudness:
    """A take is as loud as its neighbourhood."""

    @pytest.mark.parametrize("amplitude", [0.02, 0.1])
    @pytest.mark.parametrize("rate", [16_000, 44_100])
    @pytest.mark.parametrize("mode", Mode)
    def test_a_take_fits_a_steady_sound_around_it(
        self, mode: Mode, amplitude: float, rate: int, tmp_path: Path, home: Home, tiny_model: OnnxModel
    ) -> None:
        """Within 1.5 dB, whatever is done with the region."""
        waveform = noise(3 * rate, 2, amplitude)
        path = record(tmp_path / "in.wav", waveform, rate)
        sound = sound_of(ask(path, rate, 2 * rate, mode=mode), tiny_model, home)
        assert level(sound, rate) == pytest.approx(level(waveform, rate), abs=1.5)

    @pytest.mark.parametrize("amplitude", [0.02, 0.1])
    def test_a_masked_span_fits_what_is_left_of_its_region(
        self, amplitude: float, tmp_path: Path, home: Home, tiny_model: OnnxModel
    ) -> None:
        """A mask in a region that is the whole file has its surroundings inside the region."""
        waveform = noise(48_000, amplitude=amplitude)
        path = record(tmp_path / "in.wav", waveform)
        request = ask(path, 0, 48_000, mode=Mode.INPAINT, mask_seconds=((1.0, 2.0),))
        sound = sound_of(request, tiny_model, home)[16_000:32_000]
        assert level(sound) == pytest.approx(level(waveform), abs=1.5)

    def test_what_is_not_replaced_is_not_measured(
        self, tmp_path: Path, home: Home, tiny_model: OnnxModel
    ) -> None:
        """A loud part that stays in the region does not make the spans beside it quiet."""
        waveform = noise(96_000)
        path = record(tmp_path / "in.wav", waveform)
        mask = {"mode": Mode.INPAINT, "mask_seconds": ((0.0, 1.0), (2.0, 4.0)), "context_seconds": 1.0}
        sound = sound_of(ask(path, 16_000, 80_000, **mask), Uneven(tiny_model), home)
        made_anew = sound[:15_000], sound[33_000:]
        assert [level(waveform)] * 2 == pytest.approx([level(span) for span in made_anew], abs=1.5)

    def test_a_transfer_keeps_the_regions_own_level(
        self, tmp_path: Path, home: Home, tiny_model: OnnxModel
    ) -> None:
        """Not that of its surroundings."""
        waveform = noise(48_000, amplitude=0.1)
        waveform[16_000:32_000] *= 0.1
        path = record(tmp_path / "in.wav", waveform)
        sound = sound_of(ask(path, 16_000, 32_000), tiny_model, home)
        assert level(sound) == pytest.approx(level(waveform[16_000:32_000]), abs=1.5)

    def test_a_restyled_part_keeps_its_own_level(
        self, tmp_path: Path, home: Home, tiny_model: OnnxModel
    ) -> None:
        """Not that of a louder part, which a curve leaves as it is."""
        waveform = noise(64_000, amplitude=0.1)
        waveform[32_000:48_000] *= 0.2
        path = record(tmp_path / "in.wav", waveform)
        curve = ((1.0, 0.0), (1.01, 0.8))
        sound = sound_of(ask(path, 16_000, 48_000, strength_curve=curve), tiny_model, home)
        assert level(sound[16_800:]) == pytest.approx(level(waveform[32_800:48_000]), abs=1.5)

    @pytest.mark.parametrize("mode", [Mode.TRANSFER, Mode.INPAINT])
    def test_a_room_tone_is_no_silence(
        self, mode: Mode, tmp_path: Path, home: Home, tiny_model: OnnxModel
    ) -> None:
        """It is softer than the standard's gate, and an edit of it is as soft."""
        waveform = noise(48_000, amplitude=10.0 ** (-78.0 / 20.0))
        path = record(tmp_path / "in.wav", waveform, subtype="FLOAT")
        sound = sound_of(ask(path, 16_000, 32_000, mode=mode), tiny_model, home)[400:-400]
        assert np.sqrt(np.mean(sound**2)) == pytest.approx(np.sqrt(np.mean(waveform**2)), rel=0.15)

    @pytest.mark.parametrize("mode", Mode)
    def test_silence_gets_the_default(
        self, mode: Mode, tmp_path: Path, home: Home, tiny_model: OnnxModel
    ) -> None:
        """A region of silence in silence is rendered all the same."""
        path = record(tmp_path / "in.wav", np.zeros((48_000, 1), np.float32))
        sound = sound_of(ask(path, 16_000, 32_000, mode=mode, strength=1.0), tiny_model, home)
        assert level(sound) == pytest.approx(DEFAULT_DB, abs=1.5)

    def test_channels_keep_their_balance(self, tmp_path: Path, home: Home, tiny_model: OnnxModel) -> None:
        """A sound that was left stays left."""
        waveform = noise(48_000, 2) * np.array([1.0, 0.25], np.float32)
        path = record(tmp_path / "in.wav", waveform)
        sound = sound_of(ask(path, 16_000, 32_000, crossfade_seconds=0.0), tiny_model, home)
        left, right = (level(sound[:, channel : channel + 1]) for channel in (0, 1))
        assert right - left == pytest.approx(20 * np.log10(0.25), abs=1.0)

    @pytest.mark.parametrize("match", [True, False])
    @pytest.mark.parametrize("mode", Mode)
    def test_no_peak_is_above_the_ceiling(
        self, match: bool, mode: Mode, tmp_path: Path, home: Home, tiny_model: OnnxModel
    ) -> None:
        """Even between sounds that are; the seams, in which those are heard too, aside."""
        path = record(tmp_path / "in.wav", noise(48_000, amplitude=0.9))
        request = ask(path, 16_000, 32_000, mode=mode, match_loudness=match, output=str(tmp_path / "out.wav"))
        rendered(request, tiny_model, home)
        inner = heard(tmp_path / "out.wav")[16_400:31_600]
        assert np.abs(inner).max() <= CEILING + QUANTUM

    def test_a_new_sound_keeps_below_it_everywhere(
        self, tmp_path: Path, home: Home, tiny_model: OnnxModel
    ) -> None:
        """There is nothing to fade from."""
        for match in (True, False):
            output = tmp_path / f"{match}.wav"
            rendered(ask(None, end=16_000, match_loudness=match, output=str(output)), tiny_model, home)
            assert 0.01 < np.abs(heard(output)).max() <= CEILING + QUANTUM

    def test_without_matching_the_neighbourhood_does_not_count(
        self, tmp_path: Path, home: Home, tiny_model: OnnxModel
    ) -> None:
        """The model's own level comes through, the same between loud and quiet."""
        sounds = []
        for name, amplitude in (("quiet.wav", 0.001), ("loud.wav", 0.3)):
            path = record(tmp_path / name, noise(48_000, amplitude=amplitude))
            request = ask(path, 16_000, 32_000, mode=Mode.GENERATE, match_loudness=False)
            sounds.append(sound_of(request, tiny_model, home)[400:-400])
        assert np.array_equal(*sounds)

    def test_without_matching_an_edit_comes_back_at_the_recordings_level(
        self, tmp_path: Path, home: Home, tiny_model: OnnxModel
    ) -> None:
        """The model hears everything lifted to its own level; that is undone."""
        sounds = []
        for name, amplitude in (("quiet.wav", 0.0005), ("loud.wav", 0.005)):
            path = record(tmp_path / name, noise(48_000, amplitude=amplitude), subtype="FLOAT")
            sounds.append(sound_of(ask(path, 16_000, 32_000, match_loudness=False), tiny_model, home))
        assert np.abs(sounds[1] - 10.0 * sounds[0]).max() < 1e-3 * np.abs(sounds[1]).max()


class TestSeams:
    """Where old and new meet."""

    @pytest.mark.parametrize("mode", Mode)
    def test_they_do_not_click(self, mode: Mode, tmp_path: Path, home: Home, tiny_model: OnnxModel) -> None:
        """Measured at both, in a steady sound."""
        path = record(tmp_path / "in.wav", noise(48_000, amplitude=0.05))
        rendered(ask(path, 16_000, 32_000, mode=mode, output=str(tmp_path / "out.wav")), tiny_model, home)
        sound = heard(tmp_path / "out.wav")
        measures = [seam_discontinuity(sound, joint, MODEL_RATE) for joint in (16_000, 32_000)]
        assert max(measures) < SEAM_CLICK

    def test_their_length_is_a_parameter(self, tmp_path: Path, home: Home, tiny_model: OnnxModel) -> None:
        """A longer crossfade leaves more of the original near the edge."""
        waveform = noise(48_000)
        path = record(tmp_path / "in.wav", waveform)
        likeness = []
        for seconds in (0.0, 0.02, 0.3):
            request = ask(path, 16_000, 32_000, mode=Mode.GENERATE, crossfade_seconds=seconds)
            sound = sound_of(request, tiny_model, home)
            likeness.append(np.corrcoef(sound[:2_000, 0], waveform[16_000:18_000, 0])[0, 1])
        assert sorted(likeness) == likeness
        assert likeness[0] < 0.1 < 0.5 < likeness[2]


@pytest.fixture(scope="module")
def embedded() -> Model:
    """The model that comes with the package."""
    try:
        return load_model()
    except EngineError as error:
        pytest.skip(f"there is no embedded model here: {error.sentence}")


def test_the_embedded_model_takes_the_whole_line(home: Home, embedded: Model) -> None:
    """It sounds, a steady sound at the level asked for, and one prompt is not the other."""
    sounds = []
    for prompt in ("rain falling", "a door slams"):
        request = ask(None, source=NewSource(48_000, 1, 24_000), mode=Mode.GENERATE, prompt=prompt, steps=2)
        sounds.append(sound_of(request, embedded, home))
    assert level(sounds[0], 48_000) == pytest.approx(DEFAULT_DB, abs=4.0)
    assert abs(np.corrcoef(sounds[0][:, 0], sounds[1][:, 0])[0, 1]) < 0.9


def test_a_soft_region_between_loud_ones_is_heard(tmp_path: Path, home: Home, embedded: Model) -> None:
    """Hiss 45 dB below what is around it: as loud as it was in the middle, and no burst at its ends."""
    rate = 16_000
    sound = noise(4 * rate, amplitude=0.15)
    sound[rate : 3 * rate] *= np.float32(10.0 ** (-45.0 / 20.0))
    path = record(tmp_path / "in.wav", sound, subtype="FLOAT")
    request = ask(path, rate, 3 * rate, prompt="rain falling", strength=0.1, steps=4, retries=0)
    made, was = sound_of(request, embedded, home), sound[rate : 3 * rate]
    apart = [
        20.0 * np.log10(np.std(made[part]) / np.std(was[part]))
        for part in (slice(0, 800), slice(rate // 2, 3 * rate // 2), slice(-800, None))
    ]
    assert np.abs(apart).max() < 3.0


def test_what_is_removed_is_not_heard_in_its_place(tmp_path: Path, home: Home, embedded: Model) -> None:
    """Hiss fills the place of a bang 60 dB above it, octave by octave as it is around it."""
    rate = 16_000
    hiss = noise(5 * rate, amplitude=3e-4)
    sound = hiss.copy()
    decay = np.exp(-np.arange(rate) / (0.12 * rate)).astype(np.float32)[:, None]
    sound[round(2.3 * rate) :][:rate] += decay * noise(rate, amplitude=0.3, seed=5)
    path = record(tmp_path / "in.wav", sound, subtype="FLOAT")
    request = ask(path, 2 * rate, 4 * rate, mode=Mode.INPAINT, prompt="", steps=6, seed=1, retries=0)
    octaves = 250.0 * 2.0 ** np.arange(5)
    made, was = (
        bands_db(each[800:-800], rate, octaves, 1.0) for each in (sound_of(request, embedded, home), hiss)
    )
    assert np.abs(made - was).mean() < 4.0


def test_a_weak_transfer_by_the_embedded_model_stays_close(
    tmp_path: Path, home: Home, embedded: Model
) -> None:
    """Hits come back where they were: their envelope is the recording's, and less so at full strength."""
    rate = 16_000
    envelope = np.zeros((2 * rate, 1), np.float32)
    for hit in (0.55, 0.8, 1.2):
        frame = round(hit * rate)
        envelope[frame : frame + 4_000] += np.exp(-np.arange(4_000) / 600.0)[:, None].astype(np.float32)
    path = record(tmp_path / "in.wav", noise(2 * rate) * envelope, rate)
    region = slice(rate // 2, 3 * rate // 2)
    likeness = []
    for strength in (0.1, 1.0):
        asked = {"strength": strength, "steps": 4, "context_seconds": 0.2, "retries": 0}
        request = ask(path, region.start, region.stop, **asked)
        blocks = np.abs(sound_of(request, embedded, home)[:, 0]).reshape(-1, 160).mean(axis=1)
        original = np.abs(heard(path)[region, 0]).reshape(-1, 160).mean(axis=1)
        likeness.append(np.corrcoef(blocks, original)[0, 1])
    assert likeness[0] > 0.8
    assert likeness[0] > likeness[1]
