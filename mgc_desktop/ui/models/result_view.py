"""The end of a training run: the new model beside the one in use, and what to do with it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QTabWidget, QWidget

from mgc_desktop.ui.models import parts
from mgc_desktop.ui.models.comparison import Comparison
from mgc_desktop.ui.models.differing import COLUMNS, differing_lines
from mgc_desktop.ui.models.score_page import ScorePage
from mgc_desktop.ui.models.track_list import TrackList

_NO_SCORE = "There were too few tracks to try it on, so there is no score."


class ResultView(QWidget):
    """Emits what was chosen: `use`, `keep`, `discard` after a success; `resume`, `forget`, `again` after other ends."""

    use_asked = Signal()
    keep_asked = Signal()
    discard_asked = Signal()
    resume_asked = Signal()
    forget_asked = Signal()
    again_asked = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.headline = parts.headline("Result")
        self.notes = parts.label("Notes", muted=True)
        self.scores = ScorePage(self)
        self.differing = TrackList("Tracks on which the models differ", COLUMNS, (230, 110, 140, 140), self)
        self.left_out = parts.log_pane("Tracks that were left out, and why")
        for page in (self.scores, self.differing):
            page.hide()  # until there is something to show in it
        self.tabs = QTabWidget(self)
        self.tabs.setAccessibleName("Scores, tracks that differ, tracks that were left out")
        self.tabs.setDocumentMode(True)
        self.details = parts.log_pane("Details")
        self.use = parts.button("Use It", "Switch to the new model now; it is remembered")
        self.keep = parts.button("Keep Both", "Go on with the model in use; the new one stands under Model > Use Model")
        self.discard = parts.button("Discard", "Move the new model to the trash")
        self.resume = parts.button("Go On", "Go on from the last whole epoch")
        self.forget = parts.button("Discard Run", "Move the unfinished run to the trash")
        self.again = parts.button("Back", "Back to the choices")
        signals = {
            self.use: self.use_asked,
            self.keep: self.keep_asked,
            self.discard: self.discard_asked,
            self.resume: self.resume_asked,
            self.forget: self.forget_asked,
            self.again: self.again_asked,
        }
        for button, signal in signals.items():
            button.clicked.connect(signal)
        self._lay_out()

    def _lay_out(self) -> None:
        layout = parts.page_layout(self)
        layout.addWidget(self.headline)
        layout.addWidget(self.notes)
        layout.addWidget(self.tabs, 1)
        layout.addWidget(self.details)
        layout.addStretch(0)
        left, right = (self.discard, self.forget), (self.again, self.keep, self.resume, self.use)
        layout.addLayout(parts.bottom_row(left, right))

    def _show_buttons(self, *shown: QWidget) -> None:
        """Show some of the buttons; Return presses the last of them."""
        for button in (self.use, self.keep, self.discard, self.resume, self.forget, self.again):
            button.setVisible(button in shown)
            button.setDefault(button is shown[-1])
        shown[-1].setFocus()

    def show_model(
        self,
        name: str,
        comparison: Comparison | None,
        done: Mapping[str, Any] | None = None,
        left_out: Sequence[str] = (),
    ) -> None:
        """Show a finished model.

        Parameters
        ----------
        comparison : Comparison or None
            Its score, where there is one.
        done : Mapping
            What the training process said last: confusion matrices and predictions.
        left_out : sequence of str
            What could not be used, a line each.
        """
        done = done or {}
        self.details.hide()
        self.tabs.clear()
        if comparison is None:
            self.headline.setText(f"{name} is ready.")
            self.notes.setText(_NO_SCORE)
            self.scores.clear()
        else:
            self.headline.setText(comparison.sentence)
            self.notes.setText("\n".join(comparison.notes))
            self.scores.show_scores(comparison, done.get("confusion"))
            if comparison.new.n:
                self.tabs.addTab(self.scores, "Scores")
        self.notes.setVisible(bool(self.notes.text()))
        self._add_tracks(differing_lines(done.get("predictions")), left_out)
        self.tabs.setVisible(self.tabs.count() > 0)
        # Return presses what most people want: not the worse model.
        if comparison is None or comparison.recommends_new:
            self._show_buttons(self.discard, self.keep, self.use)
        else:
            self._show_buttons(self.discard, self.use, self.keep)

    def _add_tracks(self, lines: Sequence[Any], left_out: Sequence[str]) -> None:
        self.differing.set_lines(lines)
        if lines:
            self.tabs.addTab(self.differing, f"Tracks They Differ On ({len(lines):,})")
        self.left_out.setPlainText("\n".join(left_out))
        if left_out:
            self.tabs.addTab(self.left_out, f"Left Out ({len(left_out):,})")

    def show_end(self, headline: str, sentence: str, detail: str = "", *, resumable: bool = False) -> None:
        """Show a run that was cancelled or that failed."""
        self.tabs.hide()
        self.headline.setText(headline)
        self.notes.setText(sentence)
        self.notes.show()
        self.details.setPlainText(detail)
        self.details.setVisible(bool(detail))
        if resumable:
            self._show_buttons(self.forget, self.again, self.resume)
        else:
            self._show_buttons(self.again)
