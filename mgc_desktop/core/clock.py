"""The time that passes, in one place, so that a test can let it pass faster."""

from __future__ import annotations

import time


class Clock:
    """Seconds since some moment; they never go back.

    Parameters
    ----------
    speed : float
        How many of them pass in a second. Only a test has another than 1: sound is then fed as much faster.
    """

    def __init__(self, speed: float = 1.0) -> None:
        self._speed = speed

    def now(self) -> float:
        """s."""
        return self.at(time.perf_counter())

    def at(self, counter: float) -> float:
        """Return when `time.perf_counter` said `counter`, s."""
        return counter * self._speed

    def real(self, seconds: float) -> float:
        """Return how long to wait until `seconds` have passed, s."""
        return max(0.0, seconds) / self._speed
