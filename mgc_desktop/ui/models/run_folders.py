"""The runs that can be gone on with, and the trash: folders are looked at and moved in threads."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from mgc_desktop.core.paths import Profile
from mgc_desktop.engine.runs import unfinished_runs

_STOP_SECONDS = 3.0


class RunFolders(QObject):
    """Every method returns at once but `stop`. GUI thread.

    Signals
    -------
    found : list of UnfinishedRun
        The newest first.
    failed : str, str
        A folder could not be moved to the trash: sentence, detail.
    """

    found = Signal(object)
    failed = Signal(str, str)

    def __init__(self, profile: Profile, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._runs_dir = profile.runs_dir
        self._threads: list[threading.Thread] = []

    def look(self) -> None:
        """Look which runs can be gone on with; `found` tells."""
        self._in_thread(self._tell)

    def discard(self, folders: Sequence[str]) -> None:
        """Move folders to the trash, then look again."""
        self._in_thread(lambda: self._to_trash(folders))

    def stop(self) -> None:
        """Wait for what is under way."""
        for thread in self._threads:
            thread.join(_STOP_SECONDS)
        self._threads.clear()

    def _in_thread(self, work: Callable[[], None]) -> None:
        self._threads = [thread for thread in self._threads if thread.is_alive()]
        thread = threading.Thread(target=work, name="run-folders", daemon=True)
        self._threads.append(thread)
        thread.start()

    def _tell(self) -> None:
        self.found.emit(unfinished_runs(self._runs_dir))

    def _to_trash(self, folders: Sequence[str]) -> None:
        # Imported here, and run in a thread: moving to the trash may copy to another disk.
        from send2trash import send2trash

        for folder in folders:
            try:
                send2trash(folder)
            except OSError as error:
                self.failed.emit(
                    f"{Path(folder).name} could not be moved to the trash ({error.strerror or error}): "
                    f"delete {folder} by hand.",
                    str(error),
                )
        self._tell()
