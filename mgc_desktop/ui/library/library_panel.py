"""The library in the middle of the window: table or empty state, and the questions asked of the query thread."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import TYPE_CHECKING

from PySide6.QtCore import QTimer, Signal
from PySide6.QtWidgets import QStackedWidget, QVBoxLayout, QWidget

from mgc_desktop.core.filter import EVERYTHING, ROWS, Filter, Summary
from mgc_desktop.ui.actions import Actions
from mgc_desktop.ui.library import filter_words
from mgc_desktop.ui.library.empty_state import EmptyState
from mgc_desktop.ui.library.filter_line import FilterLine
from mgc_desktop.ui.library.filter_pane import FilterPane
from mgc_desktop.ui.library.query import LibraryQuery, Listing, Question
from mgc_desktop.ui.library.table_model import ORDERS, TrackModel
from mgc_desktop.ui.library.table_view import TrackTable

if TYPE_CHECKING:  # numpy comes with the values: after the first paint
    from mgc_desktop.core.values import TrackRow

_TYPING_MS = 150  # silence after a key before the search starts
_GROWING_MS = 300  # rows that are added during a scan are listed this often
_SETTLING_MS = 1000  # and rows that changed, where they may pass the filter no more
_COUNTING_MS = 1000  # numbers that change more often cannot be read


class LibraryPanel(QWidget):
    """Lists tracks; follows the search field, the header, and the changes that the engine tells of."""

    track_chosen = Signal(object)  # TrackRow, or None
    listed = Signal(int, str)  # how many, for which search
    search_dropped = Signal()  # nothing is to be searched for any more

    def __init__(self, actions: Actions, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.model = TrackModel(self)
        self.table = TrackTable(self.model, actions, self)
        self.empty = EmptyState(self)
        self.line = FilterLine(self)
        self._blank = QWidget(self)  # until the first answer: neither table nor doors, so that nothing flashes
        self._stack = QStackedWidget(self)
        for widget in (self._blank, self.table, self.empty):
            self._stack.addWidget(widget)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.line)
        layout.addWidget(self._stack, 1)
        self._query: LibraryQuery | None = None
        self._question = Question()
        self._answered: Question | None = None
        self._search = ""
        self._typing = self._timer(_TYPING_MS, self._search_now)
        self._growing = self._timer(_GROWING_MS, self._list_again)
        self._settling = self._timer(_SETTLING_MS, self._list_again)
        self._counting = self._timer(_COUNTING_MS, self._count_now)
        self._filters: FilterPane | None = None
        self.line.removed.connect(self._drop)
        self.line.cleared.connect(self.clear_filter)
        self.empty.clear_search_asked.connect(self.search_dropped)
        self.empty.relax_asked.connect(self._drop)
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
        query.summarised.connect(self._take_summary)
        query.failed.connect(self._take_failure)
        column = question.order if question.order in ORDERS else "path"
        descending = question.descending and column != "path"
        self._question = replace(question, search=self._search, order=column, descending=descending)
        self.table.show_order(self._question)
        self._show_filter()
        self._list_again()

    def put_above(self, bar: QWidget) -> None:
        """Put a bar above the table."""
        layout = self.layout()
        assert isinstance(layout, QVBoxLayout)
        layout.insertWidget(0, bar)

    def connect_filters(self, pane: FilterPane) -> None:
        """Follow what is chosen in the pane of filters, and bring it the counts."""
        self._filters = pane
        pane.changed.connect(self.filter_by)

    def filter_by(self, wanted: Filter) -> None:
        """List what `wanted` asks for; what is searched for stays."""
        wanted = wanted.without("text")
        if wanted != self._question.filter:
            self._question = replace(self._question, filter=wanted)
            self._show_filter()
            self._list_again()

    def sort_by(self, order: str, descending: bool = False) -> None:
        """List in another order, a key of `table_model.ORDERS`, and mark its column."""
        self._sort(order, descending)
        self.table.show_order(self._question)

    def clear_filter(self) -> None:
        """List every track again."""
        self.search_dropped.emit()
        self._typing.stop()
        self._search = ""
        self._question = replace(self._question, search="", filter=EVERYTHING)
        self._show_filter()
        self._list_again()

    def _drop(self, row: str) -> None:
        if row == "text":
            self.search_dropped.emit()
        else:
            self.filter_by(self._question.filter.without(row))

    def _show_filter(self) -> None:
        self.line.show_filter(self._question.wanted())
        if self._filters is not None:
            self._filters.show_filter(self._question.filter)

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
        elif self._question.wanted() and not self._growing.isActive() and not self._settling.isActive():
            self._settling.start()  # what changed may pass the filter now, or no more
        self._count()

    def refresh(self) -> None:
        """Read again what is in sight: another program may have written to the library."""
        seen = dict.fromkeys((*self.table.visible_ids().tolist(), self.table.current_id()))
        ids = [track for track in seen if track is not None]
        self.model.forget_but(ids)
        self._read_rows(ids)
        self._list_again()

    def row(self, track: int) -> TrackRow | None:
        place = self.model.place_of(track)
        return self.model.row_at(place) if place is not None else None

    def _search_now(self) -> None:
        if self._search != self._question.search:
            self._question = replace(self._question, search=self._search)
            self._show_filter()
            self._list_again()

    def _sort(self, column: str, descending: bool) -> None:
        self._question = replace(self._question, order=column, descending=descending)
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
        if listing.ids.size:
            self._stack.setCurrentWidget(self.table)
        else:
            self._say_empty(listing.question)
        if not same:
            self._count_now()
        self.listed.emit(listing.ids.size, listing.question.search)

    def _say_empty(self, question: Question) -> None:
        if question.filter:
            wanted = question.wanted()
            self.empty.show_nothing_passes([filter_words.chip(row, wanted) for row in ROWS if wanted.has(row)])
        elif question.search:
            self.empty.show_no_match(question.search)
        else:
            self.empty.show_doors()
        self._stack.setCurrentWidget(self.empty)

    def _count(self) -> None:
        if not self._counting.isActive():
            self._counting.start()

    def _count_now(self) -> None:
        if self._query is not None:
            self._query.ask_summary(self._question.wanted())

    def _take_summary(self, wanted: Filter, summary: Summary) -> None:
        if wanted == self._question.wanted():
            self.empty.offer(summary.relaxed)
            self.line.show_count(summary.listed, summary.total)
            if self._filters is not None:
                self._filters.show_summary(summary)

    def _take_failure(self, sentence: str) -> None:
        if not self.model.rowCount():  # what is listed stays in sight; the message bar has the sentence
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
