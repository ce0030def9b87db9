"""Who plays which part: nothing that was trained on stands in for what was not without being told."""

from __future__ import annotations

import numpy as np
import pytest
import soundfile

from engine.errors import EngineError, ErrorCode
from engine.evaluation.agreement import Prompt
from engine.evaluation.yardstick.clips import (
    cast,
    long_clips,
    nearest_captions,
    read_clip,
    read_corpus,
    spread,
)


def test_probes_are_held_out_where_there_are_any(write_corpus, kit) -> None:
    """And all parts are played by different clips."""
    corpus = read_corpus(write_corpus())
    hum, whistle = kit.PROMPTS[:2]
    found = corpus.of_class("hum")[:2]
    roles = cast(corpus, hum, 2, found, 6)
    borrowed = cast(corpus, whistle, 2, (), 6)

    assert roles.held_out and {kit.HELD_OUT} == {clip.package for clip in roles.probes}
    assert not borrowed.held_out and len(borrowed.probes) == 2
    parts = [clip.clip_id for clip in (*roles.probes, *roles.neighbours, *roles.reference)]
    assert len(parts) == len(set(parts)) and len(roles.reference) == 6
    assert not any(clip.held_out for clip in (*roles.reference, *borrowed.reference))


def test_a_small_class_keeps_a_reference(write_corpus, kit) -> None:
    """Of what a search found, where nothing else is left."""
    corpus = read_corpus(write_corpus(clips=1))
    there = corpus.of_class("whistle")
    roles = cast(corpus, kit.PROMPTS[1], 2, there[:2], 6)

    assert {clip.clip_id for clip in roles.reference} == {
        clip.clip_id for clip in there if clip not in roles.probes
    }
    assert not set(roles.reference) & set(roles.probes)


def test_a_search_takes_the_nearest_captions_in_turn(write_corpus) -> None:
    """Clips of one caption spread over all that have it, then those of the next."""
    corpus = read_corpus(write_corpus())
    cosines = {"a hum sound": 0.2, "a whistle sound": 0.9, "a drone sound": 0.5}
    few = nearest_captions(corpus.trained, cosines, 3)
    many = nearest_captions(corpus.trained, cosines, 12)

    assert {"whistle"} == {clip.sound_class for clip in few} and 3 == len({clip.package for clip in few})
    assert ["whistle"] * 9 + ["drone"] * 3 == [clip.sound_class for clip in many]


def test_spread_is_even_and_never_more_than_there_is() -> None:
    """First and last are among them."""
    assert [0, 5, 10] == spread(range(11), 3)
    assert [0, 1] == spread(range(2), 5)
    assert [] == spread((), 5)


def test_long_clips_are_long_enough_and_held_out_first(write_corpus, kit) -> None:
    """One for each prompt that has any."""
    found = list(long_clips(read_corpus(write_corpus()), kit.PROMPTS, 4.0))

    assert [5.0, 5.0, 5.0] == [clip.seconds for clip in found]
    assert [True, False, False] == [clip.held_out for clip in found]
    assert [] == list(long_clips(read_corpus(found[0].path.parents[1]), kit.PROMPTS, 9.0))


def test_parts_of_a_clip_are_read_at_the_judges_rate(write_corpus) -> None:
    """The second half second of a clip of 1 s; a recording at another rate is brought to it."""
    corpus = read_corpus(write_corpus())
    clip = next(clip for clip in corpus.clips if clip.seconds == 1.0)
    whole, later = read_clip(clip, 2.0), read_clip(clip, 2.0, 0.5)
    soundfile.write(clip.path, np.zeros(44_100), 44_100)

    assert (16_000, 8_000) == (len(whole), len(later))
    assert np.array_equal(whole[8_000:], later)
    assert 16_000 == len(read_clip(clip, 2.0))


def test_what_is_wrong_with_a_corpus_is_said(write_corpus, tmp_path) -> None:
    """No folder, no columns, no such class, a broken recording."""
    folder = write_corpus()
    corpus = read_corpus(folder)
    corpus.clips[0].path.write_bytes(b"OggS")

    def code(work) -> ErrorCode:
        with pytest.raises(EngineError) as caught:
            work()
        return caught.value.code

    assert ErrorCode.NOT_FOUND == code(lambda: read_corpus(tmp_path / "nothing"))
    assert ErrorCode.NOT_FOUND == code(lambda: cast(corpus, Prompt("x", "no such class", ()), 1, (), 1))
    assert ErrorCode.BAD_AUDIO == code(lambda: read_clip(corpus.clips[0], 1.0))
    (folder / "manifest.csv").write_text("id,class\na,b\n")
    assert ErrorCode.BAD_AUDIO == code(lambda: read_corpus(folder))


def test_an_id_is_no_way_out_of_the_corpus(write_corpus) -> None:
    """Only files beside the others are read."""
    folder = write_corpus()
    manifest = folder / "manifest.csv"
    manifest.write_text(manifest.read_text().replace("hum-", "../../hum-"))

    assert {folder / "audio"} == {clip.path.parent for clip in read_corpus(folder).clips}
