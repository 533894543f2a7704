"""Model > Models: between its window, the engine's manager of models, and the model in use."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtWidgets import QFileDialog

from mgc_desktop.core.paths import Profile
from mgc_desktop.engine.choice import shipped_model
from mgc_desktop.engine.events import ModelFailed, ModelReady, Problem
from mgc_desktop.engine.models_manager import (
    Done,
    ModelDone,
    ModelsListed,
    ModelsManager,
    ModelWork,
    PreviousModel,
)
from mgc_desktop.ui.main_window import MainWindow
from mgc_desktop.ui.model_menu import ModelMenu
from mgc_desktop.ui.port import SettingsPort

if TYPE_CHECKING:
    from mgc_desktop.engine.model_list import ModelEntry
    from mgc_desktop.ui.models.manager_window import ManagerWindow

_ZIPS = "Zip archives (*.zip)"
_LAST_FOLDER = "models.folder"


class ModelsWindow(QObject):
    """Keeps the one window and the thread behind it, which starts when it is needed first. GUI thread.

    Signals
    -------
    card_asked : Path
        The card of the model in this folder is to be shown.
    """

    card_asked = Signal(object)
    _arrived = Signal(object)

    def __init__(self, window: MainWindow, models: ModelMenu, profile: Profile, settings: SettingsPort) -> None:
        super().__init__(window)
        self._window, self._models, self._settings = window, models, settings
        self._manager = ModelsManager(profile, settings, self._arrived.emit)
        self._arrived.connect(self._take, Qt.ConnectionType.QueuedConnection)
        self.dialog: ManagerWindow | None = None
        self._wanted: Path | None = None  # to be chosen in the next list
        self._to_delete: Path | None = None  # once the shipped model is in use

    def open(self) -> None:
        """Show the window, with the models as they are now."""
        dialog = self._made_dialog()
        dialog.show_in_use(self._models.folder)
        if not dialog.isVisible() and self._models.folder:
            self._wanted = Path(self._models.folder)
        self._started().list_all()
        dialog.come_up()

    def go_back(self) -> None:
        """Use the model again that was in use before."""
        self._started().find_previous(Path(self._models.folder) if self._models.folder else None)

    def stop(self) -> None:
        """End the threads. Idempotent, bounded in time."""
        self._manager.stop()
        if self.dialog is not None:
            self.dialog.details.reader.stop()

    def _started(self) -> ModelsManager:
        self._manager.start()
        return self._manager

    def _made_dialog(self) -> ManagerWindow:
        if self.dialog is None:
            # Imported here: most starts never need it.
            from mgc_desktop.ui.models.manager_window import ManagerWindow

            dialog = self.dialog = ManagerWindow(self._window)
            dialog.use_asked.connect(lambda entry: self._models.use(str(entry.folder)))
            dialog.card_asked.connect(lambda entry: self.card_asked.emit(entry.folder))
            dialog.rename_asked.connect(lambda entry, name: self._manager.rename(entry.folder, name))
            dialog.delete_asked.connect(self._delete)
            dialog.export_asked.connect(self._export)
            dialog.import_asked.connect(self._import)
            dialog.import_given.connect(lambda path: self._manager.take_in(Path(path)))
            dialog.previous_asked.connect(self.go_back)
            dialog.cancel_asked.connect(self._manager.cancel)
        return self.dialog

    # What the person asks for.
    def _delete(self, entry: ModelEntry) -> None:
        if not self._made_dialog().table.rows.is_in_use(entry):
            self._manager.delete(entry.folder)
            return
        self._to_delete = entry.folder
        self._models.use(str(shipped_model()))

    def _export(self, entry: ModelEntry, zipped: bool) -> None:
        start = os.path.join(
            str(self._settings.get(_LAST_FOLDER, "")), f"{entry.folder.name}{'.zip' if zipped else ''}"
        )
        if zipped:
            target, _ = QFileDialog.getSaveFileName(self.dialog, f"Export {entry.name}", start, _ZIPS)
        else:
            target = QFileDialog.getExistingDirectory(self.dialog, "A folder for the copy", os.path.dirname(start))
        if target:
            self._settings.set(_LAST_FOLDER, os.path.dirname(target) if zipped else target)
            self._manager.export(
                entry.folder, Path(target if not zipped or target.endswith(".zip") else target + ".zip")
            )

    def _import(self, zipped: bool) -> None:
        start = str(self._settings.get(_LAST_FOLDER, ""))
        if zipped:
            source, _ = QFileDialog.getOpenFileName(self.dialog, "Import a model", start, _ZIPS)
        else:
            source = QFileDialog.getExistingDirectory(self.dialog, "Import a model folder", start)
        if source:
            self._settings.set(_LAST_FOLDER, os.path.dirname(source))
            self._manager.take_in(Path(source))

    # News from the engine.
    def model_ready(self, event: ModelReady) -> None:
        """Mark the model in use; delete the one that had to be left first."""
        if self.dialog is not None:
            self.dialog.show_in_use(event.folder)
        folder, self._to_delete = self._to_delete, None
        if folder is not None and event.folder != str(folder):
            self._manager.delete(folder)

    def model_failed(self, event: ModelFailed) -> None:
        """A model in use that cannot be left is not deleted."""
        folder, self._to_delete = self._to_delete, None
        if self.dialog is not None and self.dialog.isVisible():
            kept = f" {folder.name} was not deleted." if folder is not None else ""
            self.dialog.say(event.sentence + kept, "error")

    # News from the manager.
    def _take(self, event: Any) -> None:
        if isinstance(event, PreviousModel):
            self._go_back_to(event.folder)
        elif isinstance(event, Problem):
            self._show_problem(event)
        elif self.dialog is None:
            return
        elif isinstance(event, ModelsListed):
            self.dialog.show_entries(event.entries, self._wanted)
            self._wanted = None
        elif isinstance(event, ModelWork):
            self.dialog.show_work(event.text, can_cancel=event.can_cancel)
        elif isinstance(event, ModelDone):
            self._done(event)

    def _go_back_to(self, folder: str) -> None:
        if folder:
            self._models.use(folder)
        elif self.dialog is not None and self.dialog.isVisible():
            self.dialog.say("There is no model to go back to: the one that came with the program is in use.")
        else:
            self._window.status.say("There is no model to go back to")

    def _show_problem(self, event: Problem) -> None:
        if self.dialog is not None and self.dialog.isVisible():
            self.dialog.say(event.sentence, "error")
            self.dialog.notice.setToolTip("")
        else:
            self._window.messages.show_problem(event.sentence, event.detail)

    def _done(self, event: ModelDone) -> None:
        assert self.dialog is not None
        name, before = Path(event.folder).name, Path(event.before).name
        sentences = {
            Done.RENAMED: f"{before} is called {name} now.",
            Done.EXPORTED: f"{before} is in {event.folder}.",
            Done.IMPORTED: f"{name} was imported: Use switches to it.",
            Done.DELETED: f"{before} is in the trash.",
            Done.CANCELLED: "The import was cancelled: nothing was taken in.",
        }
        self.dialog.say(" ".join([sentences[event.what], *event.notes]), "warning" if event.notes else "muted")
        if event.what is Done.RENAMED and event.before == self._models.folder:
            self._models.use(event.folder)  # so that it is known by its new name
        if event.what in (Done.RENAMED, Done.IMPORTED):
            place = self.dialog.table.rows.place_of(Path(event.folder))
            self.dialog.table.selectRow(place)
