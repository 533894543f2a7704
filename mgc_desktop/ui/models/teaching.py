"""Model > Retrain from the first choice to the switch: between the dialog and the engine's trainer."""

from __future__ import annotations

import logging
import threading
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtWidgets import QMessageBox

from mgc_desktop.core.errors import MgcError
from mgc_desktop.core.paths import Profile
from mgc_desktop.engine.events import TrainFinished, TrainProgress
from mgc_desktop.engine.trainer import TrainRequest
from mgc_desktop.ui.main_window import MainWindow
from mgc_desktop.ui.model_menu import ModelMenu
from mgc_desktop.ui.models import comparison
from mgc_desktop.ui.models.left_out import left_out_lines
from mgc_desktop.ui.port import EnginePort

if TYPE_CHECKING:
    from mgc_desktop.ui.models.retrain_dialog import RetrainDialog

log = logging.getLogger(__name__)


class Teaching(QObject):
    """Keeps the one dialog, follows the one run. GUI thread."""

    _discard_failed = Signal(str, str)

    def __init__(self, window: MainWindow, engine: EnginePort, models: ModelMenu, profile: Profile) -> None:
        super().__init__(window)
        self._window, self._engine, self._models, self._profile = window, engine, models, profile
        self.dialog: RetrainDialog | None = None
        self._done: Mapping[str, Any] = {}
        self._left_out: list[str] = []
        self._new_model = ""
        self._run_dir = ""
        self._name = ""
        self._closing = False
        self.question: QMessageBox | None = None
        self._discard_failed.connect(window.messages.show_problem)

    def open(self) -> None:
        """Show the dialog: the form, or the run that is under way."""
        self._made_dialog().come_up()

    def _made_dialog(self) -> RetrainDialog:
        if self.dialog is None:
            # Imported here: pyqtgraph takes a third of a second, and most starts never need it.
            from mgc_desktop.ui.models.retrain_dialog import RetrainDialog

            self.dialog = RetrainDialog(self._window)
            self.dialog.form.start_asked.connect(self._start)
            self.dialog.progress.cancel_asked.connect(self._engine.trainer.cancel)
            self.dialog.outcome.use_asked.connect(self._use)
            self.dialog.outcome.keep_asked.connect(self._keep)
            self.dialog.outcome.discard_asked.connect(self._discard)
        return self.dialog

    def _start(self, request: TrainRequest) -> None:
        dialog = self._made_dialog()
        try:
            self._run_dir = self._engine.trainer.start(replace(request, compare_with=self._models.folder))
        except MgcError as error:
            dialog.outcome.show_end("It could not be started", error.sentence, error.detail)
            dialog.show_result()
            return
        self._name, self._done, self._new_model, self._left_out = request.name, {}, "", []
        dialog.progress.start(request.name, request.epochs or 0)
        dialog.show_run()
        self._window.status.show_teaching(f"Teaching {request.name}")

    # News from the trainer.
    def progress(self, event: TrainProgress) -> None:
        """Follow one JSON object of the training process."""
        if event.kind == "done":
            self._done = event.data
        if event.kind == "start":
            self._left_out = left_out_lines(event.data)
        if event.kind == "epoch":
            done, total = event.data.get("epoch"), event.data.get("epochs")
            self._window.status.show_teaching(f"Teaching {self._name}: epoch {done} of {total}")
        if self.dialog is not None:
            self.dialog.progress.take(event.kind, event.data)

    def finished(self, event: TrainFinished) -> None:
        """Show how the run ended."""
        self._window.status.show_teaching("")
        if self._closing:
            return
        dialog = self._made_dialog()
        if event.model:
            self._new_model = event.model
            name = Path(event.model).name
            result = comparison.from_events(self._done, event.comparison, name)
            dialog.outcome.show_model(name, result, self._left_out)
        elif event.cancelled:
            dialog.outcome.show_end("Cancelled", "The model in use is as it was, and your tracks are untouched.")
        else:
            dialog.outcome.show_end("Teaching failed", event.sentence, event.detail)
        dialog.show_result()
        dialog.show()
        if self.question is not None:
            self.question.close()

    # What to do with the new model.
    def _use(self) -> None:
        self._models.use(self._new_model)
        self._close_dialog()

    def _keep(self) -> None:
        self._window.status.say(f"{Path(self._new_model).name} is kept: Model > Use Model")
        self._close_dialog()

    def _discard(self) -> None:
        folders = [path for path in (self._new_model, self._run_dir) if path]
        threading.Thread(target=self._to_trash, args=(folders,), name="discard", daemon=True).start()
        self._window.status.say(f"{Path(self._new_model).name} is in the trash")
        self._new_model = ""
        self._close_dialog()

    def _to_trash(self, folders: list[str]) -> None:
        # Imported here, and run in a thread: moving to the trash may copy to another disk.
        from send2trash import send2trash

        for folder in folders:
            try:
                send2trash(folder)
            except OSError as error:
                self._discard_failed.emit(
                    f"{Path(folder).name} could not be moved to the trash ({error.strerror or error}): "
                    f"delete {folder} by hand.",
                    str(error),
                )

    def _close_dialog(self) -> None:
        if self.dialog is not None:
            self.dialog.close()
            self.dialog.show_form()

    # Closing the window.
    def may_close(self) -> bool:
        """Return whether the window may close now; while a run is under way, ask first, without blocking."""
        if self._closing or not self._engine.trainer.running:
            self._closing = True
            return True
        if self.question is None:
            self.question = self._make_question()
        self.question.open()
        return False

    def _make_question(self) -> QMessageBox:
        box = QMessageBox(self._window)
        box.setWindowModality(Qt.WindowModality.WindowModal)
        box.setIcon(QMessageBox.Icon.Question)
        box.setWindowTitle("Teaching is under way")
        box.setText(f"{self._name} is still being taught. Closing the window cancels it.")
        box.setInformativeText("The model in use and your tracks stay as they are.")
        leave = box.addButton("Cancel Teaching and Close", QMessageBox.ButtonRole.DestructiveRole)
        stay = box.addButton("Keep the Window Open", QMessageBox.ButtonRole.RejectRole)
        box.setDefaultButton(stay)
        box.setEscapeButton(stay)
        leave.clicked.connect(self._leave)
        return box

    def _leave(self) -> None:
        self._closing = True
        self._engine.trainer.cancel()
        self._window.close()
