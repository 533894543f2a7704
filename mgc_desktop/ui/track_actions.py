"""What can be done with the selected tracks: copy their paths, show them, hear them again."""

from __future__ import annotations

import os

from PySide6.QtCore import QObject, QUrl
from PySide6.QtGui import QDesktopServices, QGuiApplication

from mgc_desktop.ui import wording
from mgc_desktop.ui.main_window import MainWindow
from mgc_desktop.ui.port import EnginePort


def show_folder(window: MainWindow, folder: str) -> None:
    """Open `folder` in the system's file manager, or say where it is."""
    if not QDesktopServices.openUrl(QUrl.fromLocalFile(folder)):
        window.messages.show_problem(f"No file manager answered; the folder is {folder}.")


class TrackActions(QObject):
    """Connects the actions of the context menu and the Edit menu."""

    def __init__(self, window: MainWindow, engine: EnginePort) -> None:
        super().__init__(window)
        self._window, self._engine = window, engine
        window.commands["copy_path"].triggered.connect(self.copy_paths)
        window.commands["show_in_files"].triggered.connect(self.show_in_files)
        window.commands["hear_again"].triggered.connect(self.hear_again)

    def _paths(self) -> list[str]:
        rows = (self._window.library.row(track) for track in self._window.library.table.selected_ids())
        return [row.path for row in rows if row is not None]

    def copy_paths(self) -> None:
        """Copy the paths of the selected tracks, a line each."""
        paths = self._paths()
        if paths:
            QGuiApplication.clipboard().setText("\n".join(paths))
            self._window.status.say(f"Copied {wording.count(len(paths), 'path')}")

    def show_in_files(self) -> None:
        """Open the folder of the first selected track."""
        paths = self._paths()
        if paths:
            show_folder(self._window, os.path.dirname(paths[0]))

    def hear_again(self) -> None:
        """Analyse the selected tracks anew."""
        ids = self._window.library.table.selected_ids()
        if ids:
            self._engine.scanner.rescan(ids)
            self._window.status.say(f"Hearing {wording.count(len(ids), 'track')} again")
