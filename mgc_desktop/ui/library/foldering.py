"""Library > Folders and Look for Changes: between the actions, the window of folders and the engine."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer

from mgc_desktop.ui import wording
from mgc_desktop.ui.library.folders_dialog import FoldersDialog
from mgc_desktop.ui.main_window import MainWindow
from mgc_desktop.ui.port import FoldersPort

if TYPE_CHECKING:
    from mgc_desktop.engine.events import (
        FolderPutBack,
        FolderRemoved,
        FoldersChanged,
        ScanFinished,
        TracksChanged,
    )

_RENEW_MS = 1000  # between two counts of the tracks in each folder, while they change


class Foldering(QObject):
    """GUI thread.

    Parameters
    ----------
    window : MainWindow
    folders : FoldersPort
    add_folder : callable
        Asks for a folder, and adds it.
    add_paths : callable
        Adds what was dropped.
    """

    def __init__(
        self,
        window: MainWindow,
        folders: FoldersPort,
        add_folder: Callable[[], None],
        add_paths: Callable[[Sequence[str]], None],
    ) -> None:
        super().__init__(window)
        self._window, self._folders = window, folders
        self._add_folder, self._add_paths = add_folder, add_paths
        self.dialog: FoldersDialog | None = None
        self._renew = QTimer(self)
        self._renew.setSingleShot(True)
        self._renew.setInterval(_RENEW_MS)
        self._renew.timeout.connect(self._ask)
        window.commands["folders"].triggered.connect(self.open)
        window.commands["rescan"].triggered.connect(self.look)

    def open(self) -> None:
        """Show the folders."""
        if self.dialog is None:
            self.dialog = self._make()
        self.dialog.show()
        self.dialog.raise_()
        self.dialog.activateWindow()
        self._folders.ask()

    def look(self) -> None:
        """Look for changes in the whole library."""
        self._folders.look()
        self._window.status.say("Looking for changes…")

    # News from the engine.
    def changed(self, event: FoldersChanged) -> None:
        if self.dialog is not None:
            self.dialog.show_folders(event.folders)

    def removed(self, event: FolderRemoved) -> None:
        self._say(f"Removed {wording.count(event.tracks, 'track')} with a folder; Undo puts them back")

    def put_back(self, event: FolderPutBack) -> None:
        self._say(f"Put {wording.count(event.tracks, 'track')} back with their folder")

    def _say(self, text: str) -> None:
        self._window.status.say(text)
        if self.dialog is not None and self._is_open():
            self.dialog.say(text)

    def tracks_changed(self, event: TracksChanged) -> None:
        if event.rows_added and self._is_open() and not self._renew.isActive():
            self._renew.start()

    def scan_finished(self, event: ScanFinished) -> None:
        if self.dialog is not None and self._is_open():
            self.dialog.say(self._window.status.text())
            self._folders.ask()

    def _make(self) -> FoldersDialog:
        dialog = FoldersDialog(self._window)
        dialog.add_asked.connect(self._add)
        dialog.dropped.connect(self._drop)
        dialog.look_asked.connect(lambda folder: self._folders.look([folder] if folder else []))
        dialog.watch_asked.connect(self._folders.set_watched)
        dialog.remove_asked.connect(self._folders.remove)
        return dialog

    def _add(self) -> None:
        self._add_folder()
        self._folders.ask()

    def _drop(self, paths: list[str]) -> None:
        self._add_paths(paths)
        self._folders.ask()

    def _is_open(self) -> bool:
        return self.dialog is not None and self.dialog.isVisible()

    def _ask(self) -> None:
        if self._is_open():
            self._folders.ask()
