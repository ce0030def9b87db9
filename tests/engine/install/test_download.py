"""Where checkpoints come from: folders, files, and a hub whose connections break."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.errors import EngineError, ErrorCode
from engine.install.download import Source, check_arrived, fetch, find_source, needed_files
from engine.install.progress import Progress
from tests.fake_hub import COMMIT, FakeHub, serve

REPOSITORY = "cvssp/audioldm-s-full-v2"
WEIGHTS = "unet/diffusion_pytorch_model.safetensors"
# More than the hub's client takes at a time, so that there is something to go on with.
LARGE = 24 * 2**20

PARTS = {
    "model_index.json": 10,
    "README.md": 50,
    "unet/config.json": 10,
    "unet/diffusion_pytorch_model.safetensors": 1000,
    "unet/diffusion_pytorch_model.bin": 1000,
    "unet/diffusion_pytorch_model.fp16.safetensors": 500,
    "vae/config.json": 10,
    "vae/diffusion_pytorch_model.bin": 300,
    "text_encoder/pytorch_model.bin": 200,
    "text_encoder/flax_model.msgpack": 200,
    "vocoder/model.safetensors": 100,
    "tokenizer/vocab.json": 10,
    "tokenizer/merges.txt": 10,
    "scheduler/scheduler_config.json": 10,
    "samples/demo.wav": 5000,
    ".gitattributes": 10,
}


class TestWhatIsNeeded:
    """Of a repository's files those that make the checkpoint."""

    def test_one_file_of_weights_each_and_all_small_ones(self) -> None:
        """safetensors before .bin, full precision before half, and nobody's demos."""
        left_out = {
            "unet/diffusion_pytorch_model.bin",
            "unet/diffusion_pytorch_model.fp16.safetensors",
            "text_encoder/flax_model.msgpack",
            "samples/demo.wav",
            ".gitattributes",
        }
        assert PARTS.keys() - left_out == needed_files(PARTS).keys()

    def test_half_precision_where_there_is_no_other(self) -> None:
        """As the reader takes it."""
        there = {"model_index.json": 1, "unet/diffusion_pytorch_model.fp16.safetensors": 500}
        assert there == needed_files(there)

    def test_weights_in_parts(self) -> None:
        """The index, and every part of that kind."""
        index = {f"unet/diffusion_pytorch_model{end}": 1 for end in (".safetensors.index.json",)}
        parts = {f"unet/diffusion_pytorch_model-0000{n}-of-00002.safetensors": 9 for n in (1, 2)}
        others = {f"unet/diffusion_pytorch_model-0000{n}-of-00002.bin": 9 for n in (1, 2)}
        expected = {"model_index.json": 1, **index, **parts}
        assert expected == needed_files({**expected, **others})

    def test_a_single_file(self) -> None:
        """As the authors published theirs."""
        there = {"audioldm-s-full.ckpt": 9, "README.md": 1, "figure.png": 1}
        assert {"audioldm-s-full.ckpt": 9, "README.md": 1} == needed_files(there)

    @pytest.mark.parametrize("there", [{}, {"a.ckpt": 1, "b.ckpt": 1}, {"weights/a.ckpt": 1}])
    def test_anything_else_is_no_checkpoint(self, there: dict[str, int]) -> None:
        """A sentence about what is missing."""
        with pytest.raises(EngineError, match=r"model_index\.json"):
            needed_files(there)


class TestLocal:
    """Folders and files of this machine."""

    def test_a_folder(self, tmp_path: Path) -> None:
        """Its files are counted, its card is read, its name is the model's."""
        folder = tmp_path / "my model (1)"
        for name, size in PARTS.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes(b"x" * size)
        (folder / "README.md").write_text("---\nlicense: mit\n---\n")
        source = find_source(str(folder))
        assert ("my-model-1", "MIT", str(folder), "") == (
            source.name,
            source.licence,
            source.repository,
            source.revision,
        )
        assert 1600 < source.size_bytes < 1800

    def test_a_single_file(self, tmp_path: Path) -> None:
        """Known by its name."""
        (tmp_path / "audioldm-m-full.ckpt").write_bytes(b"x" * 10)
        source = find_source(str(tmp_path / "audioldm-m-full.ckpt"))
        assert ("audioldm-m-full", "CC-BY-NC-SA-4.0", 10) == (
            source.name,
            source.licence,
            source.size_bytes,
        )

    def test_a_folder_with_a_single_file(self, tmp_path: Path) -> None:
        """Its licence is the file's, whatever the folder is called; its name is the folder's."""
        (tmp_path / "mine").mkdir()
        (tmp_path / "mine" / "audioldm-m-full.ckpt").write_bytes(b"x" * 10)
        source = find_source(str(tmp_path / "mine"))
        assert ("mine", "CC-BY-NC-SA-4.0") == (source.name, source.licence)

    @pytest.mark.parametrize("name", ["a.safetensors", "a.pt", "a.bin"])
    def test_a_single_file_that_somebody_converted(self, tmp_path: Path, name: str) -> None:
        """Whatever can be read can be named."""
        (tmp_path / name).write_bytes(b"x" * 10)
        assert tmp_path / name == find_source(str(tmp_path / name)).path

    @pytest.mark.parametrize(
        ("given", "code"),
        [
            ("nowhere.ckpt", ErrorCode.NOT_FOUND),
            ("./nowhere/at/all", ErrorCode.NOT_FOUND),
            ("audioldm-s-full-v2", ErrorCode.NOT_FOUND),
            ("a/b\0c", ErrorCode.NOT_FOUND),
            ("x" * 5000, ErrorCode.NOT_FOUND),
            ("note.txt", ErrorCode.BAD_ARGUMENT),
            ("empty", ErrorCode.BAD_BUNDLE),
        ],
    )
    def test_what_is_none(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, given: str, code: str
    ) -> None:
        """One sentence, without a network."""
        monkeypatch.chdir(tmp_path)
        (tmp_path / "note.txt").write_text("mine")
        (tmp_path / "empty").mkdir()
        with pytest.raises(EngineError) as caught:
            find_source(given)
        assert code == caught.value.code
        assert len(caught.value.sentence) < 400

    def test_a_revision_is_for_the_hub(self, tmp_path: Path) -> None:
        """Folders have none."""
        with pytest.raises(EngineError, match="revision"):
            find_source(str(tmp_path), revision="v1")


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeHub]:
    """A hub with one repository, whose largest file comes in several pieces."""
    pytest.importorskip("huggingface_hub")
    folder = tmp_path / "repository"
    for name, size in PARTS.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(os.urandom(LARGE if name == WEIGHTS else size))
    with serve(FakeHub({REPOSITORY: folder})) as hub:
        monkeypatch.setenv("HF_ENDPOINT", hub.endpoint)
        monkeypatch.setenv("HF_HUB_DISABLE_XET", "1")
        yield hub


def fetched(source: Source) -> tuple[list[Progress], Source]:
    """The news and the source with its path."""
    work, news = fetch(source), []
    while True:
        try:
            news.append(next(work))
        except StopIteration as end:
            return news, end.value


@pytest.mark.torch
@pytest.mark.usefixtures("models")
class TestHub:
    """The real client against a hub of this test's own."""

    def test_a_repository_arrives_and_is_there_without_a_network(self, hub: FakeHub) -> None:
        """The commit is noted, what is needed comes and nothing else, and it need not come again."""
        source = find_source(REPOSITORY)
        assert ("audioldm-s-full-v2", COMMIT, "CC-BY-NC-SA-4.0") == (
            source.name,
            source.revision,
            source.licence,
        )
        news, here = fetched(source)
        assert {"downloading"} == {one.stage for one in news}
        assert source.size_bytes == news[-1].total
        original = hub.repositories[REPOSITORY]
        for name in source.files:
            assert (original / name).read_bytes() == (here.local / name).read_bytes()
        assert source.files.keys() == {name for name, _ in hub.ranges}
        cached = find_source(REPOSITORY, offline=True)
        assert (here.local, COMMIT) == (cached.local, cached.revision)
        assert ([], cached) == fetched(cached)

    def test_a_stopped_download_goes_on(self, hub: FakeHub) -> None:
        """Closing stops it at once; the next one asks for the rest only."""
        hub.stall_after = {WEIGHTS: LARGE * 3 // 4}
        source = find_source(REPOSITORY)
        work = fetch(source)
        for news in work:
            if news.done > LARGE // 4:
                break
        work.close()
        hub.ranges.clear()
        _, here = fetched(source)
        assert (hub.repositories[REPOSITORY] / WEIGHTS).read_bytes() == (here.local / WEIGHTS).read_bytes()
        asked = dict(hub.ranges)
        assert asked[WEIGHTS].startswith("bytes=")
        assert "unet/config.json" not in asked

    def test_a_broken_connection_is_mended(self, hub: FakeHub) -> None:
        """By the client itself, from where it broke."""
        hub.break_after = {WEIGHTS: LARGE * 3 // 4}
        _, here = fetched(find_source(REPOSITORY))
        assert (hub.repositories[REPOSITORY] / WEIGHTS).read_bytes() == (here.local / WEIGHTS).read_bytes()

    def test_a_file_that_was_damaged_comes_again(self, hub: FakeHub) -> None:
        """In the cache, where it keeps its size; the hub's client never looks at it again."""
        source = find_source(REPOSITORY)
        _, here = fetched(source)
        assert [] == [news for news in check_arrived(here) if news.done > news.total]
        blob = (here.local / WEIGHTS).resolve()
        with blob.open("r+b") as file:
            file.seek(LARGE // 2)
            file.write(bytes([file.read(1)[0] ^ 1]))
        with pytest.raises(EngineError, match="was damaged") as caught:
            list(check_arrived(here))
        assert ErrorCode.BAD_BUNDLE == caught.value.code
        assert not blob.exists()
        list(check_arrived(fetched(source)[1]))
        assert (hub.repositories[REPOSITORY] / WEIGHTS).read_bytes() == (here.local / WEIGHTS).read_bytes()

    def test_what_the_hub_refuses(self, hub: FakeHub) -> None:
        """Each with a sentence of its own."""
        for given, revision, part in (
            ("no/such", "", "no repository no/such"),
            (REPOSITORY, "nope", "no revision nope"),
        ):
            with pytest.raises(EngineError, match=part) as caught:
                find_source(given, revision)
            assert ErrorCode.NOT_FOUND == caught.value.code
        source = find_source(REPOSITORY)
        hub.gated.add(REPOSITORY)
        with pytest.raises(EngineError, match="agreement") as caught:
            fetched(source)
        assert ErrorCode.NOT_ALLOWED == caught.value.code

    def test_without_a_network(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """What to do about it, with and without --offline."""
        pytest.importorskip("huggingface_hub")
        monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
        with pytest.raises(EngineError, match="check the network"):
            find_source(REPOSITORY)
        with pytest.raises(EngineError, match="not downloaded before"):
            find_source(REPOSITORY, offline=True)
