"""Dragging the range of levels at the colour bar: an end, or the middle for both."""

from __future__ import annotations

from enum import Enum

from PySide6.QtCore import QEvent, QRect, QRectF, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QEnterEvent,
    QFocusEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
)
from PySide6.QtWidgets import QWidget

from mgc_desktop.ui.live import axes
from mgc_desktop.ui.live.picture_settings import LEAST_RANGE_DB, LOUDEST_DB, QUIETEST_DB
from mgc_desktop.ui.theme import tokens

_LEFT = 6  # px between the picture and this
_REACH = 14  # px at each end that stand for the end alone
_GRIP = 4  # px, height of what is seen of it
_STEP_DB = 5.0  # of a key


class _Part(Enum):
    HIGH = "high"
    LOW = "low"
    BOTH = "both"


class RangeDrag(QWidget):
    """Lies over the colour bar; upwards is louder. GUI thread.

    Signals
    -------
    wanted : tuple of float, or None
        dB of the darkest and the brightest colour; None: automatic.
    """

    wanted = Signal(object)

    def __init__(self, picture: QWidget) -> None:
        super().__init__(picture)
        self.setAccessibleName("Range of colours")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setToolTip(
            "Drag an end, or the middle for both; double click: follow the music\n"
            "Keys: Up and Down, with Shift the brightest alone, with Ctrl the darkest, Backspace: follow the music"
        )
        self._bar = QRect()
        self._levels = (-80.0, -20.0)
        self._part: _Part | None = None  # under the pointer, or being dragged
        self._from: tuple[float, tuple[float, float]] | None = None  # y and levels where the drag began

    def show_levels(self, low: float, high: float, *, automatic: bool) -> None:
        """Take over what the picture shows now."""
        if self._from is None:
            self._levels = (low, high)
        way = "follows the music" if automatic else "fixed"
        self.setAccessibleDescription(f"{axes.minus(low)} dB to {axes.minus(high)} dB, {way}")

    def keep_to(self, plot: QRect) -> None:
        """Lie beside the picture, which has been given another size."""
        self.setGeometry(plot.right() + 1 + _LEFT, plot.top(), axes.RIGHT - _LEFT, plot.height())
        self._bar = axes.colour_bar(plot).translated(-self.pos())

    # The mouse ---------------------------------------------------------------------------------------

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self._part = self._part_at(event.position().y())
            self._from = (event.position().y(), self._levels)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        y = event.position().y()
        if self._from is None:
            self._point_at(self._part_at(y))
            return
        began, (low, high) = self._from
        self._move((began - y) * (high - low) / max(1, self.height()), (low, high))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self._from = None

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        self._from = None
        self.wanted.emit(None)

    def enterEvent(self, event: QEnterEvent) -> None:
        self._point_at(self._part_at(event.position().y()))

    def leaveEvent(self, event: QEvent) -> None:
        if self._from is None:
            self._point_at(None)

    def _part_at(self, y: float) -> _Part:
        reach = min(_REACH, self.height() / 4)
        if y < reach:
            return _Part.HIGH
        return _Part.LOW if y > self.height() - reach else _Part.BOTH

    def _point_at(self, part: _Part | None) -> None:
        if part is not self._part:
            self._part = part
            middle = part is _Part.BOTH
            self.setCursor(Qt.CursorShape.SizeVerCursor if not middle else Qt.CursorShape.OpenHandCursor)
            self.update()

    # The keyboard ------------------------------------------------------------------------------------

    def keyPressEvent(self, event: QKeyEvent) -> None:
        steps = {Qt.Key.Key_Up: _STEP_DB, Qt.Key.Key_Down: -_STEP_DB}
        if event.key() == Qt.Key.Key_Backspace:
            self.wanted.emit(None)
        elif event.key() in steps:
            shift = event.modifiers() & Qt.KeyboardModifier.ShiftModifier
            control = event.modifiers() & Qt.KeyboardModifier.ControlModifier
            self._part = _Part.HIGH if shift else _Part.LOW if control else _Part.BOTH
            self._move(steps[Qt.Key(event.key())], self._levels)
            self.update()
        else:
            super().keyPressEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self._part = None
        self.update()

    def _move(self, by: float, start: tuple[float, float]) -> None:
        low, high = start
        keeps_low = self._part is _Part.HIGH
        if self._part is _Part.BOTH:
            by = min(max(by, QUIETEST_DB - low), LOUDEST_DB - high)
        levels = proper_levels(
            low if keeps_low else low + by, high if self._part is _Part.LOW else high + by, keeps_low=keeps_low
        )
        if levels != self._levels:
            self._levels = levels
            self.wanted.emit(levels)

    # Painting ----------------------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        if self._part is None and not self.hasFocus():
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        colours = tokens()
        bar = QRectF(self._bar)
        painter.setPen(QColor(colours.accent if self.hasFocus() or self._part else colours.border))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRect(bar.adjusted(-0.5, 0.5, 0.5, -0.5))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(colours.accent))
        if self._part in (_Part.HIGH, _Part.BOTH):
            painter.drawRoundedRect(QRectF(bar.left() - 3, 0, bar.width() + 6, _GRIP), 2, 2)
        if self._part in (_Part.LOW, _Part.BOTH):
            painter.drawRoundedRect(QRectF(bar.left() - 3, self.height() - _GRIP, bar.width() + 6, _GRIP), 2, 2)


def proper_levels(low: float, high: float, *, keeps_low: bool) -> tuple[float, float]:
    """Return a range in whole dB that a picture can have; where it is too narrow, one end gives way."""
    low, high = float(round(low)), float(round(high))
    if high - low < LEAST_RANGE_DB:
        low, high = (low, low + LEAST_RANGE_DB) if keeps_low else (high - LEAST_RANGE_DB, high)
    high = min(max(high, QUIETEST_DB + LEAST_RANGE_DB), LOUDEST_DB)
    return max(QUIETEST_DB, min(low, high - LEAST_RANGE_DB)), high
