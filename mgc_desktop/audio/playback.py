"""Sound on the usual loudspeaker, fed in pieces: the one place with a PortAudio output."""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Callable
from types import ModuleType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mgc_desktop.audio import streams
from mgc_desktop.audio.devices import load_portaudio
from mgc_desktop.core.errors import DeviceCause, DeviceError

log = logging.getLogger(__name__)

_NAME = "the loudspeaker"
_LATENCY_SECONDS = 0.15  # as long may the rest of the program hold up the callback; less than what a pause may take
_FADE_SECONDS = 0.02  # a sound that is cut off clicks
_LAST_BLOCK_SECONDS = 0.3  # for a sound that was stopped to fade out
_LONGEST_DELAY = 3.0  # s between the program and the ear; what a driver claims beyond that is nonsense
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


class Feed:
    """What is to be heard next, in pieces that follow each other. One thread puts in, the callback takes out.

    Parameters
    ----------
    start : int
        Frame of the track that it begins with.
    """

    def __init__(self, start: int) -> None:
        self.start = start
        self.fed = 0  # frames put in; the feeding thread's
        self.used = 0  # frames taken out; the callback's
        self.is_complete = False  # nothing will be put in any more
        self._pieces: deque[NDArray[np.float32]] = deque()  # its ends are safe to use from two threads
        self._offset = 0  # in the first piece

    def put(self, samples: NDArray[np.float32]) -> None:
        """Add float32[n, channels]."""
        if len(samples):
            self._pieces.append(samples)
            self.fed += len(samples)

    def take(self, block: NDArray[np.float32]) -> int:
        """Fill `block` from its beginning; return how many frames there were."""
        filled = 0
        while filled < len(block) and self._pieces:
            piece = self._pieces[0]
            part = piece[self._offset : self._offset + len(block) - filled]
            block[filled : filled + len(part)] = part
            filled += len(part)
            self._offset += len(part)
            if self._offset == len(piece):
                self._pieces.popleft()
                self._offset = 0
        self.used += filled
        return filled


class Playback:
    """One stream to the loudspeaker. It belongs to one thread, which is not the GUI's.

    The callback copies what was fed and never waits: where nothing is there it gives silence, and counts.

    Parameters
    ----------
    rate : int
        Hz.
    start : int
        Frame of the track that what is fed first begins with.
    on_end : callable
        Called once in a thread of PortAudio when the sound is over, was stopped, or its device went away: must be
        quick.

    Attributes
    ----------
    rate : int
        Hz.
    underruns : int
        Blocks that came too late, from here or in the driver.
    is_over : bool
        Whether it was played to the end of what was fed.
    """

    def __init__(self, rate: int, start: int, on_end: Callable[[], None]) -> None:
        self.underruns = 0
        self.is_over = False
        self.rate = rate
        self._on_end = on_end
        self._channels = 1
        self._feed = self._heard = Feed(start)  # what is fed; what the callback takes from
        self._mark = (0, 0.0, 0)  # frame of the track, when it is heard (s of perf_counter), frames in that block
        self._told = 0.0  # the last position: a driver that corrects its clock must not make it go back
        self._delay = 0.0  # s, where the driver does not say
        self._stopping = False
        self._ended = threading.Event()
        self._stream: Any = None
        self._stop_signal: type[Exception] = StopIteration

    def start(self) -> None:
        """Begin to play; what was not fed before comes as silence.

        Raises
        ------
        DeviceError
            Where there is no loudspeaker, or it cannot be opened.
        """
        portaudio = load_portaudio()
        self._stop_signal = portaudio.CallbackStop
        try:
            self._channels = max(1, min(2, int(_entry(portaudio)["max_output_channels"])))
            self._stream = portaudio.OutputStream(
                samplerate=self.rate,
                channels=self._channels,
                dtype="float32",
                latency=_LATENCY_SECONDS,
                callback=self._fill,
                finished_callback=self._finish,
            )
            streams.opened(self._stream)
            self._delay = float(np.clip(self._stream.latency, 0.0, _LONGEST_DELAY))
            self._stream.start()
        except (portaudio.PortAudioError, ValueError, OSError) as error:
            self.stop()
            raise DeviceError(
                "The track cannot be played because the loudspeaker did not start: see that it is connected and not "
                "used by another program.",
                str(error),
            ) from error

    def feed(self, samples: NDArray[np.float32]) -> None:
        """Add what is to be heard next, float32[n, 1 or 2]; `start` comes first."""
        if samples.shape[1] > self._channels:
            samples = samples.mean(axis=1, keepdims=True)
        self._feed.put(samples)

    def complete(self) -> None:
        """Say that what was fed is all: it is played to its end, and the stream ends."""
        self._feed.is_complete = True

    def jump(self, start: int) -> None:
        """Drop what is ahead, softly; what is fed from now on begins at frame `start` of the track."""
        self._feed = Feed(start)
        self._told = 0.0

    @property
    def is_open(self) -> bool:
        """Whether what is fed would be heard."""
        return self._stream is not None and not self._ended.is_set()

    @property
    def ahead(self) -> float:
        """s of sound that wait to be heard."""
        return (self._feed.fed - self._feed.used) / self.rate

    @property
    def position(self) -> float:
        """What is heard now, in s of the track: by the stream's clock, with the way to the ear taken off."""
        feed = self._feed
        if feed is not self._heard or not feed.used:
            return feed.start / self.rate
        frame, when, frames = self._mark
        elapsed = (time.perf_counter() - when) * self.rate
        self._told = max(self._told, feed.start / self.rate, (frame + min(elapsed, frames)) / self.rate)
        return self._told

    def stop(self) -> None:
        """Fade out and release the loudspeaker, at the latest after some 2 s. Idempotent."""
        stream, self._stream = self._stream, None
        if stream is None:
            return
        self._stopping = True
        self._ended.wait(_LAST_BLOCK_SECONDS)
        streams.close(stream, _NAME)
        if self.underruns:
            log.info("%d blocks of sound came too late for %s.", self.underruns, _NAME)

    # PortAudio's own thread.

    def _fill(self, block: NDArray[np.float32], frames: int, when: Any, status: Any) -> None:
        """Give the next block, float32[frames, channels]."""
        heard, feed = self._heard, self._feed
        frame, is_first = heard.start + heard.used, heard.used == 0
        filled = heard.take(block)
        block[filled:] = 0
        if filled:
            delay = when.outputBufferDacTime - when.currentTime
            delay = delay if 0 < delay < _LONGEST_DELAY else self._delay
            self._mark = (frame, time.perf_counter() + delay, filled)
        if is_first:
            block[: self._fade] *= self._ramp(frames)
        if self._stopping or feed is not heard:
            gone = min(filled, self._fade)
            block[:gone] *= self._ramp(filled)[::-1]
            block[gone:] = 0
            self._heard = feed
        elif (filled < frames and heard.used and not heard.is_complete) or status.output_underflow:
            self.underruns += 1
        self.is_over = feed is heard and filled < frames and heard.is_complete
        if self._stopping or self.is_over:
            raise self._stop_signal

    @property
    def _fade(self) -> int:
        return max(1, round(_FADE_SECONDS * self.rate))

    def _ramp(self, most: int) -> NDArray[np.float32]:
        return np.linspace(0, 1, min(most, self._fade), dtype=np.float32)[:, None]

    def _finish(self) -> None:
        self._ended.set()
        self._on_end()


def faded_out(samples: NDArray[np.float32], rate: int) -> NDArray[np.float32]:
    """Return a copy of float32[n, channels] that goes within 20 ms: an excerpt that stops in the middle clicks."""
    copy = np.array(samples, np.float32)
    length = min(len(copy), round(_FADE_SECONDS * rate))
    if length:
        copy[-length:] *= np.linspace(1, 0, length, dtype=np.float32)[:, None]
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
            DeviceCause.NONE,
        ) from error
