"""The window of Library > Folders: where the tracks come from, which folders are watched, and what is not there."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, QSize, Qt, Signal
from PySide6.QtGui import QColor, QDragEnterEvent, QDropEvent, QKeyEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QDialog,
    QFrame,
    QHBoxLayout,
    QHeaderView,
    QStackedLayout,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from mgc_desktop.ui import theme, wording
from mgc_desktop.ui.drop_overlay import local_paths
from mgc_desktop.ui.elided import plain_tip
from mgc_desktop.ui.models.parts import bottom_row, button, label, set_rank

if TYPE_CHECKING:
    from mgc_desktop.engine.events import Folder

Index = QModelIndex | QPersistentModelIndex

FIRST_SIZE, LEAST_SIZE = QSize(760, 420), QSize(560, 320)
COLUMNS = ("Folder", "Tracks", "State", "Watch")
FOLDER, TRACKS, STATE, WATCH = range(len(COLUMNS))
_TIPS = {
    STATE: "Whether the folder was there when it was last looked for",
    WATCH: "Take in what changes in the folder as it happens (Space)",
}
_ABOUT = (
    "Look for Changes finds what is new, moved, changed or gone in these folders; a watched folder is looked after "
    "as it changes. Only music that is new or sounds different is heard."
)
_EMPTY = "No folder yet: add one, or drop it here. Single files can be added as well."
_REMOVE_TIP = "Take the folder and its tracks out of the library; no file is touched"
_MARGINS = (16, 14, 16, 12)


class FoldersModel(QAbstractTableModel):
    """Rows of `Folder`. A tick is not taken but asked for: `watch_asked`."""

    watch_asked = Signal(str, bool)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.folders: tuple[Folder, ...] = ()

    def show_folders(self, folders: tuple[Folder, ...]) -> None:
        """Show folders; where they are the same ones, the selection stays."""
        same = [folder.path for folder in folders] == [folder.path for folder in self.folders]
        if same and folders:
            self.folders = folders
            self.dataChanged.emit(self.index(0, 0), self.index(len(folders) - 1, len(COLUMNS) - 1))
        elif not same:
            self.beginResetModel()
            self.folders = folders
            self.endResetModel()

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 as Qt declares it
        return 0 if parent.isValid() else len(self.folders)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 as Qt declares it
        return 0 if parent.isValid() else len(COLUMNS)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if orientation is not Qt.Orientation.Horizontal:
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return COLUMNS[section]
        if role == Qt.ItemDataRole.ToolTipRole:
            return _TIPS.get(section)
        return _alignment(section) if role == Qt.ItemDataRole.TextAlignmentRole else None

    def flags(self, index: Index) -> Qt.ItemFlag:
        flags = Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable
        return flags | Qt.ItemFlag.ItemIsUserCheckable if index.column() == WATCH else flags

    def setData(self, index: Index, value: Any, role: int = Qt.ItemDataRole.EditRole) -> bool:
        if role == Qt.ItemDataRole.CheckStateRole and index.column() == WATCH:
            self.watch_asked.emit(self.folders[index.row()].path, Qt.CheckState(value) == Qt.CheckState.Checked)
        return False  # the list shows it once it is so

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        folder, column = self.folders[index.row()], index.column()
        if role == Qt.ItemDataRole.DisplayRole:
            return (folder.path, f"{folder.tracks:,}", "Not there" if folder.offline else "", "")[column]
        if role == Qt.ItemDataRole.CheckStateRole and column == WATCH:
            return Qt.CheckState.Checked if folder.watched else Qt.CheckState.Unchecked
        if role == Qt.ItemDataRole.AccessibleTextRole and column == WATCH:
            return "watched" if folder.watched else "not watched"
        if role == Qt.ItemDataRole.ToolTipRole:
            return plain_tip(folder.path) if column == FOLDER else _TIPS.get(column)
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _alignment(column)
        if role == Qt.ItemDataRole.ForegroundRole and folder.offline and column in (FOLDER, TRACKS):
            return QColor(theme.tokens().muted)
        if role == Qt.ItemDataRole.ForegroundRole and column == STATE:
            return QColor(theme.tokens().warning)
        return None


def _alignment(column: int) -> Qt.AlignmentFlag:
    side = Qt.AlignmentFlag.AlignRight if column == TRACKS else Qt.AlignmentFlag.AlignLeft
    return side | Qt.AlignmentFlag.AlignVCenter


class FoldersTable(QTableView):
    """The list; Space ticks the row, Delete asks to remove it."""

    remove_asked = Signal()

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.rows = FoldersModel(self)
        self.setModel(self.rows)
        self.setAccessibleName("Folders of the library")
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        self.setShowGrid(False)
        # Under the texts of the header; the selected row says where the keyboard is.
        self.setStyleSheet("QTableView { outline: 0; } QTableView::item { padding: 0 5px; }")
        self.setWordWrap(False)
        self.setTabKeyNavigation(False)
        self.setFont(theme.tabular(self.font()))
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(self.fontMetrics().height() + 12)
        header = self.horizontalHeader()
        header.setHighlightSections(False)
        header.setSectionResizeMode(FOLDER, QHeaderView.ResizeMode.Stretch)
        for column in (TRACKS, STATE, WATCH):
            header.setSectionResizeMode(column, QHeaderView.ResizeMode.Fixed)
        wide = self.fontMetrics().horizontalAdvance
        for column, text in ((TRACKS, "1,000,000"), (STATE, "Not there"), (WATCH, "Watch")):
            self.setColumnWidth(column, wide(text) + 28)

    def folder(self) -> Folder | None:
        """Return the chosen folder."""
        chosen = self.selectionModel().selectedRows()
        return self.rows.folders[chosen[0].row()] if chosen else None

    def keyPressEvent(self, event: QKeyEvent) -> None:
        folder = self.folder()
        if folder is not None and event.key() == Qt.Key.Key_Space:
            self.rows.watch_asked.emit(folder.path, not folder.watched)
        elif folder is not None and event.key() == Qt.Key.Key_Delete:
            self.remove_asked.emit()
        else:
            super().keyPressEvent(event)


class FoldersDialog(QDialog):
    """Widgets only; what is asked for comes out as signals. It blocks nothing."""

    add_asked = Signal()
    dropped = Signal(object)  # list[str]
    look_asked = Signal(str)  # empty: all
    watch_asked = Signal(str, bool)
    remove_asked = Signal(str)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle("Folders")
        self.setAccessibleName("Folders")
        self.setAcceptDrops(True)
        self.setMinimumSize(LEAST_SIZE)
        self.resize(FIRST_SIZE)
        self.table = FoldersTable(self)
        self.notice = label("Notice")
        self.notice.setMinimumHeight(3 * self.fontMetrics().lineSpacing())  # a question has three lines: nothing jumps
        self.add = button("&Add Folder…", "Add a folder of music to the library and hear it")
        self.look = button("&Look for Changes", "See what is new, moved, changed or gone in the chosen folder")
        self.remove = button(
            "&Remove from Library", "Take the folder and its tracks out of the library; no file is touched"
        )
        self.close_button = button("Close", "Close this window (Escape)")
        self.yes = button("Remove", _REMOVE_TIP)
        self.no = button("Keep", "Leave everything as it is")
        self._asked_about = ""
        self._lay_out()
        self._connect()
        self._answer(False)
        self._update()

    def _lay_out(self) -> None:
        frame = QFrame(self)
        frame.setProperty("role", "card")
        self._pages = QStackedLayout(frame)
        self._pages.setContentsMargins(1, 1, 1, 1)
        self._empty = label("Empty", muted=True)
        self._empty.setText(_EMPTY)
        self._empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._pages.addWidget(self.table)
        self._pages.addWidget(self._empty)
        about = label("What this is", muted=True)
        about.setText(_ABOUT)
        question = QHBoxLayout()
        question.addWidget(self.notice, 1)
        for widget in (self.yes, self.no):
            kept = widget.sizePolicy()
            kept.setRetainSizeWhenHidden(True)  # nothing jumps when it asks
            widget.setSizePolicy(kept)
            question.addWidget(widget)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(*_MARGINS)
        layout.setSpacing(10)
        layout.addWidget(about)
        layout.addWidget(frame, 1)
        layout.addLayout(question)
        layout.addLayout(bottom_row((self.add, self.look, self.remove), (self.close_button,)))

    def _connect(self) -> None:
        self.add.clicked.connect(self.add_asked)
        self.look.clicked.connect(self._look)
        self.remove.clicked.connect(self._ask)
        self.close_button.clicked.connect(self.close)
        self.yes.clicked.connect(lambda: self._answer(True))
        self.no.clicked.connect(lambda: self._answer(False))
        self.table.remove_asked.connect(self._ask)
        self.table.rows.watch_asked.connect(self.watch_asked)
        self.table.selectionModel().selectionChanged.connect(lambda *_: self._answer(False))

    def show_folders(self, folders: Sequence[Folder]) -> None:
        """Show the library's folders."""
        before = self.table.folder()
        self.table.rows.show_folders(tuple(folders))
        self._pages.setCurrentIndex(0 if folders else 1)
        paths = [folder.path for folder in folders]
        if self.table.folder() is None and paths:
            self.table.selectRow(paths.index(before.path) if before is not None and before.path in paths else 0)
        if self._asked_about and self._asked_about not in paths:
            self._answer(False)
        self._update()

    def say(self, sentence: str) -> None:
        """Show a sentence under the list."""
        if not self._asked_about:
            set_rank(self.notice, "muted")
            self.notice.setText(sentence)

    # What the person does.
    def _look(self) -> None:
        folder = self.table.folder()
        self.look_asked.emit(folder.path if folder is not None else "")
        self.say("Looking for changes…")

    def _ask(self) -> None:
        folder = self.table.folder()
        if folder is None:
            return
        self._asked_about = folder.path
        set_rank(self.notice, "")
        tracks = f" and its {wording.count(folder.tracks, 'track')}" if folder.tracks else ""
        self.notice.setText(
            f"Remove {wording.shortened(folder.path, 60)}{tracks} from the library? The files stay where they are; "
            "what was heard, and genres that you set, go with them, until you undo it in the Edit menu."
        )
        for widget in (self.yes, self.no):
            widget.show()
        self.no.setFocus()

    def _answer(self, remove: bool) -> None:
        folder, self._asked_about = self._asked_about, ""
        for widget in (self.yes, self.no):
            widget.hide()
        if folder:
            self.notice.clear()
            self.table.setFocus()
        if remove and folder:
            self.remove_asked.emit(folder)
        self._update()

    def _update(self) -> None:
        chosen = self.table.folder() is not None
        self.look.setEnabled(chosen)
        self.remove.setEnabled(chosen)

    # Qt's events.
    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape and self._asked_about:
            self._answer(False)
        else:
            super().keyPressEvent(event)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if local_paths(event.mimeData()):
            event.setDropAction(Qt.DropAction.CopyAction)
            event.accept()

    def dropEvent(self, event: QDropEvent) -> None:
        event.setDropAction(Qt.DropAction.CopyAction)
        event.accept()
        self.dropped.emit(local_paths(event.mimeData()))
