"""Two quiet lines above the table: what is kept of a session, and a note at a moment of it."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QAccessible, QAccessibleEvent, QKeyEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QLineEdit, QPushButton, QWidget

from mgc_desktop.engine.events import SessionChanged
from mgc_desktop.ui import wording
from mgc_desktop.ui.live import axes

_LEAST_EARLIER = 2.0  # s; less is not worth a question
_LONGEST_NOTE = 500  # characters


def _small(text: str, tip: str, parent: QWidget) -> QPushButton:
    button = QPushButton(text, parent)
    button.setProperty("size", "small")
    button.setToolTip(tip)
    button.setAutoDefault(True)
    return button


class _Bar(QFrame):
    """Escape closes it, and the keyboard goes back to where it was."""

    def __init__(self, name: str, parent: QWidget) -> None:
        super().__init__(parent)
        self.setProperty("role", "notice")
        self.setAccessibleName(name)
        self._back: QWidget | None = None
        self.text = QLabel(self)
        self.text.setTextFormat(Qt.TextFormat.PlainText)
        self.line = QHBoxLayout(self)
        self.line.setContentsMargins(12, 5, 8, 5)
        self.hide()

    def come_up(self, back: QWidget | None) -> None:
        self._back = back
        self.show()
        QAccessible.updateAccessibility(QAccessibleEvent(self.text, QAccessible.Event.Alert))

    def leave(self) -> None:
        """Go away."""
        held = self.focusWidget() is not None and self.isAncestorOf(self.focusWidget() or self)
        self.hide()
        if held and self._back is not None:
            self._back.setFocus(Qt.FocusReason.OtherFocusReason)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.leave()
        else:
            super().keyPressEvent(event)


class KeepBar(_Bar):
    """Says that a session is kept, and offers what else could be, or less. Nothing waits for an answer."""

    earlier_asked = Signal()
    sound_asked = Signal(bool)  # with or without

    def __init__(self, parent: QWidget) -> None:
        super().__init__("What is kept", parent)
        self.earlier = _small("", "Keep also what was heard before, as far as it can be read", self)
        self.sound = _small("", "", self)
        self.earlier.setAccessibleName("Keep what was heard before too")
        self.sound.setAccessibleName("Keep it with or without sound")
        self.close_it = _small("OK", "Close this line; the session goes on (Escape)", self)
        self._with_sound = True
        self.line.addWidget(self.text, 1)
        for button in (self.earlier, self.sound, self.close_it):
            self.line.addWidget(button)
        self.earlier.clicked.connect(self.earlier_asked)
        self.sound.clicked.connect(lambda: self.sound_asked.emit(not self._with_sound))
        self.close_it.clicked.connect(self.leave)

    def show_state(self, event: SessionChanged) -> None:
        """Say what is kept now."""
        self._with_sound = event.with_sound
        what = "with its sound" if event.with_sound else "without its sound"
        self.text.setText(f"This session is kept, {what}, on this computer only.")
        self.earlier.setText(f"Keep the Last {wording.duration(event.earlier)} Too")
        self.earlier.setAccessibleName(self.earlier.text())
        self.earlier.setVisible(event.earlier >= _LEAST_EARLIER)
        self.sound.setText("Without Sound" if event.with_sound else "Keep Its Sound Too")
        self.sound.setAccessibleName(self.sound.text())
        self.sound.setToolTip(
            "Forget the sound of this session, and keep only what was heard in it"
            if event.with_sound
            else "Keep the sound of this session as well, on this computer"
        )


class NoteBar(_Bar):
    """Asks for a line of text about a moment."""

    written = Signal(str, float)  # the note, and its moment in s

    def __init__(self, parent: QWidget) -> None:
        super().__init__("Note", parent)
        self._moment = 0.0
        self.field = QLineEdit(self)
        self.field.setMaxLength(_LONGEST_NOTE)
        self.field.setAccessibleName("Note")
        self.field.setPlaceholderText("What is there to remember?")
        self.add = _small("Add", "Write the note down (Enter)", self)
        self.cancel = _small("Cancel", "Write nothing (Escape)", self)
        self.line.addWidget(self.text)
        self.line.addWidget(self.field, 1)
        self.line.addWidget(self.add)
        self.line.addWidget(self.cancel)
        self.field.returnPressed.connect(self._write)
        self.add.clicked.connect(self._write)
        self.cancel.clicked.connect(self.leave)

    def ask(self, moment: float, back: QWidget | None) -> None:
        """Ask for a note at `moment`, s since listening began."""
        self._moment = moment
        self.text.setText(f"Note at {axes.clock_text(moment)}")
        self.field.clear()
        self.come_up(back)
        self.field.setFocus(Qt.FocusReason.OtherFocusReason)

    def _write(self) -> None:
        text = self.field.text().strip()
        self.leave()
        if text:
            self.written.emit(text, self._moment)
