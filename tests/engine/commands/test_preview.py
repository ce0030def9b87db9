"""``--draft FILE``: a file that sounds like the draft at first, and like the take in the end."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
import soundfile

from engine.commands.exit_codes import ExitCode
from engine.errors import ErrorCode
from engine.protocol.replies import Cancelled, Chunk, Done, Draft, Failed, Reply, TakeDone
from engine.protocol.requests import RenderRequest

RENDER = ("render", "in.wav", "out.wav", "--prompt", "rain", "--region", "0.5:1.5", "--draft", "draft.wav")
FRAMES = 48_000


def piece(kind: type, job: str, take: int, sequence: int, start: int, stop: int, value: float) -> Reply:
    """Frames [start, stop) of stereo that is ``value`` throughout."""
    samples = np.full((stop - start, 2), value, "<f4").tobytes()
    return kind(job, take, sequence, start, 2, FRAMES, samples)


@pytest.fixture
def seen() -> list[np.ndarray]:
    """What the file of the first take held at each pause of the job."""
    return []


@pytest.fixture
def drafting(fake, tmp_path, seen):
    """An engine that drafts, and then delivers in two chunks; it looks into the file on the way."""

    def look() -> None:
        seen.append(soundfile.read(tmp_path / "draft.wav", dtype="float32")[0][:, 0])

    def script(request: RenderRequest) -> Iterator[object]:
        job = request.job_id
        for take in range(request.takes):
            yield piece(Draft, job, take, 0, 0, 24_000, 0.25)
            if request.takes == 1:
                yield look
            yield piece(Draft, job, take, 1, 24_000, FRAMES, 0.25)
            yield piece(Chunk, job, take, 0, 0, 20_000, 0.5 + take / 8)
            if request.takes == 1:
                yield look
            yield piece(Chunk, job, take, 1, 20_000, FRAMES, 0.5 + take / 8)
            yield TakeDone(job, take, request.output, FRAMES, take)
        yield Done(job, request.takes, ())

    fake.script = script
    return fake


@pytest.mark.usefixtures("recording")
def test_the_take_replaces_the_draft_piece_by_piece(punchin, drafting, seen, tmp_path):
    """The file has the region's length from the first piece on, and is always whole enough to be played."""
    ended = punchin(*RENDER, "--json")
    (request,) = drafting.requests
    final, rate = soundfile.read(tmp_path / "draft.wav", dtype="float32")

    assert ExitCode.OK == ended.code
    assert (True, True) == (request.draft, request.want_chunks)
    assert [[0.25, 0.0], [0.5, 0.25]] == [[sound[0], sound[-1]] for sound in seen]
    assert {FRAMES} == {len(sound) for sound in seen} | {len(final), rate}
    assert np.all(final == 0.5)
    assert [str(tmp_path / "draft.wav")] == ended.value["drafts"]


@pytest.mark.usefixtures("recording", "drafting")
def test_several_takes_are_numbered_as_their_files_are(punchin, tmp_path):
    """And each is told of when it can be heard."""
    ended = punchin(*RENDER, "--takes", "2")

    levels = [soundfile.read(tmp_path / f"draft-{number}.wav")[0][0, 0] for number in (1, 2)]
    assert [0.5, 0.625] == levels
    assert all(f"draft: {tmp_path / f'draft-{number}.wav'}" in ended.err for number in (1, 2))


@pytest.mark.usefixtures("drafting")
def test_a_new_sound_has_one_too(punchin, tmp_path):
    """As long as was asked for."""
    line = ("generate", "new.wav", "--prompt", "rain", "--seconds", "1", "--channels", "2")
    punchin(*line, "--draft", "draft.wav")
    assert FRAMES == soundfile.info(tmp_path / "draft.wav").frames


@pytest.mark.usefixtures("recording")
@pytest.mark.parametrize("last", ["failed", "cancelled"])
def test_a_job_without_a_take_leaves_no_draft(punchin, fake, tmp_path, last):
    """Half a sound that nobody will finish."""

    def script(request: RenderRequest) -> Iterator[Reply]:
        yield piece(Draft, request.job_id, 0, 0, 0, 24_000, 0.25)
        failed = Failed(request.job_id, ErrorCode.INTERNAL, "A defect.")
        yield failed if last == "failed" else Cancelled(request.job_id)

    fake.script = script
    ended = punchin(*RENDER)

    assert ExitCode.OK != ended.code
    assert not (tmp_path / "draft.wav").exists()


@pytest.mark.usefixtures("recording")
def test_a_job_without_a_take_gives_back_what_its_draft_overwrote(punchin, fake, tmp_path):
    """Allowed to overwrite is not allowed to lose."""
    (tmp_path / "draft.wav").write_bytes(b"kept")
    during: list[int] = []

    def script(request: RenderRequest) -> Iterator[object]:
        yield piece(Draft, request.job_id, 0, 0, 0, 24_000, 0.25)
        yield lambda: during.append((tmp_path / "draft.wav").stat().st_size)
        yield Failed(request.job_id, ErrorCode.INTERNAL, "A defect.")

    fake.script = script
    ended = punchin(*RENDER, "--force")

    assert ExitCode.OK != ended.code
    assert during[0] > FRAMES
    assert b"kept" == (tmp_path / "draft.wav").read_bytes()
    assert ["draft.wav"] == [path.name for path in tmp_path.iterdir() if "draft" in path.name]


@pytest.mark.usefixtures("recording", "drafting")
def test_a_draft_that_overwrote_leaves_nothing_aside(punchin, tmp_path):
    """Only the new one is there in the end."""
    (tmp_path / "draft.wav").write_bytes(b"old")
    assert ExitCode.OK == punchin(*RENDER, "--force").code
    assert FRAMES == soundfile.info(tmp_path / "draft.wav").frames
    assert ["draft.wav"] == [path.name for path in tmp_path.iterdir() if "draft" in path.name]


@pytest.mark.usefixtures("recording")
@pytest.mark.parametrize(
    ("options", "code"),
    [
        (("--draft", "there.wav"), ExitCode.FILE_EXISTS),
        (("--draft", "nowhere/draft.wav"), ExitCode.CANT_WRITE),
        (("--draft", "out.wav"), ExitCode.USAGE),
    ],
)
def test_a_file_that_can_not_be_is_refused_before_the_job(punchin, fake, tmp_path, options, code):
    """What is there stays as it is."""
    (tmp_path / "there.wav").write_bytes(b"kept")
    ended = punchin(*RENDER[:-2], *options)

    assert (code, []) == (ended.code, fake.requests)
    assert b"kept" == (tmp_path / "there.wav").read_bytes()


@pytest.mark.usefixtures("recording")
def test_without_it_nothing_is_streamed(punchin, fake):
    """Takes arrive as files."""
    punchin(*RENDER[:-2])
    (request,) = fake.requests
    assert (False, False) == (request.draft, request.want_chunks)
