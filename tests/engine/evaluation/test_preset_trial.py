"""The trial of presets: what is measured of sounds that are known."""

from __future__ import annotations

import numpy as np
import pytest
import soundfile

from engine.commands.exit_codes import ExitCode
from engine.evaluation import preset_trial, yamnet
from engine.evaluation.preset_trial import Demand, Tried, judge, table
from engine.protocol.replies import Done, TakeDone
from engine.protocol.requests import Mode
from tests.engine.commands.conftest import fake, punchin  # noqa: F401  fixtures

RATE = 48_000


class DeafYamnet:
    """Hears rain in everything."""

    def __init__(self) -> None:
        self.classes = ["Rain", "Dog"]

    def listen(self, _waveform: np.ndarray) -> yamnet.Opinion:
        scores = np.array([0.9, 0.1], np.float32)
        return yamnet.Opinion(scores, np.zeros((1, 4), np.float32), scores[None])

    def top(self, _opinion: yamnet.Opinion, count: int = 5) -> list[str]:
        return self.classes[:1][:count]


def bursts(gaps: int = 8) -> np.ndarray:
    """Noise that comes and goes, 2 s."""
    noise = np.random.default_rng(3).standard_normal(2 * RATE).astype(np.float32)
    return noise * (np.sin(np.linspace(0, gaps * np.pi, 2 * RATE)) > 0).astype(np.float32)


def cut(sound: np.ndarray, above: float) -> np.ndarray:
    """Without anything above."""
    spectrum = np.fft.rfft(sound)
    spectrum[np.fft.rfftfreq(len(sound), 1 / RATE) > above] = 0.0
    return np.fft.irfft(spectrum, len(sound)).astype(np.float32)


def verdict(after: np.ndarray, demand: Demand) -> preset_trial.Verdict:
    """Of a restyle of bursts."""
    return judge(DeafYamnet(), demand, after, bursts(), RATE)


MUFFLED = Demand(band_hz=(0.0, 700.0), outside_db=20.0, likeness=0.5)


def test_a_muffled_sound_passes_and_others_do_not() -> None:
    """The one that is whole, and the one that is muffled and something else."""
    assert verdict(cut(bursts(), 600.0), MUFFLED).passed
    whole, other = verdict(bursts(), MUFFLED), verdict(cut(bursts(40), 600.0), MUFFLED)
    assert (False, False) == (whole.passed, other.passed)
    assert 0.0 == pytest.approx(whole.outside_db) and other.outside_db < -20.0 and other.likeness < 0.5


def rung(seconds: float) -> np.ndarray:
    """The bursts in a room whose sound falls by 60 dB in so many seconds."""
    time = np.arange(2 * RATE) / RATE
    room = np.random.default_rng(4).standard_normal(2 * RATE) * 10 ** (-3 * time / seconds)
    frames = 4 * RATE
    spectrum = np.fft.rfft(bursts(), frames) * np.fft.rfft(room, frames)
    return np.fft.irfft(spectrum, frames)[: 2 * RATE].astype(np.float32) * np.float32(0.01)


@pytest.mark.parametrize("seconds", [0.3, 0.6, 1.0])
def test_the_decay_of_a_room_is_its_reverberation_time(seconds: float) -> None:
    """Within a fifth, of bursts that end at once."""
    assert seconds == pytest.approx(preset_trial.decay_seconds(rung(seconds), RATE), rel=0.2)


def test_a_room_has_to_be_heard() -> None:
    """The same sound without it does not pass."""
    hall = Demand(decay_s=0.3)
    assert [True, False] == [verdict(sound, hall).passed for sound in (rung(0.8), bursts())]


def test_peaks_have_to_come_down() -> None:
    """Clipped passes, louder as a whole does not."""
    dense = Demand(crest_db=3.0)
    clipped = np.clip(bursts(), -0.5, 0.5)
    assert [True, False] == [verdict(sound, dense).passed for sound in (clipped, 2 * bursts())]


def test_what_is_heard_decides() -> None:
    """An expected class among the first five."""
    passed, failed = (verdict(bursts(), Demand(expect=(name,))) for name in ("Rain", "Dog"))
    assert [(True, "Rain"), (False, "Rain")] == [(one.passed, one.heard) for one in (passed, failed)]


def test_two_of_three_takes_keep_a_preset() -> None:
    """The table says which are not kept."""
    good, poor = verdict(bursts(), Demand(("Rain",))), verdict(bursts(), Demand(("Dog",)))
    rows = (
        Tried("A", Demand(("Rain",)), (good, good, poor)),
        Tried("B", Demand(("Rain",)), (good, poor, poor)),
    )
    lines = table(rows)
    assert "| A |  | 2/3 | Rain, Rain, Rain |" in lines
    assert "| B |  | **1/3, not kept** | Rain, Rain, Rain |" in lines
    assert "1 of 2 presets kept; 0.50 of all takes do what they are called." == lines[-1]


def written(request):
    """A script that leaves the takes' files."""
    for take in range(request.takes):
        path = f"{request.output}.{take}.wav"
        soundfile.write(path, np.ones((3 * RATE, 1)) * 0.1, RATE)
        yield TakeDone(request.job_id, take, path, RATE, request.seed + take)
    yield Done(request.job_id, request.takes, ())


def test_presets_are_tried_by_name(punchin, fake, monkeypatch) -> None:  # noqa: F811
    """Sounds with so many takes, restyles on each of the sources."""
    monkeypatch.setattr(yamnet, "Yamnet", DeafYamnet)
    monkeypatch.setattr(DeafYamnet, "classes", ["Rain", "Dog"], raising=False)
    demands = {"Heavy rain": Demand(("Rain",)), "Next room": MUFFLED}
    monkeypatch.setattr(preset_trial, "load_demands", lambda: demands)
    fake.script = written
    ended = punchin("presets", "try", "--takes", "2", "--seconds", "1.5", "--json")

    assert ExitCode.OK == ended.code
    assert [("Heavy rain", 2), ("Next room", 3)] == [
        (row["name"], len(row["verdicts"])) for row in ended.value["presets"]
    ]
    restyled = [request for request in fake.requests if request.mode is Mode.TRANSFER]
    assert (3, {1000, 1001, 1002}) == (len(restyled), {request.seed for request in restyled})
    assert ExitCode.NOT_FOUND == punchin("presets", "try", "nobody").code
