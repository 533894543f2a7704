"""How the table draws a verdict (a chip of its colour), a confidence (a small bar and its number) and a failure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QPointF, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPalette, QPen
from PySide6.QtWidgets import QApplication, QStyle, QStyledItemDelegate, QStyleOptionViewItem, QTableView, QWidget

from mgc_desktop.ui import theme
from mgc_desktop.ui.library.table_model import COLUMNS, PLACES, ROW_ROLE, cell_text

if TYPE_CHECKING:  # numpy comes with the values: after the first paint
    from mgc_desktop.core.values import TrackRow

_PAD = 8  # px at both sides of a cell
_CHIP = 9  # px
_TICK = ((0.24, 0.52), (0.43, 0.71), (0.78, 0.3))  # of the chip's width and height
_BAR_HEIGHT = 5  # px
_LENT = frozenset({"existing_genre", "verdict", "confidence", "runner_up", "duration"})  # to a failed row's sentence


class TrackDelegate(QStyledItemDelegate):
    """Draws every cell of the table: plain text, elided, in tabular figures where it is a number."""

    def initStyleOption(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> None:
        super().initStyleOption(option, index)
        # A frame round the one current cell says nothing in a table whose rows are selected.
        option.state &= ~QStyle.StateFlag.State_HasFocus

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:
        size = super().sizeHint(option, index)
        return QSize(size.width() + 2 * _PAD, row_height(option.fontMetrics.height()))

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        self.initStyleOption(option, index)
        text = option.text
        option.text = ""
        widget: QWidget = option.widget
        style = widget.style() if widget else QApplication.style()
        style.drawControl(QStyle.ControlElement.CE_ItemViewItem, option, painter, widget)
        row = index.data(ROW_ROLE)
        if row is None:
            return
        painter.save()
        run = sentence_run(widget, row, index.column()) if isinstance(widget, QTableView) else None
        if run is not None:
            _paint_sentence(painter, option, run, cell_text(row, "state"))
        else:
            self._paint_cell(painter, option, row, COLUMNS[index.column()].name, text)
        painter.restore()

    def _paint_cell(
        self, painter: QPainter, option: QStyleOptionViewItem, row: TrackRow, column: str, text: str
    ) -> None:
        cell: QRect = option.rect.adjusted(_PAD, 0, -_PAD, 0)
        palette: QPalette = option.palette
        painter.setPen(palette.color(QPalette.ColorRole.Text))
        side = option.displayAlignment
        if column == "verdict" and text:
            _paint_chip(painter, cell, theme.label_colour(_colour_key(row)), ticked=row.correction is not None)
            cell = cell.adjusted(_CHIP + 8, 0, 0, 0)
        if column in ("confidence", "runner_up", "duration"):
            painter.setFont(theme.tabular(option.font))
        if column == "confidence" and row.correction:
            painter.setPen(QColor(theme.tokens().muted))
        elif column == "confidence" and text:
            _paint_bar(painter, cell, row.confidence or 0.0, theme.label_colour(_colour_key(row)))
        elided = painter.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, cell.width())
        painter.drawText(cell, side, elided)


def row_height(line: int) -> int:
    """Return a row's height in px for a line of text that is `line` px high."""
    return round(line * 1.7)


def sentence_run(table: QTableView, row: TrackRow, column: int) -> tuple[int, int] | None:
    """Return where a failed row's sentence stands: over State and the empty cells before it.

    Parameters
    ----------
    table : QTableView
    row : TrackRow
    column : int
        The cell's place in `COLUMNS`.

    Returns
    -------
    (left, right), px in the viewport; None where the cell has no part in it.
    """
    if row.state != "failed":
        return None
    header = table.horizontalHeader()
    first = last = header.visualIndex(PLACES["state"])
    while first > 0:
        name = COLUMNS[header.logicalIndex(first - 1)].name
        if name not in _LENT or cell_text(row, name):
            break
        first -= 1
    if not first <= header.visualIndex(column) <= last:
        return None
    left = header.sectionViewportPosition(header.logicalIndex(first))
    return left, header.sectionViewportPosition(PLACES["state"]) + header.sectionSize(PLACES["state"])


def _paint_sentence(painter: QPainter, option: QStyleOptionViewItem, run: tuple[int, int], sentence: str) -> None:
    # Each cell draws its own part of the whole line: whichever of them is painted anew, the parts fit together.
    line = QRect(run[0] + _PAD, option.rect.top(), run[1] - run[0] - 2 * _PAD, option.rect.height())
    painter.setClipRect(option.rect, Qt.ClipOperation.IntersectClip)
    painter.setPen(QColor(theme.tokens().error))
    text = painter.fontMetrics().elidedText(sentence, Qt.TextElideMode.ElideRight, line.width())
    painter.drawText(line, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, text)


def _colour_key(row: TrackRow) -> str:
    return row.correction or (row.label if row.kind == "genre" and row.label else str(row.kind or "silence"))


def _paint_chip(painter: QPainter, cell: QRect, colour: QColor, *, ticked: bool) -> None:
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    pen = painter.pen()
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(colour)
    top = cell.center().y() - _CHIP / 2 + 0.5
    chip = QRectF(cell.left(), top, _CHIP, _CHIP)
    if ticked:  # by a person: larger, with a tick in it
        chip.adjust(-2, -2, 2, 2)
    painter.drawRoundedRect(chip, 2.5, 2.5)
    if ticked:
        painter.setPen(QPen(QColor("white"), 1.6, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
        at = [QPointF(chip.left() + chip.width() * x, chip.top() + chip.height() * y) for x, y in _TICK]
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawPolyline(at)
    painter.setPen(pen)


def _paint_bar(painter: QPainter, cell: QRect, share: float, colour: QColor) -> None:
    room = cell.width() - painter.fontMetrics().horizontalAdvance("100 %") - 10
    if room < 16:
        return
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    pen = painter.pen()
    painter.setPen(Qt.PenStyle.NoPen)
    bar = QRectF(cell.left(), cell.center().y() - _BAR_HEIGHT / 2 + 0.5, room, _BAR_HEIGHT)
    painter.setBrush(QColor(theme.tokens().groove))
    painter.drawRoundedRect(bar, 2.5, 2.5)
    bar.setWidth(max(_BAR_HEIGHT, room * min(1.0, max(0.0, share))))
    painter.setBrush(colour)
    painter.drawRoundedRect(bar, 2.5, 2.5)
    painter.setPen(pen)
