"""A level meter in dB re full scale, with peak hold and a mark that lights when the input clips."""

from __future__ import annotations

import math
import time

import numpy as np
from PySide6.QtCore import QPointF, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from mgc_desktop.core.ring import AudioRing
from mgc_desktop.core.values import Samples
from mgc_desktop.ui.live import axes
from mgc_desktop.ui.theme import tokens

LOWEST_DB = -60.0
CLIP_LEVEL = 0.9999  # of full scale; a converter that clips stays there
_AVERAGE_SECONDS = 0.3  # of the bar: the time constant of a VU meter
_HOLD_SECONDS = 1.5
_FALL_DB_PER_SECOND = 20.0
_CLIP_SECONDS = 3.0
_WARM_DB = -6.0  # little headroom above
_LABELS = (0, -12, -24, -36, -48, -60)
_BAR, _CLIP_HEIGHT, _WIDTH = 12, 5, 54


def decibels(power: float) -> float:
    """Return a power (1.0: square of full scale) in dB, not below the end of the meter."""
    return max(LOWEST_DB, 10 * math.log10(power)) if power > 0 else LOWEST_DB


class LevelMeter(QWidget):
    """Shows the level of what a ring records: a bar for the mean, a line for the peak. GUI thread."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Input level")
        self.setToolTip("Input level in dB below full scale; the line is the peak. Red: the input clips, turn it down")
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Expanding)
        self._ring: AudioRing | None = None
        self._next = 0
        self.reset()

    def reset(self) -> None:
        """Fall back to nothing."""
        self._mean = 0.0  # power
        self.peak_db = LOWEST_DB
        self._peak_at = self._clipped_at = self._moved_at = -math.inf
        self._painted: tuple[int, int, bool] | None = None
        self.update()

    @property
    def level_db(self) -> float:
        """RMS level over the last 0.3 s, dB re full scale, -60 and more."""
        return decibels(self._mean)

    @property
    def clipped(self) -> bool:
        """Whether the input reached full scale within the last 3 s."""
        return self._moved_at - self._clipped_at < _CLIP_SECONDS

    def set_ring(self, ring: AudioRing | None) -> None:
        """Show the level of `ring` from now on."""
        self._ring = ring
        self._next = ring.frames if ring is not None else 0
        self.reset()

    def advance(self, now: float | None = None) -> None:
        """Take in what was recorded since the last call; `now` in s of any steady clock, None: the computer's."""
        if self._ring is None:
            return
        samples, self._next, _ = self._ring.read_from(self._next, self._ring.sample_rate)
        self._take(samples, time.perf_counter() if now is None else now, self._ring.sample_rate)
        state = self._state()
        if state != self._painted:
            self._painted = state
            self.update(self._bar())

    def _take(self, samples: Samples, now: float, rate: int) -> None:
        elapsed = min(1.0, now - self._moved_at)
        self._moved_at = now
        if now - self._peak_at > _HOLD_SECONDS:
            self.peak_db = max(LOWEST_DB, self.peak_db - elapsed * _FALL_DB_PER_SECOND)
        if not len(samples):
            return
        weight = math.exp(-len(samples) / (_AVERAGE_SECONDS * rate))
        self._mean = weight * self._mean + (1 - weight) * float(np.dot(samples, samples)) / len(samples)
        loudest = float(np.abs(samples).max())
        if loudest >= CLIP_LEVEL:
            self._clipped_at = now
        if decibels(loudest**2) >= self.peak_db:
            self.peak_db, self._peak_at = decibels(loudest**2), now

    def _state(self) -> tuple[int, int, bool]:
        ratio = self.devicePixelRatioF()
        return round(self._y(self.level_db) * ratio), round(self._y(self.peak_db) * ratio), self.clipped

    # Painting --------------------------------------------------------------------------------------

    def _bar(self) -> QRect:
        return QRect(_WIDTH - _BAR - 6, axes.TOP, _BAR, self.height() - axes.TOP - axes.BOTTOM)

    def _y(self, level_db: float) -> float:
        bar = self._bar()
        top = bar.top() + _CLIP_HEIGHT + 1
        return top + level_db / LOWEST_DB * (bar.bottom() + 1 - top)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        colours, bar = tokens(), self._bar()
        if not bar.contains(event.rect()):
            painter.fillRect(self.rect(), QColor(colours.window))
            self._paint_scale(painter, QColor(colours.muted))
        painter.fillRect(bar, QColor(colours.window))
        clip = QRect(bar.left(), bar.top(), _BAR, _CLIP_HEIGHT)
        painter.fillRect(clip, QColor(colours.error if self.clipped else colours.groove))
        self._fill(painter, LOWEST_DB, 0.0, colours.groove)
        self._fill(painter, LOWEST_DB, min(self.level_db, _WARM_DB), colours.accent)
        self._fill(painter, _WARM_DB, self.level_db, colours.warning)
        if self.peak_db > LOWEST_DB:
            colour = colours.text if self.peak_db < _WARM_DB else colours.warning
            painter.fillRect(QRectF(bar.left(), self._y(self.peak_db), _BAR, 2), QColor(colour))

    def _fill(self, painter: QPainter, low: float, high: float, colour: str) -> None:
        if high > low:
            top = self._y(high)
            painter.fillRect(QRectF(self._bar().left(), top, _BAR, self._y(low) - top), QColor(colour))

    def _paint_scale(self, painter: QPainter, ink: QColor) -> None:
        painter.setFont(axes.axis_font(self.font()))
        painter.setPen(ink)
        metrics = QFontMetricsF(painter.font())
        right, free = self._bar().left() - 4, -math.inf
        for level in _LABELS:
            y = self._y(level)
            if y - metrics.height() / 2 >= free:
                painter.drawLine(QPointF(right, y), QPointF(right + 3, y))
                box = QRectF(0, y - metrics.height() / 2, right - 3, metrics.height())
                painter.drawText(box, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, axes.minus(level))
                free = y + metrics.height() / 2
        box = QRectF(0, self.height() - axes.BOTTOM + 4, self.width(), metrics.height())
        painter.drawText(box, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignTop, "dBFS")

    def sizeHint(self) -> QSize:
        return QSize(_WIDTH, 190)

    def minimumSizeHint(self) -> QSize:
        return QSize(_WIDTH, 90)
