"""Notices that something else is playing, so that windows need not reach back into what was before."""

from __future__ import annotations

from collections import deque

import numpy as np
from numpy.typing import NDArray

GLANCE_SECONDS = 4.0  # of the short window that is compared with what was before it
_LEAST_SECONDS = 9.0  # of the long one: below, it follows soon enough by itself
# Of the Jensen-Shannon divergence, in bits, 0..1. With these two, changes between real tracks were followed about as
# soon as by windows that began at the change itself, and two windows in 23 tracks began anew within one of them.
_DISAGREEMENT = 0.5
_LASTING_SECONDS = 1.5  # from the first glance that disagrees to the last, without one between that agrees


class ChangeWatch:
    """Compares what the model says of the newest seconds with what it said before them. One thread's.

    What it says of the whole window is no measure: a window that is half old and half new is like anything.
    """

    def __init__(self) -> None:
        self._past: deque[tuple[float, NDArray[np.float64]]] = deque()  # ends of windows, s, and their probabilities
        self._since: float | None = None  # s, of the first glance of those that disagree

    def reset(self) -> None:
        """Forget what was before."""
        self._past.clear()
        self._since = None

    def wants(self, seconds: float) -> bool:
        """Return whether a glance beside a window of that length would tell anything."""
        return seconds >= _LEAST_SECONDS

    def remember(self, window: NDArray[np.float64], time: float) -> None:
        """Take in the probabilities, float64[L], of a whole window that ends at `time`, s."""
        if self._past and len(self._past[0][1]) != len(window):
            self.reset()  # another model
        self._past.append((time, window))

    def has_changed(self, glance: NDArray[np.float64], time: float) -> bool:
        """Return whether glances have disagreed for long enough with what was before.

        Parameters
        ----------
        glance : float64[L]
            Probabilities.
        time : float
            s, of its end.
        """
        if self._since is None:
            while len(self._past) > 1 and self._past[1][0] <= time - GLANCE_SECONDS:
                self._past.popleft()
        if not self._past:
            return False
        before = self._past[0][1]
        if before.argmax() == glance.argmax() or divergence(before, glance) <= _DISAGREEMENT:
            self._since = None
        elif self._since is None:
            self._since = time
        return self._since is not None and time - self._since >= _LASTING_SECONDS


def divergence(one: NDArray[np.float64], other: NDArray[np.float64]) -> float:
    """Return the Jensen-Shannon divergence of two float64[L], in bits: 0 where they are the same, 1 at most."""
    p, q = one / one.sum(), other / other.sum()
    middle = (p + q) / 2.0
    return float((_relative(p, middle) + _relative(q, middle)) / 2.0)


def _relative(p: NDArray[np.float64], q: NDArray[np.float64]) -> float:
    some = p > 0.0
    return float(np.sum(p[some] * np.log2(p[some] / q[some])))
