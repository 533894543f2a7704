"""The one place with a PortAudio stream: a microphone that fills a ring."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mgc_desktop.audio import streams
from mgc_desktop.audio.devices import InputDevice, load_portaudio
from mgc_desktop.audio.pulse import SourceWatch
from mgc_desktop.core.errors import DeviceError
from mgc_desktop.core.ring import AudioRing

RING_SECONDS = 60.0  # twice the longest window of a model
FIRST_BLOCK_SECONDS = 5.0  # an idle sound server may take two before it wakes up
STALL_SECONDS = 2.0
_RATES = (8000.0, 384_000.0)  # Hz; what a driver may claim, before memory is taken by it


class Capture:
    """Records one input, mixed to mono, into `ring` until it is stopped or the device goes away.

    `start`, `check` and `stop` belong to one thread, which is not the GUI's; the rest may be read by any.

    Parameters
    ----------
    device : InputDevice or None
        None: what the system uses by default.
    ring_seconds : float
        How much of the past `ring` keeps.
    """

    def __init__(self, device: InputDevice | None, ring_seconds: float = RING_SECONDS) -> None:
        self.device = device
        self.name = device.name if device is not None else "the default input"
        self.overruns = 0
        self.last_arrival = 0.0  # when the newest block arrived, s of time.perf_counter
        self._ring_seconds = ring_seconds
        self._ring: AudioRing | None = None
        self._stream: Any = None
        self._watch: SourceWatch | None = None
        self._first = threading.Event()
        self._ended = threading.Event()

    @property
    def ring(self) -> AudioRing:
        """What was recorded; there is one once `start` returned.

        Raises
        ------
        DeviceError
            Before that.
        """
        if self._ring is None:
            raise DeviceError(f"Nothing was recorded from {self.name} because it was never started: start it first.")
        return self._ring

    @property
    def sample_rate(self) -> int:
        """Hz."""
        return self.ring.sample_rate

    @property
    def alive(self) -> bool:
        """Whether sound arrives."""
        return self._stream is not None and not self._ended.is_set() and not self._stalled()

    def start(self, cancelled: threading.Event | None = None) -> None:
        """Open the device and wait for its first block, not for a time.

        Parameters
        ----------
        cancelled : Event, optional
            Setting it ends the wait early; the stream is stopped then.

        Raises
        ------
        DeviceError
            Where there is no input, or it is busy, or does not do what it says, or stays silent for 5 s.
        """
        portaudio = load_portaudio()
        try:
            self._open(portaudio)
            self._wait_for_first_block(cancelled or threading.Event())
        except DeviceError:
            self.stop()
            raise
        if self.device is not None and self.device.source and self._first.is_set():
            self._watch = SourceWatch(self.device.source)

    def check(self) -> None:
        """Raise where the device went away or fell silent for good.

        Raises
        ------
        DeviceError
        """
        if self._ended.is_set() or (self._watch is not None and self._watch.removed()):
            raise DeviceError(
                f"Listening stopped because {self.name} went away: connect it again, or choose another input."
            )
        if self._stalled():
            raise DeviceError(
                f"Listening stopped because {self.name} delivers no sound any more: connect it again, "
                "or choose another input."
            )

    def stop(self) -> None:
        """Release the device, at the latest after 2 s. Idempotent."""
        watch, self._watch = self._watch, None
        if watch is not None:
            watch.stop()
        stream, self._stream = self._stream, None
        if stream is None:
            return
        streams.close(stream, self.name)

    def _open(self, portaudio: ModuleType) -> None:
        index = self._find(portaudio)
        try:
            entry = portaudio.query_devices(index, "input")
            rate = float(np.clip(entry["default_samplerate"], *_RATES))
            channels = int(entry["max_input_channels"])
            self._ring = AudioRing(self._ring_seconds, round(rate))
            with _source_chosen(self.device.source if self.device is not None else ""):
                self._stream = self._open_stream(portaudio, index, rate, channels)
                streams.opened(self._stream)
                self._stream.start()
        except (portaudio.PortAudioError, ValueError, OSError) as error:
            raise self._explained(error) from error

    def _find(self, portaudio: ModuleType) -> int | None:
        """Return PortAudio's number for the device in this process, asking it afresh where it looks outdated."""
        index = _index_of(portaudio, self.device)
        if index is None and streams.look_again(portaudio):
            index = _index_of(portaudio, self.device)
        if index is None and self.device is not None:
            raise DeviceError(f"{self.name} is not connected: connect it, or choose another input.")
        if index is None:
            raise no_input()
        return index

    def _open_stream(self, portaudio: ModuleType, index: int | None, rate: float, channels: int) -> Any:
        # Two channels hold what a room sounds like; a raw device may insist on all it has.
        for count in dict.fromkeys((min(channels, 2), channels, 1)):
            try:
                return portaudio.InputStream(
                    device=index,
                    samplerate=rate,
                    channels=count,
                    dtype="float32",
                    latency="high",  # what the driver calls safe, about 35 ms; blocks of half of that
                    callback=self._on_block,
                    finished_callback=self._ended.set,
                )
            except portaudio.PortAudioError as error:
                failure = error
                if "channels" not in str(error):
                    break
        raise failure

    def _on_block(self, block: NDArray[np.float32], frames: int, when: object, status: Any) -> None:
        """Take a block, float32[frames, channels], in PortAudio's own thread."""
        if status.input_overflow:
            self.overruns += 1
        self.ring.write(block[:, 0] if block.shape[1] == 1 else block.mean(axis=1))
        self.last_arrival = time.perf_counter()
        self._first.set()

    def _wait_for_first_block(self, cancelled: threading.Event) -> None:
        give_up = time.monotonic() + FIRST_BLOCK_SECONDS
        while not self._first.wait(0.02):
            if cancelled.is_set():
                self.stop()
                return
            if self._ended.is_set() or time.monotonic() > give_up:
                raise DeviceError(
                    f"No sound arrives from {self.name}: see that it is connected and not used by another program, "
                    "or choose another input."
                )

    def _stalled(self) -> bool:
        return self._first.is_set() and time.perf_counter() - self.last_arrival > STALL_SECONDS

    def _explained(self, error: Exception) -> DeviceError:
        text = str(error)
        if "unavailable" in text.lower() or "busy" in text.lower():
            why = "is used by another program: close that, or choose another input."
        elif "sample rate" in text.lower() or "channels" in text.lower() or "format" in text.lower():
            why = (
                "does not support what it says it does: choose another input, or another rate in the system's settings."
            )
        else:
            why = "did not start: see that it is connected and allowed to be used, or choose another input."
        return DeviceError(f"Listening is not possible because {self.name} {why}", text)


def no_input() -> DeviceError:
    """Return the error of a machine without any input."""
    return DeviceError(
        "No microphone was found: connect one, or allow its use in the system's sound settings, and try again."
    )


def _index_of(portaudio: ModuleType, device: InputDevice | None) -> int | None:
    if device is None:
        default = int(portaudio.default.device[0])
        return default if default >= 0 else None
    name = "pulse" if device.source else device.name
    for entry in portaudio.query_devices():
        api = portaudio.query_hostapis(entry["hostapi"])["name"]
        fits = entry["name"] == name and api == ("ALSA" if device.source else device.host_api)
        if fits and entry["max_input_channels"] > 0:
            return int(entry["index"])
    return None


@contextmanager
def _source_chosen(source: str) -> Iterator[None]:
    """Make the sound server connect a stream that is opened meanwhile to `source`; empty leaves it the choice."""
    before = os.environ.get("PULSE_SOURCE")
    if source:
        os.environ["PULSE_SOURCE"] = source
    try:
        yield
    finally:
        if source and before is None:
            del os.environ["PULSE_SOURCE"]
        elif source and before is not None:
            os.environ["PULSE_SOURCE"] = before
