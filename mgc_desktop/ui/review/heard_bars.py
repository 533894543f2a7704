"""What the model heard, as bars with a digit each: the key that takes that genre."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFont, QMouseEvent, QPainter, QPainterPath, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from mgc_desktop.ui import theme
from mgc_desktop.ui.review.caps import cap_size, paint_cap
from mgc_desktop.ui.wording import percent

MOST = 5  # genres: what comes sixth is never right, and typing finds it
_ROW = 2.1  # heights of a line of text
_LARGER = 1.15


class HeardBars(QWidget):
    """The best labels, the best first; a click takes one as its digit does. GUI thread."""

    chosen = Signal(int)  # the digit, from 1

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._scores: list[tuple[str, float]] = []
        self._taken: str | None = None  # the label that the person took
        self._hovered = -1
        self.setAccessibleName("What the model heard")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setMouseTracking(True)

    def show_scores(self, probabilities: Mapping[str, float], first: str | None, taken: str | None) -> None:
        """Show the best of `probabilities`; `first` is the verdict's label, `taken` what the person said before."""
        ranked = sorted(probabilities, key=lambda label: (label != first, -probabilities[label]))
        self._scores = [(label, probabilities[label]) for label in ranked[:MOST]]
        self._taken = taken
        self.setAccessibleDescription(
            ", ".join(
                f"{digit} {theme.display_name(label)} {percent(p)}" for digit, (label, p) in enumerate(self._scores, 1)
            )
        )
        self.update()

    def label(self, digit: int) -> str | None:
        """Return the label that a digit takes."""
        return self._scores[digit - 1][0] if 1 <= digit <= len(self._scores) else None

    def _row_height(self) -> int:
        return round(self.fontMetrics().height() * _ROW)

    def sizeHint(self) -> QSize:
        return QSize(420, self._row_height() * MOST)

    def minimumSizeHint(self) -> QSize:
        return QSize(260, self._row_height() * MOST)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        font = theme.tabular(theme.scaled(self.font(), _LARGER))
        bold = theme.scaled(font, 1.0, bold=True)
        painter.setFont(bold)
        metrics = painter.fontMetrics()
        names = [metrics.horizontalAdvance(theme.display_name(label)) for label, _ in self._scores]
        number = metrics.horizontalAdvance("100 %") + 8
        room = min(max((*names, metrics.horizontalAdvance("Classical"))) + 14, round(self.width() * 0.38))
        for place, (label, value) in enumerate(self._scores):
            row = QRectF(0, place * self._row_height(), self.width(), self._row_height())
            self._paint_row(painter, row, place, label, value, bold if place == 0 else font, (room, number))

    def _paint_row(
        self,
        painter: QPainter,
        row: QRectF,
        place: int,
        label: str,
        value: float,
        font: QFont,
        widths: tuple[int, int],
    ) -> None:
        room, number = widths  # px of the names, and of the percentages
        colours = theme.tokens()
        if place == self._hovered or label == self._taken:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(colours.selection if label == self._taken else colours.groove))
            painter.drawRoundedRect(row.adjusted(0, 2, 0, -2), 6, 6)
        left = row.left() + 8
        paint_cap(painter, self.font(), left, row.center().y(), str(place + 1), lit=label == self._taken)
        left += cap_size(self.font(), "1")[0] + 12
        painter.setFont(font)
        painter.setPen(QColor(colours.text))
        middle = Qt.AlignmentFlag.AlignVCenter
        name = painter.fontMetrics().elidedText(theme.display_name(label), Qt.TextElideMode.ElideRight, room - 10)
        painter.drawText(QRectF(left, row.top(), room, row.height()), middle | Qt.AlignmentFlag.AlignLeft, name)
        right = QRectF(row.right() - number - 8, row.top(), number, row.height())
        painter.drawText(right, middle | Qt.AlignmentFlag.AlignRight, percent(value))
        self._paint_bar(
            painter, QRectF(left + room, row.center().y() - 5, right.left() - left - room - 6, 10), label, value
        )

    def _paint_bar(self, painter: QPainter, bar: QRectF, label: str, value: float) -> None:
        groove = QPainterPath()
        groove.addRoundedRect(bar, 5, 5)
        painter.fillPath(groove, QColor(theme.tokens().groove))
        filled = QPainterPath()
        filled.addRect(QRectF(bar.left(), bar.top(), bar.width() * min(1.0, value), bar.height()))
        painter.fillPath(groove.intersected(filled), theme.label_colour(label))

    # The mouse.
    def _place_at(self, y: float) -> int:
        place = int(y // self._row_height())
        return place if 0 <= place < len(self._scores) else -1

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._hover(self._place_at(event.position().y()))

    def leaveEvent(self, event: object) -> None:
        self._hover(-1)

    def _hover(self, place: int) -> None:
        if place != self._hovered:
            self._hovered = place
            self.setCursor(Qt.CursorShape.PointingHandCursor if place >= 0 else Qt.CursorShape.ArrowCursor)
            self.update()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        place = self._place_at(event.position().y())
        if place >= 0 and event.button() == Qt.MouseButton.LeftButton:
            self.chosen.emit(place + 1)
