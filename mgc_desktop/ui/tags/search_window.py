"""What the two windows of genres in files have in common: a search over a table."""

from __future__ import annotations

from PySide6.QtWidgets import QLineEdit, QWidget

from mgc_desktop.ui import icons
from mgc_desktop.ui.side_window import SideWindow


class SearchWindow(SideWindow):
    """A window with a `search` over its table, which has the keyboard at first."""

    def make_search(self, table: QWidget, placeholder: str, name: str, tip: str) -> None:
        """Make the field that filters the table."""
        self.home = table
        self.search = QLineEdit(self)
        self.search.setPlaceholderText(placeholder)
        self.search.setAccessibleName(name)
        self.search.setToolTip(tip)
        self.search.setClearButtonEnabled(True)
        self._mark = self.search.addAction(icons.icon("search"), QLineEdit.ActionPosition.LeadingPosition)

    def renew_icons(self) -> None:
        """Draw the icon in the colours of the scheme in use."""
        self._mark.setIcon(icons.icon("search"))
