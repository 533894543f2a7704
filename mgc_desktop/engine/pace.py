"""How fast long work goes, and how long it will take: smoothed, and at most ten times a second."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable

_SPAN = 15.0  # s of the past that the rate is taken from
_SPACING = 0.25  # s between two marks
_MIN_SPAN = 1.0  # s before a rate is said at all
REPORTS_PER_SECOND = 10.0


class Pace:
    """Rate over the last seconds of work. Not thread-safe; one thread owns it.

    Parameters
    ----------
    clock : callable
        Returns monotonic seconds.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._marks: deque[tuple[float, int]] = deque()
        self._reported = -1.0

    def restart(self, done: int) -> None:
        """Forget the past, e.g. after a pause; `done` is the count so far."""
        self._marks.clear()
        self._marks.append((self._clock(), done))
        self._reported = -1.0

    def mark(self, done: int) -> None:
        """Note that `done` pieces are finished by now."""
        now = self._clock()
        if not self._marks or now - self._marks[-1][0] >= _SPACING:
            self._marks.append((now, done))
        while len(self._marks) > 2 and now - self._marks[0][0] > _SPAN:
            self._marks.popleft()

    def rate(self, done: int) -> float | None:
        """Return pieces a second, or None while that can't be known."""
        if not self._marks:
            return None
        began, before = self._marks[0]
        elapsed = self._clock() - began
        return (done - before) / elapsed if elapsed >= _MIN_SPAN and done > before else None

    def seconds_left(self, done: int, total: int) -> float | None:
        rate = self.rate(done)
        return (total - done) / rate if rate else None

    def due(self) -> bool:
        """Return whether it is time for a report, and if so start to count anew."""
        now = self._clock()
        if self._reported >= 0 and now - self._reported < 1.0 / REPORTS_PER_SECOND:
            return False
        self._reported = now
        return True
