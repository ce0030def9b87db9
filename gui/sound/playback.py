"""One reel at a time through a sound device, by miniaudio; without any device time passes in silence."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

import miniaudio
import numpy as np
from numpy.typing import NDArray

from engine.errors import EngineError
from gui.sound.reel import Reel

CHANNELS = 2
_BUFFER_MILLISECONDS = 60
# A switch between A and B, and a stop, fade this long, so that neither clicks.
_FADE_FRAMES = 256
NULL = "null"
_NO_SOUND = "Null"  # miniaudio's name for the backend that plays nowhere, which it may choose by itself


@dataclass(frozen=True)
class Device:
    """A place that sound can go to; ``name`` "" is the system's own choice, NULL is nowhere."""

    name: str


class Instead(StrEnum):
    """What plays where the chosen device does not."""

    NOTHING = ""  # nothing else: it does
    SYSTEM = "system"  # the system's own
    SILENCE = "silence"  # no device at all


def devices() -> tuple[Device, ...]:
    """All that there are now. Takes a moment: not for the thread that draws."""
    try:
        found = [str(row["name"]) for row in miniaudio.Devices().get_playbacks()]
    except miniaudio.MiniaudioError:
        found = []
    return (Device(""), *(Device(name) for name in found), Device(NULL))


class Player:
    """Plays. All methods may be called from any thread and return at once, except ``open_device``."""

    def __init__(self, backends: Sequence[miniaudio.Backend] = ()) -> None:
        """``backends``: in which miniaudio looks for devices; all of them if none are named."""
        self._backends = list(backends)
        self._lock = threading.RLock()
        self._device: miniaudio.PlaybackDevice | None = None
        self._device_name = ""
        self._reel: Reel | None = None
        self._before: tuple[Reel, int] | None = None  # fades out from there where ``_reel`` fades in
        self._position = 0
        self.backend = ""
        self.instead = Instead.NOTHING
        self.trouble: EngineError | None = None  # why the last reel ended before its end

    @property
    def position(self) -> int:
        """In frames of the reel."""
        return self._position

    @property
    def is_playing(self) -> bool:
        """Whether something sounds."""
        return self._reel is not None

    def play(self, reel: Reel, position: int = 0, wanted: Callable[[], bool] = lambda: True) -> None:
        """Plays from there, if it is still ``wanted`` when it could begin.

        May open a device of the reel's rate: not for the thread that draws.
        """
        with self._lock:
            if not wanted():
                return
            self.trouble = None
            if self._device is None or self._device.sample_rate != reel.sample_rate:
                self._open(reel.sample_rate)
            self._before, self._reel, self._position = None, reel, position

    def switch(self, reel: Reel, position: int | None = None) -> None:
        """Another reel of the same rate without a pause, at the same place or at ``position``."""
        with self._lock:
            if self._reel is not None:
                self._before, self._reel = (self._reel, self._position), reel
                self._position = self._position if position is None else position

    def stop(self) -> None:
        """Silence, after a short fade."""
        with self._lock:
            self._before = (self._reel, self._position) if self._reel is not None else None
            self._reel = None

    def choose(self, device: str) -> None:
        """The device for what is played next."""
        with self._lock:
            self._close()
            self._device_name = device

    def close(self) -> None:
        """Gives the device back."""
        with self._lock:
            self._close()

    def rest(self) -> None:
        """Gives the device back when nothing sounds, so that an idle panel uses no processor."""
        with self._lock:
            if self._reel is None:
                self._close()

    def render(self, frames: int) -> NDArray[np.float32]:
        """The next (frames, CHANNELS): what the device asks for; silence from where a file can't be read."""
        with self._lock:
            try:
                return self._rendered(frames)
            except EngineError as error:
                self.trouble, self._before, self._reel = error, None, None
                return np.zeros((frames, CHANNELS), np.float32)

    def _rendered(self, frames: int) -> NDArray[np.float32]:
        out = self._next(self._reel, self._position, frames)
        if self._before is not None:
            fade = min(_FADE_FRAMES, frames)
            ramp = np.linspace(0.0, 1.0, fade, dtype=np.float32)[:, None]
            out[:fade] *= ramp
            out[:fade] += self._next(*self._before, fade) * (1.0 - ramp)
            self._before = None
        self._advance(frames)
        return out

    def _next(self, reel: Reel | None, position: int, frames: int) -> NDArray[np.float32]:
        if reel is None:
            return np.zeros((frames, CHANNELS), np.float32)
        out = reel.read(position, frames, CHANNELS)
        rest = reel.frames - position
        if reel.loops and 0 < rest < frames:
            out[rest:] = reel.read(0, frames - rest, CHANNELS)
        return out

    def _advance(self, frames: int) -> None:
        if self._reel is None:
            return
        self._position += frames
        if self._position < self._reel.frames:
            return
        if self._reel.loops:
            self._position %= self._reel.frames
        else:
            self._position, self._reel = self._reel.frames, None

    def _open(self, sample_rate: int) -> None:
        self._close()
        self._device = self._device_of(sample_rate)
        self.backend = self._device.backend
        stream = self._stream()
        next(stream)
        self._device.start(stream)

    def _device_of(self, sample_rate: int) -> miniaudio.PlaybackDevice:
        """The chosen one; one that has gone is replaced by the system's own, and that by none at all."""
        options = {
            "output_format": miniaudio.SampleFormat.FLOAT32,
            "nchannels": CHANNELS,
            "sample_rate": sample_rate,
            "buffersize_msec": _BUFFER_MILLISECONDS,
            "app_name": "Punch-In",
        }
        self.instead = Instead.NOTHING
        if self._device_name == NULL:
            return miniaudio.PlaybackDevice(**options, backends=[miniaudio.Backend.NULL])
        for instead, device_id in self._ways():
            with contextlib.suppress(miniaudio.MiniaudioError):
                device = miniaudio.PlaybackDevice(**options, device_id=device_id, backends=self._backends)
                self.instead = Instead.SILENCE if device.backend == _NO_SOUND else instead
                return device
        self.instead = Instead.SILENCE
        return miniaudio.PlaybackDevice(**options, backends=[miniaudio.Backend.NULL])

    def _ways(self) -> Iterator[tuple[Instead, object | None]]:
        """The chosen device if it is there, then the system's own."""
        if not self._device_name:
            yield Instead.NOTHING, None
            return
        with contextlib.suppress(miniaudio.MiniaudioError):
            rows = miniaudio.Devices(self._backends).get_playbacks()
            for row in rows:
                if row["name"] == self._device_name:
                    yield Instead.NOTHING, row["id"]
        yield Instead.SYSTEM, None

    def _stream(self) -> Generator[NDArray[np.float32], int, None]:
        frames = yield np.zeros((0, CHANNELS), np.float32)
        while True:
            frames = yield self.render(frames)

    def _close(self) -> None:
        device, self._device = self._device, None
        self._before = self._reel = None
        if device is not None:
            # Its thread may be waiting for our lock in ``render``: it is let go elsewhere.
            threading.Thread(target=device.close, daemon=True).start()
