"""The one place with a PortAudio stream: a microphone that fills a ring."""

from __future__ import annotations

import math
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
from mgc_desktop.audio.causes import (
    channel_not_alone,
    explained,
    fell_silent,
    never_began,
    no_input,
    no_such_channel,
    not_connected,
    rate_refused,
    went_away,
)
from mgc_desktop.audio.devices import InputDevice, entries, load_portaudio, real_channels
from mgc_desktop.audio.mixing import MOST_CHANNELS, Layout, Mixer, plain_layout, server_layout
from mgc_desktop.audio.pulse import SourceWatch, list_sources
from mgc_desktop.core.errors import DeviceError
from mgc_desktop.core.recording import KEPT_SECONDS
from mgc_desktop.core.ring import AudioRing

FIRST_BLOCK_SECONDS = 2.6  # with the listing before it, a person knows within three
SLOW_START_SECONDS = 6.0  # where a sound server answers: one that slept or is loaded takes its time, two as a rule
STALL_SECONDS = 2.0
_ASK_SECONDS = 0.8  # before the end of that patience, for the server to answer
_LATENCY_SECONDS = 0.06  # of the driver's buffer at most, where it can do that: the picture follows within 0.1 s
_RATES = (8000.0, 384_000.0)  # Hz; what a driver may claim, before memory is taken by it
_OTHER_RATES = (48_000, 44_100, 96_000, 192_000, 32_000, 16_000, 8000)  # where it refuses what it claims


class Capture:
    """Records one input, as one channel, into `ring` until it is stopped or the device goes away.

    `start`, `check` and `stop` belong to one thread, which is not the GUI's; the rest may be read by any.

    Parameters
    ----------
    device : InputDevice or None
        None: what the system uses by default.
    ring : AudioRing, optional
        Recording goes on into it, at its rate. None: a new one of `KEPT_SECONDS`, at the rate that the device has.
    channel : int, optional
        The channel to record, from 0. None: a mix of all (`Mixer` says which).

    Attributes
    ----------
    channels : int
        That the device has; known once `start` returned.
    overruns : int
        How often the sound system lost input.
    last_arrival : float
        When the newest block arrived, s of time.perf_counter.
    """

    def __init__(
        self, device: InputDevice | None, *, ring: AudioRing | None = None, channel: int | None = None
    ) -> None:
        self.device = device
        self.name = device.name if device is not None else "the default input"
        self.channel = channel
        self.channels = device.channels if device is not None else 0
        self.overruns = 0
        self.last_arrival = 0.0
        self._ring = ring
        self._goes_on = ring is not None
        self._mixer = Mixer(range(max(1, self.channels)) if channel is None else (channel,))
        self._stream: Any = None
        self._watch: SourceWatch | None = None
        self._is_stopped = False
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
            Where there is no input, or it may not be used, is busy, does not do what it says, or delivers nothing
            within 3 s. Its `cause` says which.
        """
        cancelled = cancelled or threading.Event()
        give_up_at = time.monotonic() + FIRST_BLOCK_SECONDS
        try:
            self._stream = streams.open_within(FIRST_BLOCK_SECONDS, self._open, cancelled)
            self._wait_for_first_block(cancelled, give_up_at)
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
        if self._ended.is_set():
            raise went_away(self.name)
        if self._stalled():  # before a server is asked that may hang
            raise fell_silent(self.name)
        if self._watch is not None and self._watch.removed():
            raise went_away(self.name)

    def stop(self) -> None:
        """Release the device, at the latest after 2 s. Idempotent."""
        self._is_stopped = True
        watch, self._watch = self._watch, None
        if watch is not None:
            watch.stop()
        stream, self._stream = self._stream, None
        if stream is None:
            return
        streams.close(stream, self.name)

    def _open(self) -> Any:
        """Return the stream, started; called in a thread of its own."""
        portaudio = load_portaudio()
        index = self._find(portaudio)
        try:
            entry = portaudio.query_devices(index, "input")
            if self.device is None:
                self.channels = real_channels(entry, _api_of(portaudio, entry))
            layouts = self._layouts(int(entry["max_input_channels"]))
            with _source_chosen(self.device.source if self.device is not None else ""):
                stream = self._open_stream(portaudio, index, self._rates(entry), layouts, _latency(entry))
                streams.opened(stream)
                stream.start()
                return stream
        except (portaudio.PortAudioError, ValueError, OSError) as error:
            raise self._explained(error) from error

    def _find(self, portaudio: ModuleType) -> int | None:
        """Return PortAudio's number for the device in this process, asking it afresh where it looks outdated."""
        index = _index_of(portaudio, self.device)
        if index is None and streams.look_again(portaudio):
            index = _index_of(portaudio, self.device)
        if index is None:
            raise no_input() if self.device is None else not_connected(self.name)
        return index

    def _rates(self, entry: Any) -> list[int]:
        """Return the rates to try, Hz: the one of the ring alone, or what the device has and then the usual ones."""
        if self._ring is not None:
            return [self._ring.sample_rate]
        native = self.device.default_rate if self.device is not None else float(entry["default_samplerate"])
        return list(dict.fromkeys((round(float(np.clip(native, *_RATES))), *_OTHER_RATES)))

    def _layouts(self, most: int) -> list[Layout]:
        """Return the ways to open the stream, the best first.

        Parameters
        ----------
        most : int
            Channels that PortAudio offers.
        """
        channel = self.channel
        if channel is not None and not 0 <= channel < max(1, self.channels):
            raise no_such_channel(self.name, channel, self.channels)
        if self.device is not None and self.device.source:
            whole = server_layout(self.device.positions)
            if whole is None and channel is not None and self.channels > 1:
                raise channel_not_alone(self.name, channel)
            ways = [whole or plain_layout(min(self.channels, MOST_CHANNELS))]
        else:
            # What a raw device does not split into channels it may insist on giving whole.
            counts = [self.channels, most, 2, 1] if channel is None else [self.channels, most]
            ways = [plain_layout(count) for count in dict.fromkeys(counts) if 0 < count <= max(1, most)]
        if channel is None:
            return ways
        return [Layout(way.channels, (way.columns[channel],)) for way in ways if channel < len(way.columns)]

    def _open_stream(
        self, portaudio: ModuleType, index: int | None, rates: list[int], layouts: list[Layout], latency: float
    ) -> Any:
        failure: Exception = ValueError("no way to open it")
        for rate in rates:
            for layout in layouts:
                if self._ring is None or not self._goes_on:
                    self._ring = AudioRing(KEPT_SECONDS, rate)
                self._mixer = Mixer(layout.columns)
                try:
                    return portaudio.InputStream(
                        device=index,
                        samplerate=rate,
                        channels=layout.channels,
                        dtype="float32",
                        latency=latency,
                        callback=self._on_block,
                        finished_callback=self._ended.set,
                    )
                except portaudio.PortAudioError as error:
                    failure = error
                    if "channels" not in str(error):
                        break
            if "sample rate" not in str(failure):
                break
        raise failure

    def _on_block(self, block: NDArray[np.float32], frames: int, when: object, status: Any) -> None:
        """Take a block, float32[frames, channels], in PortAudio's own thread."""
        if self._is_stopped:
            return  # a server that hung does not stop when it is told to, and another may write by now
        if status.input_overflow:
            self.overruns += 1
        samples, clipped = self._mixer.mono(block)
        self.ring.write(samples, clipped)
        self.last_arrival = time.perf_counter()
        self._first.set()

    def _wait_for_first_block(self, cancelled: threading.Event, give_up_at: float) -> None:
        ask_at = give_up_at - _ASK_SECONDS
        while not self._first.wait(0.02):
            if cancelled.is_set():
                self.stop()
                return
            if self._ended.is_set() or time.monotonic() > give_up_at:
                raise never_began(self.name)
            if time.monotonic() > ask_at:
                ask_at = math.inf
                if self._server_answers():
                    give_up_at += SLOW_START_SECONDS - FIRST_BLOCK_SECONDS

    def _server_answers(self) -> bool:
        source = self.device.source if self.device is not None else ""
        return bool(source) and source in {found.name for found in list_sources(timeout=_ASK_SECONDS / 2)}

    def _stalled(self) -> bool:
        return self._first.is_set() and time.perf_counter() - self.last_arrival > STALL_SECONDS

    def _explained(self, error: Exception) -> DeviceError:
        said = str(error).lower()
        if self._ring is not None and self._goes_on and "sample rate" in said:
            return rate_refused(self.name, self._ring.sample_rate, str(error))
        return explained(error, self.name)


def _latency(entry: Any) -> float:
    """Return how much sound the driver may hold back, s: what it calls safe, but no more than the picture allows."""
    safe, least = float(entry["default_high_input_latency"]), float(entry["default_low_input_latency"])
    return min(safe, max(least, _LATENCY_SECONDS))


def _api_of(portaudio: ModuleType, entry: Any) -> str:
    return str(portaudio.query_hostapis(entry["hostapi"])["name"])


def _index_of(portaudio: ModuleType, device: InputDevice | None) -> int | None:
    if device is None:
        default = int(portaudio.default.device[0])
        return default if default >= 0 else None
    name, api = ("pulse", "ALSA") if device.source else (device.name, device.host_api)
    fitting = (entry.index for entry in entries(portaudio) if (entry.name, entry.host_api) == (name, api))
    return next(fitting, None)


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
