"""Rows of bars with their 95 % intervals, painted: a name, and for each column a bar and what it says in figures."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import (
    QAccessible,
    QAccessibleEvent,
    QColor,
    QFocusEvent,
    QFontMetrics,
    QHelpEvent,
    QKeyEvent,
    QPainter,
    QPainterPath,
    QPaintEvent,
    QPen,
)
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from mgc_desktop.core.model_figures import Share
from mgc_desktop.ui import theme
from mgc_desktop.ui.elided import plain_tip
from mgc_desktop.ui.models.card_tables import Row, Table

_ROW = 1.65  # heights of a line of text
_BAR, _CAP = 8.0, 5.0  # px: height of a bar, and half the height of an interval's end
_GAP = 10  # px between name, bar and figures
_LEAST_BAR = 36  # px; with less room, the figures stand alone
_NAME_SHARE = 0.46  # of the width, at most
_MARK = 3  # px at the left of a row that is marked


class BarTable(QWidget):
    """The arrow keys go from row to row, so that each is read aloud."""

    def __init__(self, table: Table, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._table = table
        self._row: int | None = None
        self.setAccessibleName(table.title)
        self.setAccessibleDescription(table.text())
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    # Where things are.
    def _line(self) -> float:
        return self.fontMetrics().height() * _ROW

    def _head(self) -> float:
        return self._line() if self._table.columns else 0.0

    def sizeHint(self) -> QSize:
        return QSize(420, round(self._head() + self._line() * len(self._table.rows)) + 2)

    def minimumSizeHint(self) -> QSize:
        return QSize(240, self.sizeHint().height())

    def _metrics(self) -> QFontMetrics:
        return QFontMetrics(theme.tabular(self.font()))

    def _name_width(self) -> float:
        metrics = QFontMetrics(theme.scaled(self.font(), 1.0, bold=True))
        widest = max(metrics.horizontalAdvance(row.name) for row in self._table.rows) + _GAP + 2 * _MARK + 2
        return min(widest, self.width() * _NAME_SHARE)

    def _cells(self) -> list[tuple[float, float, float]]:
        """Return left end, width of the bar and width of the figures of each column, px."""
        number = len(self._table.rows[0].cells)
        left, metrics = self._name_width(), self._metrics()
        widths = [
            max(metrics.horizontalAdvance(row.cells[place].text) for row in self._table.rows) for place in range(number)
        ]
        bar = (self.width() - left - sum(widths) - _GAP * (2 * number - 1)) / number
        bar = bar if bar >= _LEAST_BAR else 0.0
        places = []
        for width in widths:
            places.append((left, bar, float(width)))
            left += bar + width + 2 * _GAP
        return places

    def _row_rect(self, row: int) -> QRectF:
        return QRectF(0, self._head() + row * self._line(), self.width(), self._line())

    # Painting.
    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        places = self._cells()
        self._paint_titles(painter, places)
        for number, row in enumerate(self._table.rows):
            self._paint_row(painter, row, self._row_rect(number), places)
        if self._row is not None and self.hasFocus():
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(QColor(theme.tokens().accent), 1.5))
            painter.drawRoundedRect(self._row_rect(self._row).adjusted(1, 1, -1, -1), 4, 4)

    def _paint_titles(self, painter: QPainter, places: list[tuple[float, float, float]]) -> None:
        painter.setPen(QColor(theme.tokens().muted))
        for title, (left, bar, width) in zip(self._table.columns, places, strict=False):
            room = QRectF(left, 0, bar + width + _GAP, self._line())
            painter.drawText(room, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, title)

    def _paint_row(self, painter: QPainter, row: Row, rect: QRectF, places: list[tuple[float, float, float]]) -> None:
        tokens, middle = theme.tokens(), Qt.AlignmentFlag.AlignVCenter
        if row.marked:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(tokens.selection))
            painter.drawRoundedRect(rect.adjusted(0, 1, 0, -1), 4, 4)
        painter.setPen(QColor(tokens.text))
        painter.setFont(theme.scaled(self.font(), 1.0, bold=row.marked))
        room = QRectF(rect.left() + 2 * _MARK, rect.top(), self._name_width() - _GAP - 2 * _MARK, rect.height())
        name = painter.fontMetrics().elidedText(row.name, Qt.TextElideMode.ElideRight, round(room.width()))
        painter.drawText(room, middle | Qt.AlignmentFlag.AlignLeft, name)
        painter.setFont(theme.tabular(self.font()))
        for cell, (left, bar, width) in zip(row.cells, places, strict=True):
            if bar:
                self._paint_bar(painter, QRectF(left, rect.center().y() - _BAR / 2, bar, _BAR), cell.share, row.label)
            painter.setPen(QColor(tokens.text))
            said = QRectF(left + bar + _GAP * (bar > 0), rect.top(), width + 2, rect.height())
            painter.drawText(said, middle | Qt.AlignmentFlag.AlignLeft, cell.text)

    def _paint_bar(self, painter: QPainter, bar: QRectF, share: Share, label: str) -> None:
        tokens = theme.tokens()
        groove = QPainterPath()
        groove.addRoundedRect(bar, _BAR / 2, _BAR / 2)
        painter.fillPath(groove, QColor(tokens.groove))
        filled = QPainterPath()
        filled.addRect(QRectF(bar.left(), bar.top(), bar.width() * share.value, bar.height()))
        colour = theme.label_colour(label) if label else QColor(tokens.accent)
        painter.fillPath(groove.intersected(filled), colour)
        if share.low is None or share.high is None:
            return
        middle = bar.center().y()
        ends = [bar.left() + bar.width() * end for end in (share.low, share.high)]
        painter.setPen(QPen(QColor(tokens.text), 1.3, Qt.PenStyle.SolidLine, Qt.PenCapStyle.FlatCap))
        painter.drawLine(QPointF(ends[0], middle), QPointF(ends[1], middle))
        for x in ends:
            painter.drawLine(QPointF(x, middle - _CAP), QPointF(x, middle + _CAP))

    # Asking about a row.
    def row_text(self, row: int) -> str:
        """Return what a row says, as a sentence."""
        return self._table.rows[row].text(self._table.columns)

    def point_at(self, row: int) -> None:
        """Go to a row, as the arrow keys do."""
        self._row = row
        self.setAccessibleDescription(self.row_text(row))
        QAccessible.updateAccessibility(QAccessibleEvent(self, QAccessible.Event.DescriptionChanged))
        self.update()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        step = {Qt.Key.Key_Up: -1, Qt.Key.Key_Down: 1}.get(Qt.Key(event.key()))
        row = 0 if self._row is None or step is None else self._row + step
        if step is None or not 0 <= row < len(self._table.rows):
            super().keyPressEvent(event)  # at its ends the page scrolls on
        else:
            self.point_at(row)

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        if event.reason() in (Qt.FocusReason.TabFocusReason, Qt.FocusReason.BacktabFocusReason):
            self.point_at(self._row or 0)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.setAccessibleDescription(self._table.text())
        self.update()

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            row = int((event.pos().y() - self._head()) // self._line())
            if 0 <= row < len(self._table.rows):
                tip = self._table.rows[row].tip
                QToolTip.showText(event.globalPos(), plain_tip(f"{self.row_text(row)}\n{tip}".strip()), self)
                return True
        return super().event(event)
