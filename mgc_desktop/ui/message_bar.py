"""A quiet bar inside the window for what went wrong: one sentence, details on demand, no modal box."""

from __future__ import annotations

from collections import deque

from PySide6.QtCore import Qt, Slot
from PySide6.QtGui import QAccessible, QAccessibleEvent, QGuiApplication, QPalette
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPlainTextEdit, QPushButton, QVBoxLayout, QWidget

from mgc_desktop.ui import icons

_KEPT = 20  # sentences that wait behind the one shown; older ones are in the log


def sentence_label(parent: QWidget, name: str) -> QLabel:
    """Return where a bar says its sentence: plain text that can be selected."""
    label = QLabel(parent)
    label.setAccessibleName(name)
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setWordWrap(True)
    label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    return label


def flat_button(parent: QWidget, text: str, tip: str) -> QPushButton:
    """Return a button of a bar."""
    button = QPushButton(text, parent)
    button.setFlat(True)
    button.setToolTip(tip)
    button.setAccessibleName(text)
    button.setCursor(Qt.CursorShape.PointingHandCursor)
    return button


class MessageBar(QFrame):
    """Shows one sentence at a time; the next comes up when it is dismissed."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "notice")
        self.setAccessibleName("Messages")
        self._waiting: deque[tuple[str, str]] = deque(maxlen=_KEPT)
        self._shown: tuple[str, str] | None = None
        self._mark = QLabel(self)
        self._text = sentence_label(self, "Message")
        self._details = QPlainTextEdit(self)
        self._details.setAccessibleName("Details of the message")
        self._details.setReadOnly(True)
        self._details.setMaximumHeight(140)
        self._details.hide()
        self._more = flat_button(self, "Details", "Show what a bug report needs")
        self._copy = flat_button(self, "Copy", "Copy the sentence and its details")
        self._dismiss = flat_button(self, "Dismiss", "Hide this message")
        self._more.setCheckable(True)
        self._more.toggled.connect(self._details.setVisible)
        self._copy.clicked.connect(self._copy_text)
        self._dismiss.clicked.connect(self.dismiss)
        self._lay_out()
        self.hide()

    def _lay_out(self) -> None:
        line = QHBoxLayout()
        line.addWidget(self._mark)
        line.addWidget(self._text, 1)
        for button in (self._more, self._copy, self._dismiss):
            line.addWidget(button)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(12, 4, 8, 4)
        outer.addLayout(line)
        outer.addWidget(self._details)

    @property
    def sentence(self) -> str:
        """The sentence on show, or empty."""
        return self._shown[0] if self._shown else ""

    def show_problem(self, sentence: str, detail: str = "") -> None:
        """Show `sentence`, or let it wait behind the one on show; the same one twice is shown once."""
        message = (sentence, detail)
        if sentence == self.sentence or any(sentence == waiting for waiting, _ in self._waiting):
            return
        if self._shown is None:
            self._put(message)
        else:
            self._waiting.append(message)
            self._name_dismiss()

    def _put(self, message: tuple[str, str]) -> None:
        self._shown = message
        self._mark.setPixmap(icons.pixmap("warning", self.palette().color(QPalette.ColorRole.WindowText)))
        self._text.setText(message[0])
        self._details.setPlainText(message[1])
        self._more.setChecked(False)
        self._more.setVisible(bool(message[1]))
        self._name_dismiss()
        self.show()
        QAccessible.updateAccessibility(QAccessibleEvent(self._text, QAccessible.Event.Alert))

    def _name_dismiss(self) -> None:
        self._dismiss.setText(f"Next ({len(self._waiting)})" if self._waiting else "Dismiss")

    @Slot()
    def dismiss(self) -> None:
        """Hide the sentence on show; the next one that waits comes up."""
        if self._waiting:
            self._put(self._waiting.popleft())
        else:
            self._shown = None
            self.hide()

    @Slot()
    def _copy_text(self) -> None:
        if self._shown:
            QGuiApplication.clipboard().setText("\n\n".join(part for part in self._shown if part))
