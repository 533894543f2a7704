"""The end of a review: what it came to, and what may follow."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from mgc_desktop.ui import theme
from mgc_desktop.ui.models import parts
from mgc_desktop.ui.review import words
from mgc_desktop.ui.review.session import Summary

_LINES = (("accepted", "verdicts accepted"), ("changed", "set to another genre"), ("skipped", "skipped"))


class EndPage(QWidget):
    """Numbers in a card, and three buttons. Also says so where nothing is doubtful."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.headline = parts.headline("What the review came to")
        self.headline.setFont(theme.scaled(self.font(), 1.6, bold=True))
        self.headline.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        self.hint = parts.label("Hint", muted=True)
        self.hint.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        self.numbers: dict[str, QLabel] = {}
        self._card = self._make_card()
        self.again = parts.button("Look at the &Skipped Again", "Go once more through the tracks that were skipped")
        self.whole = parts.button("Review the &Whole Library", "Go through the doubtful tracks that are not listed")
        self.learn = parts.button(
            "&Learn from These…", "Teach a new model from the genres that you set (Model > Retrain)"
        )
        self.close_button = parts.button("&Close", "Back to the library (Esc)")
        self._lay_out()

    def _make_card(self) -> QFrame:
        card = QFrame(self)
        card.setProperty("role", "card")
        card.setAccessibleName("Numbers of the review")
        grid = QGridLayout(card)
        grid.setContentsMargins(26, 16, 30, 16)
        grid.setHorizontalSpacing(14)
        grid.setVerticalSpacing(8)
        for row, (name, text) in enumerate(_LINES):
            number = parts.label(text, wrapped=False)
            number.setFont(theme.tabular(theme.scaled(self.font(), 1.3, bold=True)))
            number.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
            self.numbers[name] = number
            grid.addWidget(number, row, 0)
            grid.addWidget(QLabel(text, card), row, 1)
        return card

    def _lay_out(self) -> None:
        buttons = QHBoxLayout()
        buttons.setSpacing(10)
        buttons.addStretch(1)
        for button in (self.again, self.whole, self.learn, self.close_button):
            buttons.addWidget(button)
        buttons.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(26, 20, 26, 20)
        column.setSpacing(16)
        column.addStretch(2)
        column.addWidget(self.headline)
        column.addWidget(self.hint)
        column.addWidget(self._card, 0, Qt.AlignmentFlag.AlignHCenter)
        column.addSpacing(8)
        column.addLayout(buttons)
        column.addStretch(3)

    def show_summary(self, summary: Summary) -> None:
        """Show what a review came to."""
        self.headline.setText(words.end_line(summary))
        self.hint.setText("Backspace goes back to the last track, Ctrl+Z takes the last decision back.")
        for name, label in self.numbers.items():
            label.setText(f"{getattr(summary, name):,}")
        self._card.setVisible(True)
        self.again.setVisible(summary.skipped > 0)
        self.learn.setVisible(summary.decided > 0)
        self.whole.hide()

    def show_nothing(self, elsewhere: int) -> None:
        """Show that nothing of what is listed is doubtful; `elsewhere` tracks of the library are."""
        self.headline.setText("Nothing is doubtful here")
        many = f"{elsewhere:,} doubtful {'track is' if elsewhere == 1 else 'tracks are'} not listed in the table."
        self.hint.setText(many if elsewhere else "Every verdict is sure, or you have set it yourself.")
        self._card.setVisible(False)
        self.again.hide()
        self.learn.hide()
        self.whole.setVisible(elsewhere > 0)

    def take_focus(self) -> None:
        """Give the keyboard to what is likely wanted next."""
        for button in (self.again, self.whole, self.learn, self.close_button):
            if not button.isHidden():
                button.setFocus(Qt.FocusReason.OtherFocusReason)
                return
