"""What the windows beside the main one have in common: how they come, how they go, and what stands in an empty list."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QHideEvent
from PySide6.QtWidgets import QDialog, QLabel, QWidget


class SideWindow(QDialog):
    """A window that blocks nothing. `home`, which a subclass sets, is the widget that has the keyboard at first.

    Signals
    -------
    hidden
        It was closed; not when its desktop was left.
    """

    hidden = Signal()

    home: QWidget

    def come_up(self) -> None:
        """Come to the front, with the keyboard in the table."""
        self.show()
        self.raise_()
        self.activateWindow()
        self.home.setFocus()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        if not event.spontaneous():
            self.hidden.emit()


def empty_words(text: str, parent: QWidget) -> QLabel:
    """Return what stands in the place of a list that has nothing to list."""
    empty = QLabel(text, parent)
    empty.setAccessibleName("Why nothing is listed")
    empty.setTextFormat(Qt.TextFormat.PlainText)
    empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
    empty.setProperty("rank", "muted")
    return empty
