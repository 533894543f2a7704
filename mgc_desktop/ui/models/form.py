"""What to teach: where the tracks are, what is in them, what is to be learnt, and how."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QFileDialog, QWidget

from mgc_desktop.core.paths import Profile
from mgc_desktop.engine.preparation import DataReport
from mgc_desktop.engine.train_request import LABEL_CHOICES, TrainRequest
from mgc_desktop.ui import wording
from mgc_desktop.ui.drop_overlay import local_paths
from mgc_desktop.ui.elided import plain_tip
from mgc_desktop.ui.models import choices, parts
from mgc_desktop.ui.models.data_check import DataCheck, Judgement, Known, Source, judge
from mgc_desktop.ui.models.data_checker import DataChecker
from mgc_desktop.ui.models.findings_view import finding_lines
from mgc_desktop.ui.models.form_fields import FormFields

if TYPE_CHECKING:
    from mgc_desktop.ui.library.query import TrackReader


class RetrainForm(FormFields):
    """What is chosen is looked at, weighed, and made into a request.

    Signals
    -------
    start_asked : TrainRequest
        Its `compare_with` is left to the caller.
    """

    start_asked = Signal(object)

    def __init__(self, profile: Profile, reader: Callable[[], TrackReader], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAcceptDrops(True)
        self._check: DataCheck | None = None
        self._report: DataReport | None = None
        self._asked: Source | None = None
        self._judgement = Judgement()
        self._known = Known()
        self._named_by_person = False
        self._model = self._model_name = ""
        self.checker = DataChecker(profile, reader, self)
        self._connect()
        self.source.choose(choices.FOLDER)
        self.set_model("", "")

    def _connect(self) -> None:
        self.checker.looked.connect(self._take_look)
        self.checker.progressed.connect(self.check_line.progress)
        self.checker.checked.connect(self._take_report)
        self.checker.failed.connect(self.check_line.show_end)
        self.checker.model_asked.connect(self._take_model)
        self.check_line.skip_asked.connect(self._skip_check)
        self.source.changed.connect(self._source_chosen)
        self.folder.editingFinished.connect(lambda: self.set_folder(self.folder.text()))
        self.browse.clicked.connect(self._browse)
        self.browse_list.clicked.connect(self._browse_list)
        self.name.textEdited.connect(self._name_edited)
        for question in (self.labels, self.how):
            question.changed.connect(self._weigh)
        for fold in (self.advanced, self.check_line.unfold):
            fold.toggled.connect(self._show_pane)
        self.start.clicked.connect(lambda: self.start_asked.emit(self.request()))

    # What the person chooses.
    def set_model(self, folder: str, name: str) -> None:
        """Take the model in use; without one, there is nothing to begin with."""
        changed, is_first = folder != self._model, not self._model
        self._model, self._model_name = folder, name
        self.labels.allow(*(("add", "keep", "only") if folder else ("only",)))
        self.how.allow(*((choices.QUICK, choices.FULL) if folder else (choices.FULL,)))
        if folder and is_first:
            # What most people want who have a model: to keep what it knows, and not to wait.
            self.labels.choose("add")
            self.how.choose(choices.QUICK)
            self.knobs.begin_with_model()
        if changed:
            self._known = Known()
            self.checker.ask_model(folder)
        self._weigh()

    def _take_model(self, known: Known) -> None:
        self._known = known
        self._weigh()

    def set_folder(self, folder: str) -> None:
        """Take a folder or CSV and look what is in it."""
        self.folder.setText(folder.strip())
        self.folder.setToolTip(plain_tip(folder.strip()))
        if self.source.value() in (choices.CORRECTIONS, choices.SESSIONS):
            self.source.choose(choices.FOLDER)
        self._name_it()
        self._look()

    def learn_from_corrections(self) -> None:
        """Take what the person set in the library."""
        self.source.choose(choices.CORRECTIONS)
        self._source_chosen(choices.CORRECTIONS)

    def _browse(self) -> None:
        folder = QFileDialog.getExistingDirectory(self, "Choose the folder of genre folders", self.folder.text())
        if folder:
            self.set_folder(folder)

    def _browse_list(self) -> None:
        path, _ = QFileDialog.getOpenFileName(self, "Choose a list of tracks", self.folder.text(), "Lists (*.csv)")
        if path:
            self.set_folder(path)

    def _source_chosen(self, source: str) -> None:
        for widget in (self.folder, self.browse, self.browse_list):
            widget.setEnabled(source in (choices.FOLDER, choices.ALL))
        self._name_it()
        self._look()

    def _name_edited(self, text: str) -> None:
        self._named_by_person = bool(text.strip())
        self._weigh()

    def _name_it(self) -> None:
        if self._named_by_person:
            return
        source, folder = self.source.value(), self.folder.text()
        if source in (choices.CORRECTIONS, choices.SESSIONS) or (source == choices.ALL and not folder):
            what = {choices.CORRECTIONS: "corrected", choices.SESSIONS: "with sessions"}.get(source, "with my own")
            self.name.setText(f"{self._model_name} {what}".strip())
        else:
            self.name.setText(os.path.splitext(os.path.basename(folder.rstrip("/\\")))[0])

    # What is found.
    def _source(self) -> Source | None:
        """Return what is to be learnt from, or None where that is not chosen yet."""
        source, folder = self.source.value(), self.folder.text()
        if source == choices.FOLDER:
            return Source(folder) if folder else None
        every = source == choices.ALL
        return Source(
            folder if every else "",
            corrections=every or source == choices.CORRECTIONS,
            sessions=every or source == choices.SESSIONS,
        )

    def _look(self, *, anew: bool = False) -> None:
        source = self._source()
        if source == self._asked and not anew:
            return
        self._asked, self._check, self._report = source, None, None
        self.check_line.clear()
        self.findings.set_lines(())
        if source is None:
            self.checker.cancel()
            self.summary.setText("")
        else:
            self.summary.setText("Looking…")
            self.checker.check(source)
        self._weigh()

    def look_again(self) -> None:
        """Go on with a check that was broken off; where corrections are learnt from, there may be more by now."""
        if self._asked is not None and (self._report is None or self._asked.corrections or self._asked.sessions):
            self._look(anew=True)

    def _take_look(self, check: DataCheck) -> None:
        self._check = check
        what = f"{wording.count(len(check.genres), 'genre')}, {wording.count(check.tracks, 'track')}"
        several = bool(check.source.data) + check.source.corrections + check.source.sessions > 1
        told = ((check.corrected, "corrected"), (check.labelled, "labelled in sessions"))
        said = " and ".join(f"{number:,} {word}" for number, word in told if number and several)
        of_them = f", {said.replace(' ', ' of them ', 1)}" if said else ""
        self.summary.setText(what + of_them if check.genres else "")
        if check.genres:
            self.check_line.begin()
        self._weigh()

    def _take_report(self, report: DataReport) -> None:
        self._report = report
        self.findings.set_lines(finding_lines(report.findings))
        self.check_line.unfold.setChecked(False)
        self._weigh()

    def end_check(self) -> None:
        """Check no further: the run begins."""
        if self._report is None:
            self._skip_check()

    def _skip_check(self) -> None:
        self.checker.cancel()
        self.check_line.show_end("Not checked: what cannot be read is left out during the run.")

    def check(self) -> DataCheck | None:
        """Return what was found at the first look, or None while it is looked at."""
        return self._check

    def report(self) -> DataReport | None:
        """Return what the check found, or None where it is not done."""
        return self._report

    # What follows from both.
    def _weigh(self) -> None:
        labels, in_full = self.labels.value(), self.how.value() == choices.FULL
        self.knobs.suit(in_full=in_full, may_begin_with_nothing=labels == "only", has_model=bool(self._model))
        self._judgement = self._judged(labels, in_full)
        parts.set_rank(self.trouble, "error" if self._judgement.blocker else "warning")
        notes = self._report.notes if self._report is not None else ()
        self.trouble.setText("\n".join(filter(None, (self._judgement.blocker, *self._judgement.warnings, *notes))))
        if self._check is not None:
            usable = self._report.labels if self._report is not None else None
            self.found.show_check(self._check, self._known, labels, usable)
        if self._report is not None:
            self.check_line.show_report(self._report, blocked=not self._is_fit(self._report))
        self._show_pane()
        self.start.setEnabled(self._is_ready())

    def _judged(self, labels: str, in_full: bool) -> Judgement:
        return Judgement() if self._check is None else judge(self._check, self._known, labels, in_full=in_full)

    def _is_ready(self) -> bool:
        if self._check is None or self._judgement.blocker or not self.name.text().strip():
            return False
        return self._report is None or self._is_fit(self._report)

    def _is_fit(self, report: DataReport) -> bool:
        # What two genres of one's own take is not asked of one that is added to a model.
        return report.ok or (self.labels.value() != "only" and report.tracks > 0)

    def _show_pane(self) -> None:
        if self.advanced.isChecked():
            self.pane.setCurrentWidget(self.knobs_page)
        elif self.check_line.unfold.isChecked():
            self.pane.setCurrentWidget(self.findings)
        else:
            found = self._check is not None and bool(self._check.genres)
            self.pane.setCurrentWidget(self.found if found else self.example)

    def request(self) -> TrainRequest:
        """Return the choices made here."""
        source, knobs = self._source() or Source(""), self.knobs
        in_full = self.how.value() == choices.FULL
        init = self._model if knobs.begins_with_model() else ""
        labels = self.labels.value()
        assert labels in LABEL_CHOICES
        return TrainRequest(
            data=source.data,
            name=self.name.text().strip(),
            epochs=knobs.epochs.value() if in_full else None,
            batch_size=knobs.batch_size.value() if in_full else None,
            learning_rate=knobs.learning_rate.value() if in_full else None,
            device=str(knobs.device.currentData()),
            seed=knobs.seed.value(),
            clean=self._report.clean if self._report is not None else "",
            corrections=source.corrections,
            sessions=source.sessions,
            init=init,
            labels=labels if init else "",
            head_only=not in_full,
        )

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if local_paths(event.mimeData()):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        event.acceptProposedAction()
        self.set_folder(local_paths(event.mimeData())[0])
