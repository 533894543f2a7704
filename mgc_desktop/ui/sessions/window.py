"""The window of Listen > Sessions: what was kept, one of them in detail, and what can be done with it."""

from __future__ import annotations

import os
from collections.abc import Sequence

from PySide6.QtCore import QModelIndex, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QKeySequence, QShortcut
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QListWidget,
    QListWidgetItem,
    QSplitter,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from mgc_desktop.core.session_values import SessionDetails, SessionRow
from mgc_desktop.ui.elided import ElidedLabel
from mgc_desktop.ui.live import axes
from mgc_desktop.ui.models.parts import button
from mgc_desktop.ui.sessions.list_model import HEARD, TITLE, HeardDelegate, SessionModel
from mgc_desktop.ui.sessions.session_panel import SessionPanel
from mgc_desktop.ui.shared_table import SharedTable
from mgc_desktop.ui.side_window import SideWindow, empty_words
from mgc_desktop.ui.theme import display_name

FIRST_SIZE, LEAST_SIZE = QSize(1040, 680), QSize(820, 520)
_SHARES = (0.2, 0.24, 0.09, 0.09, 0.08, 0.08, 0.22)
_NOTHING = "No session is kept.\nWhile you listen, Listen > Keep This Session (Ctrl+K) keeps what is heard."
_NO_WORDS = "No notes and no labels"
_SIDE_WIDTH = 230  # px
_MOMENT, _LABEL, _SOUND = (int(Qt.ItemDataRole.UserRole) + number for number in range(3))


class SessionsWindow(SideWindow):
    """Widgets only; what is asked for comes out as signals. It blocks nothing.

    Signals
    -------
    session_chosen : int
    renamed : int, str
    export_asked, delete_asked, undo_asked
        About the chosen session; undo takes back what was done last in the whole window.
    play_asked, sought, play_from_asked
        As `TrackPanel` has them.
    play_file_asked : str
        A labelled span whose sound is kept alone.
    take_back_asked : int
        The number of a label.
    hidden
    """

    session_chosen = Signal(object)  # numbers of sessions are too long for Qt's int
    renamed = Signal(object, str)
    export_asked = Signal()
    delete_asked = Signal()
    undo_asked = Signal()
    play_asked = Signal()
    play_from_asked = Signal(float)
    play_file_asked = Signal(str)
    take_back_asked = Signal(object)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle("Sessions")
        self.setAccessibleName("Kept sessions")
        self.setMinimumSize(LEAST_SIZE)
        self.resize(FIRST_SIZE)
        self._chosen = 0
        self.sessions = SessionModel(self)
        self.home = self.table = SharedTable("Sessions", self.sessions, _SHARES, self)
        self.table.setItemDelegateForColumn(HEARD, HeardDelegate(self.table))
        self.table.selectionModel().currentRowChanged.connect(self._choose)
        self.sessions.modelReset.connect(self._choose_again)
        self.sessions.renamed.connect(self.renamed)
        self.panel = SessionPanel("Space", self)
        self._make_words()
        self._make_ends()
        self._lay_out()
        self._connect()
        self._show_state()

    def _make_words(self) -> None:
        self.words = QListWidget(self)
        self.words.setAccessibleName("Notes and labels")
        self.words.setWordWrap(True)
        self.words.setFrameShape(QFrame.Shape.NoFrame)
        self.words.setToolTip("Enter plays from there; Delete takes a label back")
        self.no_words = QLabel(_NO_WORDS, self)
        self.no_words.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.no_words.setProperty("rank", "muted")

    def _make_ends(self) -> None:
        self.notice = ElidedLabel(self, Qt.TextElideMode.ElideRight)
        self.notice.setAccessibleName("What was done last")
        self.notice.set_muted()
        self.undo = button("&Undo", "Put back what was deleted or taken back last (Ctrl+Z)")
        self.undo.hide()
        self.rename = button("&Rename", "Give this session a name (F2)")
        self.export = button("&Export…", "Write timeline, notes and labels as CSV or JSON")
        self.delete = button("&Delete", "List it no more; its sound goes to the trash (Delete)")
        self.done_with = button("Close", "Close this window (Escape)")

    def _connect(self) -> None:
        self.undo.clicked.connect(self.undo_asked)
        self.rename.clicked.connect(self.edit_name)
        self.export.clicked.connect(self.export_asked)
        self.delete.clicked.connect(self.delete_asked)
        self.done_with.clicked.connect(self.close)
        self.panel.play_asked.connect(self.play_asked)
        self.panel.play_from_asked.connect(self.play_from_asked)
        self.words.itemActivated.connect(self._play_from_word)
        self.table.doubleClicked.connect(lambda _: self.play_asked.emit())
        for keys, home, what in (
            ("F2", self.table, self.edit_name),
            ("Del", self.table, self.delete_asked.emit),
            ("Space", self.table, self.play_asked.emit),
            ("Del", self.words, self._take_back),
            ("Ctrl+Z", self, self.undo_asked.emit),
        ):
            shortcut = QShortcut(QKeySequence(keys), home)
            if home is not self:
                shortcut.setContext(Qt.ShortcutContext.WidgetShortcut)
            shortcut.activated.connect(what)

    def _lay_out(self) -> None:
        self._list_place = self._framed(self.table, _NOTHING)
        self._below = below = QWidget(self)
        row = QHBoxLayout(below)
        row.setContentsMargins(0, 12, 0, 0)
        row.setSpacing(8)
        row.addWidget(self.panel, 1)
        side = QFrame(below)
        side.setProperty("role", "card")
        side.setFixedWidth(_SIDE_WIDTH)
        inside = QVBoxLayout(side)
        inside.setContentsMargins(4, 4, 4, 4)
        self._words_place = QStackedWidget(side)
        self._words_place.addWidget(self.words)
        self._words_place.addWidget(self.no_words)
        inside.addWidget(self._words_place)
        row.addWidget(side)
        parts = QSplitter(Qt.Orientation.Vertical, self)
        parts.setChildrenCollapsible(False)
        parts.setHandleWidth(1)
        parts.addWidget(self._list_place)
        parts.addWidget(below)
        parts.setSizes([300, 290])
        last = QHBoxLayout()
        last.addWidget(self.notice, 1)
        for widget in (self.undo, self.rename, self.export, self.delete, self.done_with):
            last.addWidget(widget)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 14, 16, 12)
        layout.setSpacing(12)
        layout.addWidget(parts, 1)
        layout.addLayout(last)

    def _framed(self, table: QWidget, when_empty: str) -> QStackedWidget:
        stack = QStackedWidget(self)
        stack.setProperty("role", "card")
        stack.addWidget(table)
        stack.addWidget(empty_words(when_empty, stack))
        return stack

    # What the person does ----------------------------------------------------------------------------

    def session(self) -> SessionRow | None:
        """Return the chosen session."""
        line = self.table.currentIndex().row()
        return self.sessions.sessions[line] if 0 <= line < len(self.sessions.sessions) else None

    def edit_name(self) -> None:
        """Let the name of the chosen session be typed."""
        index = self.table.currentIndex()
        if index.isValid():
            self.table.edit(index.siblingAtColumn(TITLE))

    def _choose(self, current: QModelIndex, before: QModelIndex) -> None:
        row = self.session()
        if row is not None and row.id != self._chosen:
            self._chosen = row.id
            self.session_chosen.emit(row.id)
        self._show_state()

    def _choose_again(self) -> None:
        """After the list has changed: the session that was chosen, else the latest."""
        if not self.sessions.sessions:
            self._chosen = 0
            self.panel.show_nothing()
            self._list_words(())
            self._show_state()
            return
        line = max(0, self.sessions.line_of(self._chosen))
        if self.sessions.line_of(self._chosen) < 0:
            self._chosen = 0
        self.table.selectRow(line)

    def _play_from_word(self, item: QListWidgetItem) -> None:
        if item.data(_SOUND):
            self.play_file_asked.emit(item.data(_SOUND))
        else:
            self.play_from_asked.emit(float(item.data(_MOMENT)))

    def _take_back(self) -> None:
        item = self.words.currentItem()
        number = item.data(_LABEL) if item is not None else None
        if number:
            self.take_back_asked.emit(number)

    # What is shown -----------------------------------------------------------------------------------

    def show_sessions(self, sessions: Sequence[SessionRow]) -> None:
        """List the sessions."""
        self.sessions.show_sessions(sessions)
        self._show_state()

    def show_details(self, details: SessionDetails) -> None:
        """Show the chosen session; another, which was overtaken, is not."""
        row = self.session()
        if row is None or row.id != details.row.id:
            return
        self.panel.show_session(details)
        zero = details.row.start
        said = [(note.time - zero, axes.clock_text(note.time - zero), note.text, 0, "") for note in details.notes]
        for span in details.labels:
            start, end = span.start - zero, span.end - zero
            times = f"{axes.clock_text(start)} to {axes.clock_text(end)}"
            sound = os.path.join(details.folder, span.sound) if span.sound and not details.path else ""
            said.append((start, times, display_name(span.label), span.id, sound))
        self._list_words(sorted(said))

    def _list_words(self, said: Sequence[tuple[float, str, str, int, str]]) -> None:
        self.words.clear()
        for moment, when, text, number, sound in said:
            item = QListWidgetItem(f"{when}  {text}", self.words)
            item.setData(_MOMENT, moment)
            item.setData(_LABEL, number)
            item.setData(_SOUND, sound)
        self._words_place.setCurrentIndex(0 if said else 1)

    def say(self, text: str, *, undo: bool = False) -> None:
        """Say what was done, and offer to take it back."""
        self.notice.set_text(text)
        self.undo.setVisible(undo)

    def _show_state(self) -> None:
        row = self.session()
        self._list_place.setCurrentIndex(0 if self.sessions.sessions else 1)
        self.no_words.setText(_NO_WORDS if row is not None else "")
        self._below.setVisible(bool(self.sessions.sessions))
        for offer in (self.rename, self.export, self.delete):
            offer.setEnabled(row is not None)

    # Qt's events -------------------------------------------------------------------------------------

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            return  # it belongs to the lists
        super().keyPressEvent(event)
