"""Library > History: between its window, the engine's tagger, and the thread that reads the journal."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from mgc_desktop.engine.events import TagProgress
from mgc_desktop.ui import window_state
from mgc_desktop.ui.main_window import MainWindow
from mgc_desktop.ui.port import SettingsPort
from mgc_desktop.ui.tags.desk import Changes, TagDesk

if TYPE_CHECKING:
    from mgc_desktop.library.journal import BatchRow
    from mgc_desktop.ui.tags.history import HistoryWindow

PLACE = "tags.history"


class LookingBack(QObject):
    """Keeps the one window of the history. GUI thread.

    Parameters
    ----------
    undo : callable
        Gets the batch that is to be undone.
    cancel : callable
    """

    def __init__(
        self,
        window: MainWindow,
        desk: TagDesk,
        settings: SettingsPort,
        undo: Callable[[BatchRow], None],
        cancel: Callable[[], None],
    ) -> None:
        super().__init__(window)
        self._window, self._desk, self._settings = window, desk, settings
        self._undo, self._cancel = undo, cancel
        self.dialog: HistoryWindow | None = None
        self._wanted: int | None = None  # to be chosen in the next list
        window.came_back.connect(self._refresh)
        desk.batches_read.connect(self._take_batches)
        desk.changes_read.connect(self._take_changes)

    def open(self, labels: Mapping[str, str], batch: int | None = None) -> None:
        """Show the batches, the one asked for chosen; `labels` are by the names that are written for them."""
        dialog = self._made_dialog()
        dialog.painter.labels = labels
        self._wanted = batch
        self._desk.ask_batches()
        dialog.come_up()

    def _made_dialog(self) -> HistoryWindow:
        if self.dialog is None:
            # Imported here: most starts never need it.
            from mgc_desktop.ui.tags.history import HistoryWindow

            dialog = self.dialog = HistoryWindow(self._window)
            window_state.restore_place(dialog, self._settings, PLACE)
            dialog.batch_chosen.connect(self._desk.ask_changes)
            dialog.undo_asked.connect(self._ask_undo)
            dialog.cancel_asked.connect(self._cancel)
            dialog.hidden.connect(lambda: window_state.remember_place(dialog, self._settings, PLACE))
        return self.dialog

    def _take_batches(self, batches: Sequence[BatchRow]) -> None:
        if self.dialog is not None:
            wanted, self._wanted = self._wanted, None
            self.dialog.show_batches(batches, wanted)

    def _take_changes(self, changes: Changes) -> None:
        if self.dialog is not None:
            self.dialog.show_changes(changes)

    def _ask_undo(self) -> None:
        batch = self.dialog.batch() if self.dialog is not None else None
        if batch is not None:
            self._undo(batch)

    def progress(self, event: TagProgress, *, undo: bool) -> None:
        if self.dialog is not None:
            self.dialog.show_working(event, undo=undo)

    def finished(self, summary: str) -> None:
        """Show what a batch came to, and the list as it is now."""
        if self.dialog is not None:
            self.dialog.show_idle(summary)
            self._refresh()

    def _refresh(self) -> None:
        if self.dialog is not None and self.dialog.isVisible():  # the command line writes as well
            self._desk.ask_batches()
