"""The table of Model > Models: a row a model, as wide as what it holds."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt, Signal
from PySide6.QtGui import QColor, QFont, QFontMetrics, QResizeEvent
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableView, QWidget

from mgc_desktop.ui import theme, wording
from mgc_desktop.ui.elided import plain_tip

if TYPE_CHECKING:
    from mgc_desktop.engine.model_list import ModelEntry

Index = QModelIndex | QPersistentModelIndex

COLUMNS = ("", "Name", "Genres", "Accuracy", "Scored on", "Size", "Made", "System")
IN_USE, NAME, GENRES, ACCURACY, SCORED_ON, SIZE, MADE, SYSTEM = range(len(COLUMNS))
_HEADER_TIPS = {
    IN_USE: "The model in use",
    ACCURACY: "How many tracks of 100 it names rightly, with the 95 % interval",
    SCORED_ON: "The tracks it was tried on, which it had not learnt from",
    SYSTEM: "What kind of network it is",
}
_RIGHT_ALIGNED = (SIZE,)
_ROOM = 20  # px beside a cell's text
_LEAST, _MOST = 34, 260  # px of a column
_NAME_LEAST, _GENRES_LEAST = 130, 64  # px; in a narrow window these two give way


def score_text(entry: ModelEntry) -> str:
    """Return `60 % (51 to 68)`, or why there is no figure."""
    if entry.problem:
        return "cannot be used"
    figure = entry.figure
    if figure is None:
        return "not scored"
    return f"{wording.percent(figure.accuracy)} ({100 * figure.low:.0f} to {100 * figure.high:.0f})"


def scored_on(entry: ModelEntry) -> str:
    """Return `test, 125 tracks`, or nothing."""
    figure = entry.figure
    return f"{figure.what[:24]}, {wording.count(figure.n, 'track')}" if figure is not None else ""


def size_text(size: int) -> str:
    """Return `1.6 MB`; nothing for an unknown size."""
    return f"{max(size, 100_000) / 1e6:,.1f} MB" if size else ""


def genres_text(entry: ModelEntry) -> str:
    names = [theme.display_name(genre) for genre in entry.genres]
    return f"{len(names)}: {', '.join(names)}" if names else ""


class ModelsTableModel(QAbstractTableModel):
    """Rows of `ModelEntry`. A name that is typed in is not taken but asked for: `rename_asked`."""

    rename_asked = Signal(object, str)  # ModelEntry, name

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.entries: list[ModelEntry] = []
        self._in_use = Path()

    def show_entries(self, entries: Sequence[ModelEntry]) -> None:
        self.beginResetModel()
        self.entries = list(entries)
        self.endResetModel()

    def show_in_use(self, folder: str) -> None:
        self._in_use = Path(folder) if folder else Path()
        if self.entries:
            last = self.index(len(self.entries) - 1, len(COLUMNS) - 1)
            self.dataChanged.emit(self.index(0, 0), last)

    def is_in_use(self, entry: ModelEntry) -> bool:
        return self._in_use in (entry.folder, entry.place)

    def place_of(self, folder: Path) -> int:
        """Return the row of a folder, or -1."""
        return next((place for place, entry in enumerate(self.entries) if entry.folder == folder), -1)

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 as Qt declares it
        return 0 if parent.isValid() else len(self.entries)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 as Qt declares it
        return 0 if parent.isValid() else len(COLUMNS)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if orientation is not Qt.Orientation.Horizontal:
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return COLUMNS[section]
        if role in (Qt.ItemDataRole.ToolTipRole, Qt.ItemDataRole.AccessibleTextRole):
            return _HEADER_TIPS.get(section, COLUMNS[section])
        return _alignment(section) if role == Qt.ItemDataRole.TextAlignmentRole else None

    def flags(self, index: Index) -> Qt.ItemFlag:
        flags = Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable
        if index.column() == NAME and not self.entries[index.row()].shipped:
            flags |= Qt.ItemFlag.ItemIsEditable
        return flags

    def setData(self, index: Index, value: Any, role: int = Qt.ItemDataRole.EditRole) -> bool:
        entry = self.entries[index.row()]
        if role == Qt.ItemDataRole.EditRole and str(value).strip() != entry.name:
            self.rename_asked.emit(entry, str(value))
        return False  # the list shows it once it is so

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        entry, column = self.entries[index.row()], index.column()
        in_use = self.is_in_use(entry)
        if role == Qt.ItemDataRole.DisplayRole:
            return self._text(entry, column)
        if role == Qt.ItemDataRole.EditRole:
            return entry.name
        if role == Qt.ItemDataRole.AccessibleTextRole and column == IN_USE:
            return "in use" if in_use else "not in use"
        if role == Qt.ItemDataRole.ToolTipRole:
            return plain_tip(entry.problem or (str(entry.folder) if column == NAME else self._text(entry, column)))
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _alignment(column)
        if role == Qt.ItemDataRole.ForegroundRole and (entry.problem or column == SYSTEM):
            return QColor(theme.tokens().muted)
        if role == Qt.ItemDataRole.FontRole and in_use and column == NAME:
            bold = QFont()
            bold.setBold(True)
            return bold
        return None

    def _text(self, entry: ModelEntry, column: int) -> str:
        if column == IN_USE:
            return "✓" if self.is_in_use(entry) else ""
        texts = {
            NAME: entry.name,
            GENRES: genres_text(entry),
            ACCURACY: score_text(entry),
            SCORED_ON: scored_on(entry),
            SIZE: size_text(entry.size),
            MADE: entry.date,
            SYSTEM: entry.system,
        }
        return texts[column]


def _alignment(column: int) -> Qt.AlignmentFlag:
    sideways = Qt.AlignmentFlag.AlignRight if column in _RIGHT_ALIGNED else Qt.AlignmentFlag.AlignLeft
    if column == IN_USE:
        sideways = Qt.AlignmentFlag.AlignHCenter
    return sideways | Qt.AlignmentFlag.AlignVCenter


class ModelsTable(QTableView):
    """One row at a time; Return uses it, F2 renames it."""

    chosen = Signal(object)  # ModelEntry, or None
    use_asked = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Models")
        self.setFont(theme.tabular(self.font()))
        self.rows = ModelsTableModel(self)
        self.setModel(self.rows)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setAlternatingRowColors(True)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setStyleSheet("QTableView::item { padding: 0 6px; } QTableView { outline: none; }")
        self.setTabKeyNavigation(False)
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(self.fontMetrics().height() + 12)
        header = self.horizontalHeader()
        header.setHighlightSections(False)
        header.setSectionResizeMode(QHeaderView.ResizeMode.Interactive)
        header.setMinimumSectionSize(_LEAST)
        self.selectionModel().currentRowChanged.connect(lambda *_: self.chosen.emit(self.entry()))
        self.doubleClicked.connect(lambda _: self.use_asked.emit())

    def entry(self) -> ModelEntry | None:
        """Return the chosen model."""
        place = self.currentIndex().row()
        return self.rows.entries[place] if 0 <= place < len(self.rows.entries) else None

    def show_entries(self, entries: Sequence[ModelEntry], wanted: Path | None) -> None:
        """List models, and choose `wanted`, else the one chosen before, else the first."""
        before = self.entry()
        self.rows.show_entries(entries)
        for folder in (wanted, before.folder if before else None):
            if folder is not None and (place := self.rows.place_of(folder)) >= 0:
                break
        else:
            place = 0
        self.fit_columns()
        if entries:
            self.setCurrentIndex(self.rows.index(place, NAME))

    def edit_name(self) -> None:
        """Let the chosen model's name be typed in its row."""
        index = self.currentIndex().siblingAtColumn(NAME)
        if index.isValid() and index.flags() & Qt.ItemFlag.ItemIsEditable:
            self.setFocus()
            self.edit(index)

    def fit_columns(self) -> None:
        """Give each column the width of what it holds, and the genres what is left."""
        bold = QFont(self.font())
        bold.setBold(True)
        metrics = QFontMetrics(bold)
        for column, title in enumerate(COLUMNS):
            texts = [title, *(self.rows._text(entry, column) for entry in self.rows.entries)]
            widest = max(metrics.horizontalAdvance(text) for text in texts) + _ROOM
            if column != GENRES:
                self.setColumnWidth(column, min(max(widest, _LEAST), _MOST))
        fixed = sum(self.columnWidth(column) for column in range(len(COLUMNS)) if column not in (NAME, GENRES))
        left = self.viewport().width() - fixed
        name = min(self.columnWidth(NAME), max(_NAME_LEAST, left - _GENRES_LEAST))
        self.setColumnWidth(NAME, name)
        self.setColumnWidth(GENRES, max(_GENRES_LEAST, left - name))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.fit_columns()
