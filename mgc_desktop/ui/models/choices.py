"""Where to learn from, what to learn, and how: the three questions of the form."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QBoxLayout, QButtonGroup, QHBoxLayout, QLabel, QRadioButton, QVBoxLayout, QWidget

from mgc_desktop.ui import theme
from mgc_desktop.ui.models import parts

FOLDER, CORRECTIONS, SESSIONS, ALL = "folder", "corrections", "sessions", "all"
QUICK, FULL = "quick", "full"

_SOURCES = (
    (FOLDER, "Folder or list", "Tracks in a folder for each genre, or a CSV list with the columns path and label"),
    (CORRECTIONS, "Corrections", "The tracks whose genre you set in the library"),
    (SESSIONS, "Sessions", "The spans that you labelled while listening"),
    (ALL, "All", "A folder or list if you name one, your corrections, and the labelled spans of your sessions"),
)
_LABELS = (
    ("keep", "The same genres", "Hears the genres of the model in use better; tracks of others are left out."),
    ("add", "New genres added", "Keeps the genres of the model in use, and adds yours."),
    ("only", "My genres only", "Says your genres, and no others."),
)
_HOW = (
    (QUICK, "Quick", "Seconds: what it listens for stays, and only how that is told apart is learnt anew."),
    (FULL, "Full", "Minutes to hours: all of it is learnt. For many tracks, or music unlike any it knows."),
)


class Question(QWidget):
    """A line with what is asked, the answers as radio buttons, and what the chosen one means.

    Signals
    -------
    changed : str
        The answer that is chosen now.
    """

    changed = Signal(str)

    def __init__(
        self,
        name: str,
        answers: tuple[tuple[str, str, str], ...],
        *,
        beside: bool,
        explained: bool,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._group = QButtonGroup(self)
        self._meaning = {value: meaning for value, _, meaning in answers}
        self.buttons = {value: QRadioButton(text, self) for value, text, _ in answers}
        for value, button in self.buttons.items():
            button.setToolTip(self._meaning[value])
            button.setAccessibleName(f"{name}: {button.text()}")
            button.setAccessibleDescription(self._meaning[value])
            button.toggled.connect(lambda on, value=value: self._take(value) if on else None)
            self._group.addButton(button)
        title = QLabel(name, self)
        title.setFont(theme.scaled(self.font(), 1.0, bold=True))
        self.meaning = parts.label(f"{name}: what that means", muted=True)
        self.meaning.setMinimumHeight(2 * self.fontMetrics().lineSpacing())  # what follows must not jump
        self.meaning.setVisible(explained)
        row: QBoxLayout = QHBoxLayout() if beside else QVBoxLayout()
        row.setSpacing(14 if beside else 3)
        for button in self.buttons.values():
            row.addWidget(button)
        if beside:
            row.addStretch(1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addWidget(title)
        layout.addLayout(row)
        layout.addWidget(self.meaning)

    def _take(self, value: str) -> None:
        self.meaning.setText(self._meaning[value])
        for other, button in self.buttons.items():
            # Tab goes to the chosen answer, arrow keys from there to the others.
            button.setFocusPolicy(Qt.FocusPolicy.StrongFocus if other == value else Qt.FocusPolicy.ClickFocus)
        self.changed.emit(value)

    def value(self) -> str:
        return next((value for value, button in self.buttons.items() if button.isChecked()), "")

    def choose(self, value: str) -> None:
        self.buttons[value].setChecked(True)

    def allow(self, *values: str) -> None:
        """Let only these answers be chosen; where the chosen one is not among them, the first is chosen."""
        for value, button in self.buttons.items():
            button.setEnabled(value in values)
        if self.value() not in values:
            self.choose(values[0])


def source_question(parent: QWidget) -> Question:
    return Question("Learn from", _SOURCES, beside=True, explained=False, parent=parent)


def labels_question(parent: QWidget) -> Question:
    return Question("What to learn", _LABELS, beside=False, explained=True, parent=parent)


def how_question(parent: QWidget) -> Question:
    return Question("How", _HOW, beside=True, explained=True, parent=parent)
