"""The window that shows a model's card: what it is worth, where it is weak, and what it was made from."""

from __future__ import annotations

from collections.abc import Iterator

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QGuiApplication, QKeySequence, QShortcut
from PySide6.QtWidgets import QFrame, QScrollArea, QVBoxLayout, QWidget

from mgc_desktop.ui.models import card_sections as parts
from mgc_desktop.ui.models.card_words import ModelCard
from mgc_desktop.ui.models.manager_details import Details
from mgc_desktop.ui.models.parts import bottom_row, button, headline, label
from mgc_desktop.ui.side_window import SideWindow

FIRST_SIZE, LEAST_SIZE = QSize(1060, 720), QSize(480, 420)
_ROOM = 60  # px of the screen that the window leaves free
_NOTHING = "It says nothing of itself."


class CardWindow(SideWindow):
    """Widgets only. It blocks nothing, and shows one model at a time.

    Signals
    -------
    folder_asked
        The model's folder is to be shown in the file manager.
    """

    folder_asked = Signal()

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle("About the model")
        self.setAccessibleName("About the model")
        room = self.screen().availableSize() - QSize(_ROOM, _ROOM)
        self.setMinimumSize(LEAST_SIZE)
        self.resize(FIRST_SIZE.boundedTo(room))
        self._card: ModelCard | None = None
        self.name = headline("Name of the model")
        self.sentence = parts.flowing("", name="What it is")
        self.origin = parts.flowing("", muted=True, name="Where it came from")
        self.columns = parts.Columns()
        self.home = self.page = QScrollArea(self)
        self.page.setAccessibleName("Card of the model")
        self.page.setWidgetResizable(True)
        self.page.setFrameShape(QFrame.Shape.NoFrame)
        self.page.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.page.setWidget(self.columns)
        self.page.viewport().setAutoFillBackground(False)
        self.columns.setAutoFillBackground(False)
        self.notice = label("Notice", muted=True)
        self.copy = button("&Copy as Text", "Copy all of it as plain text (Ctrl+Shift+C)")
        self.copy.clicked.connect(self._copy)
        self.folder = button("Open &Folder", "Show the model's folder in the file manager")
        self.folder.clicked.connect(self.folder_asked)
        self.leave = button("Close", "Close this window (Escape)")
        self.leave.clicked.connect(self.close)
        QShortcut(QKeySequence("Ctrl+Shift+C"), self).activated.connect(self.copy.click)
        self._lay_out()

    def _lay_out(self) -> None:
        layout = QVBoxLayout(self)
        layout.setContentsMargins(18, 14, 10, 12)
        layout.setSpacing(4)
        for widget in (self.name, self.sentence, self.origin):
            layout.addWidget(widget)
        layout.addSpacing(6)
        layout.addWidget(self.page, 1)
        layout.addSpacing(4)
        row = bottom_row((self.copy, self.folder, self.notice), (self.leave,))
        row.setContentsMargins(0, 0, 8, 0)
        layout.addLayout(row)

    def show_waiting(self, name: str) -> None:
        """Show that a model is being read: nothing of the one before stays on show."""
        self._show_head(name, "", "")
        self.columns.show_sections([])

    def show_details(self, details: Details) -> None:
        """Show what was read of a model."""
        card = self._card = details.said
        self.notice.setText("")
        self.copy.setEnabled(card is not None)
        if card is None:
            self._show_head(details.folder.name, details.problem or _NOTHING, "")
            self.columns.show_sections([])
            return
        self._show_head(card.name, card.sentence, card.origin)
        self.columns.show_sections(_sections(card, details))
        self.page.verticalScrollBar().setValue(0)

    def _show_head(self, name: str, sentence: str, origin: str) -> None:
        self.setWindowTitle(f"About {name}")
        self.name.setText(name)
        for said, text in ((self.sentence, sentence), (self.origin, origin)):
            said.setText(text)
            said.setVisible(bool(text))

    def _copy(self) -> None:
        if self._card is not None:
            QGuiApplication.clipboard().setText(self._card.text())
            self.notice.setText("Copied.")


def _sections(card: ModelCard, details: Details) -> list[tuple[QWidget, int]]:
    """Return the parts of a card that there is something to show in, each with its column: the one that is shorter."""
    found: list[tuple[QWidget, int]] = []
    heights = [0, 0]
    for section in _parts(card, details):
        side = heights.index(min(heights))
        found.append((section, side))
        heights[side] += section.sizeHint().height()
    return found


def _parts(card: ModelCard, details: Details) -> Iterator[QWidget]:
    yield parts.worth_section(card.lead, card.worth)
    if card.genres is not None:
        yield parts.table_section(card.genres)
    if card.weak:
        yield parts.lines_section("Where it is weak", card.weak)
    confusion = card.figures.confusion if card.figures is not None else None
    if confusion is not None:
        yield parts.matrix_section(card.name, confusion)
    elif details.picture is not None:
        yield parts.picture_section(details.picture)
    for table in card.tables:
        yield parts.table_section(table)
    if card.learnt or card.sources:
        yield parts.facts_section("What it learnt from", card.learnt, card.sources)
    made = parts.facts_section("How it was made", card.made)
    if card.command:
        made.body.addWidget(parts.command_pane(card.command))
    yield made
    if details.card.strip():
        yield parts.card_file_pane(details.card)
