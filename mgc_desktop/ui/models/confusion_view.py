"""A confusion matrix, painted: rows are what the tracks are, columns what the model said."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPoint, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QAccessible,
    QAccessibleEvent,
    QColor,
    QFocusEvent,
    QFont,
    QHelpEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
)
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from mgc_desktop.core.confusion import Confusion
from mgc_desktop.ui import theme
from mgc_desktop.ui.elided import plain_tip
from mgc_desktop.ui.models.confusion import cell_text, matrix_text

_LARGEST_CELL = 40  # px
_NUMBER_CELL = 15  # px: numbers are left out of smaller cells, and stand in the sentence below
_LABEL_SHARE = 0.3  # of the width, at most, for the names at the left
_GAP = 5  # px between names and cells
_STEPS = {
    Qt.Key.Key_Left: (0, -1),
    Qt.Key.Key_Right: (0, 1),
    Qt.Key.Key_Up: (-1, 0),
    Qt.Key.Key_Down: (1, 0),
}


class ConfusionView(QWidget):
    """The stronger the colour, the larger the part of the row. Arrow keys and the mouse ask what a cell means.

    Signals
    -------
    pointed : str
        The sentence of the cell that is asked about.
    """

    pointed = Signal(str)

    def __init__(self, name: str, confusion: Confusion, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._confusion = confusion
        self._cell: tuple[int, int] | None = None
        self.setAccessibleName(f"Confusion matrix of {name}")
        self.setAccessibleDescription(matrix_text(confusion))
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self._names = [theme.display_name(label) for label in confusion.labels]

    def sizeHint(self) -> QSize:
        return QSize(340, 260)

    def minimumSizeHint(self) -> QSize:
        return QSize(220, 170)

    # Where things are.
    def _font(self) -> QFont:
        return theme.tabular(theme.scaled(self.font(), 0.88))

    def _places(self) -> tuple[QRect, int]:
        """Return the square of cells, and the side of one, px."""
        metrics, number = self.fontMetrics(), len(self._names)
        widest = max(metrics.horizontalAdvance(name) for name in self._names)
        left = min(widest, round(_LABEL_SHARE * self.width())) + _GAP
        top = min(widest, round(_LABEL_SHARE * self.height())) + _GAP
        room = min(self.width() - left - 2, self.height() - top - 2)
        side = max(4, min(_LARGEST_CELL, room // number))
        return QRect(left, top, side * number, side * number), side

    def _cell_at(self, position: QPoint) -> tuple[int, int] | None:
        square, side = self._places()
        if not square.contains(position):
            return None
        return (position.y() - square.top()) // side, (position.x() - square.left()) // side

    def _rect(self, row: int, column: int) -> QRect:
        square, side = self._places()
        return QRect(square.left() + column * side, square.top() + row * side, side, side)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(self._font())
        square, side = self._places()
        self._paint_names(painter, square, side)
        for row in range(len(self._names)):
            for column in range(len(self._names)):
                self._paint_cell(painter, row, column, side)
        if self._cell is not None and self.hasFocus():
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(QColor(theme.tokens().text), 2))
            painter.drawRect(QRectF(self._rect(*self._cell)).adjusted(1, 1, -1, -1))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QColor(theme.tokens().border))
        painter.drawRect(QRectF(square).adjusted(-0.5, -0.5, 0.5, 0.5))

    def _paint_names(self, painter: QPainter, square: QRect, side: int) -> None:
        tokens, metrics = theme.tokens(), painter.fontMetrics()
        if side < metrics.height() - 4:
            return  # they would lie over each other; the sentence below names each cell
        chosen = self._cell if self.hasFocus() else None
        right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        left = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
        for place, name in enumerate(self._names):
            painter.setPen(QColor(tokens.text if chosen and chosen[0] == place else tokens.muted))
            text = metrics.elidedText(name, Qt.TextElideMode.ElideRight, square.left() - _GAP)
            painter.drawText(QRect(0, square.top() + place * side, square.left() - _GAP, side), right, text)
            painter.setPen(QColor(tokens.text if chosen and chosen[1] == place else tokens.muted))
            text = metrics.elidedText(name, Qt.TextElideMode.ElideRight, square.top() - _GAP)
            painter.save()
            painter.translate(square.left() + place * side, square.top() - _GAP)
            painter.rotate(-90)
            painter.drawText(QRect(0, 0, square.top() - _GAP, side), left, text)
            painter.restore()

    def _paint_cell(self, painter: QPainter, row: int, column: int, side: int) -> None:
        tokens, cell = theme.tokens(), self._rect(row, column)
        share, number = self._confusion.share(row, column), self._confusion.counts[row][column]
        full = QColor(tokens.accent if row == column else tokens.warning)
        colour = _mixed(QColor(tokens.base), full, 0.12 + 0.88 * share if number else 0.0)
        painter.fillRect(QRectF(cell).adjusted(0.5, 0.5, -0.5, -0.5), colour)
        if number and side >= _NUMBER_CELL:
            light, dark = QColor("#ffffff"), QColor("#14161a")
            painter.setPen(max(light, dark, key=lambda ink: theme.contrast(ink, colour)))
            painter.drawText(cell, Qt.AlignmentFlag.AlignCenter, str(number))

    # Asking about a cell.
    def point_at(self, row: int, column: int) -> None:
        """Ask about a cell, as the arrow keys do."""
        self._cell = (row, column)
        text = cell_text(self._confusion, row, column)
        self.setAccessibleDescription(text)
        QAccessible.updateAccessibility(QAccessibleEvent(self, QAccessible.Event.DescriptionChanged))
        self.pointed.emit(text)
        self.update()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        step = _STEPS.get(Qt.Key(event.key()))
        if step is None:
            super().keyPressEvent(event)
            return
        row, column = self._cell or (0, 0)
        last = len(self._names) - 1
        self.point_at(max(0, min(last, row + step[0])), max(0, min(last, column + step[1])))

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        if event.reason() in (Qt.FocusReason.TabFocusReason, Qt.FocusReason.BacktabFocusReason):
            self.point_at(*(self._cell or (0, 0)))

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.setAccessibleDescription(matrix_text(self._confusion))
        self.update()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        cell = self._cell_at(event.position().toPoint())
        if cell is not None:
            self.point_at(*cell)
        super().mousePressEvent(event)

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            cell = self._cell_at(event.pos())
            if cell is not None:
                QToolTip.showText(event.globalPos(), plain_tip(cell_text(self._confusion, *cell)), self)
                return True
        return super().event(event)


def _mixed(one: QColor, other: QColor, share: float) -> QColor:
    """Return a colour `share` of the way from one to the other."""
    red, green, blue = (
        (1 - share) * a + share * b
        for a, b in (
            (one.redF(), other.redF()),
            (one.greenF(), other.greenF()),
            (one.blueF(), other.blueF()),
        )
    )
    return QColor.fromRgbF(red, green, blue)
