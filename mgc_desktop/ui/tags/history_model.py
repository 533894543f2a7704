"""The journal for Qt: one table of batches, and one of the files of a batch."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt
from PySide6.QtGui import QBrush, QColor
from PySide6.QtWidgets import QWidget

from mgc_desktop.ui import theme
from mgc_desktop.ui.elided import plain_tip
from mgc_desktop.ui.tags import words
from mgc_desktop.ui.tags.desk import Changes
from mgc_desktop.ui.tags.plan_model import CELL_ROLE, Cell, Genres

if TYPE_CHECKING:
    from mgc_desktop.library.journal import BatchRow, ChangeRow

Index = QModelIndex | QPersistentModelIndex

_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
_LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
NUMBER, WHEN, WHAT, FILES, STATE = range(5)
FILE, BEFORE, AFTER, BECAME = range(4)


class _Rows(QAbstractTableModel):
    """What both tables share: headings, and a text a cell."""

    headings: tuple[str, ...] = ()
    right: tuple[int, ...] = ()

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's own signature
        return 0 if parent.isValid() else len(self.headings)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = 0) -> Any:
        if orientation is not Qt.Orientation.Horizontal:
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return self.headings[section]
        return self.alignment(section) if role == Qt.ItemDataRole.TextAlignmentRole else None

    def alignment(self, column: int) -> Qt.AlignmentFlag:
        return _RIGHT if column in self.right else _LEFT


class BatchModel(_Rows):
    """Batches, the latest first."""

    headings = ("No.", "When", "What", "Files", "State")
    right = (NUMBER, FILES)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.batches: list[BatchRow] = []

    def show_batches(self, batches: Sequence[BatchRow]) -> None:
        self.beginResetModel()
        self.batches = sorted(batches, key=lambda batch: batch.id, reverse=True)
        self.endResetModel()

    def line_of(self, batch: int) -> int:
        """Return the line of a batch, or -1."""
        return next((line for line, row in enumerate(self.batches) if row.id == batch), -1)

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's own signature
        return 0 if parent.isValid() else len(self.batches)

    def data(self, index: Index, role: int = 0) -> Any:
        batch, column = self.batches[index.row()], index.column()
        if role == Qt.ItemDataRole.DisplayRole:
            return batch_text(batch, column)
        if role == Qt.ItemDataRole.ToolTipRole:
            return plain_tip(batch_text(batch, column))
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return self.alignment(column)
        if role == Qt.ItemDataRole.ForegroundRole:
            if column == STATE and batch.undone_by is None and (batch.failed or batch.left):
                return QBrush(QColor(theme.tokens().warning))
            return QBrush(QColor(theme.tokens().muted)) if batch.undone_by is not None or column == NUMBER else None
        return None


def batch_text(batch: BatchRow, column: int) -> str:
    """Return what a cell of the table of batches says."""
    if column == NUMBER:
        return str(batch.id)
    if column == WHEN:
        return words.moment(batch.begun_at)
    if column == WHAT:
        return words.batch_name(batch)
    return f"{batch.done:,}" if column == FILES else words.batch_state(batch)


class ChangeModel(_Rows):
    """The files of a batch, those that a filter leaves."""

    headings = ("File", "Before", "After", "What became of it")

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._all = Changes()
        self.rows: list[ChangeRow] = []
        self._question = ("", False)

    def show_changes(self, changes: Changes) -> None:
        self._all = changes
        self.ask(*self._question)

    def ask(self, text: str, only_left: bool) -> None:
        """List the files with these words in them; `only_left`: those that were not written."""
        self.beginResetModel()
        self._question = (text, only_left)
        places: Sequence[int] = self._all.left if only_left else range(len(self._all.rows))
        for word in text.casefold().split():
            places = [place for place in places if word in self._all.texts[place]]
        self.rows = [self._all.rows[place] for place in places]
        self.endResetModel()

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's own signature
        return 0 if parent.isValid() else len(self.rows)

    def data(self, index: Index, role: int = 0) -> Any:
        row, column = self.rows[index.row()], index.column()
        if role == Qt.ItemDataRole.DisplayRole:
            return change_text(row, column)
        if role == CELL_ROLE:
            if column in (BEFORE, AFTER):
                return Cell(genres=Genres(row.before, row.after, row.state == "done"))
            rank = ("muted" if row.state == "done" else "warning") if column == BECAME else ""
            return Cell(change_text(row, column), rank)
        if role == Qt.ItemDataRole.ToolTipRole:
            return plain_tip(row.path if column == FILE else change_text(row, column))
        if role == Qt.ItemDataRole.AccessibleTextRole and column in (BEFORE, AFTER):
            return change_text(row, column) or "no genre"
        return None


def change_text(row: ChangeRow, column: int) -> str:
    """Return what a cell of the table of files says."""
    if column == FILE:
        return " ".join(row.path.replace("\\", "/").rsplit("/", 1)[-1].split())
    if column == BEFORE:
        return words.values(row.before)
    return words.values(row.after) if column == AFTER else words.change_state(row)
