"""Columns of decibels as pixels: written twice into a buffer of double width, so that any view of it is one blit."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtGui import QImage

from mgc_desktop.ui.live.columns import ColumnHistory


class Picture:
    """The newest `width` columns at one size, one range of levels and one colour map. GUI thread.

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
    """

    def __init__(self, width: int, height: int, bands: int, table: NDArray[np.uint32], low: float, high: float) -> None:
        self.width = width
        self.height = height
        self.low = low
        self.high = high
        self.end = 0  # number of the column after the newest one drawn
        self._table = table
        self._pixels = np.full((height, 2 * width), table[0], np.uint32)
        self.image = QImage(self._pixels.data, 2 * width, height, self._pixels.strides[0], QImage.Format.Format_RGB32)
        # Row 0 is the top: the upper edge of the highest band. Bands peak at 1, 2, ... of bands + 1 steps.
        places = (1 - (np.arange(height) + 0.5) / height) * (bands + 1) - 1
        places = np.clip(places, 0, bands - 1)
        self._below = places.astype(np.intp)
        self._above = np.minimum(self._below + 1, bands - 1)
        self._part = (places - self._below).astype(np.float32)[:, np.newaxis]

    @property
    def left(self) -> int:
        """x in `image` where the view of `width` pixels that ends with the newest column begins."""
        return self.end % self.width

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
        if end > start:
            self._draw(history.read(start, end), start)
            self.end = end
        return end == history.end

    def _draw(self, columns: NDArray[np.float32], first: int) -> None:
        scaled = (columns.T - np.float32(self.low)) * np.float32(255 / (self.high - self.low))
        np.clip(scaled, 0, 255, out=scaled)
        below = scaled[self._below]
        below += self._part * (scaled[self._above] - below)
        colours = self._table[below.astype(np.uint8)]
        places = np.arange(first, first + len(columns)) % self.width
        self._pixels[:, places] = colours
        self._pixels[:, places + self.width] = colours
