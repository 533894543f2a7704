"""Reads the library for the table, off the GUI thread: the newest question wins, stale answers are dropped."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Protocol

from PySide6.QtCore import QObject, Signal

from mgc_desktop.core.errors import MgcError
from mgc_desktop.core.filter import EVERYTHING, Filter, Summary

if TYPE_CHECKING:  # numpy comes with the values: after the first paint
    import numpy as np
    from numpy.typing import NDArray

    from mgc_desktop.core.values import TrackRow, Verdict
    from mgc_desktop.library.corrections import GenreNames

log = logging.getLogger(__name__)

PAGE = 64  # rows fetched together: two screens of a common window
_STOP_SECONDS = 3.0


class TrackReader(Protocol):
    """What the table asks of a read connection (`mgc_desktop.library.reader.Reader`)."""

    def ids(self, wanted: Filter, order: str = "path", descending: bool = False) -> NDArray[np.int64]: ...
    def summary(self, wanted: Filter) -> Summary: ...
    def rows(self, ids: Sequence[int]) -> list[TrackRow]: ...
    def verdict(self, track_id: int) -> Verdict | None: ...
    def genre_names(self) -> GenreNames: ...
    def close(self) -> None: ...


@dataclass(frozen=True, slots=True)
class Question:
    """Which tracks to list, and in which order. The text of `filter` counts for nothing: `search` stands for it."""

    search: str = ""
    order: str = "path"
    descending: bool = False
    filter: Filter = EVERYTHING

    def wanted(self) -> Filter:
        """Return which tracks are asked for."""
        return replace(self.filter, text=self.search)


@dataclass(frozen=True, eq=False)
class Listing:
    """The answer: ids in order, each one's place, and the rows around the place that is looked at.

    Attributes
    ----------
    question : Question
    ids : int64[n]
    places : int32[m]
        By id: its place in `ids`, or -1. Ids of m and above are not listed.
    rows : tuple of TrackRow
    """

    question: Question
    ids: NDArray[np.int64]
    places: NDArray[np.int32]
    rows: tuple[TrackRow, ...] = ()


def places_of(ids: NDArray[np.int64]) -> NDArray[np.int32]:
    """Return `Listing.places` (3 ms for a million)."""
    import numpy as np  # it comes with the values: after the first paint

    places = np.full(int(ids.max(initial=-1)) + 1, -1, np.int32)
    places[ids] = np.arange(ids.size, dtype=np.int32)
    return places


@dataclass(slots=True)
class _Inbox:
    listing: tuple[int, Question, NDArray[np.int64] | None] | None = None
    rows: dict[int, None] = field(default_factory=dict)  # ids, newest last
    detail: int | None = None
    genres: bool = False
    summary: Filter | None = None
    stop: bool = False

    def empty(self) -> bool:
        urgent = self.stop or self.listing or self.rows or self.genres or self.detail is not None
        return not urgent and self.summary is None


class LibraryQuery(QObject):
    """One thread with its own read connection.

    Parameters
    ----------
    open_reader : callable
        Opens a read connection; called in the query thread.

    Notes
    -----
    The signals are emitted in the query thread and arrive queued. Questions may be asked from the GUI thread at any
    time: a listing that was overtaken by a newer question is not delivered.
    """

    listed = Signal(object)  # Listing
    rows_read = Signal(object)  # list[TrackRow]
    detailed = Signal(int, object)  # track id, Verdict | None
    genres_read = Signal(object)  # GenreNames
    summarised = Signal(object, object)  # Filter, Summary
    failed = Signal(str, str)  # sentence, detail

    def __init__(self, open_reader: Callable[[], TrackReader], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._open_reader = open_reader
        self._wake = threading.Condition()
        self._inbox = _Inbox()
        self._generation = 0
        self._thread = threading.Thread(target=self._run, name="library-query", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """End the thread and close its connection; bounded in time, idempotent."""
        with self._wake:
            self._inbox.stop = True
            self._wake.notify()
        if self._thread.is_alive():
            self._thread.join(_STOP_SECONDS)

    def ask(self, question: Question, looked_at: NDArray[np.int64] | None = None) -> None:
        """List the tracks of `question`; rows of the ids `looked_at` come with the answer if they are in it."""
        with self._wake:
            self._generation += 1
            self._inbox.listing = (self._generation, question, looked_at)
            self._wake.notify()

    def ask_rows(self, ids: Sequence[int]) -> None:
        """Read the rows of `ids`; those asked for last come first."""
        with self._wake:
            for track in ids:
                self._inbox.rows.pop(track, None)
                self._inbox.rows[track] = None
            self._wake.notify()

    def ask_detail(self, track: int) -> None:
        """Read the whole verdict of one track; only the last one asked for is answered."""
        with self._wake:
            self._inbox.detail = track
            self._wake.notify()

    def ask_genres(self) -> None:
        """Read every genre's name that the library knows."""
        with self._wake:
            self._inbox.genres = True
            self._wake.notify()

    def ask_summary(self, wanted: Filter) -> None:
        """Count what can be filtered by; only the last filter asked for is answered, when nothing else is asked."""
        with self._wake:
            self._inbox.summary = wanted
            self._wake.notify()

    def _take(self) -> _Inbox:
        with self._wake:
            while self._inbox.empty():
                self._wake.wait()
            taken = self._inbox
            self._inbox = _Inbox(stop=taken.stop)
            newest_first = list(reversed(taken.rows))
            taken.rows = dict.fromkeys(newest_first[:PAGE])
            self._inbox.rows = dict.fromkeys(reversed(newest_first[PAGE:]))
            if taken.listing or taken.rows or taken.detail is not None:  # the counts can wait, what is looked at can't
                self._inbox.summary, taken.summary = taken.summary, None
            return taken

    def _run(self) -> None:
        reader: TrackReader | None = None
        try:
            while not (work := self._take()).stop:
                try:
                    reader = reader or self._open_reader()
                    self._answer(reader, work)
                except MgcError as error:
                    log.warning("Reading the library failed: %s", error.detail or error.sentence)
                    self.failed.emit(error.sentence, error.detail)
        finally:
            if reader is not None:
                reader.close()

    def _answer(self, reader: TrackReader, work: _Inbox) -> None:
        if work.detail is not None:
            self.detailed.emit(work.detail, reader.verdict(work.detail))
        if work.rows:
            self.rows_read.emit(reader.rows(list(work.rows)))
        if work.listing is not None:
            self._list(reader, *work.listing)
        if work.genres:
            self.genres_read.emit(reader.genre_names())
        if work.summary is not None:
            self.summarised.emit(work.summary, reader.summary(work.summary))

    def _list(
        self, reader: TrackReader, generation: int, question: Question, looked_at: NDArray[np.int64] | None
    ) -> None:
        ids = reader.ids(question.wanted(), question.order, question.descending)
        if generation != self._generation:
            return
        places = places_of(ids)
        wanted = [] if looked_at is None else [i for i in looked_at.tolist() if i < places.size and places[i] >= 0]
        rows = tuple(reader.rows(wanted or ids[:PAGE].tolist()))
        if generation == self._generation:
            self.listed.emit(Listing(question, ids, places, rows))
