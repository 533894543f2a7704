"""From a ring of sound to columns of decibels, each computed once, and kept for when the picture changes its size."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mgc_desktop.core.mel import MelStream
from mgc_desktop.core.mel_picture import FLOOR_DB, HIGHEST_HZ, LOWEST_HZ, N_MELS, highest_hz, transform_length
from mgc_desktop.core.ring import AudioRing

__all__ = ["FLOOR_DB", "HIGHEST_HZ", "LOWEST_HZ", "N_MELS", "ColumnHistory", "ColumnSource", "highest_hz"]

KEPT_COLUMNS = 4096  # as wide as the widest picture, in device pixels
LARGEST_STEP = 96  # columns computed or drawn at a time, which takes 3 ms


class ColumnHistory:
    """The newest columns, numbered from 0 on.

    Parameters
    ----------
    bands : int
    capacity : int
        Columns.
    """

    def __init__(self, bands: int, capacity: int = KEPT_COLUMNS) -> None:
        self._columns = np.full((capacity, bands), FLOOR_DB, np.float32)
        self.end = 0  # number of the column after the newest

    @property
    def start(self) -> int:
        """Number of the oldest column that is kept."""
        return max(0, self.end - len(self._columns))

    def append(self, columns: NDArray[np.float32]) -> None:
        """Add columns, float32[k, bands]."""
        kept = columns[-len(self._columns) :]
        places = np.arange(self.end + len(columns) - len(kept), self.end + len(columns)) % len(self._columns)
        self._columns[places] = kept
        self.end += len(columns)

    def read(self, start: int, end: int) -> NDArray[np.float32]:
        """Return the columns start..end, float32[end - start, bands]."""
        return self._columns[np.arange(start, end) % len(self._columns)]


class ColumnSource:
    """Reads a ring to the end, again and again, and adds what it hears to a history.

    Column c shows the sound around frame c * hop.

    Parameters
    ----------
    ring : AudioRing
    columns_per_second : float
        Rounded to a whole hop.
    start : int
        Frame to begin at; a multiple of the hop.
    """

    def __init__(self, ring: AudioRing, columns_per_second: float, start: int = 0) -> None:
        rate = ring.sample_rate
        self.ring = ring
        self.hop = max(1, round(rate / columns_per_second))
        self.history = ColumnHistory(N_MELS)
        n_fft = transform_length(rate)
        # Filters of height one: a tone shows its own level in dBFS.
        self._stream = MelStream(rate, n_fft, self.hop, N_MELS, LOWEST_HZ, highest_hz(rate), norm=None)
        self._lead = np.zeros(n_fft // 2, np.float32)  # so that the first column is centred on the first frame
        self._stream.push(self._lead)
        self._next = start
        self.history.end = start // self.hop

    @property
    def columns_per_second(self) -> float:
        return self.ring.sample_rate / self.hop

    def advance(self, due: int) -> int:
        """Compute the columns up to frame `due`, or as many as may be computed at a time; return how many."""
        samples, following, lost = self.ring.read_from(self._next, min(due - self._next, LARGEST_STEP * self.hop))
        before = self.history.end
        if lost:
            self._leave_out(lost)
        self._next = following
        self.history.append(self._stream.push(samples).T)
        return self.history.end - before

    def _leave_out(self, frames: int) -> None:
        """Keep the picture in time where the window was away for longer than the ring reaches back."""
        self._stream.reset()
        self._stream.push(self._lead)
        self.history.append(np.full((round(frames / self.hop), N_MELS), FLOOR_DB, np.float32))
