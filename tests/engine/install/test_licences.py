"""Whose licence a checkpoint is under, and that it is asked for once."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import EngineError, ErrorCode
from engine.install import licences

PLAIN = "CC-BY-NC-SA-4.0"


@pytest.mark.parametrize(
    ("card", "expected"),
    [
        ("---\nlicense: cc-by-nc-sa-4.0\n---\n", "CC-BY-NC-SA-4.0"),
        ('---\ntags:\n- a\nlicense: "mit"\n---\n', "MIT"),
        ("---\nlicense:\n- apache-2.0\n- mit\n---\n", "Apache-2.0"),
        ("---\r\nlicense: cc-by-4.0\r\n---\r\n", "CC-BY-4.0"),
        ("---\nlicense: something-odd\n---\n", "something-odd"),
        ("---\nlicense: \x1b[2J; rm\n---\n", licences.UNKNOWN),
        ("---\nlicense:\n---\n", ""),
        ("---\ntags: none\n---\nlicense: mit\n", ""),
        ("license: mit\n", ""),
        ("", ""),
    ],
)
def test_the_card_says_it_in_its_front_matter(card: str, expected: str) -> None:
    """Nowhere else, and in whatever case or quotes."""
    assert expected == licences.card_licence(card)


@given(st.text())
def test_any_card_is_read(card: str) -> None:
    """Whatever it holds, there is a licence in it or there is none."""
    assert "\n" not in licences.card_licence(f"---\n{card}")


@pytest.mark.parametrize(
    "name",
    [
        "cvssp/audioldm",
        "cvssp/audioldm-s-full-v2",
        "cvssp/audioldm-m-full",
        "cvssp/audioldm-l-full",
        "audioldm-s-full.ckpt",
        "audioldm-full-s-v2.ckpt",
        "audioldm-m-text-ft.ckpt",
        "AudioLDM-L-Full",
    ],
)
def test_the_published_checkpoints_are_known(tmp_path: Path, name: str) -> None:
    """By their names, where no card came along."""
    assert PLAIN == licences.licence_of(tmp_path, name)


def test_what_nobody_states_is_unknown(tmp_path: Path) -> None:
    """A folder without a card, of no known name."""
    assert licences.UNKNOWN == licences.licence_of(tmp_path, "my-finetune")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("MIT License\n\nCopyright", "MIT"),
        ("Creative Commons Attribution-NonCommercial-ShareAlike 4.0 International", PLAIN),
        ("Creative Commons Attribution 4.0 International", "CC-BY-4.0"),
        ("All mine", licences.UNKNOWN),
    ],
)
def test_a_licence_file_speaks_for_itself(tmp_path: Path, text: str, expected: str) -> None:
    """Where the card says nothing."""
    (tmp_path / "README.md").write_text("# No front matter")
    (tmp_path / "LICENSE").write_text(text)
    assert expected == licences.licence_of(tmp_path, "my-finetune")


def test_the_card_counts_more_than_the_name(tmp_path: Path) -> None:
    """Somebody may publish other weights under a known name."""
    (tmp_path / "README.md").write_text("---\nlicense: mit\n---\n")
    assert "MIT" == licences.licence_of(tmp_path, "audioldm-s-full-v2")


@pytest.mark.usefixtures("models")
class TestAcceptance:
    """What the user said yes to."""

    def test_it_is_asked_for_once(self) -> None:
        """For each licence and repository."""
        with pytest.raises(EngineError, match="--accept-licence") as caught:
            licences.check_accepted(PLAIN, "cvssp/audioldm")
        assert ErrorCode.NOT_ALLOWED == caught.value.code
        licences.accept(PLAIN, "cvssp/audioldm")
        licences.check_accepted(PLAIN, "cvssp/audioldm")
        assert not licences.is_accepted("MIT", "cvssp/audioldm")
        assert not licences.is_accepted(PLAIN, "cvssp/audioldm-m-full")

    def test_it_is_kept_with_its_date(self, models: Path) -> None:
        """In the data folder, whole at every moment, and once however often it is given."""
        for _ in range(2):
            licences.accept(PLAIN, "a/b")
        licences.accept(PLAIN, "c/d")
        assert models.parent / "licences.json" == licences.acceptances_file()
        text = licences.acceptances_file().read_text()
        assert 1 == text.count("a/b")
        assert 2 == text.count('"accepted": "20')

    @pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"accepted": 3}', b'{"accepted": [3]}', b"\xff"])
    def test_a_damaged_file_is_as_if_nothing_was_accepted(self, models: Path, content: bytes) -> None:
        """The user is asked again, and what is accepted then is kept."""
        models.parent.mkdir(parents=True)
        licences.acceptances_file().write_bytes(content)
        assert not licences.is_accepted(PLAIN, "a/b")
        licences.accept(PLAIN, "a/b")
        assert licences.is_accepted(PLAIN, "a/b")
