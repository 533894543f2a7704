"""Which columns make which pixel: whole numbers from beginning to end, so that hours of listening stay exact."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mgc_desktop.ui.live import axes
from mgc_desktop.ui.live.columns import ColumnHistory, decode
from mgc_desktop.ui.live.picture_settings import PictureSettings

_MOST_COLUMNS = 240.0  # a second; more would not tell more
_ENOUGH = 0.75  # columns a pixel; between two of them it is drawn smoothly


@dataclass(frozen=True, slots=True)
class TimeScale:
    """`frames` of the recording are `pixels` wide (device pixels), and pixel 0 begins with frame 0.

    A pixel that stands for several columns shows the loudest of each band: nothing that was heard is left out. Where
    a column is wider than a pixel, pixels lie between two columns.

    Attributes
    ----------
    frames, pixels : int
    hop : int
        Frames between two columns.
    """

    frames: int
    pixels: int
    hop: int

    def frame(self, pixel: float) -> float:
        """Return the place in the recording, frames, of a pixel's left edge."""
        return pixel * self.frames / self.pixels

    def pixel(self, frame: float) -> float:
        """Return where a frame is, device pixels."""
        return frame * self.pixels / self.frames

    def first_column(self, pixel: int) -> int:
        """Return the first column that must be known to draw the pixels from `pixel` on."""
        if self._is_fine:
            return max(0, self._between(pixel))
        return self._edge(pixel)

    def last_column(self, end: int) -> int:
        """Return the column after the last that must be known to draw the pixels before `end`."""
        return self._between(end - 1) + 2 if self._is_fine else self._edge(end)

    def drawable(self, columns: int) -> tuple[int, int]:
        """Return how many pixels are whole with so many columns, and how many can be drawn at all."""
        if self._is_fine:
            whole = max(0, -(-(2 * (columns - 1) * self.pixels * self.hop - self.frames) // (2 * self.frames)))
            return whole, whole
        whole = columns * self.pixels * self.hop // self.frames
        return whole, whole + (self._edge(whole) < columns)

    def read(self, history: ColumnHistory, start: int, end: int) -> NDArray[np.float32]:
        """Return the pixels start..end, float32[end - start, bands] in dB; their columns are in the history."""
        if self._is_fine:
            return self._read_between(history, start, end)
        first, last = self._edge(start), min(self._edge(end), history.end)
        codes = history.read_codes(first, last)
        if last - first > end - start:
            edges = np.array([self._edge(pixel) - first for pixel in range(start, end)])
            codes = np.maximum.reduceat(codes, edges, axis=0)
        return decode(codes)

    def _read_between(self, history: ColumnHistory, start: int, end: int) -> NDArray[np.float32]:
        first = max(0, self._between(start))
        levels = history.read(first, self._between(end - 1) + 2)
        places = (2 * np.arange(start, end, dtype=np.int64) + 1) * self.frames / (2 * self.pixels * self.hop) - first
        below = np.clip(places.astype(np.intp), 0, len(levels) - 2)
        part = (places - below).astype(np.float32)[:, np.newaxis]
        mixed: NDArray[np.float32] = levels[below] + part * (levels[below + 1] - levels[below])
        return mixed

    @property
    def _is_fine(self) -> bool:
        """Whether pixels are finer than columns."""
        return self.frames < self.pixels * self.hop

    def _edge(self, pixel: int) -> int:
        return -(-pixel * self.frames // (self.pixels * self.hop))

    def _between(self, pixel: int) -> int:
        """Return the column before the middle of a pixel that is finer than columns."""
        return (2 * pixel + 1) * self.frames // (2 * self.pixels * self.hop)


def scale_for(settings: PictureSettings, sample_rate: int, hop: int, width: int, ratio: float) -> TimeScale:
    """Return the scale of a picture.

    Parameters
    ----------
    sample_rate : int
        Hz.
    hop, width : int
        Frames between two columns; device pixels.
    ratio : float
        Device pixels in a logical one.
    """
    if settings.span_seconds is not None:
        return TimeScale(max(1, math.floor(settings.span_seconds * sample_rate)), max(1, width), hop)
    if settings.columns_per_second is not None:
        return TimeScale(sample_rate, max(1, round(axes.PIXELS_PER_SECOND * ratio)), hop)
    return TimeScale(hop, 1, hop)  # a pixel a column


def columns_a_second(settings: PictureSettings, width: int, ratio: float) -> float:
    """Return how many columns are computed: one a pixel, or as many as that is worth.

    Parameters
    ----------
    width : int
        Device pixels.
    ratio : float
        Device pixels in a logical one.
    """
    usual = axes.PIXELS_PER_SECOND * ratio
    if settings.columns_per_second is not None:
        return settings.columns_per_second
    if settings.span_seconds is None:
        return usual
    wanted = _ENOUGH * width / settings.span_seconds  # in whole steps: a window that is resized keeps its columns
    return min(usual * 2.0 ** max(0, math.ceil(math.log2(wanted / usual))), max(usual, _MOST_COLUMNS))
