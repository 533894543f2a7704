"""The end of a training run: the new model beside the one in use, and what to do with it."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPlainTextEdit, QPushButton, QVBoxLayout, QWidget

from mgc_desktop.ui import theme
from mgc_desktop.ui.models.comparison import Comparison
from mgc_desktop.ui.models.score_row import ScoreRow


class ResultView(QWidget):
    """Emits what was chosen: `use`, `keep`, `discard` after a success, `again` after a failure or a cancel."""

    use_asked = Signal()
    keep_asked = Signal()
    discard_asked = Signal()
    again_asked = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.headline = self._label("Result")
        self.headline.setFont(theme.scaled(self.font(), 1.25, bold=True))
        self.notes = self._label("Notes")
        self.notes.setProperty("rank", "muted")
        self._scores = QVBoxLayout()
        self._scores.setSpacing(10)
        self.details = QPlainTextEdit(self)
        self.details.setAccessibleName("Details")
        self.details.setReadOnly(True)
        self.use = self._button("Use It", "Switch to the new model now; it is remembered", self.use_asked)
        self.keep = self._button("Keep for Later", "Keep the new model under Model > Use Model", self.keep_asked)
        self.discard = self._button("Discard", "Move the new model to the trash", self.discard_asked)
        self.again = self._button("Back", "Back to the choices", self.again_asked)
        self._lay_out()

    def _label(self, name: str) -> QLabel:
        label = QLabel(self)
        label.setAccessibleName(name)
        label.setTextFormat(Qt.TextFormat.PlainText)
        label.setWordWrap(True)
        return label

    def _button(self, text: str, tip: str, signal: object) -> QPushButton:
        button = QPushButton(text, self)
        button.setToolTip(tip)
        button.setAutoDefault(False)
        button.clicked.connect(signal)
        return button

    def _lay_out(self) -> None:
        last = QHBoxLayout()
        last.addWidget(self.discard)
        last.addStretch(1)
        last.addWidget(self.again)
        last.addWidget(self.keep)
        last.addWidget(self.use)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(18, 16, 18, 16)
        layout.setSpacing(12)
        layout.addWidget(self.headline)
        layout.addLayout(self._scores)
        layout.addWidget(self.notes)
        layout.addWidget(self.details)
        layout.addStretch(1)
        layout.addLayout(last)

    def _clear(self) -> None:
        while (item := self._scores.takeAt(0)) is not None:
            if (widget := item.widget()) is not None:
                widget.deleteLater()

    def _show_buttons(self, *, success: bool, recommend: bool = True) -> None:
        for button in (self.use, self.keep, self.discard):
            button.setVisible(success)
        self.again.setVisible(not success)
        # Return presses what most people want: not the worse model.
        self.use.setDefault(success and recommend)
        self.keep.setDefault(success and not recommend)
        (self.use if recommend else self.keep).setFocus()

    def show_model(self, name: str, comparison: Comparison | None, left_out: Sequence[str] = ()) -> None:
        """Show a finished model, with its score where there is one, and what could not be used (a line each)."""
        self._clear()
        self.details.setPlainText("\n".join(left_out))
        self.details.setVisible(bool(left_out))
        lost = ["What was left out, and why:"] if left_out else []
        if comparison is None:
            self.headline.setText(f"{name} is ready.")
            self.notes.setText("\n".join(("There were too few tracks to try it on, so there is no score.", *lost)))
            self._show_buttons(success=True)
            return
        self.headline.setText(comparison.sentence)
        self._scores.addWidget(ScoreRow("New", comparison.new, self))
        if comparison.old is not None:
            self._scores.addWidget(ScoreRow("In use", comparison.old, self))
        self.notes.setText("\n".join((*comparison.notes, *lost)))
        self._show_buttons(success=True, recommend=comparison.recommends_new)

    def show_end(self, headline: str, sentence: str, detail: str = "") -> None:
        """Show a run that was cancelled or that failed."""
        self._clear()
        self.headline.setText(headline)
        self.notes.setText(sentence)
        self.details.setPlainText(detail)
        self.details.setVisible(bool(detail))
        self._show_buttons(success=False)
