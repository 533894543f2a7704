"""A track from its beginning to its end: what was heard where, the part that is played, and where playing is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from mgc_desktop.ui import theme, wording
from mgc_desktop.ui.elided import plain_tip

if TYPE_CHECKING:
    from mgc_desktop.core.values import WindowScores
    from mgc_desktop.engine.telling import TellingPart

_PART = 7  # px of the bracket above the ribbon that marks the part
_RIBBON = 24  # px
_GAP = 3  # px


class ReviewTimeline(QWidget):
    """Windows of the track in the colours of what they sound like; a click plays from there. GUI thread."""

    clicked = Signal(float)  # s

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._windows: Sequence[WindowScores] = ()
        self._part: TellingPart | None = None
        self._seconds = 0.0
        self._position: float | None = None
        self.setAccessibleName("Timeline of the track")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setCursor(Qt.CursorShape.PointingHandCursor)

    def show_track(self, windows: Sequence[WindowScores], seconds: float, part: TellingPart | None) -> None:
        """Show another track of `seconds`; `part` is what is played of it."""
        self._windows, self._seconds, self._part, self._position = windows, seconds, part, None
        words = [f"{wording.duration(w.start)} to {wording.duration(w.end)} {_name(w)}" for w in windows]
        if part is not None and part.seconds > 0:
            words.append(f"plays {wording.duration(part.start)} to {wording.duration(part.end)}")
        self.setAccessibleDescription(", ".join(words))
        self.setToolTip(plain_tip("\n".join([*words[:12], "Click to play from there"])))
        self.update()

    def show_position(self, seconds: float | None) -> None:
        """Move the cursor; None hides it."""
        before, self._position = self._position, seconds
        if before is None or seconds is None or round(self._x(before)) != round(self._x(seconds)):
            self.update()

    def _x(self, seconds: float) -> float:
        return self.width() * min(1.0, max(0.0, seconds / self._seconds)) if self._seconds > 0 else 0.0

    def _height(self) -> int:
        return _PART + _GAP + _RIBBON + _GAP + self.fontMetrics().height()

    def sizeHint(self) -> QSize:
        return QSize(500, self._height())

    def minimumSizeHint(self) -> QSize:
        return QSize(240, self._height())

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        colours = theme.tokens()
        top = _PART + _GAP
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(colours.groove))
        painter.drawRoundedRect(QRectF(0, top, self.width(), _RIBBON), 4, 4)
        for window in self._windows:
            self._paint_window(painter, window, top)
        self._paint_part(painter, top)
        self._paint_times(painter, top + _RIBBON + _GAP)
        if self._position is not None and self._seconds > 0:
            x = min(self.width() - 2.0, self._x(self._position))
            painter.fillRect(QRectF(x - 1.5, top - 3, 5, _RIBBON + 6), QColor(colours.base))
            painter.fillRect(QRectF(x, top - 3, 2, _RIBBON + 6), QColor(colours.text))

    def _paint_window(self, painter: QPainter, window: WindowScores, top: float) -> None:
        label = _best(window)
        box = QRectF(self._x(window.start), top, self._x(window.end) - self._x(window.start), _RIBBON)
        colour = theme.label_colour(label)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(colour)
        painter.drawRoundedRect(box, 4, 4)
        painter.setFont(theme.scaled(self.font(), 0.9, bold=True))
        name = theme.display_name(label)
        if painter.fontMetrics().horizontalAdvance(name) + 10 <= box.width():
            inks = (QColor("#ffffff"), QColor("#101216"))
            painter.setPen(max(inks, key=lambda ink: theme.contrast(ink, colour)))
            painter.drawText(box, Qt.AlignmentFlag.AlignCenter, name)
        painter.setFont(self.font())

    def _paint_part(self, painter: QPainter, top: float) -> None:
        part = self._part
        if part is None or part.seconds <= 0:
            return
        colour = QColor(theme.tokens().accent)
        left, right = self._x(part.start), max(self._x(part.end), self._x(part.start) + 6)
        painter.fillRect(QRectF(left, top - _PART, right - left, 3), colour)
        for edge in (left, right - 2):
            painter.fillRect(QRectF(edge, top - _PART, 2, _PART - 1), colour)

    def _paint_times(self, painter: QPainter, top: float) -> None:
        if self._seconds <= 0:
            return
        painter.setFont(theme.tabular(theme.scaled(self.font(), 0.92)))
        painter.setPen(QColor(theme.tokens().muted))
        row = QRectF(0, top, self.width(), self.fontMetrics().height())
        side = Qt.AlignmentFlag
        painter.drawText(row, side.AlignLeft | side.AlignVCenter, wording.duration(0))
        painter.drawText(row, side.AlignRight | side.AlignVCenter, wording.duration(self._seconds))
        part = self._part
        if part is not None and part.seconds > 0:
            text = f"{wording.duration(part.start)} to {wording.duration(part.end)}"
            width = painter.fontMetrics().horizontalAdvance(text)
            edge = painter.fontMetrics().horizontalAdvance(wording.duration(self._seconds)) + 10
            middle = (self._x(part.start) + self._x(part.end)) / 2
            left = min(max(middle - width / 2, edge), self.width() - edge - width)
            painter.drawText(QRectF(left, top, width + 2, row.height()), side.AlignLeft | side.AlignVCenter, text)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton and self._seconds > 0:
            self.clicked.emit(min(1.0, max(0.0, event.position().x() / self.width())) * self._seconds)


def _best(window: WindowScores) -> str:
    return max(window.probabilities, key=window.probabilities.__getitem__, default="")


def _name(window: WindowScores) -> str:
    best = _best(window)
    return f"{theme.display_name(best)} {wording.percent(window.probabilities.get(best))}"
