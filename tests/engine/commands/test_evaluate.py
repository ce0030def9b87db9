"""``punchin evaluate``: the same takes for every prompt, made by the engine like any others."""

from __future__ import annotations

import numpy as np
import pytest
import soundfile

from engine.commands.exit_codes import ExitCode
from engine.evaluation import agreement, yamnet
from engine.protocol.replies import Cancelled, Done, TakeDone
from engine.protocol.requests import Mode, NewSource


class DeafYamnet:
    """Hears rain in everything."""

    def __init__(self) -> None:
        self.classes = ["Rain", "Dog"]

    def listen(self, _waveform):
        return yamnet.Opinion(np.array([0.9, 0.1], np.float32), np.zeros((1, 4), np.float32))

    def top(self, _opinion, count=5):
        return self.classes[:1][:count]


@pytest.fixture
def judged(monkeypatch):
    """Two prompts and a judge that needs no package."""
    prompts = (agreement.Prompt("rain", "rain", ("Rain",)), agreement.Prompt("a dog", "dog", ("Dog",)))
    monkeypatch.setattr(agreement, "load_prompts", lambda: prompts)
    monkeypatch.setattr(yamnet, "Yamnet", DeafYamnet)


def written(request):
    """A script that leaves the takes' files."""
    for take in range(request.takes):
        path = f"{request.output}.{take}.wav"
        soundfile.write(path, np.zeros(request.source.frames), request.source.sample_rate)
        yield TakeDone(request.job_id, take, path, request.source.frames, request.seed + take)
    yield Done(request.job_id, request.takes, ())


@pytest.mark.usefixtures("judged")
def test_every_prompt_is_asked_and_the_means_are_reported(punchin, fake):
    """One job for each prompt, as many takes as asked, and one JSON object."""
    fake.script = written
    ended = punchin("evaluate", "--takes", "2", "--seconds", "1.5", "--json")

    assert ["rain", "a dog"] == [request.prompt for request in fake.requests]
    assert {(Mode.GENERATE, NewSource(16_000, 1, 24_000), 2)} == {
        (request.mode, request.source, request.takes) for request in fake.requests
    }
    assert (ExitCode.OK, {"take": {"hit": 0.5, "probability": 0.5}}) == (
        ended.code,
        {
            kind: {key: pytest.approx(x) for key, x in mean.items()}
            for kind, mean in ended.value["means"].items()
        },
    )


@pytest.mark.usefixtures("judged")
def test_a_cancelled_evaluation_reports_nothing(punchin, fake):
    """Half an evaluation is no result."""
    fake.script = lambda request: iter([Cancelled(request.job_id)])
    ended = punchin("evaluate")

    assert (ExitCode.CANCELLED, "") == (ended.code, ended.out)
