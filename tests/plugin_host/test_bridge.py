"""The line from a selection to takes in place, through a real engine, and everything that can break it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.client import Client, find_or_start
from engine.config import EngineOptions, Home
from engine.errors import EngineError, ErrorCode
from engine.protocol.replies import Cancelled, Done, Failed, Progress, Reply, TakeDone
from engine.protocol.requests import FileSource, Mode, RenderRequest
from plugin_host.bridge import Excerpt, Placement, Selection, Stopped, punch_in, put_in, take_out
from plugin_host.errors import DawError
from plugin_host.timeline import Region, Take, Track
from tests.plugin_host.conftest import RATE
from tests.plugin_host.fake_daw import FakeDaw, JoiningDaw


def ask(source: FileSource, _region: Region, **fields: object) -> RenderRequest:
    """Two quick takes."""
    fields = {"mode": Mode.TRANSFER, "takes": 2, "steps": 2, "want_chunks": False} | fields
    return RenderRequest("punch", source, "boots on gravel", **fields)  # type: ignore[arg-type]


class Scripted:
    """An engine that says what it is told to, and then goes."""

    def __init__(self, *replies: Reply | Exception) -> None:
        self.replies = replies
        self.request: RenderRequest | None = None

    def render(self, request: RenderRequest) -> Iterator[Reply]:
        """Replies, or what is raised in their place."""
        self.request = request
        for reply in self.replies:
            if isinstance(reply, Exception):
                raise reply
            yield reply


def test_takes_appear_where_the_selection_was(daw: FakeDaw, client: Client, folder: Path) -> None:
    """At its first frame, as long as it, one track for each, each another sound, and the DAW is told."""
    takes = punch_in(daw, client, ask, folder)
    assert daw.region is not None
    assert [(take.name, daw.region.start, daw.region.frames) for take in takes] == [
        (name, start, len(samples)) for name, start, samples in daw.tracks
    ]
    assert len(daw.tracks) == 2
    assert not np.array_equal(daw.tracks[0][2], daw.tracks[1][2])
    assert any(text.startswith("Punch-In: denoising") for text in daw.told)
    assert daw.told[-1] == "Punch-In: 2 takes in place."


@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    start=st.integers(0, 2 * RATE),
    frames=st.integers(RATE // 2, RATE + 77),
    mask=st.tuples(st.integers(0, 300), st.integers(500, 900)),
    handles=st.sampled_from([0.0, 0.01, 8.0]),
)
def test_nothing_changes_outside_the_mask(
    daw: FakeDaw,
    client: Client,
    folder: Path,
    start: int,
    frames: int,
    mask: tuple[int, int],
    handles: float,
) -> None:
    """What is played after is what was played before, to the bit, but for the mask; and there it is not."""
    daw.region, daw.tracks = Region(start, frames, RATE), []
    first, last = (frames * thousandth // 1000 for thousandth in mask)
    spans = ((first / RATE, last / RATE),)
    punch_in(
        daw,
        client,
        lambda source, region: ask(source, region, mode=Mode.INPAINT, takes=1, mask_seconds=spans),
        folder,
        handles_seconds=handles,
    )
    differs = np.flatnonzero((daw.played() != daw.samples).any(axis=1))
    assert len(differs) > (last - first) // 2
    assert start + first <= differs[0]
    assert differs[-1] < start + last


def test_the_engine_hears_what_is_around(daw: FakeDaw, folder: Path) -> None:
    """The request's region within the excerpt is the selection, to the sample; so is its place in time."""
    engine = Scripted()
    with pytest.raises(DawError):
        punch_in(daw, engine, ask, folder, handles_seconds=0.5)
    assert engine.request is not None and daw.region is not None
    source = engine.request.source
    assert isinstance(source, FileSource)
    assert (8_000, 8_000 + daw.region.frames) == (source.start.value, source.end.value)
    assert engine.request.time_reference == daw.region.start


def test_an_empty_selection_is_said(daw: FakeDaw, folder: Path) -> None:
    """In the DAW, and to who called; the engine is never asked."""
    daw.region = None
    engine = Scripted()
    with pytest.raises(DawError, match="Nothing is selected"):
        punch_in(daw, engine, ask, folder)
    assert engine.request is None
    assert daw.told == ["Punch-In: Nothing is selected: drag over a part of a track first."]


@pytest.mark.parametrize("verb", ["selection", "export", "tell"])
def test_a_verb_that_fails_ends_the_line(daw: FakeDaw, folder: Path, verb: str) -> None:
    """With its own sentence, nothing inserted."""
    daw.fails = verb
    with pytest.raises(DawError, match=f"no {verb} today"):
        punch_in(daw, Scripted(Progress("punch", "denoising", 1, 4, 2.0)), ask, folder)
    assert daw.tracks == []


def test_an_excerpt_that_is_not_the_selection_is_refused(daw: FakeDaw, folder: Path) -> None:
    """One that ends before it: a take would be put where it does not belong."""
    daw.shift = -40_000
    with pytest.raises(DawError, match="select what lies"):
        take_out(daw, folder, 0.1)


def test_a_refused_insert_leaves_the_takes(daw: FakeDaw, client: Client, folder: Path) -> None:
    """The sentence says where each lies, and they lie there."""
    daw.fails = "insert"
    with pytest.raises(DawError, match=r"no insert today.* 2 takes") as failed:
        punch_in(daw, client, ask, folder)
    paths = [Path(word.strip(".,:")) for word in failed.value.sentence.split() if word.startswith("/")]
    paths = [path.with_suffix(".wav") for path in paths]
    assert len(paths) == 2
    assert all(path.is_file() for path in paths)
    assert "no insert today" in daw.told[-1]


def test_a_take_of_another_length_is_not_inserted(daw: FakeDaw, folder: Path) -> None:
    """Whatever the engine says of it."""
    other = take_out(daw, folder).path
    with pytest.raises(DawError, match="was not put into the session"):
        punch_in(daw, Scripted(TakeDone("punch", 0, str(other), 16_003, 1)), ask, folder)
    assert daw.tracks == []


@pytest.mark.parametrize(
    ("end", "kind", "text"),
    [
        (Failed("punch", ErrorCode.WORKER_DIED, "The worker died."), DawError, "The worker died"),
        (Cancelled("punch"), Stopped, "cancelled"),
        (EngineError(ErrorCode.NO_ENGINE, "The engine has ended."), DawError, "The engine has ended"),
        (None, DawError, "ended before the job did"),
    ],
)
def test_an_engine_that_dies_midway_loses_no_take(
    daw: FakeDaw, folder: Path, tmp_path: Path, end: Reply | Exception | None, kind: type, text: str
) -> None:
    """Nothing is inserted, the sentence is told in the DAW, and names the take that was done."""
    region = Region(20_001, 16_003, RATE)
    daw.region = region
    done = tmp_path / "done.wav"
    done.write_bytes(daw.export(daw.selection(), 0, folder).path.read_bytes())
    replies = [TakeDone("punch", 0, str(done), 16_003, 1), *([end] if end is not None else [])]
    with pytest.raises(kind, match=text) as failed:
        punch_in(daw, Scripted(*replies), ask, folder)
    assert str(done) in failed.value.sentence
    assert daw.told[-1] == f"Punch-In: {failed.value.sentence}"
    assert daw.tracks == []


def test_a_real_engine_that_is_ended_midway_is_a_sentence(
    daw: FakeDaw, engine_home: Home, folder: Path
) -> None:
    """And the next punch-in, through a new engine, works."""

    def end_it(reply: Reply) -> None:
        if isinstance(reply, Progress):
            with find_or_start(engine_home) as other:
                other.quit()

    with find_or_start(engine_home) as client, pytest.raises(DawError):
        punch_in(daw, client, lambda *where: ask(*where, steps=200), folder, watch=end_it)
    assert daw.tracks == []
    with find_or_start(engine_home, EngineOptions(port=0, model="tiny")) as client:
        punch_in(daw, client, ask, folder)
    assert len(daw.tracks) == 2


class SeveralDaw(FakeDaw):
    """One in which two stretches of two tracks are selected."""

    regions = (Region(20_001, 16_003, RATE), Region(40_000, 12_000, RATE))

    def selections(self) -> tuple[Selection, ...]:
        """Both."""
        return tuple(Selection(region, (Track("a", str(n)),)) for n, region in enumerate(self.regions))

    def export(self, selection: Selection, handles: int, folder: Path) -> Excerpt:
        """Into a file for each."""
        excerpt = super().export(selection, handles, folder)
        path = excerpt.path.rename(folder / f"{selection.tracks[0].key}.wav")
        return Excerpt(path, excerpt.region, excerpt.start)


class Copying:
    """An engine whose takes are the regions as they were; asked for the third time it fails."""

    def __init__(self, fails_at: int) -> None:
        self.requests: list[RenderRequest] = []
        self.fails_at = fails_at

    def render(self, request: RenderRequest) -> Iterator[Reply]:
        """A take beside the excerpt."""
        self.requests.append(request)
        source = request.source
        assert isinstance(source, FileSource)
        start, end = int(source.start.value), int(source.end.value)
        samples, rate = soundfile.read(source.path, dtype="float32")
        if len(self.requests) == self.fails_at:
            yield Failed(request.job_id, ErrorCode.WORKER_DIED, "The worker died.")
            return
        made = Path(source.path).with_suffix(".take.wav")
        soundfile.write(made, samples[start:end], rate, subtype="FLOAT")
        yield TakeDone(request.job_id, 0, str(made), end - start, 1)
        yield Done(request.job_id, 1, ())


def test_several_things_are_sent_and_come_back_together(daw: FakeDaw, folder: Path) -> None:
    """Each is a request of its own and says its own place; takes know the track that they are of."""
    several = SeveralDaw(daw.samples, RATE, None)
    engine = Copying(fails_at=0)
    takes = punch_in(several, engine, ask, folder)
    assert [(take.region, take.track) for take in takes] == [
        (region, Track("a", str(number))) for number, region in enumerate(several.regions)
    ]
    assert [one.time_reference for one in engine.requests] == [region.start for region in several.regions]
    for (_, start, samples), region in zip(several.tracks, several.regions, strict=True):
        assert start == region.start
        np.testing.assert_array_equal(samples, daw.samples[region.start : region.end])


def test_takes_of_the_first_thing_are_named_when_the_second_fails(daw: FakeDaw, folder: Path) -> None:
    """None goes in: the person is told where they are."""
    several = SeveralDaw(daw.samples, RATE, None)
    with pytest.raises(DawError, match=r"The worker died.*0\.take\.wav"):
        punch_in(several, Copying(fails_at=2), ask, folder)
    assert several.tracks == []


def test_what_a_daw_has_no_place_for_is_refused_before_any_work(daw: FakeDaw, folder: Path) -> None:
    """With what it has."""
    engine = Scripted()
    with pytest.raises(DawError, match="track, lane"):
        punch_in(daw, engine, ask, folder, Placement.TAKE)
    assert engine.request is None
    with pytest.raises(DawError, match="track, lane"):
        put_in(daw, [Take(folder / "x.wav", Region(0, 1, RATE), "x")], Placement.TAKE)


@pytest.fixture
def joining(daw: FakeDaw) -> JoiningDaw:
    """A DAW that takes takes one by one."""
    return JoiningDaw(daw.samples, RATE, daw.region)


def made(daw: FakeDaw, folder: Path, count: int) -> tuple[TakeDone, ...]:
    """So many takes of what is selected, as an engine names them."""
    excerpt = take_out(daw, folder, 0)
    frames = excerpt.region.frames
    paths = [folder / f"take{number}.wav" for number in range(count)]
    for path in paths:
        path.write_bytes(excerpt.path.read_bytes())
    return tuple(TakeDone("punch", number, str(path), frames, 1) for number, path in enumerate(paths))


class Looking(Scripted):
    """An engine that notes before each reply what is in place by then."""

    def __init__(self, daw: FakeDaw, *replies: Reply | Exception) -> None:
        super().__init__(*replies)
        self.daw = daw
        self.there: list[int] = []

    def render(self, request: RenderRequest) -> Iterator[Reply]:
        """As it is told to."""
        for reply in super().render(request):
            self.there.append(len(self.daw.tracks))
            yield reply


def test_each_take_is_in_place_as_soon_as_it_is_done(joining: JoiningDaw, folder: Path) -> None:
    """In order, treated before, and all of them are one step to undo; the DAW hears how many there are."""
    first, second, third = made(joining, folder, 3)
    progress = Progress("punch", "denoising", 1, 4, 2.0)
    engine = Looking(joining, first, progress, second, third, Done("punch", 3, ()))
    treated: list[tuple[str, int]] = []
    takes = punch_in(
        joining, engine, ask, folder, treat=lambda take: treated.append((take.name, len(joining.tracks)))
    )
    assert engine.there == [0, 1, 1, 2, 3]
    assert treated == [("take0", 0), ("take1", 1), ("take2", 2)]
    assert [name for name, _start, _samples in joining.tracks] == [take.name for take in takes]
    assert joining.steps == [3]
    assert joining.told == ["Punch-In: denoising 25 %, 2 s left, 1 in place", "Punch-In: 3 takes in place."]


@pytest.mark.parametrize(
    ("end", "kind"),
    [
        (Failed("punch", ErrorCode.WORKER_DIED, "The worker died."), DawError),
        (Cancelled("punch"), Stopped),
        (EngineError(ErrorCode.NO_ENGINE, "The engine has ended."), DawError),
        (None, DawError),
    ],
)
def test_takes_in_place_stay_however_the_job_ends(
    joining: JoiningDaw, folder: Path, end: Reply | Exception | None, kind: type
) -> None:
    """Cancelled or failed half-way, what was done is in the DAW, and the sentence says so."""
    replies = [*made(joining, folder, 2), *([end] if end is not None else [])]
    with pytest.raises(kind, match=r"2 takes are in place\.$"):
        punch_in(joining, Scripted(*replies), ask, folder)
    assert [name for name, _start, _samples in joining.tracks] == ["take0", "take1"]


def test_a_take_that_is_refused_waits_for_the_end_of_the_job(joining: JoiningDaw, folder: Path) -> None:
    """Whatever was in the way may be gone by then; no take is made in vain, and their order stays."""
    joining.refuses = 1
    engine = Looking(joining, *made(joining, folder, 3), Done("punch", 3, ()))
    punch_in(joining, engine, ask, folder)
    assert engine.there == [0, 0, 0, 0]
    assert [name for name, _start, _samples in joining.tracks] == ["take0", "take1", "take2"]
    assert joining.told == ["Punch-In: A dialog is open.", "Punch-In: 3 takes in place."]


def test_takes_that_stay_outside_are_named(joining: JoiningDaw, folder: Path) -> None:
    """One is in place, the next is refused for good: the sentence tells one from the other."""

    def refuse(reply: Reply) -> None:
        if isinstance(reply, TakeDone) and reply.take == 1:
            joining.refuses = 2

    engine = Scripted(*made(joining, folder, 2), Done("punch", 2, ()))
    with pytest.raises(DawError, match=r"dialog is open\. 1 take is in place\. 1 take .*take1\.wav\.$"):
        punch_in(joining, engine, ask, folder, watch=refuse)
    assert [name for name, _start, _samples in joining.tracks] == ["take0"]


def test_a_treatment_that_fails_names_its_take(joining: JoiningDaw, folder: Path) -> None:
    """It stays outside; those before it are in place."""

    def treat(take: Take) -> None:
        if take.name == "take1":
            raise EngineError(ErrorCode.INTERNAL, "The plugin hung.")

    with pytest.raises(DawError, match=r"The plugin hung\. 1 take is in place\. 1 take .*take1\.wav\.$"):
        punch_in(joining, Scripted(*made(joining, folder, 3)), ask, folder, treat=treat)
    assert [name for name, _start, _samples in joining.tracks] == ["take0"]
