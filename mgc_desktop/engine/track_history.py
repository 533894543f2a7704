"""What the library knows of the track that is looked at: its timeline, what a person said, what was written."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

from mgc_desktop.engine.events import TrackHistoryReady
from mgc_desktop.engine.loop import EventSink, Loop

if TYPE_CHECKING:
    from mgc_desktop.library.reader import Reader


class TrackHistories(Loop):
    """`ask` returns at once, from any thread; only the track that was asked for last is answered.

    Parameters
    ----------
    open_reader : callable
        Opens a read connection; called in the thread of this one.
    on_event : EventSink
        Gets `TrackHistoryReady`.
    """

    def __init__(self, open_reader: Callable[[], Reader], on_event: EventSink) -> None:
        super().__init__("histories", on_event)
        self._open_reader = open_reader
        self._reader: Reader | None = None
        self._asked: int | None = None
        self._bell = threading.Event()

    def ask(self, track_id: int) -> None:
        """Read what is known of a track."""
        self._asked = track_id
        self._bell.set()
        self.start()

    def _step(self) -> None:
        self._bell.wait()
        self._bell.clear()
        track_id, self._asked = self._asked, None
        if track_id is None:
            return
        if self._reader is None:
            self._reader = self._open_reader()
        changes = tuple(self._reader.track_changes(track_id))
        said = tuple(self._reader.past_corrections(track_id))
        self._emit(TrackHistoryReady(track_id, self._reader.windows(track_id), changes, said))

    def _end(self) -> None:
        if self._reader is not None:
            self._reader.close()

    def _wake(self) -> None:
        self._bell.set()
