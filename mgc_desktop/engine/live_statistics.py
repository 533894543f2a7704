"""How well listening keeps up: delays of the last minute, and the hop that the model can hold."""

from __future__ import annotations

from collections import deque

import numpy as np

from mgc_desktop.engine.events import LiveNumbers

HOP_SECONDS = 0.5
LONGEST_HOP_SECONDS = 4.0
_MINUTE = 60.0  # s
_TELL_SECONDS = 1.0


class LiveStatistics:
    """Counts windows, and remembers how long those of the last minute took. One thread's."""

    def __init__(self) -> None:
        self.windows = 0  # judged
        self.dropped = 0  # left out because the model was still busy
        self._recent: deque[tuple[float, float, float]] = deque()  # (s, ms to the verdict, ms of inference)
        self._told = -_TELL_SECONDS

    def judged(self, now: float, verdict_ms: float, inference_ms: float) -> None:
        """Take in a verdict of the model; `now` in s."""
        self.windows += 1
        self._recent.append((now, verdict_ms, inference_ms))

    def due(self, now: float) -> bool:
        """Return, once a second, that it is time to tell."""
        if now - self._told < _TELL_SECONDS:
            return False
        self._told = now
        return True

    def numbers(self, now: float, hop_seconds: float, overruns: int, device: str) -> LiveNumbers:
        """Return what is to be told."""
        while self._recent and self._recent[0][0] < now - _MINUTE:
            self._recent.popleft()
        verdict = _median_and_worst([verdict for _, verdict, _ in self._recent])
        inference = _median_and_worst([inference for _, _, inference in self._recent])
        return LiveNumbers(verdict, inference, hop_seconds, self.windows, self.dropped, overruns, device)


def _median_and_worst(values: list[float]) -> tuple[float, float]:
    """Return the median and the 99th percentile; zeros where there is nothing."""
    if not values:
        return 0.0, 0.0
    median, worst = np.percentile(values, (50, 99))
    return float(median), float(worst)


class HopPace:
    """Makes the hop longer where the model cannot keep up, and shorter again where it can. One thread's.

    Doubling it costs little, as windows overlap almost wholly; to queue them would make verdicts late for good.
    """

    _LATE_HOPS = 2  # in a row that make it longer
    _GOOD_HOPS = 10  # in a row that make it shorter
    _SHARE = 0.7  # of the shorter hop that an answer may have taken then

    def __init__(self) -> None:
        self.seconds = HOP_SECONDS
        self._late = self._good = 0

    @property
    def is_slow(self) -> bool:
        return self.seconds > HOP_SECONDS

    def late(self) -> None:
        """A window was due, and the one before has no answer yet."""
        self._good, self._late = 0, self._late + 1
        if self._late >= self._LATE_HOPS:
            self._late = 0
            self.seconds = min(2.0 * self.seconds, LONGEST_HOP_SECONDS)

    def answered(self, seconds: float) -> None:
        """An answer took `seconds` from when it was asked for."""
        self._late = 0
        shorter = max(HOP_SECONDS, self.seconds / 2.0)
        self._good = self._good + 1 if seconds < self._SHARE * shorter else 0
        if self._good >= self._GOOD_HOPS:
            self._good, self.seconds = 0, shorter
