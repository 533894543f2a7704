"""Reads the library for the table, off the GUI thread: the newest question wins, stale answers are dropped."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from PySide6.QtCore import QObject, Signal

from mgc_desktop.core.errors import MgcError

if TYPE_CHECKING:  # numpy comes with the values: after the first paint
    from mgc_desktop.core.values import TrackRow, Verdict
    from mgc_desktop.library.corrections import GenreNames

log = logging.getLogger(__name__)

PAGE = 64  # rows fetched together: two screens of a common window
_STOP_SECONDS = 3.0


class TrackReader(Protocol):
    """What the table asks of a read connection (`mgc_desktop.library.reader.Reader`)."""

    def ids(self, search: str = "", order: str = "path", descending: bool = False) -> Iterable[Any]: ...
    def rows(self, ids: Sequence[int]) -> list[TrackRow]: ...
    def verdict(self, track_id: int) -> Verdict | None: ...
    def genre_names(self) -> GenreNames: ...
    def close(self) -> None: ...


@dataclass(frozen=True, slots=True)
class Question:
    """Which tracks to list, and in which order."""

    search: str = ""
    order: str = "path"
    descending: bool = False


@dataclass(frozen=True, slots=True)
class Listing:
    """The answer: ids in order, each one's place, and the rows around the place that is looked at."""

    question: Question
    ids: tuple[int, ...]
    places: Mapping[int, int]
    rows: tuple[TrackRow, ...]


@dataclass(slots=True)
class _Inbox:
    listing: tuple[int, Question, tuple[int, ...]] | None = None
    rows: dict[int, None] = field(default_factory=dict)  # ids, newest last
    detail: int | None = None
    genres: bool = False
    stop: bool = False

    def empty(self) -> bool:
        return not (self.stop or self.listing or self.rows or self.genres or self.detail is not None)


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

    def ask(self, question: Question, looked_at: Sequence[int] = ()) -> None:
        """List the tracks of `question`; rows of the ids `looked_at` come with the answer if they are in it."""
        with self._wake:
            self._generation += 1
            self._inbox.listing = (self._generation, question, tuple(looked_at))
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

    def _take(self) -> _Inbox:
        with self._wake:
            while self._inbox.empty():
                self._wake.wait()
            taken = self._inbox
            self._inbox = _Inbox(stop=taken.stop)
            newest_first = list(reversed(taken.rows))
            taken.rows = dict.fromkeys(newest_first[:PAGE])
            self._inbox.rows = dict.fromkeys(reversed(newest_first[PAGE:]))
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
        if work.listing is not None:
            generation, question, looked_at = work.listing
            ids = tuple(int(track) for track in reader.ids(question.search, question.order, question.descending))
            places = {track: place for place, track in enumerate(ids)}
            wanted = [track for track in looked_at if track in places] or list(ids[:PAGE])
            rows = tuple(reader.rows(wanted))
            if generation == self._generation:
                self.listed.emit(Listing(question, ids, places, rows))
        if work.genres:
            self.genres_read.emit(reader.genre_names())
        if work.rows:
            self.rows_read.emit(reader.rows(list(work.rows)))
