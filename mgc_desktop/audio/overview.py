"""A picture of a whole track: mel columns over its length, computed piece by piece in bounded memory.

Opens untrusted bytes: the program calls it in limited processes (`mgc_desktop.core.pool`) only.
"""

from __future__ import annotations

import math
import time

import numpy as np
from numpy.typing import NDArray

from mgc_desktop.audio.source import HeaderLiesError, Mixdown
from mgc_desktop.audio.track_stream import OpenTrack
from mgc_desktop.core.errors import DecodeError
from mgc_desktop.core.mel import MelStream, to_decibels
from mgc_desktop.core.mel_picture import CODES_PER_DB, FLOOR_DB, LOWEST_HZ, N_MELS, highest_hz, transform_length
from mgc_desktop.core.values import Samples

_PIECE_SECONDS = 8.0  # decoded at a time
_MIN_HOP_SECONDS = 0.004  # a click of a sound is not drawn wider than the transform makes it anyway
_MAX_WINDOWS = 8  # of a column: more would not change it, and take longer than the decoding


class Overview:
    """Columns of a track from left to right, as many at a time as there is time for.

    A column is the mean power of windows spread evenly over its stretch of the track, so that the picture of an hour
    is as true as that of a minute.

    Parameters
    ----------
    path : str
    columns : int
        How many there are to be, roughly; fewer for a track of some seconds.

    Raises
    ------
    DecodeError
    """

    def __init__(self, path: str, columns: int) -> None:
        self.path, self.wanted = path, columns
        self._track = OpenTrack(path)
        self._begin()

    def _begin(self) -> None:
        source = self._track.source
        rate, n_fft = source.sample_rate, transform_length(source.sample_rate)
        column = max(source.frames / self.wanted, _MIN_HOP_SECONDS * rate)  # frames
        self._windows = min(max(1, int(column / n_fft)), _MAX_WINDOWS)  # of each column
        self._hop = max(1, math.ceil(column / self._windows))
        self._mel = MelStream(rate, n_fft, self._hop, N_MELS, LOWEST_HZ, highest_hz(rate), norm=None)
        self._mel.push_power(np.zeros(n_fft // 2, np.float32))  # so that a column is centred on its stretch
        self._tail = np.zeros(n_fft, np.float32)
        self._power = np.empty((0, N_MELS), np.float32)  # of windows that do not make a column yet
        self._at = 0  # frame that is read next
        self._channel: int | None = None  # the one to show, where the mix of all is silent
        self.done = 0  # columns
        self.is_over = False
        self.is_broken = False  # it ended because it could not be decoded further
        self.column_seconds = self._windows * self._hop / rate
        self.total = max(1, math.ceil(source.frames / (self._windows * self._hop)))
        self.duration = source.frames / rate
        self.highest_hz = highest_hz(rate)

    def go_on(self, seconds: float) -> NDArray[np.uint8]:
        """Return the next columns, uint8[n, bands], after some `seconds` of work; `is_over` says whether all are there.

        Where another reader of files had to take over, `done` is back at what this returned.

        Raises
        ------
        DecodeError
            Where not even a part can be shown.
        """
        until = time.perf_counter() + seconds
        found: list[NDArray[np.uint8]] = []
        while not self.is_over and (not found or time.perf_counter() < until):
            try:
                found.append(self._piece())
            except HeaderLiesError:
                found.clear()
                self._begin()
            except DecodeError:
                if not self.done:
                    raise
                self.is_over = self.is_broken = True  # what is there stays to be seen
        return np.concatenate(found) if found else np.empty((0, N_MELS), np.uint8)

    def _piece(self) -> NDArray[np.uint8]:
        samples = self._read(round(_PIECE_SECONDS * self._track.source.sample_rate))
        power = np.concatenate([self._power, self._mel.push_power(samples)])
        if self.is_over:
            power = np.concatenate([power, self._mel.push_power(self._tail)])
        count = len(power) // self._windows
        if self.is_over and self.done + count < self.total and len(power) % self._windows:
            count += 1
            power = np.concatenate([power, np.repeat(power[-1:], count * self._windows - len(power), axis=0)])
        count = min(count, self.total - self.done)
        used, self._power = power[: count * self._windows], power[count * self._windows :]
        self.done += count
        levels = to_decibels(used.reshape(count, self._windows, N_MELS).mean(axis=1))
        codes: NDArray[np.uint8] = np.clip((levels - FLOOR_DB) * CODES_PER_DB + 0.5, 0, 255).astype(np.uint8)
        return codes

    def _read(self, frames: int) -> Samples:
        mix = Mixdown(frames, self._channel)
        self._track.read(self._at, mix)
        if mix.cancelled:
            self._channel = 0
            mix = Mixdown(frames, self._channel)
            self._track.read(self._at, mix)
        self._at += mix.filled
        self.is_over = mix.missing > 0
        return mix.samples()

    def close(self) -> None:
        self._track.close()
