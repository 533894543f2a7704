"""Columns of decibels as pixels: written twice into a buffer of double width, so that any view of it is one blit."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QRect
from PySide6.QtGui import QColor, QImage, QPainter

from mgc_desktop.ui.live.columns import ColumnHistory

_SPARE_ROWS, _SPARE_COLUMNS = 64, 512  # that memory is rounded up to


class Picture:
    """Up to `width` neighbouring columns at one size, one range of levels and one colour map. GUI thread.

    Parameters
    ----------
    width, height : int
        Device pixels; a column is one wide.
    bands : int
        Rows of a column, the lowest first; they are stretched over the height.
    table : uint32[256]
        Colours from quiet to loud.
    low, high : float
        dB that the first and the last colour stand for.
    former : Picture, optional
        One that is not shown any more: its memory is used again where it is enough.
    """

    def __init__(
        self,
        width: int,
        height: int,
        bands: int,
        table: NDArray[np.uint32],
        low: float,
        high: float,
        former: Picture | None = None,
    ) -> None:
        self.width = width
        self.height = height
        self.low = low
        self.high = high
        self.start = 0  # number of the oldest column that is drawn
        self.end = 0  # number of the column after the newest one that is drawn for good
        self.shown = 0  # the same, with those that are drawn again as more is known of them
        self._table = table
        self._memory: NDArray[np.uint32] = _memory(height, 2 * width, former._memory if former is not None else None)
        self._pixels = self._memory[:height, : 2 * width]  # what is not drawn yet is never painted
        self.image = QImage(self._memory.data, 2 * width, height, self._memory.strides[0], QImage.Format.Format_RGB32)
        # Row 0 is the top: the upper edge of the highest band. Bands peak at 1, 2, ... of bands + 1 steps.
        places = (1 - (np.arange(height) + 0.5) / height) * (bands + 1) - 1
        places = np.clip(places, 0, bands - 1)
        self._below = places.astype(np.intp)
        self._above = np.minimum(self._below + 1, bands - 1)
        self._part = (places - self._below).astype(np.float32)[:, np.newaxis]

    def restart(self, at: int) -> None:
        """Leave what is drawn; the next column is number `at`, or the one before it."""
        self.start = self.end = self.shown = at

    def append(self, levels: NDArray[np.float32], whole: int) -> None:
        """Draw the columns from `end` on, float32[k, bands] in dB, of which the first `whole` are for good."""
        self._draw(levels, self.end)
        self.end += whole
        self.shown = self.end - whole + len(levels)
        self.start = max(self.start, self.shown - self.width)

    def prepend(self, levels: NDArray[np.float32]) -> None:
        """Draw the columns before `start`, float32[k, bands] in dB; they may take the place of the newest ones."""
        self.start -= len(levels)
        self._draw(levels, self.start)
        self.shown = min(self.shown, self.start + self.width)
        self.end = min(self.end, self.shown)

    def catch_up(self, history: ColumnHistory, at_most: int) -> bool:
        """Draw the next columns of `history`, oldest first; return whether none is left.

        Parameters
        ----------
        history : ColumnHistory
        at_most : int
            Columns.
        """
        start = max(self.end, history.start, history.end - self.width)
        end = min(history.end, start + at_most)
        if start > self.end:
            self.restart(start)
        if end > start:
            self.append(history.read(start, end), end - start)
        return end == history.end

    def paint(self, painter: QPainter, place: QRect, end: int) -> None:
        """Paint the columns up to `end` into `place`, in device pixels, and the quietest colour where there is none."""
        first = end - place.width()  # the column at the left edge
        left, right = max(first, self.start), min(end, self.shown)
        if right <= left:
            painter.fillRect(place, QColor(int(self._table[0])))
            return
        there = QRect(place.left() + left - first, place.top(), right - left, place.height())
        painter.drawImage(there, self.image, QRect(left % self.width, 0, right - left, self.height))
        for rest in (
            QRect(place.left(), place.top(), left - first, place.height()),
            QRect(there.right() + 1, place.top(), end - right, place.height()),
        ):
            if not rest.isEmpty():
                painter.fillRect(rest, QColor(int(self._table[0])))

    def _draw(self, columns: NDArray[np.float32], first: int) -> None:
        scaled = (columns.T - np.float32(self.low)) * np.float32(255 / (self.high - self.low))
        np.minimum(np.maximum(scaled, 0, out=scaled), 255, out=scaled)
        below = scaled.take(self._below, axis=0)
        below += self._part * (scaled.take(self._above, axis=0) - below)
        colours = self._table.take(below.astype(np.uint8))
        at = first % self.width
        to_end = self.width - at
        for place, part in ((at, colours[:, :to_end]), (0, colours[:, to_end:])):
            for left in (place, place + self.width):
                self._pixels[:, left : left + part.shape[1]] = part


def _memory(rows: int, columns: int, former: NDArray[np.uint32] | None) -> NDArray[np.uint32]:
    """Return room for so many pixels, uint32[>= rows, >= columns].

    A screen full of new memory takes the system longer than a frame of the display, and a window that is being resized
    asks for it again and again: so there is some to spare, and it is used again.
    """
    wanted = (-(-rows // _SPARE_ROWS) * _SPARE_ROWS, -(-columns // _SPARE_COLUMNS) * _SPARE_COLUMNS)
    return former if former is not None and former.shape == wanted else np.empty(wanted, np.uint32)
