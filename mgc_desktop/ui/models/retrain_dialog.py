"""The window of Model > Retrain: form, run, result, one after the other. It blocks nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QDialog, QStackedWidget, QVBoxLayout, QWidget

from mgc_desktop.core.paths import Profile
from mgc_desktop.engine.events import PlayerChanged
from mgc_desktop.ui.models.form import RetrainForm
from mgc_desktop.ui.models.result_view import ResultView
from mgc_desktop.ui.models.run_view import RunView

if TYPE_CHECKING:
    from mgc_desktop.ui.library.query import TrackReader


class RetrainDialog(QDialog):
    """Three pages in one place. Closing it hides it: a run goes on, and Model > Retrain shows it again."""

    play_asked = Signal(str)  # path
    silence_asked = Signal()

    def __init__(self, profile: Profile, reader: Callable[[], TrackReader], parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle("Teach it your genres")
        self.setAccessibleName("Teach it your genres")
        self.resize(860, 590)
        self.setMinimumSize(800, 560)
        self.form, self.progress, self.outcome = RetrainForm(profile, reader, self), RunView(self), ResultView(self)
        self._pages = QStackedWidget(self)
        for page in (self.form, self.progress, self.outcome):
            self._pages.addWidget(page)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._pages)
        self.form.folder.setFocus()
        self.outcome.again_asked.connect(self.show_form)
        for tracks in (self.form.findings, self.outcome.differing):
            tracks.play_asked.connect(self.play_asked)
            tracks.silence_asked.connect(self.silence_asked)

    def page(self) -> QWidget | None:
        return self._pages.currentWidget()

    def show_form(self) -> None:
        self._pages.setCurrentWidget(self.form)
        self.form.start.setDefault(True)

    def show_run(self) -> None:
        self._pages.setCurrentWidget(self.progress)

    def show_result(self) -> None:
        self._pages.setCurrentWidget(self.outcome)

    def show_player(self, event: PlayerChanged) -> None:
        """Show what is played, in the lists of tracks."""
        for tracks in (self.form.findings, self.outcome.differing):
            tracks.show_player(event)

    def come_up(self) -> None:
        self.show()
        self.raise_()
        self.activateWindow()

    def reject(self) -> None:
        """Hide the dialog, by Escape or its cross: what it does by itself ends, a run goes on."""
        self.form.checker.cancel()
        self.silence_asked.emit()
        super().reject()
