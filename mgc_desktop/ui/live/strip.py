"""One view of what is recorded: looks for the columns it needs, and draws them some at a time."""

from __future__ import annotations

import time

from mgc_desktop.ui.live.columns import ColumnSource
from mgc_desktop.ui.live.picture import Picture
from mgc_desktop.ui.live.time_scale import TimeScale

_PIXELS_AT_A_TIME = 24_000  # drawn between two looks at the clock: a millisecond


class Strip:
    """A `Picture` with the scale of its time axis and the place that is looked at. GUI thread.

    Parameters
    ----------
    source : ColumnSource
    scale : TimeScale
    picture : Picture
        Empty.
    """

    def __init__(self, source: ColumnSource, scale: TimeScale, picture: Picture) -> None:
        self.source, self.scale, self.picture = source, scale, picture
        self.end = 0  # pixel after the right edge
        self._columns = 0  # that may be shown
        self._whole = 0  # pixels that are known for good

    def fits(self, width: int, height: int) -> bool:
        """Return whether the picture is of this size, device pixels."""
        return (self.picture.width, self.picture.height) == (width, height)

    def look_at(self, end: int | None, columns: int) -> None:
        """Put the right edge at pixel `end`, or at the newest; so many columns may be shown by now."""
        self._columns = columns
        self._whole, newest = self.scale.drawable(columns)
        self.end = newest if end is None else min(end, newest)
        self.picture.shown = self.picture.end  # more may be known of the newest pixel

    def work(self, seconds: float) -> bool:
        """Draw for about so long what is looked at, the newest first; return whether all of it is there."""
        give_up, first = time.perf_counter() + seconds, self._first()
        while not self._is_done(first):
            self._step(first)
            if time.perf_counter() > give_up:
                return self._is_done(first)
        return True

    def _first(self) -> int:
        """Return the leftmost pixel that can be drawn."""
        oldest = -(-self.source.oldest * self.source.hop * self.scale.pixels // self.scale.frames)
        return max(0, self.end - self.picture.width, oldest)

    def _is_done(self, first: int) -> bool:
        picture = self.picture
        return first >= self.end or (picture.start <= first and picture.shown >= self.end)

    def _step(self, first: int) -> None:
        picture = self.picture
        if picture.shown < first or picture.start > self.end or picture.start == picture.shown:
            picture.restart(min(self.end, self._whole) if self._whole > first else first)
        at_most = max(1, _PIXELS_AT_A_TIME // picture.height)
        if picture.shown < self.end:
            self._draw_on(min(self.end, picture.end + at_most))
        else:
            self._draw_back(max(first, picture.start - at_most))

    def _draw_on(self, end: int) -> None:
        start, history = self.picture.end, self.source.history
        known = self._know(start, end)
        if known:
            self.picture.append(self.scale.read(history, start, end), max(0, min(end, self._whole) - start))

    def _draw_back(self, start: int) -> None:
        if self._know(start, self.picture.start):
            self.picture.prepend(self.scale.read(self.source.history, start, self.picture.start))

    def _know(self, start: int, end: int) -> bool:
        """Return whether all columns of these pixels are in the history; compute some of them where not."""
        source = self.source
        first, last = self.scale.first_column(start), min(self.scale.last_column(end), self._columns)
        source.go_near(first, last)
        if source.history.end < last:
            source.extend(last, source.step)
        elif source.history.start > first:
            source.extend_back(first, source.step)
        return source.history.start <= first and source.history.end >= last
