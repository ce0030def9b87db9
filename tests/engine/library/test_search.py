"""What is found, in which order, and why."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from engine.errors import EngineError, ErrorCode
from engine.library.database import opened
from engine.library.models import model_id
from engine.library.search import nearest_spans
from engine.protocol.replies import Done, Notice


def test_the_order_by_sound_is_that_of_plain_numpy(library, sounds, tone):
    """Oracle: every vector of the index against the prompt's, the best of each sound."""
    for number in range(20):
        tone(sounds / f"{number}.wav", 100.0 + 150.0 * number, 0.3 + 0.4 * number)
    library.index(sounds)
    prompt = library.model.encode_text(["a bright whistle"])[0].astype(np.float64)
    with opened(library.home) as database:
        model = model_id(database, library.model.specification)
        found = nearest_spans(database, model, prompt.astype(np.float32))
        rows = database.rows("SELECT sound, start, stop, vector FROM spans")
    vectors = np.array([np.frombuffer(row[3], np.float32) for row in rows], np.float64)
    cosines = vectors @ prompt / np.linalg.norm(vectors, axis=1) / np.linalg.norm(prompt)
    best: dict[int, tuple[float, int, int]] = {}
    for (sound, start, stop, _), cosine in zip(rows, cosines, strict=True):
        best[sound] = max(best.get(sound, (-2.0, 0, 0)), (cosine, start, stop))

    assert len(rows) > len(best) == len(found) == 24
    for sound, (cosine, start, stop) in best.items():
        assert (start, stop) == (found[sound].start, found[sound].stop)
        assert abs(cosine - found[sound].cosine) < 1e-5
    assert sorted(best, key=lambda sound: -best[sound][0]) == sorted(
        found, key=lambda sound: -found[sound].cosine
    )


def test_the_hits_by_likeness_are_in_the_order_of_their_cosines(library, tmp_path, tone):
    """Names that say nothing leave it to the sound; a sound is most like itself, at its own place."""
    folder = tmp_path / "plain"
    for number in range(8):
        tone(folder / f"{number}.wav", 200.0 * 1.5**number)
    library.index(folder)
    hits = library.hits(like=str(folder / "3.wav"))

    assert "3.wav" == Path(hits[0].path).name and 1.0 == pytest.approx(hits[0].sound, abs=1e-5)
    assert sorted((hit.sound for hit in hits), reverse=True) == [hit.sound for hit in hits]
    assert sorted((hit.score for hit in hits), reverse=True) == [hit.score for hit in hits]
    assert list(range(1, 9)) == [hit.rank for hit in hits]


def test_the_span_is_where_the_sound_is(library, tmp_path):
    """In a long recording, the part that fits; of a short one, all."""
    import soundfile

    rate = 48_000
    times = np.arange(12 * rate) / rate
    wave = 0.1 * np.sin(2 * np.pi * 300 * times)
    wave[8 * rate : 10 * rate] = 0.3 * np.sin(2 * np.pi * 5_000 * times[: 2 * rate])
    (tmp_path / "s").mkdir()
    soundfile.write(tmp_path / "s" / "long.wav", wave, rate)
    soundfile.write(tmp_path / "like.wav", 0.3 * np.sin(2 * np.pi * 5_000 * times[:rate]), rate)
    library.index(tmp_path / "s")
    (hit,) = library.hits(like=str(tmp_path / "like.wav"))

    assert (8 * rate, 10 * rate, rate) == (hit.start_frame, hit.end_frame, hit.sample_rate)
    assert 12.0 == hit.seconds


def test_names_find_what_the_ear_would_not(library, sounds):
    """Every word of the prompt in the name is as near as a name can be, plural or not."""
    library.index(sounds)
    hit = next(hit for hit in library.hits("slams doors") if hit.path.endswith("door slam.wav"))

    assert 1.0 == hit.name and "name" in hit.why and "door slam" == hit.text


def test_a_folder_s_name_counts(library, sounds):
    """ "Rain/heavy_02.ogg" is rain."""
    library.index(sounds)

    assert 1.0 == max(hit.name for hit in library.hits("heavy rain"))
    assert "rain heavy" in {hit.text for hit in library.hits("heavy rain")}


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ({"max_seconds": 1.0}, {"door slam.wav", "whistle.flac"}),
        ({"min_seconds": 1.0}, {"heavy_02.ogg", "ZOOM0012.aiff"}),
        ({"min_seconds": 1.0, "max_seconds": 2.0}, {"heavy_02.ogg"}),
        ({"min_seconds": 100.0}, set()),
        ({"folder": "Rain"}, {"heavy_02.ogg", "ZOOM0012.aiff"}),
        ({"folder": "Rai"}, set()),
    ],
)
def test_filters_choose_and_change_no_score(library, sounds, filters, expected):
    """A score is against all of the library."""
    library.index(sounds)
    everything = {hit.path: hit.score for hit in library.hits("rain")}
    if "folder" in filters:
        filters = filters | {"folder": str(sounds / filters["folder"])}
    hits = library.hits("rain", **filters)

    assert expected == {Path(hit.path).name for hit in hits}
    assert all(everything[hit.path] == hit.score for hit in hits)


def test_the_limit_is_of_sounds_that_are_there(library, sounds):
    """What has gone since makes room for the next, and a notice says what to do."""
    library.index(sounds)
    first = library.names("rain")[0]
    next(sounds.rglob(first)).unlink()
    replies = library.replies("rain", limit=3)

    assert 3 == len(library.names("rain", limit=3)) and first not in library.names("rain", limit=3)
    assert any(
        isinstance(reply, Notice) and "1 sounds that fit are gone" in reply.sentence for reply in replies
    )
    assert isinstance(replies[-1], Done)


def test_a_search_of_nothing_says_how_to_begin(library):
    """One sentence with the command in it."""
    with pytest.raises(EngineError, match="punchin library index FOLDER") as caught:
        library.hits("rain")

    assert ErrorCode.NOT_FOUND == caught.value.code


def test_a_prompt_and_a_sound_together_find_what_is_both(library, sounds):
    """Both count: neither alone has this score."""
    library.index(sounds)
    like = str(sounds / "whistle.flac")
    scores = [
        {hit.path: hit.score for hit in library.hits(*ask[0], **ask[1])}
        for ask in ((("rain",), {}), ((), {"like": like}), (("rain",), {"like": like}))
    ]

    assert scores[2][like] > scores[0][like]
    assert scores[2] != scores[1] != scores[0]
