"""What the two windows of genres in files have in common: a search over a table, and telling when they go."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtGui import QHideEvent
from PySide6.QtWidgets import QDialog, QLineEdit, QWidget

from mgc_desktop.ui import icons


class SearchWindow(QDialog):
    """A window with a `search` over its table, which has the keyboard at first. It blocks nothing.

    Signals
    -------
    hidden
        It was closed; not when its desktop was left.
    """

    hidden = Signal()

    def make_search(self, table: QWidget, placeholder: str, name: str, tip: str) -> None:
        """Make the field that filters the table."""
        self._home = table
        self.search = QLineEdit(self)
        self.search.setPlaceholderText(placeholder)
        self.search.setAccessibleName(name)
        self.search.setToolTip(tip)
        self.search.setClearButtonEnabled(True)
        self._mark = self.search.addAction(icons.icon("search"), QLineEdit.ActionPosition.LeadingPosition)

    def come_up(self) -> None:
        """Come to the front, with the keyboard in the table."""
        self.show()
        self.raise_()
        self.activateWindow()
        self._home.setFocus()

    def renew_icons(self) -> None:
        """Draw the icon in the colours of the scheme in use."""
        self._mark.setIcon(icons.icon("search"))

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        if not event.spontaneous():
            self.hidden.emit()
