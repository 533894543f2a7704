"""Model > Retrain from the first choice to the switch: between the dialog and the engine's trainer."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject

from mgc_desktop.core.errors import MgcError
from mgc_desktop.core.paths import Profile
from mgc_desktop.engine.events import PlayerChanged, TrainFinished, TrainProgress
from mgc_desktop.engine.train_request import TrainRequest
from mgc_desktop.ui.main_window import MainWindow
from mgc_desktop.ui.model_menu import ModelMenu
from mgc_desktop.ui.models import comparison
from mgc_desktop.ui.models.left_out import left_out_lines
from mgc_desktop.ui.models.run_folders import RunFolders
from mgc_desktop.ui.port import EnginePort

if TYPE_CHECKING:
    from mgc_desktop.engine.runs import UnfinishedRun
    from mgc_desktop.ui.models.retrain_dialog import RetrainDialog

log = logging.getLogger(__name__)

_UNTOUCHED = "The model in use is as it was, and your tracks are untouched."


class Teaching(QObject):
    """Keeps the one dialog, follows the one run. GUI thread."""

    def __init__(self, window: MainWindow, engine: EnginePort, models: ModelMenu, profile: Profile) -> None:
        super().__init__(window)
        self._window, self._engine, self._models, self._profile = window, engine, models, profile
        self.dialog: RetrainDialog | None = None
        self._request: TrainRequest | None = None  # of the run that is under way, or was last
        self._done: Mapping[str, Any] = {}
        self._left_out: list[str] = []
        self._epoch = 0
        self._new_model = ""
        self._run_dir = ""
        self._closing = False
        self._unfinished: Sequence[UnfinishedRun] = ()
        self.folders = RunFolders(profile, self)
        self.folders.failed.connect(window.messages.show_problem)
        self.folders.found.connect(self._take_unfinished)
        self.folders.look()

    def open(self) -> None:
        """Show the dialog: the form, or the run that is under way."""
        dialog = self._made_dialog()
        dialog.form.set_model(self._models.folder, self._models.name)
        if dialog.page() is dialog.form and not dialog.isVisible():
            dialog.form.look_again()
        self.folders.look()
        dialog.come_up()

    def open_for_corrections(self) -> None:
        """Show the dialog with what the person set in the library chosen, unless a run is under way."""
        self.open()
        dialog = self._made_dialog()
        if dialog.page() is dialog.form:
            dialog.form.learn_from_corrections()

    def model_ready(self) -> None:
        """Take another model for the one in use."""
        if self.dialog is not None:
            self.dialog.form.set_model(self._models.folder, self._models.name)

    def _made_dialog(self) -> RetrainDialog:
        if self.dialog is None:
            # Imported here: pyqtgraph takes a third of a second, and most starts never need it.
            from mgc_desktop.ui.models.retrain_dialog import RetrainDialog

            dialog = self.dialog = RetrainDialog(self._profile, self._engine.reader, self._window)
            dialog.form.start_asked.connect(self._start)
            dialog.form.offer.resume_asked.connect(self._resume)
            dialog.form.offer.discard_asked.connect(lambda folder: self.folders.discard([folder]))
            dialog.progress.cancel_asked.connect(self._engine.trainer.cancel)
            dialog.outcome.use_asked.connect(self._use)
            dialog.outcome.keep_asked.connect(self._keep)
            dialog.outcome.discard_asked.connect(self._discard)
            dialog.outcome.resume_asked.connect(self._resume_last)
            dialog.outcome.forget_asked.connect(self._forget_last)
            dialog.play_asked.connect(self._engine.player.play)
            dialog.silence_asked.connect(self._engine.player.silence)
        return self.dialog

    def _take_unfinished(self, runs: Sequence[UnfinishedRun]) -> None:
        busy = self._run_dir if self._engine.trainer.running else ""
        self._unfinished = [run for run in runs if run.folder != busy]
        if self.dialog is not None:
            self.dialog.form.offer.offer(self._unfinished)
        elif self._unfinished and not self._engine.trainer.running:
            self._window.status.show_teaching(
                f"Teaching {self._unfinished[0].request.name}: unfinished (Model > Retrain)"
            )

    # Beginning.
    def _start(self, request: TrainRequest) -> None:
        self._begin(replace(request, compare_with=self._models.folder))

    def _resume(self, request: TrainRequest) -> None:
        self._begin(request)

    def _resume_last(self) -> None:
        if self._request is not None:
            self._begin(replace(self._request, resume=self._run_dir))

    def _begin(self, request: TrainRequest) -> None:
        dialog = self._made_dialog()
        dialog.form.end_check()
        self._engine.player.silence()
        try:
            self._engine.trainer.start(request)
        except MgcError as error:
            dialog.outcome.show_end("It could not be started", error.sentence, error.detail)
            dialog.show_result()
            return
        self._request, self._run_dir = request, request.resume
        self._done, self._new_model, self._left_out, self._epoch = {}, "", [], 0
        dialog.progress.start(request.name, request.epochs or 0, quick=request.head_only)
        dialog.show_run()
        self._window.status.show_teaching(f"Teaching {request.name}")

    @property
    def _name(self) -> str:
        return self._request.name if self._request is not None else ""

    # News from the trainer and the player.
    def progress(self, event: TrainProgress) -> None:
        """Follow one JSON object of the training process."""
        self._run_dir = event.run_dir
        if event.kind == "done":
            self._done = event.data
        if event.kind == "start":
            self._left_out = left_out_lines(event.data)
        if event.kind == "history":
            self._epoch = len(event.data.get("rows") or ())
        if event.kind == "epoch":
            self._epoch, total = int(event.data.get("epoch") or 0), event.data.get("epochs")
            self._window.status.show_teaching(f"Teaching {self._name}: epoch {self._epoch} of {total}")
        if self.dialog is not None:
            self.dialog.progress.take(event.kind, event.data)

    def finished(self, event: TrainFinished) -> None:
        """Show how the run ended."""
        self._window.status.show_teaching("")
        self._run_dir = event.run_dir
        if self._closing:
            return
        dialog = self._made_dialog()
        if event.model:
            self._new_model = event.model
            name = Path(event.model).name
            result = comparison.from_events(self._done, event.comparison, name)
            dialog.outcome.show_model(name, result, self._done, self._left_out)
        elif event.cancelled:
            dialog.outcome.show_end("Cancelled", self._kept(event), resumable=event.resumable)
        else:
            kept = f"\n{self._kept(event)}" if event.resumable else ""
            dialog.outcome.show_end("Teaching failed", event.sentence + kept, event.detail, resumable=event.resumable)
        dialog.show_result()
        dialog.show()
        self.folders.look()

    def _kept(self, event: TrainFinished) -> str:
        if not event.resumable:
            return _UNTOUCHED
        if not self._epoch:
            return f"Go on now, or later under Model > Retrain. {_UNTOUCHED}"
        what = f"What was learnt up to epoch {self._epoch} is kept"
        return f"{what}: go on now, or later under Model > Retrain. {_UNTOUCHED}"

    def player_changed(self, event: PlayerChanged) -> None:
        """Show what is played."""
        if self.dialog is not None:
            self.dialog.show_player(event)

    # What to do with what came of it.
    def _use(self) -> None:
        self._models.use(self._new_model)
        self._close_dialog()

    def _keep(self) -> None:
        self._window.status.say(f"{Path(self._new_model).name} is kept: Model > Use Model")
        self._close_dialog()

    def _discard(self) -> None:
        self.folders.discard([path for path in (self._new_model, self._run_dir) if path])
        self._window.status.say(f"{Path(self._new_model).name} is in the trash")
        self._new_model = ""
        self._close_dialog()

    def _forget_last(self) -> None:
        self.folders.discard([self._run_dir])
        self._window.status.say(f"The unfinished run of {self._name} is in the trash")
        self._made_dialog().show_form()

    def _close_dialog(self) -> None:
        if self.dialog is not None:
            self.dialog.close()
            self.dialog.show_form()

    def may_close(self) -> bool:
        """Let the window close; a run that is under way is kept, and offered at the next start."""
        self._closing = True
        return True

    def stop(self) -> None:
        """End a check that is under way, and wait for the folders. Idempotent, bounded in time."""
        if self.dialog is not None:
            self.dialog.form.checker.stop()
        self.folders.stop()
