"""What the plugin does with sound, block by block, whatever the transport does."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from plugin_host.bridge import Placement
from plugin_host.errors import DawError
from plugin_host.timeline import Region, Take
from plugin_host.vst3.coverage import pieces
from plugin_host.vst3.daw import PluginDaw
from plugin_host.vst3.port import PluginPort
from tests.plugin_host.vst3.compiled import program
from tests.plugin_host.vst3.driver import Host, Sound, fed

SIZES = (32, 64, 100, 512, 1024, 4096)


def noise(frames: int, seed: int = 0) -> Sound:
    return np.random.default_rng(seed).uniform(-0.5, 0.5, (frames, 2)).astype(np.float32)


def take_file(path: Path, sound: Sound, rate: int = 48000, subtype: str = "FLOAT") -> Path:
    soundfile.write(str(path), sound, rate, subtype=subtype)
    return path


def stretch(port: PluginPort, start: int, end: int) -> dict[int, bytes]:
    """What is captured of a stretch: the bytes of each piece, by its position."""
    captured = port.captured()
    return {
        piece.position: port.read(captured.generation, piece.first, piece.frames)
        for piece in pieces(captured.spans, start, end)
    }


@pytest.mark.parametrize("size", SIZES)
def test_idle_plugin_is_a_wire(host: Host, size: int) -> None:
    """Every sample comes out as it went in, also in place, and also where a take lies elsewhere."""
    with host.port() as port:
        port.put(900_000, [take_file(host.home.parent / "take.wav", noise(500))])
    assert np.array_equal(host.run(10_000, 5_000, [size]), fed(0, 10_000))
    assert np.array_equal(host.run(3_000, 0, [size], rolls=False), fed(10_000, 3_000))


@pytest.mark.parametrize("blocks", [(32,), (4096,), (1, 31, 512, 7, 4096, 64)])
def test_captured_stretch_is_exact(host: Host, blocks: tuple[int, ...]) -> None:
    """What passed from frame 48001 on is read back there, bit for bit, without a gap."""
    host.run(30_000, 48_001, blocks)
    with host.port() as port:
        captured = port.captured()
        assert [(span.position, span.frames) for span in captured.spans] == [(48_001, 30_000)]
        assert stretch(port, 0, 10**6) == {48_001: fed(0, 30_000).tobytes()}


def test_newest_pass_counts(host: Host) -> None:
    """A loop and a locate each begin a span, and what passed last at a place is what is read there."""
    host.run(4_000, 1_000)
    host.run(4_000, 1_000)
    host.run(1_000, 2_000)
    with host.port() as port:
        assert stretch(port, 1_000, 5_000) == {
            1_000: fed(4_000, 1_000).tobytes(),
            2_000: fed(8_000, 1_000).tobytes(),
            3_000: fed(6_000, 2_000).tobytes(),
        }


def test_preroll_before_the_timeline_has_a_place(host: Host) -> None:
    """Positions below zero are positions: the pass goes on across zero."""
    host.run(2_000, -1_000, [300])
    with host.port() as port:
        assert stretch(port, 0, 1_000) == {0: fed(1_000, 1_000).tobytes()}


def test_standing_transport_is_heard_only_if_asked(host: Host) -> None:
    """While the transport stands nothing is kept, unless Capture is Always; then it has no place."""
    host.run(1_000, 0, rolls=False)
    host.ask("set capture 2")
    host.run(1_000, 0, rolls=False)
    host.ask("set capture 0")
    host.run(1_000, 0)
    with host.port() as port:
        (span,) = port.captured().spans
        assert (span.frames, span.rolling) == (1_000, False)
        assert port.read(port.captured().generation, span.first, 1_000) == fed(1_000, 1_000).tobytes()


def test_ring_keeps_the_last_minute(host: Host) -> None:
    """After more than fits, the newest minute is there, exact, and what is older is refused, not wrong."""
    host.ask("set minutes 1")
    host.ask("rate 48000")
    total = 60 * 48_000 + 12_345
    host.run(total, 0, [4096])
    with host.port() as port:
        captured = port.captured()
        (span,) = captured.spans
        assert (span.position, span.end) == (12_345, total)
        assert port.read(captured.generation, span.first, 1_000) == fed(12_345, 1_000).tobytes()
        with pytest.raises(DawError, match="overwritten"):
            port.read(captured.generation, span.first - 1, 1_000)


@pytest.mark.parametrize("blocks", [(32,), (1024,), (3, 77, 4096)])
def test_take_is_heard_in_place(host: Host, blocks: tuple[int, ...]) -> None:
    """The take from its first frame to its last, the track around it; bit for bit, wherever it is located."""
    sound = noise(5_000)
    with host.port() as port:
        port.put(10_001, [take_file(host.home.parent / "take.wav", sound)])
    for start in (0, 9_000, 12_345, 15_000):
        first = host.frames
        heard = host.run(20_000 - start, start, blocks)
        expected = fed(first, 20_000 - start)
        low = max(start, 10_001)
        expected[low - start : 15_001 - start] = sound[low - 10_001 :]
        assert np.array_equal(heard, expected)


def test_takes_are_chosen_by_number(host: Host) -> None:
    """0 is the first of the newest; others keep their numbers; one that is not there is the track."""
    folder = host.home.parent
    sounds = [noise(1_000, seed) for seed in range(3)]
    files = [take_file(folder / f"{number}.wav", sound) for number, sound in enumerate(sounds)]
    with host.port() as port:
        assert (port.put(0, files[:2]), port.put(0, files[2:])) == (1, 3)
    for number, sound in {0: sounds[2], 1: sounds[0], 2: sounds[1], 3: sounds[2], 4: None}.items():
        host.ask(f"set take {number}")
        first = host.frames
        assert np.array_equal(host.run(1_000, 0), fed(first, 1_000) if sound is None else sound)


def test_takes_that_are_added_leave_what_is_heard(host: Host) -> None:
    """They get the next numbers; the first of a region in which nothing leads is heard."""
    folder = host.home.parent
    sounds = [noise(1_000, seed) for seed in range(3)]
    files = [take_file(folder / f"{number}.wav", sound) for number, sound in enumerate(sounds)]
    with host.port() as port:
        numbers = [
            port.add(0, files[:1]),
            port.add(0, files[1:2]),
            port.put(0, files[2:]),
            port.add(0, files[:2]),
        ]
        assert numbers == [1, 2, 3, 4]
        assert [take.number for take in port.takes() if take.leads] == [3]
        port.forget(0, 1_000)
        port.add(0, files[:2])
        assert [take.number for take in port.takes() if take.leads] == [1]
    assert np.array_equal(host.run(1_000, 0), sounds[0])


@pytest.mark.parametrize("switch", ["dpf_bypass 1", "play_take 0", "mix 0"])
def test_a_and_b(host: Host, switch: str) -> None:
    """Bypass, Play take and Mix each give the track back, bit for bit; and the take again."""
    sound = noise(2_000)
    with host.port() as port:
        port.put(0, [take_file(host.home.parent / "take.wav", sound)])
    symbol, value = switch.split()
    host.ask(f"set {symbol} {value}")
    assert np.array_equal(host.run(2_000, 0), fed(0, 2_000))
    host.run(64, 90_000, rolls=False)
    host.ask(f"set {symbol} {1 - int(value)}")
    assert np.array_equal(host.run(2_000, 0), sound)


def test_switching_while_it_rolls_does_not_click(host: Host) -> None:
    """From the track to a take of constant level, and back, takes 10 ms, in a fade's small steps."""
    with host.port() as port:
        port.put(0, [take_file(host.home.parent / "take.wav", np.full((48_000, 2), 0.5, np.float32))])
    host.ask("set play_take 0")
    host.run(1_000, 0)
    host.ask("set play_take 1")
    up = host.run(1_000, 1_000)
    host.ask("set mix 0")
    down = host.run(1_000, 2_000)
    for heard in (up, down):
        assert np.abs(np.diff(heard[:, 0])).max() < 2 * 0.5 / 480
    assert np.all(up[500:] == 0.5) and np.array_equal(down[500:], fed(2_500, 500))


def test_take_of_one_channel_is_heard_in_both(host: Host) -> None:
    """And 24 bit is exact, too."""
    sound = (np.arange(-500, 500, dtype=np.float32) * 8191 / 2**23)[:, None]
    with host.port() as port:
        port.put(100, [take_file(host.home.parent / "take.wav", sound, subtype="PCM_24")])
    assert np.array_equal(host.run(1_000, 100), np.repeat(sound, 2, axis=1))


def test_rate_change_forgets_positions_and_silences_takes(host: Host) -> None:
    """A frame of another rate is another moment: the ring begins anew, the take waits for its own rate."""
    sound = noise(1_000)
    with host.port() as port:
        port.put(0, [take_file(host.home.parent / "take.wav", sound)])
    host.run(1_000, 0)
    host.ask("rate 44100")
    assert np.array_equal(host.run(1_000, 0), fed(1_000, 1_000))
    with host.port() as port:
        captured = port.captured()
        assert (captured.sample_rate, [span.frames for span in captured.spans]) == (44_100, [1_000])
        with pytest.raises(DawError, match="48000 Hz and the session 44100 Hz"):
            port.put(0, [host.home.parent / "take.wav"])
    host.ask("rate 48000")
    assert np.array_equal(host.run(1_000, 0), sound)


def test_session_keeps_takes(host: Host, shared: Path, tmp_path: Path) -> None:
    """A saved session plays its takes when it is opened again; one whose file is gone stays in the list."""
    sound = noise(1_000)
    kept, gone = take_file(tmp_path / "kept take.wav", sound), take_file(tmp_path / "gone.wav", sound)
    with host.port() as port:
        port.put(0, [kept])
        port.put(5_000, [gone])
    host.ask(f"save {tmp_path / 'state'}")
    gone.unlink()
    with Host(program("host.cpp", shared), tmp_path) as again:
        again.ask(f"load {tmp_path / 'state'}")
        assert np.array_equal(again.run(1_000, 0), sound)
        assert np.array_equal(again.run(1_000, 5_000), fed(1_000, 1_000))
        again.ask(f"save {tmp_path / 'again'}")
    assert (tmp_path / "again").read_bytes() == (tmp_path / "state").read_bytes()


def test_mark_says_what_is_meant(host: Host) -> None:
    """The stretch that passed while Mark was on is the region."""
    host.run(1_000, 10_000, [100])
    host.ask("set mark 1")
    host.run(2_000, 11_000, [100])
    host.ask("set mark 0")
    host.run(1_000, 13_000, [100])
    assert PluginDaw(host.port, "mark").selection().region == Region(11_000, 2_000, 48_000)


def test_the_four_verbs(host: Host, tmp_path: Path) -> None:
    """The last pass, with handles as far as they passed, out; a take of it in, and heard."""
    host.run(30_000, 100_000, [512])
    daw = PluginDaw(host.port, "110000f..120000f")
    excerpt = daw.export(daw.selection(), 15_000, tmp_path)
    heard, rate = soundfile.read(str(excerpt.path), dtype="float32")
    assert (rate, excerpt.start) == (48_000, 100_000)
    assert np.array_equal(heard, fed(0, 30_000))
    sound = noise(10_000)
    take = Take(take_file(tmp_path / "take.wav", sound), excerpt.region, "one")
    daw.insert([take], Placement.TAKE)
    assert np.array_equal(host.run(10_000, 110_000), sound)
    with pytest.raises(DawError, match="no lanes"):
        daw.insert([take], Placement.LANE)
    with pytest.raises(DawError, match="10000 frames at 48000 Hz, and the region 9999"):
        daw.insert([Take(take.path, Region(110_000, 9_999, 48_000), "one")], Placement.TAKE)


def test_stretch_that_did_not_pass_is_asked_for(host: Host, tmp_path: Path) -> None:
    """A region with a hole is refused, with what is there and what to do."""
    host.run(24_000, 0)
    daw = PluginDaw(host.port, "0..1")
    with pytest.raises(DawError, match=r"0\.50 s have passed the plugin: play that part once"):
        daw.export(daw.selection(), 0, tmp_path)
    assert not list(tmp_path.glob("*.wav"))


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    moves=st.lists(
        st.tuples(
            st.integers(1, 3_000),
            st.integers(-500, 8_000),
            st.lists(st.sampled_from([1, 17, 32, 128, 1000, 4096]), min_size=1, max_size=4),
        ),
        min_size=1,
        max_size=12,
    )
)
def test_any_transport(
    shared: Path, tmp_path_factory: pytest.TempPathFactory, moves: list[tuple[int, int, list[int]]]
) -> None:
    """Whatever is located, looped and cut into blocks: a wire, and the newest pass is captured."""
    timeline: dict[int, int] = {}
    with Host(program("host.cpp", shared), tmp_path_factory.mktemp("any")) as host:
        for frames, position, blocks in moves:
            first = host.frames
            assert np.array_equal(host.run(frames, position, blocks), fed(first, frames))
            timeline.update({position + offset: first + offset for offset in range(frames)})
        with host.port() as port:
            found = stretch(port, -1_000, 12_000)
    heard = {
        position + offset: frame.tobytes()
        for position, data in found.items()
        for offset, frame in enumerate(np.frombuffer(data, "<f4").reshape(-1, 2))
    }
    assert heard == {position: fed(frame, 1).tobytes() for position, frame in timeline.items()}
