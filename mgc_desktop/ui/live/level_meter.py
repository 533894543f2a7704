"""A level meter in dB re full scale, with peak hold and a mark that lights when the input clips."""

from __future__ import annotations

import math
import time

import numpy as np
from PySide6.QtCore import QPointF, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QKeyEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from mgc_desktop.core.ring import AudioRing
from mgc_desktop.core.values import Samples
from mgc_desktop.ui.live import axes
from mgc_desktop.ui.theme import tokens

LOWEST_DB = -60.0
_AVERAGE_SECONDS = 0.3  # of the bar: the time constant of a VU meter
_HOLD_SECONDS = 1.5
_FALL_DB_PER_SECOND = 20.0
_WARM_DB = -6.0  # little headroom above
_LABELS = (0, -12, -24, -36, -48, -60)
_BAR, _CLIP_HEIGHT, _WIDTH = 12, 5, 54
_TELL_SECONDS = 1.0  # between two values for screen readers
_TIP = (
    "Input level in dB below full scale: the bar is the mean, the line the peak, the figure below the highest peak. "
    "Red at the top: the input was cut off at full scale, turn it down. Click, or press Space, to forget both"
)


def decibels(power: float) -> float:
    """Return a power (1.0: square of full scale) in dB, not below the end of the meter."""
    return max(LOWEST_DB, 10 * math.log10(power)) if power > 0 else LOWEST_DB


class LevelMeter(QWidget):
    """Shows the level of what a ring records: a bar for the mean, a line and a figure for the peak. GUI thread.

    That the input clipped stays to be seen until the person clicks.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Input level")
        self.setToolTip(_TIP)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Expanding)
        self._ring: AudioRing | None = None
        self._next = 0
        self.reset()

    def reset(self) -> None:
        """Fall back to nothing."""
        self._mean = 0.0  # power
        self.peak_db = LOWEST_DB
        self._peak_at = self._moved_at = self._told_at = -math.inf
        self._painted: tuple[int, int] | None = None
        self.forget()

    def forget(self) -> None:
        """Forget the highest peak and that the input clipped."""
        self.highest_db = LOWEST_DB
        self.clipped = False
        self._clipped_before = self._ring.clipped if self._ring is not None else 0
        self._tell(self._moved_at)
        self.update()

    @property
    def level_db(self) -> float:
        """RMS level over the last 0.3 s, dB re full scale, -60 and more."""
        return decibels(self._mean)

    @property
    def figure(self) -> str:
        """The highest peak as it is written under the bar."""
        if self.highest_db == LOWEST_DB:
            return "dBFS"
        return f"{self.highest_db:z.1f} dB".replace("-", "\N{MINUS SIGN}")

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
        if self._has_new_extremes():
            self.update()
        elif self._state() != self._painted:
            self.update(self._bar())
        self._painted = self._state()
        if self._moved_at - self._told_at >= _TELL_SECONDS:
            self._tell(self._moved_at)

    def _has_new_extremes(self) -> bool:
        """Take note of a higher peak, and of clipping."""
        before = self.figure, self.clipped
        self.highest_db = max(self.highest_db, self.peak_db)
        self.clipped = self.clipped or (self._ring is not None and self._ring.clipped > self._clipped_before)
        return (self.figure, self.clipped) != before

    def _tell(self, now: float) -> None:
        self._told_at = now
        peak = f", highest peak {self.highest_db:.1f} dB" if self.highest_db > LOWEST_DB else ""
        level = f"{self.level_db:.0f} dB" if self.level_db > LOWEST_DB else "no sound"
        text = f"{level}{peak}{', the input was cut off' if self.clipped else ''}"
        if text != self.accessibleDescription():
            self.setAccessibleDescription(text)

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
        if decibels(loudest**2) >= self.peak_db:
            self.peak_db, self._peak_at = decibels(loudest**2), now

    def _state(self) -> tuple[int, int]:
        ratio = self.devicePixelRatioF()
        return round(self._y(self.level_db) * ratio), round(self._y(self.peak_db) * ratio)

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
            self._paint_figure(painter)
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

    def _paint_figure(self, painter: QPainter) -> None:
        colours = tokens()
        usual = colours.muted if self.highest_db == LOWEST_DB else colours.text
        painter.setPen(QColor(colours.error if self.clipped else usual))
        box = QRectF(0, self.height() - axes.BOTTOM + 4, self.width(), QFontMetricsF(painter.font()).height())
        painter.drawText(box, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignTop, self.figure)
        if self.hasFocus():
            painter.setPen(QColor(colours.accent))
            painter.drawRect(self._bar().adjusted(-3, -3, 2, 2))

    # Qt's events -----------------------------------------------------------------------------------

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self.forget()
        else:
            super().mousePressEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Space, Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.forget()
        else:
            super().keyPressEvent(event)

    def sizeHint(self) -> QSize:
        return QSize(_WIDTH, 190)

    def minimumSizeHint(self) -> QSize:
        return QSize(_WIDTH, 90)
