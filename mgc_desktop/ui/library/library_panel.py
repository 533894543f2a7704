"""The library in the middle of the window: table or empty state, and the questions asked of the query thread."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from PySide6.QtCore import QTimer, Signal
from PySide6.QtWidgets import QStackedWidget, QVBoxLayout, QWidget

from mgc_desktop.ui.actions import Actions
from mgc_desktop.ui.library.empty_state import EmptyState
from mgc_desktop.ui.library.query import LibraryQuery, Listing, Question
from mgc_desktop.ui.library.table_model import ORDERS, TrackModel
from mgc_desktop.ui.library.table_view import TrackTable

if TYPE_CHECKING:  # numpy comes with the values: after the first paint
    from mgc_desktop.core.values import TrackRow

_TYPING_MS = 150  # silence after a key before the search starts
_GROWING_MS = 300  # rows that are added during a scan are listed this often


class LibraryPanel(QWidget):
    """Lists tracks; follows the search field, the header, and the changes that the engine tells of."""

    track_chosen = Signal(object)  # TrackRow, or None
    listed = Signal(int, str)  # how many, for which search

    def __init__(self, actions: Actions, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.model = TrackModel(self)
        self.table = TrackTable(self.model, actions, self)
        self.empty = EmptyState(self)
        self._blank = QWidget(self)  # until the first answer: neither table nor doors, so that nothing flashes
        self._stack = QStackedWidget(self)
        for widget in (self._blank, self.table, self.empty):
            self._stack.addWidget(widget)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._stack)
        self._query: LibraryQuery | None = None
        self._question = Question()
        self._answered: Question | None = None
        self._search = ""
        self._typing = self._timer(_TYPING_MS, self._search_now)
        self._growing = self._timer(_GROWING_MS, self._list_again)
        self.table.sort_asked.connect(self._sort)
        self.table.current_changed.connect(self._tell_current)
        self.model.wanted.connect(self._read_rows)

    def _timer(self, milliseconds: int, function: Callable[[], None]) -> QTimer:
        timer = QTimer(self)
        timer.setSingleShot(True)
        timer.setInterval(milliseconds)
        timer.timeout.connect(function)
        return timer

    def connect_query(self, query: LibraryQuery, question: Question) -> None:
        """Start to list: from here on the panel shows the library."""
        self._query = query
        query.listed.connect(self._take_listing)
        query.rows_read.connect(self._take_rows)
        query.failed.connect(self._take_failure)
        column = question.order if question.order in ORDERS else "path"
        self._question = Question(self._search, column, question.descending and column != "path")
        self.table.show_order(self._question)
        self._list_again()

    def take_focus(self) -> None:
        """Take the keyboard's focus at the start; the stack hands it on to the table, or to the first door."""
        self._blank.setFocus()

    def question(self) -> Question:
        """Return what is listed now."""
        return self._question

    def search_for(self, text: str) -> None:
        """Search when nothing more is typed for a moment."""
        self._search = text.strip()
        self._typing.start()

    def tracks_changed(self, ids: Iterable[int], *, rows_added: bool) -> None:
        """Take the news from the engine: read again what is in sight, list again where rows were added."""
        known = self.model.changed_and_known(ids)
        if known:
            self._read_rows(known)
        if rows_added and not self._growing.isActive():
            self._growing.start()

    def refresh(self) -> None:
        """Read again what is in sight: another program may have written to the library."""
        seen = dict.fromkeys((*self.table.visible_ids(), self.table.current_id()))
        ids = [track for track in seen if track is not None]
        self.model.forget_but(ids)
        self._read_rows(ids)
        self._list_again()

    def row(self, track: int) -> TrackRow | None:
        place = self.model.place_of(track)
        return self.model.row_at(place) if place is not None else None

    def _search_now(self) -> None:
        if self._search != self._question.search:
            self._question = Question(self._search, self._question.order, self._question.descending)
            self._list_again()

    def _sort(self, column: str, descending: bool) -> None:
        self._question = Question(self._search, column, descending)
        self._list_again()

    def _list_again(self) -> None:
        if self._query is not None:
            self._query.ask(self._question, self.table.visible_ids())

    def _read_rows(self, ids: list[int]) -> None:
        if self._query is not None:
            self._query.ask_rows(ids)

    def _take_listing(self, listing: Listing) -> None:
        same = self._answered == listing.question
        self.table.take_listing(listing, keep_place=same)
        self._answered = listing.question
        if listing.ids:
            self._stack.setCurrentWidget(self.table)
        else:
            search = listing.question.search
            self.empty.show_no_match(search) if search else self.empty.show_doors()
            self._stack.setCurrentWidget(self.empty)
        self.listed.emit(len(listing.ids), listing.question.search)

    def _take_failure(self, sentence: str) -> None:
        if not self.model.ids():  # what is listed stays in sight; the message bar has the sentence
            self.empty.show_trouble(sentence)
            self._stack.setCurrentWidget(self.empty)

    def _take_rows(self, rows: list[TrackRow]) -> None:
        self.model.take_rows(rows)
        current = self.table.current_id()
        for row in rows:
            if row.id == current:
                self.track_chosen.emit(row)

    def _tell_current(self, track: int | None) -> None:
        self.track_chosen.emit(self.row(track) if track is not None else None)
