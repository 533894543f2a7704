"""What can be done with the selected tracks: copy them or their paths, drag them, show them, hear them again."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, QUrl
from PySide6.QtGui import QDesktopServices, QGuiApplication

from mgc_desktop.core.values import TrackRow
from mgc_desktop.library.export import table_text
from mgc_desktop.ui import wording
from mgc_desktop.ui.library.row_job import RowJob
from mgc_desktop.ui.library.table_model import MOST_DRAGGED
from mgc_desktop.ui.main_window import MainWindow
from mgc_desktop.ui.port import EnginePort

if TYPE_CHECKING:
    from mgc_desktop.ui.library.query import LibraryQuery

_CHOOSING_MS = 200  # a selection that stays so long may be dragged next


def show_folder(window: MainWindow, folder: str) -> None:
    """Open `folder` in the system's file manager, or say where it is."""
    if not QDesktopServices.openUrl(QUrl.fromLocalFile(folder)):
        window.messages.show_problem(f"No file manager answered; the folder is {folder}.")


class TrackActions(QObject):
    """Connects the actions of the context menu and the Edit menu. GUI thread."""

    def __init__(self, window: MainWindow, engine: EnginePort, query: LibraryQuery) -> None:
        super().__init__(window)
        self._window, self._engine, self._query = window, engine, query
        self._table = window.library.table
        self._copying = RowJob(engine.reader, self)
        self._copying.finished.connect(self._take_text)
        self._copying.failed.connect(window.messages.show_problem)
        self._copied = ""
        self._chosen = QTimer(self)
        self._chosen.setSingleShot(True)
        self._chosen.setInterval(_CHOOSING_MS)
        self._chosen.timeout.connect(self._read_chosen)
        self._table.selection_counted.connect(lambda count: self._chosen.start() if count else self._chosen.stop())
        self._table.drag_refused.connect(window.status.say)
        self._table.selection_lost.connect(self._tell_lost)
        window.commands["copy_rows"].triggered.connect(self.copy_rows)
        window.commands["copy_path"].triggered.connect(self.copy_paths)
        window.commands["show_in_files"].triggered.connect(self.show_in_files)
        window.commands["hear_again"].triggered.connect(self.hear_again)

    def stop(self) -> None:
        """End what is under way."""
        self._copying.stop()

    def copy_rows(self) -> None:
        """Copy the selected rows as text, a line each, with what the columns say."""
        self._copy("row", table_text)

    def copy_paths(self) -> None:
        """Copy the paths of the selected tracks, a line each."""
        self._copy("path", lambda rows: "\n".join(row.path for row in rows))

    def _copy(self, what: str, make: Callable[[Iterator[TrackRow]], str]) -> None:
        ids = self._table.selected_array()
        if ids.size and self._copying.start(ids, lambda rows, _: make(rows)):
            self._copied = wording.count(ids.size, what)

    def _take_text(self, text: str) -> None:
        QGuiApplication.clipboard().setText(text)
        self._window.status.say(f"Copied {self._copied}")

    def show_in_files(self) -> None:
        """Open the folder of the first selected track."""
        ids = self._table.selected_array()
        row = self._window.library.row(int(ids[0])) if ids.size else None
        if row is not None:
            show_folder(self._window, os.path.dirname(row.path))

    def hear_again(self) -> None:
        """Analyse the selected tracks anew."""
        ids = self._table.selected_ids()
        if ids:
            self._engine.scanner.rescan(ids)
            self._window.status.say(f"Hearing {wording.count(len(ids), 'track')} again")

    def _read_chosen(self) -> None:
        # Dragging can't wait for the library: what may be dragged is read before.
        if 1 < self._table.selected_count() <= MOST_DRAGGED:
            self._query.ask_rows(self._window.library.model.unread(self._table.selected_ids()))

    def _tell_lost(self, count: int) -> None:
        self._window.status.say(f"The selection of {count:,} tracks fell into too many pieces to be kept")
