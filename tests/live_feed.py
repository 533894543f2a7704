"""Sound that is fed faster than real time through everything after the callback, and a model of three bands."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, cast

import numpy as np
from numpy.typing import NDArray

from mgc_desktop.core.clock import Clock
from mgc_desktop.core.errors import DeviceCause, DeviceError
from mgc_desktop.core.model_info import ModelInfo
from mgc_desktop.core.recording import KEPT_SECONDS
from mgc_desktop.core.ring import AudioRing
from mgc_desktop.core.values import Samples
from mgc_desktop.engine.classifier import Classifier
from mgc_desktop.model.contract import read_info
from tests import synth

if TYPE_CHECKING:
    from mgc_desktop.model.runtime import Runtime

RATE = synth.RATE  # Hz
_BLOCK_SECONDS = 0.02  # of sound: what a driver hands over at once

Sound = Callable[[int, int], Samples]  # frames start..end of what is played


def looped(samples: Samples) -> Sound:
    """Return a sound that repeats for ever."""

    def sound(start: int, end: int) -> Samples:
        return np.take(samples, np.arange(start, end), mode="wrap")

    return sound


def in_turn(parts: list[Samples]) -> Sound:
    """Return the parts one after the other, and silence behind them."""
    whole = np.concatenate(parts)

    def sound(start: int, end: int) -> Samples:
        return np.pad(whole[start:end], (0, max(0, end - max(start, len(whole)))))

    return sound


class FastInput:
    """A microphone whose callback comes `speed` times as often as a real one's; from `Microphones.open`."""

    name = "Fast microphone"
    channels = 1

    def __init__(self, microphones: Microphones, ring: AudioRing) -> None:
        self.ring = ring
        self.overruns = 0
        self.last_arrival = 0.0
        self._microphones = microphones
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="fast microphone", daemon=True)

    def start(self) -> None:
        self._thread.start()
        while not self.last_arrival:
            time.sleep(0.001)

    def check(self) -> None:
        if not self._microphones.plugged:
            raise DeviceError(f"{self.name} went away.", cause=DeviceCause.ABSENT)

    def stop(self) -> None:
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join(5.0)

    def _run(self) -> None:
        rate, speed, sound = self.ring.sample_rate, self._microphones.speed, self._microphones.sound
        block = round(_BLOCK_SECONDS * rate)
        # The first block is due at once: what the thread was late by would be heard twice, in the gap and after it.
        began = time.perf_counter() - block / (speed * rate)
        if self._microphones.began is None:
            self._microphones.began = self._microphones.clock.at(began)
        written = 0
        while not self._stopping.is_set() and self._microphones.plugged:
            due = int((time.perf_counter() - began) * speed * rate)
            # A loaded machine makes it late; a thread that slept catches up, but never by more than it can drown in.
            for _ in range(min((due - written) // block, 200)):
                self.ring.write(sound(self.ring.frames, self.ring.frames + block))
                written += block
                # When a real one's callback would have come: what the machine is late by is no part of the sound.
                self.last_arrival = began + written / (speed * rate)
                self._microphones.arrived = self._microphones.clock.at(self.last_arrival)
            self._stopping.wait(0.002)


class Microphones:
    """The one microphone of a machine that hears `sound`; give `open` and `clock` to a `Listener`.

    Parameters
    ----------
    sound : Sound
        At `rate` Hz.
    speed : float
        How many seconds of it pass in a second.
    """

    def __init__(self, sound: Sound, *, rate: int = RATE, speed: float = 60.0) -> None:
        self.sound, self.rate, self.speed = sound, rate, speed
        self.clock = Clock(speed)
        self.plugged = True
        self.opened = 0
        self.began: float | None = None  # when the first sound came, s of the clock
        self.arrived = 0.0  # when the newest sound would have come from a real one, s of the clock

    def open(
        self, name: str | None, channel: int | None, ring: AudioRing | None, cancelled: threading.Event
    ) -> FastInput:
        """Stand in for `mgc_desktop.engine.live_input.open_input`."""
        del name, channel, cancelled
        if not self.plugged:
            raise DeviceError(f"{FastInput.name} is not connected.", cause=DeviceCause.ABSENT)
        opened = FastInput(self, ring if ring is not None else AudioRing(KEPT_SECONDS, self.rate))
        opened.start()
        self.opened += 1
        return opened


# Music for `EarClassifier`: each kind has its sound in another band, over the same soft drums.
BANDS = {"classical": (150.0, 600.0), "metal": (600.0, 2000.0), "jazz": (2000.0, 5000.0)}  # Hz


def music_of(label: str, seconds: float, rate: int = RATE, seed: int = 0) -> Samples:
    """Return chords in the band of `label`."""
    low, high = BANDS[label]
    generator = np.random.default_rng(seed)
    times = np.arange(round(seconds * rate)) / rate
    wave = np.zeros(times.size)
    for beat in range(int(np.ceil(seconds * 2))):
        span = slice(round(beat * rate / 2), round((beat + 1) * rate / 2))
        part = times[span]
        for frequency in generator.uniform(low, high, 3):
            wave[span] += np.hanning(part.size + 2)[1:-1] * np.sin(2 * np.pi * frequency * part)
    return (0.15 * wave + 0.1 * synth.drums(seconds, rate, seed=seed)).astype(np.float32)


class EarRuntime:
    """A model that compares the sound of three bands, at the cost of one transform."""

    device_name = "cpu"

    def __init__(self, info: ModelInfo) -> None:
        self.info = info

    def logits(self, waveforms: Samples) -> NDArray[np.float32]:
        """Return logits as `Runtime.logits` does."""
        power = np.square(np.abs(np.fft.rfft(waveforms, axis=1)))
        hertz = np.fft.rfftfreq(waveforms.shape[1], 1.0 / self.info.sample_rate)
        out = np.full((len(waveforms), len(self.info.labels)), -6.0, np.float32)
        for label, (low, high) in BANDS.items():
            inside = power[:, (hertz >= low) & (hertz < high)].sum(axis=1)
            out[:, self.info.labels.index(label)] = np.log(inside + 1e-9)
        out -= out.max(axis=1, keepdims=True)
        return out

    def features(self, waveform: Samples) -> NDArray[np.float32]:
        """Return the spectrum in 32 rows and a column for each half second."""
        columns = waveform[: len(waveform) // 6000 * 6000].reshape(-1, 6000)
        power = np.square(np.abs(np.fft.rfft(columns, axis=1)))[:, 1:2977].reshape(len(columns), 32, -1).sum(axis=2)
        decibels: NDArray[np.float32] = (10.0 * np.log10(power.T + 1e-9)).astype(np.float32)
        return decibels


class EarClassifier(Classifier):
    """A classifier whose model is an `EarRuntime`, with the labels of whatever folder it is told to load."""

    def _open(self, folder: Path, device: str) -> Runtime:
        return cast("Runtime", EarRuntime(read_info(folder)))
