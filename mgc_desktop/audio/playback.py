"""A piece of sound on the usual loudspeaker: the one place with a PortAudio output."""

from __future__ import annotations

import threading
from collections.abc import Callable
from types import ModuleType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mgc_desktop.audio import streams
from mgc_desktop.audio.devices import load_portaudio
from mgc_desktop.core.errors import DeviceError
from mgc_desktop.core.values import Samples

_NAME = "the loudspeaker"
_FADE_SECONDS = 0.02  # a sound that is cut off clicks
_LAST_BLOCK_SECONDS = 0.3  # for a sound that was stopped to fade out
_RATES = (8000.0, 384_000.0)  # Hz; what a driver may claim


def output_rate() -> int:
    """Return the rate that the usual loudspeaker wants, Hz.

    Raises
    ------
    DeviceError
        Where there is none.
    """
    portaudio = load_portaudio()
    return round(float(np.clip(_entry(portaudio)["default_samplerate"], *_RATES)))


class Playback:
    """One sound, once. `start` and `stop` belong to one thread, which is not the GUI's.

    Parameters
    ----------
    samples : float32[n]
        Mono, -1..1.
    rate : int
        Hz.
    on_end : callable
        Called once in a thread of PortAudio when the sound is over, was stopped, or its device went away: must be
        quick.
    """

    def __init__(self, samples: Samples, rate: int, on_end: Callable[[], None]) -> None:
        self._samples = faded(samples, rate)
        self._rate = rate
        self._on_end = on_end
        self._at = 0
        self._stopping = False
        self._ended = threading.Event()
        self._stream: Any = None
        self._stop_signal: type[Exception] = StopIteration

    def start(self) -> None:
        """Begin to play.

        Raises
        ------
        DeviceError
            Where there is no loudspeaker, or it cannot be opened.
        """
        portaudio = load_portaudio()
        channels = min(2, int(_entry(portaudio)["max_output_channels"]))
        self._stop_signal = portaudio.CallbackStop
        try:
            self._stream = portaudio.OutputStream(
                samplerate=self._rate,
                channels=channels,
                dtype="float32",
                latency="high",
                callback=self._fill,
                finished_callback=self._finish,
            )
            streams.opened(self._stream)
            self._stream.start()
        except (portaudio.PortAudioError, ValueError, OSError) as error:
            self.stop()
            raise DeviceError(
                "The track cannot be played because the loudspeaker did not start: see that it is connected and not "
                "used by another program.",
                str(error),
            ) from error

    def stop(self) -> None:
        """Fade out and release the loudspeaker, at the latest after some 2 s. Idempotent."""
        stream, self._stream = self._stream, None
        if stream is None:
            return
        self._stopping = True
        self._ended.wait(_LAST_BLOCK_SECONDS)
        streams.close(stream, _NAME)

    def _fill(self, block: NDArray[np.float32], frames: int, when: object, status: object) -> None:
        """Give the next block, float32[frames, channels], in PortAudio's own thread."""
        piece = self._samples[self._at : self._at + frames]
        self._at += frames
        block[: piece.size] = piece[:, None]
        block[piece.size :] = 0
        if self._stopping:
            block *= np.linspace(1, 0, frames, dtype=np.float32)[:, None]
        if self._stopping or piece.size < frames:
            raise self._stop_signal

    def _finish(self) -> None:
        self._ended.set()
        self._on_end()


def faded(samples: Samples, rate: int) -> Samples:
    """Return a copy that comes and goes within 20 ms."""
    copy = np.array(samples, np.float32)
    length = min(copy.size // 2, round(_FADE_SECONDS * rate))
    if length:
        ramp = np.linspace(0, 1, length, dtype=np.float32)
        copy[:length] *= ramp
        copy[-length:] *= ramp[::-1]
    return copy


def _entry(portaudio: ModuleType) -> Any:
    try:
        return portaudio.query_devices(None, "output")
    except (portaudio.PortAudioError, ValueError):
        streams.look_again(portaudio)  # one may have been connected since
    try:
        return portaudio.query_devices(None, "output")
    except (portaudio.PortAudioError, ValueError) as error:
        raise DeviceError(
            "The track cannot be played because no loudspeaker was found: connect one, or choose one in the system's "
            "sound settings, and try again.",
            str(error),
        ) from error
