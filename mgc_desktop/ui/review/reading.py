"""Reads for the review, off the GUI thread: which tracks are doubtful, and all that is known of a track."""

from __future__ import annotations

import logging
import queue
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from PySide6.QtCore import QObject, Signal

from mgc_desktop.core.errors import MgcError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from mgc_desktop.core.values import TrackRow, Verdict, WindowScores
    from mgc_desktop.library.corrections import GenreNames

log = logging.getLogger(__name__)

_STOP_SECONDS = 3.0
_ROWS_AT_ONCE = 500


class ReviewReader(Protocol):
    """What a review asks of a read connection (`mgc_desktop.library.reader.Reader`)."""

    def doubtful(self) -> NDArray[np.int64]: ...
    def rows(self, ids: Sequence[int]) -> list[TrackRow]: ...
    def verdict(self, track_id: int) -> Verdict | None: ...
    def windows(self, track_id: int) -> tuple[WindowScores, ...]: ...
    def genre_names(self) -> GenreNames: ...
    def close(self) -> None: ...


@dataclass(frozen=True, slots=True)
class Card:
    """All that is shown of one track; `row` is None where the library knows it no more."""

    track: int
    row: TrackRow | None
    verdict: Verdict | None
    windows: tuple[WindowScores, ...]


@dataclass(frozen=True, slots=True)
class Doubtful:
    """The answer to `ReviewReading.ask_doubtful`: among the tracks that were listed, and in the whole library."""

    listed: NDArray[np.int64]
    whole: NDArray[np.int64]


class ReviewReading(QObject):
    """One thread with its own read connection, which starts with the first question. Signals arrive queued.

    Parameters
    ----------
    open_reader : callable
        Opens a read connection; called in that thread.
    """

    doubtful_read = Signal(object)  # Doubtful
    card_read = Signal(object)  # Card
    rows_read = Signal(object)  # list[TrackRow]
    genres_read = Signal(object)  # GenreNames
    failed = Signal(str, str)  # sentence, detail

    def __init__(self, open_reader: Callable[[], ReviewReader], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._open_reader = open_reader
        self._work: queue.SimpleQueue[Callable[[ReviewReader], None] | None] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None

    def ask_doubtful(self, listed: Any) -> None:
        """Read which tracks are doubtful; `listed` are the ids that the table shows (an array or a tuple)."""
        self._ask(lambda reader: self.doubtful_read.emit(_doubtful(reader, listed)))

    def ask_card(self, track: int) -> None:
        """Read all that is known of a track."""
        self._ask(lambda reader: self.card_read.emit(_card(reader, track)))

    def ask_rows(self, ids: Sequence[int]) -> None:
        """Read the rows of tracks, all together."""
        self._ask(lambda reader: self.rows_read.emit(_rows(reader, ids)))

    def ask_genres(self) -> None:
        """Read every genre's name that the library knows."""
        self._ask(lambda reader: self.genres_read.emit(reader.genre_names()))

    def stop(self) -> None:
        """End the thread and close its connection; bounded in time, idempotent."""
        thread, self._thread = self._thread, None
        if thread is not None:
            self._work.put(None)
            thread.join(_STOP_SECONDS)

    def _ask(self, work: Callable[[ReviewReader], None]) -> None:
        self._work.put(work)
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="review-reading", daemon=True)
            self._thread.start()

    def _run(self) -> None:
        reader: ReviewReader | None = None
        try:
            while (work := self._work.get()) is not None:
                try:
                    reader = reader or self._open_reader()
                    work(reader)
                except MgcError as error:
                    log.warning("Reading for the review failed: %s", error.detail or error.sentence)
                    self.failed.emit(error.sentence, error.detail)
        finally:
            if reader is not None:
                reader.close()


def _doubtful(reader: ReviewReader, listed: Any) -> Doubtful:
    import numpy as np  # here: in the GUI thread it would be paid for before it is needed

    whole = reader.doubtful()
    return Doubtful(whole[np.isin(whole, np.asarray(listed, np.int64))], whole)


def _card(reader: ReviewReader, track: int) -> Card:
    rows = reader.rows([track])
    return Card(track, rows[0] if rows else None, reader.verdict(track), reader.windows(track))


def _rows(reader: ReviewReader, ids: Sequence[int]) -> list[TrackRow]:
    found: list[TrackRow] = []
    for at in range(0, len(ids), _ROWS_AT_ONCE):
        found += reader.rows(ids[at : at + _ROWS_AT_ONCE])
    return found
