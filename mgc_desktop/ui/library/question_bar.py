"""A quiet question above the table: nothing waits for the answer, and Escape says no."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtGui import QAccessible, QAccessibleEvent, QKeyEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QWidget


class QuestionBar(QFrame):
    """Asks one thing at a time; a new question takes the place of the one before."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "notice")
        self.setAccessibleName("Question")
        self._text = QLabel(self)
        self._text.setTextFormat(Qt.TextFormat.PlainText)
        self._text.setWordWrap(True)
        self.yes, self.no = QPushButton("Yes", self), QPushButton("Cancel", self)
        for button in (self.yes, self.no):
            button.setProperty("size", "small")
            button.setAutoDefault(True)
        line = QHBoxLayout(self)
        line.setContentsMargins(12, 5, 8, 5)
        line.addWidget(self._text, 1)
        line.addWidget(self.yes)
        line.addWidget(self.no)
        self._then: Callable[[], None] | None = None
        self._back: QWidget | None = None
        self.yes.clicked.connect(self._do)
        self.no.clicked.connect(self.close_question)
        self.hide()

    def question(self) -> str:
        """Return what is asked, or nothing."""
        return self._text.text() if self._then is not None else ""

    def ask(self, question: str, yes: str, then: Callable[[], None], back: QWidget) -> None:
        """Ask, with the keyboard on *Cancel*; afterwards it goes to `back`."""
        self._then, self._back = then, back
        self._text.setText(question)
        self.yes.setText(yes)
        self.show()
        self.no.setFocus(Qt.FocusReason.OtherFocusReason)
        QAccessible.updateAccessibility(QAccessibleEvent(self._text, QAccessible.Event.Alert))

    def _do(self) -> None:
        then = self._then
        self.close_question()
        if then is not None:
            then()

    def close_question(self) -> None:
        """Let it be."""
        self._then = None
        self.hide()
        if self._back is not None:
            self._back.setFocus(Qt.FocusReason.OtherFocusReason)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.close_question()
        elif event.key() in (Qt.Key.Key_Left, Qt.Key.Key_Right):
            (self.yes if self.no.hasFocus() else self.no).setFocus(Qt.FocusReason.TabFocusReason)
        else:
            super().keyPressEvent(event)
