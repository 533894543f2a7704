"""The preview's rows for Qt: one file each, what its genre says, what it will say and why, and a tick."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt, Signal
from PySide6.QtWidgets import QWidget

from mgc_desktop.engine.events import PlannedWrite
from mgc_desktop.ui.elided import plain_tip
from mgc_desktop.ui.tags import words
from mgc_desktop.ui.tags.sheet import Kind, Places, Sheet, kind_of, reason, title_of

Index = QModelIndex | QPersistentModelIndex

COLUMNS = ("tick", "title", "artist", "before", "after", "why")
TICK, TITLE, ARTIST, BEFORE, AFTER, WHY = range(len(COLUMNS))
_HEADINGS: tuple[str, ...] = ("", "Track", "Artist", "Genre now", "New genre", "Why")
_TIPS: tuple[str, ...] = (
    "Only files with a tick are written (Space)",
    "From the tags, or the name of the file",
    "From the file's tags",
    "What the file says of itself",
    "What it will say",
    "Where the new genre comes from, or why the file is left alone",
)
CELL_ROLE = int(Qt.ItemDataRole.UserRole) + 1  # `Cell`
_ROLES = frozenset(
    {
        int(Qt.ItemDataRole.DisplayRole),
        int(Qt.ItemDataRole.CheckStateRole),
        int(Qt.ItemDataRole.ToolTipRole),
        int(Qt.ItemDataRole.AccessibleTextRole),
        CELL_ROLE,
    }
)
_TICKED = {True: Qt.CheckState.Checked, False: Qt.CheckState.Unchecked}


@dataclass(frozen=True, slots=True)
class Cell:
    """All that is needed to draw a cell: asked for at once, since each question to Python is dear while others work.

    Attributes
    ----------
    text : str
    rank : str
        "", "muted" or "warning".
    genres : Genres or None
        Drawn instead of the text.
    ticked : bool or None
        A box is drawn instead of the text; None: no box.
    """

    text: str = ""
    rank: str = ""
    genres: Genres | None = None
    ticked: bool | None = None


@dataclass(frozen=True, slots=True)
class Genres:
    """The genres of a row. `changes`: what is before gives way to what is after."""

    before: tuple[str, ...]
    after: tuple[str, ...]
    changes: bool


class PlanModel(QAbstractTableModel):
    """Shows a `Sheet` through a filter. A tick that was taken away stays away when the policy changes."""

    ticks_changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.sheet = Sheet()
        self._places: Places = np.zeros(0, np.int64)
        self._wanted: NDArray[np.bool_] = np.zeros(0, bool)
        self._question: tuple[str, Kind | None, str, bool] = ("", None, "", False)

    # What the preview asks.
    def show_sheet(self, sheet: Sheet, *, same_files: bool) -> None:
        """Show a sheet; with `same_files` it is the one of before, planned anew, and the ticks stay."""
        self.beginResetModel()
        if not same_files or len(self._wanted) != len(sheet.rows):
            self._wanted = np.ones(len(sheet.rows), bool)
        self.sheet = sheet
        self._places = sheet.places(*self._question)
        self.endResetModel()

    def ask(self, text: str, kind: Kind | None, column: str, descending: bool) -> None:
        """List what matches, in the order of a column ("": as the library listed it)."""
        question = (text, kind, column, descending)
        if question != self._question:
            self._question = question
            self.beginResetModel()
            self._places = self.sheet.places(*question)
            self.endResetModel()

    def ticked(self) -> int:
        """Return how many files are to be written."""
        return int(np.count_nonzero(self._to_write()))

    def to_write(self) -> list[PlannedWrite]:
        """Return the rows of the files to be written, as the library listed them."""
        return [self.sheet.rows[place] for place in np.flatnonzero(self._to_write())]

    def _to_write(self) -> NDArray[np.bool_]:
        chosen: NDArray[np.bool_] = self._wanted & (self.sheet.kinds == Kind.CHANGE)
        return chosen

    def row_at(self, line: int) -> PlannedWrite | None:
        return self.sheet.rows[self._places[line]] if 0 <= line < len(self._places) else None

    def place_at(self, line: int) -> int | None:
        """Return where in the sheet a line's row stands."""
        return int(self._places[line]) if 0 <= line < len(self._places) else None

    def line_of(self, place: int | None) -> int:
        """Return the line of a row of the sheet, or -1."""
        found = np.flatnonzero(self._places == place) if place is not None else self._places[:0]
        return int(found[0]) if len(found) else -1

    def tick(self, first: int, last: int, ticked: bool) -> None:
        """Tick or untick the lines from `first` to `last`, those that can be."""
        if first <= last:
            self._wanted[self._places[first : last + 1]] = ticked
            self.dataChanged.emit(self.index(first, TICK), self.index(last, WHY))
            self.ticks_changed.emit()

    def tick_all(self, ticked: bool) -> None:
        """Tick or untick every line that is listed."""
        self.tick(0, len(self._places) - 1, ticked)

    def all_ticked(self, first: int, last: int) -> bool:
        """Return whether no line from `first` to `last` is without a tick that could have one."""
        places = self._places[first : last + 1]
        return bool(np.all(self._wanted[places] | (self.sheet.kinds[places] != Kind.CHANGE)))

    # What the view asks.
    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's own signature
        return 0 if parent.isValid() else len(self._places)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's own signature
        return 0 if parent.isValid() else len(COLUMNS)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = 0) -> Any:
        if orientation is not Qt.Orientation.Horizontal:
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return _HEADINGS[section]
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return _HEADINGS[section] or "Write"
        if role == Qt.ItemDataRole.ToolTipRole:
            return _TIPS[section]
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
        return None

    def flags(self, index: Index) -> Qt.ItemFlag:
        return Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable

    def data(self, index: Index, role: int = 0) -> Any:
        if role not in _ROLES:
            return None
        row, column = self.sheet.rows[self._places[index.row()]], index.column()
        if role == Qt.ItemDataRole.DisplayRole:
            return cell_text(row, column)
        if role == CELL_ROLE:
            return self._cell(index.row(), row, column)
        if role == Qt.ItemDataRole.CheckStateRole and column == TICK and kind_of(row) is Kind.CHANGE:
            return _TICKED[bool(self._wanted[self._places[index.row()]])]
        if role == Qt.ItemDataRole.ToolTipRole:
            return plain_tip(cell_text(row, column) if column in (BEFORE, AFTER, WHY) else row.path)
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return self._spoken(index.row(), row, column)
        return None

    def _cell(self, line: int, row: PlannedWrite, column: int) -> Cell:
        if column == TICK:
            return Cell(ticked=bool(self._wanted[self._places[line]]) if row.to_do else None)
        if column == BEFORE or (column == AFTER and row.to_do):
            return Cell(genres=Genres(row.before, row.after, row.to_do))
        return Cell(cell_text(row, column), _rank(row, column))

    def _spoken(self, line: int, row: PlannedWrite, column: int) -> str:
        if column == TICK:
            if kind_of(row) is not Kind.CHANGE:
                return "stays as it is"
            return "will be written" if self._wanted[self._places[line]] else "unticked: stays as it is"
        return cell_text(row, column) or ("no genre" if column == BEFORE else "")


def cell_text(row: PlannedWrite, column: int) -> str:
    """Return what a cell says, in one line."""
    if column == TITLE:
        return " ".join(title_of(row).split())
    if column == ARTIST:
        return " ".join(row.artist.split())
    if column == BEFORE:
        return words.values(row.before)
    if column == AFTER:
        return words.values(row.after) if row.to_do else ""
    return " ".join(reason(row).split()) if column == WHY else ""


def _rank(row: PlannedWrite, column: int) -> str:
    if column == WHY and row.problem and reason(row) == row.problem:
        return "warning"
    return "muted" if column in (ARTIST, WHY) or not row.to_do else ""
