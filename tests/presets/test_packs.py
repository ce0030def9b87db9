"""Presets that travel, and what strangers may put into a pack."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pytest

from presets import packs
from presets.document import MAX_BYTES, encode
from presets.errors import PresetError, Reason
from presets.packs import read_any, write_one, write_pack
from presets.store import Store
from tests.presets.presets import preset


def pack(path: Path, files: dict[str, bytes]) -> Path:
    """A zip with these files."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return path


def test_a_file_and_a_pack_bring_back_what_was_sent(tmp_path: Path) -> None:
    """With comments and unknown keys; the same presets are the same bytes."""
    store = Store(tmp_path / "own", tmp_path / "none")
    sent = (preset(unknown={"later": [1]}), preset("Snow", "boots on snow"))
    store.save_all(sent)
    path = store.find("Gravel").path
    path.write_bytes(b"# mine\n" + path.read_bytes())
    entries = store.shelf().entries
    write_pack(entries, tmp_path / "a.zip")
    write_pack(entries, tmp_path / "b.zip")
    write_one(entries[0], tmp_path / "one.toml")

    assert sent == read_any(tmp_path / "a.zip")
    assert (tmp_path / "a.zip").read_bytes() == (tmp_path / "b.zip").read_bytes()
    assert (sent[0],) == read_any(tmp_path / "one.toml")
    assert (tmp_path / "one.toml").read_bytes().startswith(b"# mine\n")


@pytest.mark.parametrize(
    "name", ["../evil.toml", "/etc/evil.toml", "a/../../evil.toml", "..\\evil.toml", "C:evil.toml"]
)
def test_a_pack_that_names_files_elsewhere_is_not_opened(tmp_path: Path, name: str) -> None:
    """Nothing of it is taken, nothing is written anywhere."""
    path = pack(tmp_path / "x.zip", {"good.toml": encode(preset()), name: encode(preset("Evil"))})
    with pytest.raises(PresetError) as caught:
        read_any(path)
    assert Reason.NOT_ALLOWED is caught.value.reason
    assert [path] == list(tmp_path.iterdir())


def test_other_files_of_a_pack_are_no_presets(tmp_path: Path) -> None:
    """Folders and readme files may be there."""
    files = {"README.txt": b"hello", "rain/gravel.toml": encode(preset()), "__MACOSX/._gravel.toml": b"\0"}
    assert (preset(),) == read_any(pack(tmp_path / "x.zip", files))


def test_a_pack_is_taken_whole_or_not_at_all(tmp_path: Path) -> None:
    """The file that is wrong is named."""
    path = pack(tmp_path / "x.zip", {"good.toml": encode(preset()), "bad.toml": b"schema = 1"})
    with pytest.raises(PresetError, match=r"'bad\.toml' in .*no name"):
        read_any(path)


def test_bombs_do_not_go_off(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither one large file, nor many, nor much in all."""
    with pytest.raises(PresetError) as caught:
        read_any(pack(tmp_path / "large.zip", {"a.toml": b"#" * (MAX_BYTES * 100)}))
    assert Reason.TOO_MUCH is caught.value.reason
    many = {f"{number}.txt": b"" for number in range(packs.MAX_PACK_FILES + 1)}
    with pytest.raises(PresetError, match="too large"):
        read_any(pack(tmp_path / "many.zip", many))
    monkeypatch.setattr(packs, "MAX_PACK_BYTES", 1000)
    much = {f"{number}.toml": encode(preset(f"n{number}")) + b"#" * 200 for number in range(6)}
    with pytest.raises(PresetError, match="too large"):
        read_any(pack(tmp_path / "much.zip", much))


def test_what_is_no_pack_is_said_to_be_none(tmp_path: Path) -> None:
    """Damaged, cut off, empty or missing."""
    whole = pack(tmp_path / "whole.zip", {"a.toml": encode(preset())}).read_bytes()
    for number, data in enumerate(
        (b"", b"PK", whole[: len(whole) // 2], whole[:40] + b"\xff" * 20 + whole[60:])
    ):
        path = tmp_path / f"{number}.zip"
        path.write_bytes(data)
        with pytest.raises(PresetError):
            read_any(path)
    with pytest.raises(PresetError, match="no preset in"):
        read_any(pack(tmp_path / "empty.zip", {"a.txt": b""}))
    with pytest.raises(PresetError, match="no file"):
        read_any(tmp_path / "missing.toml")


def test_a_pack_that_is_locked_is_refused(tmp_path: Path) -> None:
    """There is nobody to ask for its password."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("a.toml", encode(preset()))
    data = bytearray(buffer.getvalue())
    data[6] |= 1  # the flag of the local header, and that of the directory
    data[data.index(b"PK\x01\x02") + 8] |= 1
    (tmp_path / "x.zip").write_bytes(data)
    with pytest.raises(PresetError):
        read_any(tmp_path / "x.zip")
