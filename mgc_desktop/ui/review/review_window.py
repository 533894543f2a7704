"""The window of the review: one track at a time, large, with the keys that decide."""

from __future__ import annotations

from PySide6.QtCore import QKeyCombination, QRect, QSize, Qt, Signal
from PySide6.QtGui import QCloseEvent, QKeyEvent, QKeySequence, QResizeEvent
from PySide6.QtWidgets import QCheckBox, QComboBox, QDialog, QHBoxLayout, QLabel, QProgressBar, QStackedWidget, QWidget

from mgc_desktop.engine.telling import TellingPart
from mgc_desktop.ui import theme
from mgc_desktop.ui.elided import ElidedLabel
from mgc_desktop.ui.library.genre_editor import GenreCard
from mgc_desktop.ui.library.table_model import file_name
from mgc_desktop.ui.models import parts
from mgc_desktop.ui.review import words
from mgc_desktop.ui.review.end_page import EndPage
from mgc_desktop.ui.review.heard_bars import HeardBars
from mgc_desktop.ui.review.keys_line import KeyHint, KeysLine
from mgc_desktop.ui.review.reading import Card
from mgc_desktop.ui.review.timeline import ReviewTimeline

FIRST_SIZE, LEAST_SIZE = QSize(800, 560), QSize(560, 500)
HINTS = (
    KeyHint("accept", ("A", "Enter"), "Accept"),
    KeyHint("digit", ("1 to 5",), "That genre", False),
    KeyHint("type", ("letter", "F2"), "Another genre"),
    KeyHint("skip", ("S",), "Skip"),
    KeyHint("back", ("⌫",), "Back"),
    KeyHint("undo", ("Ctrl+Z",), "Undo"),
    KeyHint("pause", ("Space",), "Pause"),
    KeyHint("again", ("R",), "Play again"),
    KeyHint("close", ("Esc",), "Close"),
)
_KEYS = {
    Qt.Key.Key_A: "accept",
    Qt.Key.Key_Return: "accept",
    Qt.Key.Key_Enter: "accept",
    Qt.Key.Key_S: "skip",
    Qt.Key.Key_Backspace: "back",
    Qt.Key.Key_Space: "pause",
    Qt.Key.Key_R: "again",
    Qt.Key.Key_F2: "type",
    Qt.Key.Key_Escape: "close",
}
_MAY_REPEAT = ("back",)  # a key that is held down decides one track, not twenty


class ReviewGenreCard(GenreCard):
    """Lies over the bars."""

    def __init__(self, home: QWidget, beside: QWidget) -> None:
        super().__init__(home)
        self._beside = beside

    def _where(self) -> tuple[QRect, QRect]:
        corner = self._beside.mapTo(self._home, self._beside.rect().topLeft())
        right = corner.x() + self._beside.width() - self.width()
        return self._home.rect().adjusted(8, 8, -8, -8), QRect(max(8, right), corner.y() - 2, 1, 1)


class Desk(QWidget):
    """The track that is decided. Has the keyboard; what its keys mean is said by `asked` and `typed`."""

    asked = Signal(str)  # the name of a hint, "undo" or "redo"
    digit_pressed = Signal(int)
    typed = Signal(str)  # the first letter of a genre

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Track to review")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.title, self.facts, self.existing = (ElidedLabel(self, Qt.TextElideMode.ElideRight) for _ in range(3))
        self.title.setAccessibleName("Title")
        self.title.setFont(theme.scaled(self.font(), 1.9, bold=True))
        self.facts.setAccessibleName("Artist and length")
        self.facts.setFont(theme.tabular(theme.scaled(self.font(), 1.25)))
        self.existing.setAccessibleName("Existing genre")
        self.existing.setFont(theme.scaled(self.font(), 1.05))
        self.existing.set_muted()
        self.doubt = parts.label("Why it is doubtful")
        self.doubt.setFont(theme.scaled(self.font(), 1.1, bold=True))
        self.bars, self.timeline = HeardBars(self), ReviewTimeline(self)
        self.sound = parts.label("Playing", muted=True)
        self.card = ReviewGenreCard(self, self.bars)
        self._lay_out()

    def _lay_out(self) -> None:
        column = parts.page_layout(self, 0)
        column.setContentsMargins(26, 14, 26, 8)
        for label in (self.doubt, self.sound):  # keep their place when they are empty, so that nothing jumps
            label.setMinimumHeight(label.fontMetrics().height() + 2)
        for widget, space in ((self.title, 2), (self.facts, 4), (self.existing, 0)):
            column.addWidget(widget)
            column.addSpacing(space)
        column.addStretch(2)
        column.addWidget(self.doubt)
        column.addSpacing(6)
        column.addWidget(self.bars)
        column.addStretch(2)
        column.addSpacing(10)
        column.addWidget(self.timeline)
        column.addSpacing(2)
        column.addWidget(self.sound)
        column.addStretch(1)

    def show_card(self, card: Card, part: TellingPart, said: str | None) -> None:
        """Show a track; `said` is what the person said of it before."""
        row, verdict = card.row, card.verdict
        if row is None or verdict is None:
            return
        self.title.set_text(row.title or file_name(row.path))
        self.facts.set_text(words.facts_line(row))
        self.existing.set_text(words.existing_line(row))
        self.doubt.setText(words.said_line(said, verdict) if said else words.doubt_line(verdict, card.windows))
        read = (self.title.text(), self.facts.text(), self.existing.text(), self.doubt.text())
        self.setAccessibleDescription(". ".join(read))
        self.bars.show_scores(verdict.probabilities, verdict.label, said)
        ends = [row.duration or 0.0, *(window.end for window in card.windows)]
        self.timeline.show_track(card.windows, max(ends), part)

    def show_sound(self, line: str) -> None:
        """Say why nothing is heard, or how to hear it."""
        self.sound.setText(line)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        asked, digit = _asked(event), _digit(event)
        letter = event.text()
        plain = not event.modifiers() & (Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.AltModifier)
        if asked:
            if not event.isAutoRepeat() or asked in _MAY_REPEAT:
                self.asked.emit(asked)
        elif digit:
            if not event.isAutoRepeat():
                self.digit_pressed.emit(digit)
        elif plain and letter and letter.isalpha():
            self.typed.emit(letter)
        else:
            super().keyPressEvent(event)
            return
        event.accept()


def _asked(event: QKeyEvent) -> str:
    """Return what a key asks for; a capital letter always begins a genre."""
    if event.matches(QKeySequence.StandardKey.Undo):
        return "undo"
    if event.matches(QKeySequence.StandardKey.Redo) or event.keyCombination() == _REDO:
        return "redo"
    free = event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
    return _KEYS.get(Qt.Key(event.key()), "") if free == Qt.KeyboardModifier.NoModifier else ""


_SHIFTED = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier
_REDO = QKeyCombination(_SHIFTED, Qt.Key.Key_Z)  # the main window's, on every system


def _digit(event: QKeyEvent) -> int:
    free = event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
    number = event.key() - int(Qt.Key.Key_0)
    return number if 1 <= number <= 9 and free == Qt.KeyboardModifier.NoModifier else 0


class ReviewWindow(QDialog):
    """Progress at the top, a track or the end in the middle, keys at the bottom. Blocks nothing."""

    scope_chosen = Signal(str)  # "listed" or "whole"
    automatic_chosen = Signal(bool)
    left = Signal()  # it was closed

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle("Review")
        self.setAccessibleName("Review of doubtful tracks")
        self.setWindowFlags(self.windowFlags() | Qt.WindowType.WindowMinMaxButtonsHint)
        self.setMinimumSize(LEAST_SIZE)
        self.resize(FIRST_SIZE)
        self.progress = parts.label("Progress", wrapped=False)
        self.progress.setFont(theme.tabular(theme.scaled(self.font(), 1.0, bold=True)))
        self.bar = QProgressBar(self)
        self.bar.setTextVisible(False)
        self.bar.setAccessibleName("Progress")
        self.scope, self.automatic = QComboBox(self), QCheckBox("Play by itself", self)
        self.scope.setAccessibleName("Which tracks")
        self.scope.setToolTip("Which tracks are gone through")
        self.automatic.setToolTip("Play the most telling seconds of each track as it comes up")
        self.desk, self.end, self.waiting = Desk(self), EndPage(self), QLabel("Looking for doubtful tracks…", self)
        self.waiting.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.waiting.setProperty("rank", "muted")
        self.keys = KeysLine(HINTS, self)
        self._pages = QStackedWidget(self)
        for page in (self.waiting, self.desk, self.end):
            self._pages.addWidget(page)
        self._lay_out()
        self.scope.activated.connect(lambda _: self._scope_activated())
        self.automatic.toggled.connect(self.automatic_chosen)
        self.automatic.clicked.connect(lambda _: self.desk.setFocus())
        self.keys.clicked.connect(self.desk.asked)

    def _lay_out(self) -> None:
        column = parts.page_layout(self, 0)
        column.setContentsMargins(0, 0, 0, 0)
        head = QHBoxLayout()
        head.setContentsMargins(26, 12, 26, 10)
        head.setSpacing(16)
        head.addWidget(self.progress, 1)
        head.addWidget(self.automatic)
        head.addWidget(self.scope)
        line = QHBoxLayout()
        line.setContentsMargins(26, 0, 26, 0)
        line.addWidget(self.bar)
        foot = QHBoxLayout()
        foot.setContentsMargins(26, 10, 26, 16)
        foot.addWidget(self.keys)
        column.addLayout(head)
        column.addLayout(line)
        column.addWidget(self._pages, 1)
        column.addLayout(foot)

    # What it shows.
    def page(self) -> QWidget | None:
        return self._pages.currentWidget()

    def show_waiting(self) -> None:
        """Show that the list is being made."""
        self.progress.setText("")
        self.bar.setValue(0)
        self._turn_to(self.waiting)

    def show_desk(self) -> None:
        self._turn_to(self.desk)
        if not self.desk.card.isVisible():
            self.desk.setFocus()

    def show_end(self) -> None:
        self.desk.card.leave()
        self._turn_to(self.end)
        self.end.take_focus()

    def _turn_to(self, page: QWidget) -> None:
        self._pages.setCurrentWidget(page)
        for name in ("accept", "digit", "type", "skip", "pause", "again"):
            self.keys.enable(name, page is self.desk)

    def show_progress(self, text: str, done: int, total: int) -> None:
        self.progress.setText(text)
        self.bar.setMaximum(max(1, total))
        self.bar.setValue(done)

    def offer_scopes(self, listed: int, whole: int, chosen: str) -> None:
        """Offer what is listed beside the whole library, where they differ."""
        self.scope.clear()
        self.scope.addItem(f"Listed in the table: {listed:,}", "listed")
        self.scope.addItem(f"Whole library: {whole:,}", "whole")
        self.scope.setCurrentIndex(self.scope.findData(chosen))
        self.scope.setVisible(listed != whole)

    def _scope_activated(self) -> None:
        self.scope_chosen.emit(self.scope.currentData())
        self.desk.setFocus()

    def come_up(self) -> None:
        self.setWindowState(self.windowState() & ~Qt.WindowState.WindowMinimized)
        self.show()
        self.raise_()
        self.activateWindow()

    # Keys and the mouse.
    def keyPressEvent(self, event: QKeyEvent) -> None:
        # What the focused part did not take: the keys hold also while a choice above has the keyboard.
        if self.page() is self.desk and not self.desk.card.isVisible():
            self.desk.keyPressEvent(event)
        elif _asked(event) in ("back", "undo", "redo", "close"):
            self.desk.asked.emit(_asked(event))
        else:
            super().keyPressEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.desk.card.leave()

    def reject(self) -> None:
        """Close by Escape or by the cross."""
        self.desk.card.leave()
        super().reject()
        self.left.emit()

    def closeEvent(self, event: QCloseEvent) -> None:
        event.accept()
        self.left.emit()


def played_line(trouble: str, *, playing: bool, automatic: bool) -> str:
    """Return the line under the timeline."""
    if trouble:
        return trouble
    return "" if playing or automatic else "Space plays the part that is marked"
