"""The axes around the picture: where they are, what they say, and how they are painted."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QImage, QPainter

from mgc_desktop.core.mel_picture import LOWEST_HZ
from mgc_desktop.core.mel_scale import hz_to_mel, mel_to_hz
from mgc_desktop.ui.theme import scaled, tabular

# Logical pixels around the picture; the ribbons keep to the same left and right.
LEFT, TOP, RIGHT, BOTTOM = 42, 8, 62, 18
PIXELS_PER_SECOND = 60  # one pixel a frame of the display: the smoothest motion there is
_TICK = 4
_FREQUENCIES = (60, 125, 250, 500, 1000, 2000, 4000, 8000, 16000)  # Hz
_PIXELS_BETWEEN_TICKS = 150  # of the moving picture, at the least; more labels would be in the way
_TRACK_STEPS = (0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200)  # s between labels
_TIME_GAP = 18  # px on each side of a label
_LEVEL_STEPS = (10, 20)  # dB between labels of the colour bar, where there is room and where not
_ROOMY = 320  # px of height
_BAR_WIDTH = 10
_MINUS = "\N{MINUS SIGN}"


@dataclass(frozen=True, slots=True)
class FrequencyScale:
    """The vertical axis: Slaney's mel scale between two frequencies in Hz."""

    lowest: float
    highest: float

    def share(self, hz: float) -> float:
        """Return how far up a frequency is, 0..1 within the picture."""
        low, high = hz_to_mel(self.lowest), hz_to_mel(self.highest)
        return (hz_to_mel(hz) - low) / (high - low)

    def hz(self, share: float) -> float:
        """Return the frequency that is so far up."""
        low, high = hz_to_mel(self.lowest), hz_to_mel(self.highest)
        return mel_to_hz(low + share * (high - low))


def frequency_scale(highest: float) -> FrequencyScale:
    """Return the axis of a picture that ends at `highest` Hz."""
    return FrequencyScale(LOWEST_HZ, highest)


def plot_rect(widget: QRect) -> QRect:
    """Return where in a widget's rectangle the picture is."""
    return widget.adjusted(LEFT, TOP, -RIGHT, -BOTTOM)


def axis_font(font: QFont) -> QFont:
    return tabular(scaled(font, 0.82))


def frequency_text(hz: float) -> str:
    return f"{hz / 1000:g}k" if hz >= 1000 else f"{hz:g}"


def minus(number: float) -> str:
    """Return a whole number with a real minus sign."""
    return str(round(number)).replace("-", _MINUS)


def paint_frequencies(painter: QPainter, plot: QRect, scale: FrequencyScale, ink: QColor) -> None:
    """Label the frequencies for which there is room, from the top down, with the unit at the bottom."""
    height = QFontMetricsF(painter.font()).height()
    painter.setPen(ink)
    free = float(plot.top() - height)  # everything above is taken
    bottom = plot.bottom() - 1.6 * height  # the unit stands there
    for hz in reversed(_FREQUENCIES):
        if not scale.lowest <= hz <= scale.highest:
            continue
        y = plot.bottom() + 1 - scale.share(hz) * plot.height()
        if y - height / 2 < free or y > bottom:
            continue
        painter.drawLine(QPointF(plot.left() - _TICK, y), QPointF(plot.left() - 1, y))
        _text(painter, QRectF(0, y - height / 2, plot.left() - _TICK - 3, height), frequency_text(hz))
        free = y + height / 2 + 2
    _text(painter, QRectF(0, plot.bottom() + 1 - height, plot.left() - _TICK - 3, height), "Hz")


def paint_times(painter: QPainter, plot: QRect, seconds_per_pixel: float, ink: QColor) -> None:
    """Label the seconds before now, which is at the right edge."""
    painter.setPen(ink)
    step = _step(seconds_per_pixel)
    number = 0
    while (x := plot.right() + 1 - number * step / seconds_per_pixel) >= plot.left() + 8:
        _tick(painter, plot, x, f"{_MINUS}{number * step:g} s" if number else "now")
        number += 1


def paint_moments(painter: QPainter, plot: QRect, start: float, seconds_per_pixel: float, ink: QColor) -> None:
    """Label the time since listening began, which is `start` at the left edge."""
    painter.setPen(ink)
    step = _step(seconds_per_pixel)
    number = max(0, math.ceil(start / step))
    while (x := plot.left() + (number * step - start) / seconds_per_pixel) <= plot.right() + 1:
        _tick(painter, plot, x, moment_text(number * step, fine=step < 1))
        number += 1


def moment_text(seconds: float, *, fine: bool = False) -> str:
    """Return a time since listening began as `1:05` or `1:00:05`; with tenths if `fine`."""
    tenths = round(seconds * 10)
    return clock_text(tenths // 10) + (f".{tenths % 10}" if fine else "")


def _step(seconds_per_pixel: float) -> float:
    """Return the seconds between two labels."""
    least = _PIXELS_BETWEEN_TICKS * seconds_per_pixel
    return next((step for step in _TRACK_STEPS if step >= least), _TRACK_STEPS[-1])


def _tick(painter: QPainter, plot: QRect, x: float, text: str) -> None:
    metrics = QFontMetricsF(painter.font())
    painter.drawLine(QPointF(x, plot.bottom() + 1), QPointF(x, plot.bottom() + _TICK))
    width = metrics.horizontalAdvance(text) + 2
    place = QRectF(x - width / 2, plot.bottom() + _TICK, width, metrics.height())
    painter.drawText(place, Qt.AlignmentFlag.AlignCenter, text)


def paint_track_times(painter: QPainter, plot: QRect, seconds: float, ink: QColor) -> None:
    """Label the time from the beginning of a track of `seconds`, at the left edge, to its end."""
    metrics = QFontMetricsF(painter.font())
    painter.setPen(ink)
    widest = metrics.horizontalAdvance(clock_text(seconds)) + 2 * _TIME_GAP
    step = next((step for step in _TRACK_STEPS if step * plot.width() >= widest * seconds), seconds)
    for number in range(int(seconds / step) + 1 if seconds > 0 else 0):
        x = plot.left() + number * step / seconds * (plot.width() - 1)
        _tick(painter, plot, x, clock_text(number * step, fine=step < 1))


def clock_text(seconds: float, *, fine: bool = False) -> str:
    """Return a place in a track as `1:05` or `1:00:05`; in seconds and tenths if `fine`."""
    if fine:
        return f"{seconds:.1f} s"
    whole = int(seconds + 1e-6)
    hours, minutes, rest = whole // 3600, whole // 60 % 60, whole % 60
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def colour_bar(plot: QRect) -> QRect:
    """Return where the colour bar is, beside the picture."""
    return QRect(plot.right() + 10, plot.top(), _BAR_WIDTH, plot.height())


def paint_colour_bar(
    painter: QPainter, plot: QRect, table: NDArray[np.uint32], low: float, high: float, ink: QColor
) -> None:
    """Paint the colours from quiet to loud beside the picture, and what they stand for."""
    pixels = np.ascontiguousarray(table[::-1, np.newaxis])
    image = QImage(pixels.data, 1, len(table), 4, QImage.Format.Format_RGB32)
    bar = colour_bar(plot)
    painter.drawImage(bar, image)
    metrics = QFontMetricsF(painter.font())
    painter.setPen(ink)
    step = _LEVEL_STEPS[0] if plot.height() >= _ROOMY else _LEVEL_STEPS[1]
    for level in np.arange(high, low - 1, -step):
        y = plot.top() + (high - level) / (high - low) * (plot.height() - 1)
        middle = min(max(y, plot.top() + metrics.height() / 2 - 2), plot.bottom() - metrics.height() / 2 + 2)
        text = minus(level) + (" dB" if level == high else "")
        painter.drawText(QPointF(bar.right() + 5, middle + metrics.ascent() / 2 - 1), text)


def _text(painter: QPainter, rect: QRectF, text: str) -> None:
    painter.drawText(rect, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, text)
