"""How the table draws its rows: a verdict as a chip, a confidence as a small bar, a failure as a sentence.

All cells of a paint are drawn in one call. Qt's way, a delegate that is called for each cell and asks the model for
each of its roles, took ten times as long, and waited for Python's lock hundreds of times while results arrive.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QPainter, QPen
from PySide6.QtWidgets import QTableView

from mgc_desktop.ui import theme
from mgc_desktop.ui.library.table_model import COLUMNS, PLACES, TrackModel, cell_text, is_quiet

if TYPE_CHECKING:  # numpy comes with the values: after the first paint
    from mgc_desktop.core.values import TrackRow

_PAD = 8  # px at both sides of a cell
_CHIP = 9  # px
_TICK = ((0.24, 0.52), (0.43, 0.71), (0.78, 0.3))  # of the chip's width and height
_BAR_HEIGHT = 5  # px
_LENT = frozenset({"existing_genre", "verdict", "confidence", "runner_up", "duration"})  # to a failed row's sentence
_FIGURES = frozenset({"confidence", "runner_up", "duration"})
_KEPT_TEXTS = 20_000
_LEFT = int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
_RIGHT = int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)


@dataclass(frozen=True, slots=True)
class _Column:
    name: str
    left: int  # px in the viewport
    width: int
    side: int


class RowPainter:
    """Draws rows of a `TrackModel` in the viewport of its table. GUI thread."""

    def __init__(self, table: QTableView, model: TrackModel) -> None:
        self._table, self._model = table, model
        self._elided: dict[tuple[str, int, bool], str] = {}
        self._use_font(table.font())

    def _use_font(self, font: QFont) -> None:
        self._font, self._figures = QFont(font), theme.tabular(font)
        self._metrics, self._figures_metrics = QFontMetrics(self._font), QFontMetrics(self._figures)
        self._full = self._figures_metrics.horizontalAdvance("100 %")
        self._elided.clear()

    def paint(self, painter: QPainter, exposed: QRect) -> None:
        """Draw what of the rows is within `exposed`."""
        table = self._table
        if table.font() != self._font:
            self._use_font(table.font())
        self._tokens = theme.tokens()
        self._text, self._muted = QColor(self._tokens.text), QColor(self._tokens.muted)
        self._error, self._groove = QColor(self._tokens.error), QColor(self._tokens.groove)
        selected, alternate = QColor(self._tokens.selection), QColor(self._tokens.alternate)
        columns = [column for column in self._columns() if column.left <= exposed.right()]
        columns = [column for column in columns if column.left + column.width > exposed.left()]
        height, first = table.verticalHeader().defaultSectionSize(), max(0, table.rowAt(exposed.top()))
        count, width = self._model.rowCount(), table.viewport().width()
        selection, top = table.selectionModel(), table.rowViewportPosition(first)
        chosen = selection.hasSelection()
        place = first
        while place < count and top <= exposed.bottom():
            if chosen and selection.isSelected(self._model.index(place, 0)):
                painter.fillRect(0, top, width, height, selected)
            elif place % 2:
                painter.fillRect(0, top, width, height, alternate)
            row = self._model.row_at(place)
            if row is not None:
                self._paint_row(painter, row, columns, top, height)
            place, top = place + 1, top + height

    def _columns(self) -> Iterable[_Column]:
        header = self._table.horizontalHeader()
        for place, column in enumerate(COLUMNS):
            if not header.isSectionHidden(place):
                side = _RIGHT if column.right else _LEFT
                yield _Column(column.name, header.sectionViewportPosition(place), header.sectionSize(place), side)

    def _paint_row(self, painter: QPainter, row: TrackRow, columns: list[_Column], top: int, height: int) -> None:
        failed = row.state == "failed"
        painter.setFont(self._font)
        for column in columns:
            if failed:
                run = sentence_run(self._table, row, PLACES[column.name])
                if run is not None:
                    cell = QRect(column.left, top, column.width, height)
                    self._paint_sentence(painter, cell, run, cell_text(row, "state"))
                    continue
            text = cell_text(row, column.name)
            if text:
                self._paint_cell(painter, row, column, text, QRect(column.left, top, column.width, height))

    def _paint_cell(self, painter: QPainter, row: TrackRow, column: _Column, text: str, cell: QRect) -> None:
        name = column.name
        cell.adjust(_PAD, 0, -_PAD, 0)
        if name == "verdict":
            _paint_chip(painter, cell, theme.label_colour(_colour_key(row)), ticked=row.correction is not None)
            cell.setLeft(cell.left() + _CHIP + 8)
        elif name == "confidence" and not row.correction:
            self._paint_bar(painter, cell, row.confidence or 0.0, theme.label_colour(_colour_key(row)))
        wrong = name == "state" and row.state == "missing"
        painter.setPen(self._error if wrong else self._muted if is_quiet(row, name) else self._text)
        figures = name in _FIGURES
        if figures:
            painter.setFont(self._figures)
        painter.drawText(cell, column.side, self._cut(text, cell.width(), figures=figures))
        if figures:
            painter.setFont(self._font)

    def _cut(self, text: str, width: int, *, figures: bool) -> str:
        key = (text, width, figures)
        cut = self._elided.get(key)
        if cut is None:
            metrics = self._figures_metrics if figures else self._metrics
            cut = metrics.elidedText(text, Qt.TextElideMode.ElideRight, width)
            if len(self._elided) >= _KEPT_TEXTS:
                self._elided.clear()
            self._elided[key] = cut
        return cut

    def _paint_sentence(self, painter: QPainter, cell: QRect, run: tuple[int, int], sentence: str) -> None:
        # Each cell draws its own part of the whole line: whichever of them is painted anew, the parts fit together.
        line = QRect(run[0] + _PAD, cell.top(), run[1] - run[0] - 2 * _PAD, cell.height())
        painter.save()
        painter.setClipRect(cell, Qt.ClipOperation.IntersectClip)
        painter.setPen(self._error)
        painter.drawText(line, _LEFT, self._cut(sentence, line.width(), figures=False))
        painter.restore()

    def _paint_bar(self, painter: QPainter, cell: QRect, share: float, colour: QColor) -> None:
        room = cell.width() - self._full - 10
        if room < 16:
            return
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        bar = QRectF(cell.left(), cell.center().y() - _BAR_HEIGHT / 2 + 0.5, room, _BAR_HEIGHT)
        painter.setBrush(self._groove)
        painter.drawRoundedRect(bar, 2.5, 2.5)
        bar.setWidth(max(_BAR_HEIGHT, room * min(1.0, max(0.0, share))))
        painter.setBrush(colour)
        painter.drawRoundedRect(bar, 2.5, 2.5)


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


def _colour_key(row: TrackRow) -> str:
    return row.correction or (row.label if row.kind == "genre" and row.label else str(row.kind or "silence"))


def _paint_chip(painter: QPainter, cell: QRect, colour: QColor, *, ticked: bool) -> None:
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
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
