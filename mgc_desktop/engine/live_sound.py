"""A recording at the model's rate, each second of it resampled once."""

from __future__ import annotations

import math

import numpy as np

from mgc_desktop.core.ring import AudioRing
from mgc_desktop.core.values import Samples

_EDGE_SECONDS = 0.1  # at the end of a resampled stretch, where the filter misses what comes next


class ModelSound:
    """The newest seconds of a ring at another rate, kept up to date at the cost of what is new.

    Parameters
    ----------
    ring : AudioRing
    rate : int
        Hz that is wanted.
    seconds : float
        How much is kept, s.
    """

    def __init__(self, ring: AudioRing, rate: int, seconds: float) -> None:
        self._ring = ring
        self._wanted = rate
        divisor = math.gcd(ring.sample_rate, rate)
        # Of as many frames each unit begins with a sample of its own at either rate: there a stretch can be joined on.
        self._unit_in, self._unit_out = ring.sample_rate // divisor, rate // divisor
        self._edge = math.ceil(_EDGE_SECONDS * ring.sample_rate / self._unit_in)  # units
        self._kept = round(seconds * rate)
        self._samples: Samples = np.empty(0, np.float32)
        self._first = 0  # sample, at the wanted rate, that `_samples` begins with
        self._settled = max(0, (ring.frames - round((seconds + 1.0) * ring.sample_rate)) // self._unit_in)  # units
        self._begin_at(self._settled)

    def window(self, start: int, end: int, seconds: float) -> Samples:
        """Return what was recorded in the frames start..end, its last `seconds` at most.

        Returns
        -------
        float32[n]
            Nobody writes it again.
        """
        self._catch_up(end)
        last = end * self._unit_out // self._unit_in
        begin = max(math.ceil(start * self._unit_out / self._unit_in), last - round(seconds * self._wanted))
        return self._samples[max(0, begin - self._first) : max(0, last - self._first)].copy()

    def _begin_at(self, unit: int) -> None:
        self._settled = unit
        self._samples, self._first = np.empty(0, np.float32), unit * self._unit_out

    def _catch_up(self, end: int) -> None:
        oldest = end // self._unit_in - math.ceil(self._kept / self._unit_out) - self._edge
        if oldest > self._settled:  # nothing was wanted for long: what is not kept need not be resampled
            self._begin_at(oldest)
        begin = max(0, self._settled - self._edge)
        news, first = self._ring.read(begin * self._unit_in, end)
        if first > begin * self._unit_in:  # lapped: this thread slept for minutes
            begin = math.ceil(first / self._unit_in) + self._edge
            self._begin_at(begin)
            news, _ = self._ring.read(begin * self._unit_in, end)
        if not len(news):
            return
        at = begin * self._unit_out
        fresh = resampled(news, self._ring.sample_rate, self._wanted)
        known = self._settled * self._unit_out
        self._samples = np.concatenate([self._samples[: known - self._first], fresh[known - at :]])[-self._kept :]
        self._first = at + len(fresh) - len(self._samples)
        self._settled = max(self._settled, end // self._unit_in - self._edge)


def resampled(samples: Samples, rate: int, wanted: int) -> Samples:
    """Return `samples` (float32[n] at `rate` Hz) at `wanted` Hz."""
    if rate == wanted:
        return samples
    import soxr  # here: nobody who does not listen needs it

    result: Samples = soxr.resample(samples, rate, wanted)
    return result
