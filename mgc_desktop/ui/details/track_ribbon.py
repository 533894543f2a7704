"""The genre timeline of a track: what was heard where, aligned with the picture above."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QRect, Qt, Signal
from PySide6.QtGui import QColor, QFontMetricsF, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from mgc_desktop.ui.details import timeline
from mgc_desktop.ui.live import axes
from mgc_desktop.ui.live.heard import Stretch
from mgc_desktop.ui.live.ribbon import StretchRibbon, stretch_text
from mgc_desktop.ui.theme import tokens

if TYPE_CHECKING:
    from mgc_desktop.core.values import WindowScores

_NOTHING = "Not heard yet"


class TrackRibbon(StretchRibbon):
    """One stretch a window of the track; gaps where nothing was heard. GUI thread."""

    sought = Signal(float)  # s, by a click or while the mouse is held
    nothing = _NOTHING  # what it says where there is no stretch

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("heard", 24, parent)
        self._windows: Sequence[WindowScores] = ()
        self._stretches: tuple[Stretch, ...] = ()
        self._duration = 0.0
        self._cursor: int | None = None  # px

    def set_windows(self, windows: Sequence[WindowScores], duration: float) -> None:
        """Show what was heard in a track of `duration` s."""
        self._windows, self._duration = windows, duration
        self._stretches = timeline.stretches(windows)
        said = ", ".join(
            f"{axes.clock_text(stretch.start)} {stretch_text(stretch, confidence=True)}" for stretch in self._stretches
        )
        self.setAccessibleDescription(said or self.nothing)
        self.update()

    def set_cursor(self, x: int | None) -> None:
        """Mark the place at `x`, px from the left edge of this widget."""
        before, self._cursor = self._cursor, x
        for place in (before, x) if before != x else ():
            if place is not None:
                self.update(place - 2, 0, 5, self.height())

    def _scale(self) -> float:
        """Pixels a second."""
        return self._line().width() / self._duration if self._duration else 0.0

    def span_at(self, x: float) -> Stretch | None:
        scale = self._scale()
        time = (x - self._line().left()) / scale if scale else -1.0
        return next((stretch for stretch in self._stretches if stretch.start <= time < stretch.end), None)

    def _visible(self) -> list[tuple[int, int, Stretch]]:
        line, scale = self._line(), self._scale()
        found = []
        for stretch in self._stretches:
            left = line.left() + round(stretch.start * scale)
            right = min(line.right() + 1, line.left() + round(stretch.end * scale))
            if right > left:
                found.append((left, right, stretch))
        return found

    def _told(self, stretch: Stretch) -> str:
        window = timeline.window_at(self._windows, (stretch.start + stretch.end) / 2)
        return timeline.told(window) if window is not None else ""

    def _names(self, stretch: Stretch) -> tuple[str, ...]:
        return stretch_text(stretch, confidence=True).replace(",", ""), stretch_text(stretch)

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        painter = QPainter(self)
        if not self._stretches and self._duration:
            painter.setFont(axes.axis_font(self.font()))
            painter.setPen(QColor(tokens().muted))
            width = QFontMetricsF(painter.font()).horizontalAdvance(self.nothing)
            place = self._line()
            if width < place.width():
                painter.drawText(place, Qt.AlignmentFlag.AlignCenter, self.nothing)
        if self._cursor is not None:
            painter.fillRect(QRect(self._cursor - 1, 0, 3, self.height()), QColor(tokens().window))
            painter.fillRect(QRect(self._cursor, 0, 1, self.height()), QColor(tokens().text))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self._seek(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if event.buttons() & Qt.MouseButton.LeftButton:
            self._seek(event)

    def _seek(self, event: QMouseEvent) -> None:
        scale = self._scale()
        if scale:
            place = (event.position().x() - self._line().left()) / scale
            self.sought.emit(min(max(place, 0.0), self._duration))
