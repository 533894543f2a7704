"""How each label of the model is written into files: a table to edit, with a way back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, QSize, Qt, Signal
from PySide6.QtGui import QColor, QKeySequence, QShortcut
from PySide6.QtWidgets import QAbstractItemView, QDialog, QFrame, QHeaderView, QTableView, QVBoxLayout, QWidget

from mgc_desktop.core.genre_names import display_name
from mgc_desktop.ui import theme
from mgc_desktop.ui.elided import plain_tip
from mgc_desktop.ui.models.parts import bottom_row, button, label
from mgc_desktop.ui.shared_table import set_up_rows

Index = QModelIndex | QPersistentModelIndex

SIZE, LEAST_SIZE = QSize(420, 440), QSize(340, 300)
_LABEL, _NAME = range(2)
_HEADINGS = ("Genre", "Written as")
_LONGEST = 200  # letters; a longer name is a slip of the hand
_ABOUT = "Press F2 or begin to type to change a name. A genre whose name is emptied is never written."
_NEVER = "never written"


class NamesModel(QAbstractTableModel):
    """Labels and what is written for them; only names that were changed are kept."""

    edited = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._labels: list[str] = []
        self.names: dict[str, str] = {}

    def show_names(self, labels: Iterable[str], names: Mapping[str, str]) -> None:
        """List `labels`, and those that `names` has a name for."""
        self.beginResetModel()
        self.names = dict(names)
        self._labels = sorted({*labels, *names}, key=lambda name: display_name(name).casefold())
        self.endResetModel()

    def label_at(self, line: int) -> str:
        return self._labels[line]

    def reset_names(self, lines: Iterable[int]) -> None:
        """Write the labels of these lines as at first."""
        for line in lines:
            self.names.pop(self._labels[line], None)
        self._tell()

    def _tell(self) -> None:
        if self._labels:
            self.dataChanged.emit(self.index(0, 0), self.index(len(self._labels) - 1, _NAME))
        self.edited.emit()

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's own signature
        return 0 if parent.isValid() else len(self._labels)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's own signature
        return 0 if parent.isValid() else len(_HEADINGS)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = 0) -> Any:
        if orientation is Qt.Orientation.Horizontal and role == Qt.ItemDataRole.DisplayRole:
            return _HEADINGS[section]
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
        return None

    def flags(self, index: Index) -> Qt.ItemFlag:
        flags = Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable
        return flags | Qt.ItemFlag.ItemIsEditable if index.column() == _NAME else flags

    def data(self, index: Index, role: int = 0) -> Any:
        name = self._labels[index.row()]
        written = self.names.get(name, display_name(name))
        if role == Qt.ItemDataRole.DisplayRole:
            return display_name(name) if index.column() == _LABEL else written or _NEVER
        if role == Qt.ItemDataRole.EditRole:
            return written
        if role == Qt.ItemDataRole.ToolTipRole:
            return plain_tip(f"The model calls it {name}")
        if role == Qt.ItemDataRole.ForegroundRole and index.column() == _NAME and not self.names.get(name):
            return QColor(theme.tokens().warning if name in self.names else theme.tokens().muted)
        return None

    def setData(self, index: Index, value: Any, role: int = 0) -> bool:
        if role != Qt.ItemDataRole.EditRole or index.column() != _NAME:
            return False
        name, text = self._labels[index.row()], " ".join(str(value).split())[:_LONGEST]
        if text != display_name(name):
            self.names[name] = text
        else:
            self.names.pop(name, None)
        self._tell()
        return True


class NamesDialog(QDialog):
    """Shows the names; every change is told of at once, so that the preview beside it follows."""

    changed = Signal(object)  # dict[str, str]: the names that are not as at first

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle("Names That Are Written")
        self.setAccessibleName("Names that are written")
        self.setMinimumSize(LEAST_SIZE)
        self.resize(SIZE)
        self.model = NamesModel(self)
        self.table = QTableView(self)
        self.table.setAccessibleName("Genres and how they are written")
        self.table.setModel(self.model)
        set_up_rows(self.table)
        triggers = QAbstractItemView.EditTrigger
        self.table.setEditTriggers(triggers.DoubleClicked | triggers.EditKeyPressed | triggers.AnyKeyPressed)
        self.table.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        self.one = button("&As at First", "Write the selected genres as at first (Delete)")
        self.all = button("A&ll as at First", "Write every genre as at first")
        close = button("&Close", "Keep the names as they are now (Escape)")
        self.one.clicked.connect(self._reset_selected)
        self.all.clicked.connect(lambda: self.model.reset_names(range(self.model.rowCount())))
        close.clicked.connect(self.close)
        delete = QShortcut(QKeySequence(Qt.Key.Key_Delete), self.table)
        delete.setContext(Qt.ShortcutContext.WidgetShortcut)
        delete.activated.connect(self._reset_selected)
        self.model.edited.connect(self._tell)
        self._lay_out(close)

    def _lay_out(self, close: QWidget) -> None:
        about = label("About this list", muted=True)
        about.setText(_ABOUT)
        frame = QFrame(self)
        frame.setProperty("role", "card")
        inside = QVBoxLayout(frame)
        inside.setContentsMargins(1, 1, 1, 1)
        inside.addWidget(self.table)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 14, 16, 12)
        layout.setSpacing(10)
        layout.addWidget(about)
        layout.addWidget(frame, 1)
        layout.addLayout(bottom_row((self.one, self.all), (close,)))

    def show_names(self, labels: Iterable[str], names: Mapping[str, str]) -> None:
        """List the labels, and come up."""
        self.model.show_names(labels, names)
        self._enable()
        self.show()
        self.raise_()
        self.activateWindow()
        self.table.setFocus()
        if self.model.rowCount():
            self.table.setCurrentIndex(self.model.index(0, _NAME))

    def _reset_selected(self) -> None:
        self.model.reset_names({index.row() for index in self.table.selectionModel().selectedIndexes()})

    def _tell(self) -> None:
        self._enable()
        self.changed.emit(dict(self.model.names))

    def _enable(self) -> None:
        for made in (self.one, self.all):
            made.setEnabled(bool(self.model.names))
