"""How long it takes from the arrival of sound to its picture."""

from __future__ import annotations

import time
from collections import deque

import numpy as np

_LOOKS = 240  # at the ring: four seconds, longer than a picture is ever behind
_KEPT = 3600  # frames of the display: a minute


class PictureLatency:
    """Notes when sound arrived and when it was painted. GUI thread.

    Arrivals are seen by looking at the ring, sixty times a second. What was not there at one look and is there at the
    next counts as having arrived at the first: the figure is too high by up to a frame, and never too low.
    """

    def __init__(self) -> None:
        self._looks: deque[tuple[int, float]] = deque(maxlen=_LOOKS)
        self._found: deque[float] = deque(maxlen=_KEPT)
        self._painted = 0

    def clear(self) -> None:
        self._looks.clear()
        self._found.clear()
        self._painted = 0

    def look(self, frames: int) -> None:
        """Note that so many frames have arrived by now."""
        self._looks.append((frames, time.perf_counter()))

    def painted(self, frame: int) -> None:
        """Note that the sound before `frame` is on the screen; only what is new counts."""
        if frame <= self._painted:
            return
        self._painted = frame
        before = None
        while self._looks and self._looks[0][0] < frame:
            before = self._looks.popleft()
        if before is not None:
            self._looks.appendleft(before)
            self._found.append((time.perf_counter() - before[1]) * 1000)

    @property
    def ms(self) -> tuple[float, float]:
        """Median and 99th percentile of the last minute, ms; (0, 0) where nothing was painted."""
        if not self._found:
            return 0.0, 0.0
        median, most = np.percentile(self._found, (50, 99))
        return float(median), float(most)
