"""The bar above the table during an audit: what is listed, what the current track is about, and the keys."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QGridLayout, QWidget

from mgc_desktop.ui import theme, wording
from mgc_desktop.ui.elided import ElidedLabel
from mgc_desktop.ui.models import parts
from mgc_desktop.ui.review.keys_line import KeyHint, KeysLine

HINTS = (
    KeyHint("accept", ("A",), "Take the verdict"),
    KeyHint("keep", ("K",), "Keep the existing genre"),
    KeyHint("type", ("F2",), "Another genre"),
    KeyHint("undo", ("Ctrl+Z",), "Undo"),
    KeyHint("leave", ("Esc",), "Leave"),
)


class AuditBar(QFrame):
    """Two lines and a button; hidden while there is no audit. GUI thread."""

    asked = Signal(str)  # the name of a hint

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "task")
        self.setAccessibleName("Audit of existing genres")
        self.headline = parts.label("What is listed", wrapped=False)
        self.headline.setFont(theme.tabular(theme.scaled(self.font(), 1.0, bold=True)))
        self.about = ElidedLabel(self, Qt.TextElideMode.ElideRight)
        self.about.setAccessibleName("The current track")
        self.keys = KeysLine(HINTS, self, muted=False)
        self.leave = parts.button("Leave", "List again what was listed before (Esc)")
        self.leave.setProperty("size", "small")
        self.leave.clicked.connect(lambda: self.asked.emit("leave"))
        self.keys.clicked.connect(self.asked)
        grid = QGridLayout(self)
        grid.setContentsMargins(12, 8, 10, 8)
        grid.setHorizontalSpacing(18)
        grid.setVerticalSpacing(6)
        grid.addWidget(self.headline, 0, 0)
        grid.addWidget(self.about, 0, 1)
        grid.addWidget(self.leave, 0, 2)
        grid.addWidget(self.keys, 1, 0, 1, 3)
        grid.setColumnStretch(1, 1)
        self.hide()

    def show_number(self, number: int) -> None:
        """Say how many tracks are left to look at."""
        self.headline.setText(
            f"{wording.count(number, 'file') if number else 'No file'} say{'s' * (number < 2)} another genre than the "
            "model firmly hears"
        )
        for name in ("accept", "keep", "type"):
            self.keys.enable(name, number > 0)

    def show_track(self, existing: str, verdict: str, confidence: str) -> None:
        """Show the two genres of the current track side by side; nothing where `existing` is empty."""
        self.about.set_text(f"The file: {existing}  ·  the model: {verdict} {confidence}" if existing else "")
