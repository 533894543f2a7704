"""What an empty library says: a sentence and three doors, or why there is nothing to list."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from PySide6.QtCore import QEvent, QSize, Qt, Signal
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QSizePolicy, QVBoxLayout, QWidget

from mgc_desktop.core.filter import ROWS
from mgc_desktop.ui import icons, theme
from mgc_desktop.ui.library import filter_words

SENTENCE = "Hear what kind of music something is."
_DOORS = (
    ("drop", "Drop music here", "Files or whole folders: each track gets a genre,\nand how sure that is."),
    ("listen", "Listen", "Hold it to a microphone: the verdict\nfollows as you listen."),
    ("teach", "Teach it your genres", "Show it a folder for each genre of your own,\nand compare old with new."),
)


class Door(QPushButton):
    """A large button: a picture, a word, and a line that says what lies behind."""

    def __init__(self, icon: str, title: str, text: str, parent: QWidget) -> None:
        super().__init__(parent)
        self._icon, self._title, self._text = icon, title, text
        self.setAccessibleName(title)
        self.setAccessibleDescription(" ".join(text.split()))
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setMinimumWidth(168)
        self.setMaximumWidth(300)

    def sizeHint(self) -> QSize:
        return QSize(236, round(self.fontMetrics().height() * 9.5))

    def minimumSizeHint(self) -> QSize:
        return QSize(168, self.sizeHint().height())

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        painter = QPainter(self)
        tokens = theme.tokens()
        line = self.fontMetrics().height()
        picture = icons.pixmap(self._icon, QColor(tokens.accent), 30)
        painter.drawPixmap(round(self.width() / 2) - 15, round(line * 1.1), picture)
        painter.setPen(QPen(QColor(tokens.text)))
        painter.setFont(theme.scaled(self.font(), 1.1, bold=True))
        middle = Qt.AlignmentFlag.AlignHCenter
        painter.drawText(self.rect().adjusted(8, round(line * 3.6), -8, 0), middle, self._title)
        painter.setFont(self.font())
        painter.setPen(QColor(tokens.muted))
        room = self.rect().adjusted(14, round(line * 5.2), -14, -6)
        painter.drawText(room, int(middle | Qt.TextFlag.TextWordWrap), " ".join(self._text.split()))


class EmptyState(QWidget):
    """Fills the place of the table while there is nothing to list."""

    add_asked = Signal()
    listen_asked = Signal()
    teach_asked = Signal()
    clear_search_asked = Signal()
    relax_asked = Signal(str)  # a row of conditions that is to be taken away

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Nothing is listed")
        self.setAutoFillBackground(True)
        self._sentence = QLabel(self)
        self._sentence.setTextFormat(Qt.TextFormat.PlainText)
        self._sentence.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._sentence.setWordWrap(True)
        self._hint = QLabel(self)
        self._hint.setTextFormat(Qt.TextFormat.PlainText)
        self._hint.setProperty("rank", "muted")
        self._hint.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._hint.setWordWrap(True)
        self._doors = QWidget(self)
        self._clear = QPushButton("Clear the search", self)
        self._clear.setAccessibleName("Clear the search")
        self._clear.clicked.connect(self.clear_search_asked)
        self._relaxing = {row: self._relax_button(row) for row in ROWS}
        self._relaxable = False
        self._lay_out()
        self.show_doors()

    def _relax_button(self, row: str) -> QPushButton:
        button = QPushButton(self)
        button.setText(filter_words.relaxing(row, 0))
        button.clicked.connect(lambda: self.relax_asked.emit(row))
        button.hide()
        return button

    def _lay_out(self) -> None:
        doors = QHBoxLayout(self._doors)
        doors.setSpacing(12)
        doors.setContentsMargins(0, 0, 0, 0)
        doors.addStretch(1)
        for (icon, title, text), signal in zip(
            _DOORS, (self.add_asked, self.listen_asked, self.teach_asked), strict=True
        ):
            door = Door(icon, title, text, self._doors)
            door.clicked.connect(signal)
            doors.addWidget(door, 4)
        doors.addStretch(1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(20, 20, 20, 20)
        layout.setSpacing(8)
        layout.addStretch(2)
        layout.addWidget(self._sentence)
        layout.addWidget(self._hint)
        layout.addSpacing(14)
        layout.addWidget(self._doors)
        for button in (self._clear, *self._relaxing.values()):
            layout.addWidget(button, 0, Qt.AlignmentFlag.AlignHCenter)
        layout.addStretch(3)
        self._name_font()

    def _name_font(self) -> None:
        self._sentence.setFont(theme.scaled(self.font(), 1.7, bold=True))

    def changeEvent(self, event: QEvent) -> None:
        if event.type() == QEvent.Type.FontChange:
            self._name_font()
        super().changeEvent(event)

    def show_doors(self) -> None:
        """Show the sentence of a first start."""
        self._sentence.setText(SENTENCE)
        self._hint.setText("Everything stays on this computer.")
        self._show_buttons(doors=True)

    def show_no_match(self, search: str) -> None:
        """Say that no track matches `search`."""
        shown = search if len(search) <= 60 else search[:59] + "…"
        self._sentence.setText(f"No track matches “{shown}”.")
        self._hint.setText("Titles, artists, genres and paths were searched.")
        self._show_buttons(clear=True)

    def show_nothing_passes(self, conditions: Sequence[str]) -> None:
        """Say that no track meets all `conditions`; `offer` tells what to relax."""
        self._sentence.setText("No track is left." if len(conditions) == 1 else "No track meets all of these.")
        self._hint.setText("   +   ".join(conditions))
        self._show_buttons(relaxable=True)

    def offer(self, relaxed: Mapping[str, int]) -> None:
        """Offer to take away each row of conditions that hides tracks: how many each would bring back."""
        for row, button in self._relaxing.items():
            number = relaxed.get(row, 0) if self._relaxable else 0
            button.setVisible(number > 0)
            if number:
                button.setText(filter_words.relaxing(row, number))
        if self._relaxable and relaxed and not any(relaxed.values()):
            self._hint.setText(self._hint.text() + "\nOnly without two of them or more is there any.")

    def _show_buttons(self, *, doors: bool = False, clear: bool = False, relaxable: bool = False) -> None:
        self._relaxable = relaxable
        self._doors.setVisible(doors)
        self._clear.setVisible(clear)
        for button in self._relaxing.values():
            button.hide()

    def show_trouble(self, sentence: str) -> None:
        """Say why the library can't be listed, and what to do."""
        self._sentence.setText("The library cannot be shown.")
        self._hint.setText(sentence)
        self._show_buttons()

    def hint(self) -> str:
        """Return the line under the sentence."""
        return self._hint.text()

    def sentence(self) -> str:
        return self._sentence.text()
