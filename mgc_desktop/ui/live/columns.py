"""From a ring of sound to columns of decibels: computed where they are first looked at, and kept as bytes."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from mgc_desktop.core.mel import MelBands, picture_filters, to_decibels
from mgc_desktop.core.mel_picture import CODES_PER_DB, FLOOR_DB, LOWEST_HZ, highest_hz, transform_length
from mgc_desktop.core.ring import AudioRing
from mgc_desktop.ui.live.picture_settings import PictureSettings

Codes = NDArray[np.uint8]

LARGEST_STEP = 96  # columns drawn at a time, which takes 3 ms
_AT_A_TIME = 32  # columns computed between two looks at the clock, a millisecond, with the usual transform
_USUAL_TRANSFORM = 2048  # samples; a longer one takes longer


def encode(levels: NDArray[np.float32]) -> Codes:
    """Return dB as bytes, in steps of half a decibel."""
    places = (levels - np.float32(FLOOR_DB)) * np.float32(CODES_PER_DB) + np.float32(0.5)
    np.minimum(np.maximum(places, 0, out=places), 255, out=places)  # np.clip takes twice as long for one column
    codes: Codes = places.astype(np.uint8)
    return codes


def decode(codes: Codes) -> NDArray[np.float32]:
    """Return bytes as dB, float32."""
    return codes.astype(np.float32) / np.float32(CODES_PER_DB) + np.float32(FLOOR_DB)


class ColumnHistory:
    """Columns start..end without a hole, numbered from 0 on. It grows at both ends, and forgets at the far one.

    Parameters
    ----------
    bands : int
    capacity : int
        Columns.
    """

    def __init__(self, bands: int, capacity: int) -> None:
        self.bands = bands
        self._codes = np.zeros((capacity, bands), np.uint8)  # pages that are never written take no memory
        self.start = 0
        self.end = 0  # number of the column after the newest

    @property
    def capacity(self) -> int:
        return len(self._codes)

    def restart(self, at: int) -> None:
        """Forget everything; the next column is number `at`."""
        self.start = self.end = at

    def append(self, levels: NDArray[np.float32]) -> None:
        """Add columns after the newest, float32[k, bands] in dB."""
        kept = levels[-self.capacity :]
        self._put(self.end + len(levels) - len(kept), kept)
        self.end += len(levels)
        self.start = max(self.start, self.end - self.capacity)

    def prepend(self, levels: NDArray[np.float32]) -> None:
        """Add columns before the oldest, float32[k, bands] in dB, as many as there is room for."""
        kept = levels[max(0, len(levels) - (self.capacity - (self.end - self.start))) :]
        self._put(self.start - len(kept), kept)
        self.start -= len(kept)

    def read_codes(self, start: int, end: int) -> Codes:
        """Return the columns start..end as bytes, uint8[end - start, bands]."""
        return self._codes[np.arange(start, end) % self.capacity]

    def read(self, start: int, end: int) -> NDArray[np.float32]:
        """Return the columns start..end, float32[end - start, bands] in dB."""
        return decode(self.read_codes(start, end))

    def _put(self, first: int, levels: NDArray[np.float32]) -> None:
        codes, at = encode(levels), first % self.capacity
        before_end = min(len(codes), self.capacity - at)
        self._codes[at : at + before_end] = codes[:before_end]
        self._codes[: len(codes) - before_end] = codes[before_end:]


@dataclass(frozen=True, slots=True)
class ColumnPlan:
    """What a column is: with the same plan, it is the same.

    Attributes
    ----------
    hop, n_fft : int
        Samples.
    bands : int
    highest_hz : float
    """

    hop: int
    n_fft: int
    bands: int
    highest_hz: float

    @classmethod
    def of(cls, sample_rate: int, settings: PictureSettings, columns_per_second: float) -> Self:
        """Return the plan for a sample rate in Hz; the columns a second are rounded to a whole hop."""
        hop = max(1, round(sample_rate / columns_per_second))
        n_fft = settings.n_fft or transform_length(sample_rate)
        return cls(hop, n_fft, settings.bands, highest_hz(sample_rate, settings.highest_hz))


class ColumnSource:
    """Computes columns of what a ring holds. Column c shows the sound around frame c * hop.

    The columns that were computed are in `history`, a stretch around what is looked at. What is not in it is computed
    from the ring, which keeps the sound of the last ten minutes.

    Parameters
    ----------
    ring : AudioRing
    plan : ColumnPlan
    """

    def __init__(self, ring: AudioRing, plan: ColumnPlan) -> None:
        self.ring, self.plan = ring, plan
        self.hop, self.n_fft = plan.hop, plan.n_fft
        filters = picture_filters(ring.sample_rate, plan.n_fft, plan.bands, LOWEST_HZ, plan.highest_hz)
        self._mel = MelBands(plan.n_fft, filters)
        self.history = ColumnHistory(plan.bands, ring.capacity // plan.hop + 2)
        self.step = max(4, min(LARGEST_STEP, _AT_A_TIME * _USUAL_TRANSFORM // self.n_fft))

    @property
    def columns_per_second(self) -> float:
        return self.ring.sample_rate / self.hop

    def ready(self, frames: int) -> int:
        """Return how many columns there are once `frames` are recorded: half a window must follow its middle."""
        return max(0, (frames - self.n_fft // 2) // self.hop + 1)

    def last_frame(self, column: int) -> int:
        """Return the frame after the newest that a column rests on."""
        return column * self.hop + self.n_fft // 2

    @property
    def oldest(self) -> int:
        """Number of the oldest column whose sound is still in the ring."""
        gone = self.ring.frames - self.ring.capacity
        return 0 if gone <= 0 else math.ceil((gone + self.n_fft // 2) / self.hop)

    def go_near(self, start: int, end: int) -> None:
        """Make ready to look at the columns start..end: forget the history where it lies elsewhere."""
        history = self.history
        if end < history.start or start > history.end or history.end - start > history.capacity:
            history.restart(end)

    def extend(self, end: int, at_most: int) -> int:
        """Compute the next columns up to `end`; return how many."""
        start = self.history.end
        end = min(end, start + at_most)
        if end > start:
            self.history.append(self._compute(start, end))
        return max(0, end - start)

    def extend_back(self, start: int, at_most: int) -> int:
        """Compute the columns before those in the history, back to `start`; return how many."""
        end = self.history.start
        start = max(start, end - at_most, self.history.end - self.history.capacity)
        if end > start:
            self.history.prepend(self._compute(start, end))
        return max(0, end - start)

    def _compute(self, start: int, end: int) -> NDArray[np.float32]:
        first = start * self.hop - self.n_fft // 2
        wanted = (end - 1 - start) * self.hop + self.n_fft
        samples, at = self.ring.read(first, first + wanted)
        if at != first or len(samples) != wanted:  # at the beginning, or where the ring has just moved on
            padded = np.zeros(wanted, np.float32)
            place = min(at - first, wanted)
            padded[place : place + len(samples)] = samples[: wanted - place]
            samples = padded
        return to_decibels(self._mel.power(samples, self.hop, end - start))
