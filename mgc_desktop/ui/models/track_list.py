"""A list of tracks that can be played, with what is to be said of each."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QEvent, QModelIndex, QPersistentModelIndex, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QHeaderView, QTableView, QVBoxLayout, QWidget

from mgc_desktop.engine.events import PlayerChanged, PlayState
from mgc_desktop.ui import icons
from mgc_desktop.ui.elided import plain_tip
from mgc_desktop.ui.models import parts

_Index = QModelIndex | QPersistentModelIndex
_KEYS = (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space)


@dataclass(frozen=True, slots=True)
class TrackLine:
    """A row: what its cells say, and the whole sentence that is read out and shown below."""

    path: str
    cells: tuple[str, ...]
    sentence: str


class TrackLines(QAbstractTableModel):
    """Rows of `TrackLine`; the first cell carries the sign of what Enter does."""

    def __init__(self, columns: tuple[str, ...], parent: QWidget) -> None:
        super().__init__(parent)
        self._columns = columns
        self._lines: Sequence[TrackLine] = ()
        self._playing = ""
        self.renew_icons()

    def renew_icons(self) -> None:
        self._icons = {True: icons.icon("stop"), False: icons.icon("resume")}

    def set_lines(self, lines: Sequence[TrackLine]) -> None:
        self.beginResetModel()
        self._lines = tuple(lines)
        self.endResetModel()

    def line(self, row: int) -> TrackLine | None:
        return self._lines[row] if 0 <= row < len(self._lines) else None

    def set_playing(self, path: str) -> None:
        if path != self._playing:
            self._playing = path
            last = self.index(max(0, len(self._lines) - 1), 0)
            self.dataChanged.emit(self.index(0, 0), last, [Qt.ItemDataRole.DecorationRole])

    def rowCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008 - Qt's own signature
        return 0 if parent.isValid() else len(self._lines)

    def columnCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(self._columns)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if orientation is Qt.Orientation.Horizontal and role == Qt.ItemDataRole.DisplayRole:
            return self._columns[section]
        return None

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        line = self.line(index.row())
        if line is None:
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return line.cells[index.column()]
        if role == Qt.ItemDataRole.ToolTipRole:
            return plain_tip(f"{line.sentence}\n{line.path}")
        if role == Qt.ItemDataRole.AccessibleDescriptionRole:
            return line.sentence
        if role == Qt.ItemDataRole.DecorationRole and index.column() == 0 and line.path:
            return self._icons[line.path == self._playing]
        return None


class _Table(QTableView):
    chosen = Signal(int)  # a row, by Enter, Space or a double click

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in _KEYS and self.currentIndex().isValid():
            self.chosen.emit(self.currentIndex().row())
            event.accept()
        else:
            super().keyPressEvent(event)


class TrackList(QWidget):
    """Enter, Space, a double click or the button plays the current row, or stops it.

    Parameters
    ----------
    name : str
        For those who hear the window read out.
    columns : tuple of str
        Titles; the first is the track's.
    widths : tuple of int
        px of all columns but the last, which takes the rest.
    """

    play_asked = Signal(str)  # path
    silence_asked = Signal()

    def __init__(self, name: str, columns: tuple[str, ...], widths: tuple[int, ...], parent: QWidget | None = None):
        super().__init__(parent)
        self._playing = ""
        self._trouble = ""
        self.model = TrackLines(columns, self)
        self.table = _Table(self)
        self.table.setModel(self.model)
        self.table.setAccessibleName(name)
        self._shape_table(widths)
        self.table.chosen.connect(self._toggle)
        self.table.doubleClicked.connect(lambda index: self._toggle(index.row()))
        self.table.selectionModel().currentRowChanged.connect(self._show_line)
        self.sentence = parts.label("What is said of the track")
        self.sentence.setMinimumHeight(2 * self.fontMetrics().lineSpacing())
        self.sentence.setAlignment(Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignLeft)
        self.play = parts.button("Play", "Play the middle of the track (Enter or Space)")
        self.play.setEnabled(False)
        self.play.setMinimumWidth(self.play.fontMetrics().horizontalAdvance("Play  Stop") + 24)
        self.play.clicked.connect(lambda: self._toggle(self.table.currentIndex().row()))
        below = QHBoxLayout()
        below.addWidget(self.sentence, 1)
        below.addWidget(self.play, 0, Qt.AlignmentFlag.AlignTop)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(6)
        layout.addWidget(self.table, 1)
        layout.addLayout(below)

    def _shape_table(self, widths: tuple[int, ...]) -> None:
        table, header = self.table, self.table.horizontalHeader()
        table.setSelectionBehavior(QTableView.SelectionBehavior.SelectRows)
        table.setSelectionMode(QTableView.SelectionMode.SingleSelection)
        table.setEditTriggers(QTableView.EditTrigger.NoEditTriggers)
        table.setAlternatingRowColors(True)
        table.setShowGrid(False)
        table.setWordWrap(False)
        table.setTabKeyNavigation(False)
        table.verticalHeader().hide()
        table.verticalHeader().setDefaultSectionSize(table.fontMetrics().height() + 8)
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        header.setHighlightSections(False)
        header.setStretchLastSection(True)
        header.setSectionResizeMode(QHeaderView.ResizeMode.Interactive)
        for place, width in enumerate(widths):
            header.resizeSection(place, width)

    def set_lines(self, lines: Sequence[TrackLine]) -> None:
        """Show other rows, the first of them current."""
        self.model.set_lines(lines)
        self._trouble = ""
        if lines:
            self.table.setCurrentIndex(self.model.index(0, 0))
        self._show_line()

    def show_player(self, event: PlayerChanged) -> None:
        """Follow the player: the sign of the row that is played, and why one cannot be."""
        busy = event.state in (PlayState.LOADING, PlayState.PLAYING)
        self._playing = event.path if busy else ""
        self._trouble = event.sentence if event.state is PlayState.FAILED else ""
        self.model.set_playing(self._playing)
        self._show_line()

    def _current(self) -> TrackLine | None:
        return self.model.line(self.table.currentIndex().row())

    def _show_line(self) -> None:
        line = self._current()
        self.play.setEnabled(line is not None and bool(line.path))
        self.play.setText("Stop" if line is not None and line.path and line.path == self._playing else "Play")
        parts.set_rank(self.sentence, "error" if self._trouble else "muted")
        self.sentence.setText(self._trouble or (line.sentence if line is not None else ""))

    def _toggle(self, row: int) -> None:
        line = self.model.line(row)
        if line is None or not line.path:
            return
        if line.path == self._playing:
            self.silence_asked.emit()
        else:
            self._trouble = ""
            self.play_asked.emit(line.path)

    def changeEvent(self, event: QEvent) -> None:
        if event.type() == QEvent.Type.PaletteChange:
            self.model.renew_icons()
        super().changeEvent(event)


def track_name(path: str) -> str:
    """Return how a track is called in a list: its file name without the ending."""
    return os.path.splitext(os.path.basename(path))[0] or path
