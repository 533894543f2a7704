"""A quiet bar inside the window: what a batch came to, or whether one is to be undone. One line, no modal box."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import Qt
from PySide6.QtGui import QAccessible, QAccessibleEvent, QKeyEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPlainTextEdit, QPushButton, QVBoxLayout, QWidget

from mgc_desktop.ui.message_bar import flat_button, sentence_label

_DETAILS_HEIGHT = 140  # px
Choice = tuple[str, str, Callable[[], object]]  # text, tool tip, what it does


class SummaryBar(QFrame):
    """Shows one thing at a time; Escape, or any of its buttons but Details, hides it."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setProperty("role", "notice")
        self.setAccessibleName("Genres in files")
        self._text = sentence_label(self, "What was done")
        self._details = QPlainTextEdit(self)
        self._details.setAccessibleName("Files that were left alone or failed")
        self._details.setReadOnly(True)
        self._details.setTabChangesFocus(True)
        self._details.setMaximumHeight(_DETAILS_HEIGHT)
        self._more = self._button("Which Files", "List the files that were left alone or failed, and why")
        self._more.setCheckable(True)
        self._more.toggled.connect(self._details.setVisible)
        self._dismiss = self._button("Dismiss", "Hide this (Escape)")
        self._dismiss.clicked.connect(self.hide)
        self.buttons: list[QPushButton] = []
        self._line = QHBoxLayout()
        self._line.addWidget(self._text, 1)
        for button in (self._more, self._dismiss):
            self._line.addWidget(button)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(12, 4, 8, 4)
        outer.addLayout(self._line)
        outer.addWidget(self._details)
        self.hide()

    def _button(self, text: str, tip: str) -> QPushButton:
        button = flat_button(self, text, tip)
        button.setAutoDefault(True)  # Return presses it as well, where it has the keyboard
        return button

    def text(self) -> str:
        return self._text.text() if not self.isHidden() else ""

    def details(self) -> str:
        return self._details.toPlainText()

    def show_message(self, text: str, choices: Sequence[Choice], details: str = "", dismiss: str = "Dismiss") -> None:
        """Show a sentence with buttons; what was shown before gives way."""
        for old in self.buttons:
            old.hide()
            old.deleteLater()
        self.buttons = [self._choice(*choice) for choice in choices]
        for place, button in enumerate(self.buttons):
            self._line.insertWidget(1 + place, button)
        self._text.setText(text)
        self._details.setPlainText(details)
        self._more.setChecked(False)
        self._more.setVisible(bool(details))
        self._details.hide()
        self._dismiss.setText(dismiss)
        self._dismiss.setAccessibleName(dismiss)
        self.show()
        QAccessible.updateAccessibility(QAccessibleEvent(self._text, QAccessible.Event.Alert))

    def _choice(self, text: str, tip: str, do: Callable[[], object]) -> QPushButton:
        button = self._button(text, tip)
        button.setFlat(False)  # with a frame, so that the keyboard's place is seen
        button.setProperty("size", "small")
        button.setAccessibleName(text.replace("&", ""))
        button.clicked.connect(lambda: self._chosen(do))
        return button

    def _chosen(self, do: Callable[[], object]) -> None:
        self.hide()
        do()

    def take_focus(self) -> None:
        """Put the keyboard on the first button: Return presses it."""
        self.buttons[0].setFocus(Qt.FocusReason.ShortcutFocusReason)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.hide()
        else:
            super().keyPressEvent(event)
