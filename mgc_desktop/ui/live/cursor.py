"""The cursor in the picture, led by the pointer or by keys, as two thin lines over it."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, QPoint, QRect, Signal
from PySide6.QtGui import QColor, QPainter, QRegion

_LINE, _SHADE = QColor(255, 255, 255, 120), QColor(0, 0, 0, 70)


class PictureCursor(QObject):
    """A place in the picture, in its logical pixels; or none. GUI thread.

    Signals
    -------
    moved
        It is elsewhere, or gone.
    """

    moved = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._place: QPoint | None = None

    @property
    def place(self) -> QPoint | None:
        return self._place

    def put(self, place: QPoint | None) -> None:
        if place != self._place:
            self._place = place
            self.moved.emit()

    def keep_to(self, plot: QRect) -> None:
        """Stay within the picture, which has been given another size."""
        if self._place is not None and not plot.contains(self._place):
            self.put(None)

    def paint(
        self, painter: QPainter, plot: QRect, x_of: Callable[[float], float], y_of: Callable[[float], float]
    ) -> None:
        """Paint over the picture, as one of its overlays."""
        place = self._place
        if place is None or not plot.contains(place):
            return
        for colour, wide in ((_SHADE, 1), (_LINE, 0)):
            painter.fillRect(QRect(plot.left(), place.y() - wide, plot.width(), 1 + 2 * wide), colour)
            painter.fillRect(QRect(place.x() - wide, plot.top(), 1 + 2 * wide, plot.height()), colour)

    def stays(self, plot: QRect) -> QRegion | None:
        """Return its upright line; what moves along the other one is that line again."""
        place = self._place
        if place is None or not plot.contains(place):
            return QRegion()
        return QRegion(place.x() - 1, plot.top(), 3, plot.height())
