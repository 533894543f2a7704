"""Tags, file and history of the selected track, in lines of plain text; scrolls where there is little room."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Qt, QTimer
from PySide6.QtWidgets import QFrame, QGridLayout, QLabel, QScrollArea, QSizePolicy, QVBoxLayout, QWidget

from mgc_desktop.ui import theme
from mgc_desktop.ui.details import history_words
from mgc_desktop.ui.elided import plain_tip

if TYPE_CHECKING:
    from mgc_desktop.core.track_facts import TrackFacts
    from mgc_desktop.core.values import TrackRow
    from mgc_desktop.library.corrections import PastCorrection
    from mgc_desktop.library.journal import ChangeRow

LEAST_HEIGHT = 96  # px: three lines of tags and one of history
_MOST_LINES = 20  # of history; Library > History has all
_MOMENT_MS = 150
_NOTHING_DONE = "Nothing was corrected or written."


class FactsView(QScrollArea):
    """Two short tables: what the file says, and what was done to it. GUI thread."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Tags and history")
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Expanding)
        self._row: TrackRow | None = None
        self._facts: TrackFacts | None = None
        self._changes: Sequence[ChangeRow] = ()
        self._corrections: Sequence[PastCorrection] = ()
        self._moment = QTimer(self)
        self._moment.setSingleShot(True)
        self._moment.setInterval(_MOMENT_MS)
        self._moment.timeout.connect(self._renew)
        self._said: list[tuple[str, str, str]] = []
        self._lines: list[tuple[QLabel, QLabel]] = []
        self._page = QWidget(self)
        self._page.setAccessibleName("Lines")
        column = QVBoxLayout(self._page)
        column.setContentsMargins(0, 2, 4, 2)
        self._grid = QGridLayout()
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(10)
        self._grid.setVerticalSpacing(3)
        self._grid.setColumnStretch(1, 1)
        column.addLayout(self._grid)
        column.addStretch(1)
        self.setWidget(self._page)
        self.viewport().setAutoFillBackground(False)

    def show_row(self, row: TrackRow | None) -> None:
        """Go over to another track, or to none; keep what is known where it is the same.

        The lines of the track before stay for a moment: those of the next are usually there sooner than an eye sees.
        """
        is_other = row is None or self._row is None or row.path != self._row.path
        if is_other:
            self._facts, self._changes, self._corrections = None, (), ()
        self._row = row
        if is_other and row is not None:
            self._moment.start()
        else:
            self._renew()

    def show_facts(self, facts: TrackFacts) -> None:
        """Say what the file says of itself."""
        self._facts = facts
        self._renew()

    def show_history(self, changes: Sequence[ChangeRow], corrections: Sequence[PastCorrection]) -> None:
        """Say what was written into the file, and what a person said of the track."""
        self._changes, self._corrections = changes, corrections
        if self._facts is not None:
            self._renew()

    def lines(self) -> list[tuple[str, str]]:
        """Return what is shown, as (caption or day, text)."""
        return [(caption, text) for caption, text, _ in self._said]

    def _renew(self) -> None:
        self._moment.stop()
        said = self._to_say()
        if said != self._said:
            self._said = said
            self._write()

    def _to_say(self) -> list[tuple[str, str, str]]:
        if self._row is None or self._facts is None:
            return []
        facts = self._facts
        tags = [
            ("Genres", history_words.genres_line(facts)),
            ("Album", history_words.album_line(facts)),
            ("File", history_words.format_line(facts)),
        ]
        said = [(caption, text, text) for caption, text in tags if text]
        done = history_words.history(self._changes, self._corrections)[:_MOST_LINES]
        return said + (done or [("History", _NOTHING_DONE, "")])

    def _write(self) -> None:
        """Put what is to be said into the lines, which are made once and used again."""
        for place, (caption, text, tip) in enumerate(self._said):
            if place == len(self._lines):
                self._lines.append(self._new_line(place))
            for label, words in zip(self._lines[place], (caption, text), strict=True):
                label.setText(" ".join(words.split()))
                label.setAccessibleName(label.text() or "Empty")
                label.show()
            self._lines[place][1].setToolTip(plain_tip(tip))
        for line in self._lines[len(self._said) :]:
            for label in line:
                label.hide()
        self.setAccessibleDescription(". ".join(f"{caption}: {text}" for caption, text, _ in self._said))
        self.verticalScrollBar().setValue(0)

    def _new_line(self, place: int) -> tuple[QLabel, QLabel]:
        caption, text = QLabel(self._page), QLabel(self._page)
        for label in (caption, text):
            label.setTextFormat(Qt.TextFormat.PlainText)
            label.setFont(theme.scaled(self.font(), 0.94))
        caption.setProperty("rank", "muted")
        text.setWordWrap(True)
        text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        text.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._grid.addWidget(caption, place, 0, Qt.AlignmentFlag.AlignTop)
        self._grid.addWidget(text, place, 1)
        return caption, text

    def minimumSizeHint(self) -> QSize:
        return QSize(180, LEAST_HEIGHT)

    def sizeHint(self) -> QSize:
        return QSize(240, 140)
