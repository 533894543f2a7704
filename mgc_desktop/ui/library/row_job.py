"""Does something with the rows of many tracks, off the GUI thread, on a connection of its own."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from mgc_desktop.core.errors import MgcError
from mgc_desktop.library.export import ExportCancelledError
from mgc_desktop.ui.library.query import TrackReader

if TYPE_CHECKING:  # numpy comes with the values: after the first paint
    import numpy as np
    from numpy.typing import NDArray

    from mgc_desktop.core.values import TrackRow

_PIECE = 250  # rows: 3 ms
_PAUSE_SECONDS = 0.001  # after each piece: the window comes first
_STOP_SECONDS = 3.0

Work = Callable[["Iterator[TrackRow]", Callable[[int], bool]], object]  # rows, progress -> result


class RowJob(QObject):
    """One piece of work at a time; a new one is refused while one is under way. GUI thread.

    Signals
    -------
    progressed : int, int
        Rows so far, and of how many.
    finished : object
        What the work returned.
    failed : str, str
        Sentence and detail. A job that was cancelled fails too.
    """

    progressed = Signal(int, int)
    finished = Signal(object)
    failed = Signal(str, str)

    def __init__(self, open_reader: Callable[[], TrackReader], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._open_reader = open_reader
        self._thread: threading.Thread | None = None
        self._cancelled = threading.Event()

    @property
    def running(self) -> bool:
        return self._thread is not None and self._thread.is_alive()

    def start(self, ids: NDArray[np.int64], work: Work) -> bool:
        """Begin; return False where another job is under way."""
        if self.running:
            return False
        self._cancelled.clear()
        self._thread = threading.Thread(target=self._run, args=(ids, work), name="row-job", daemon=True)
        self._thread.start()
        return True

    def cancel(self) -> None:
        """Ask the work to end; returns at once."""
        self._cancelled.set()

    def stop(self) -> None:
        """End what is under way; bounded in time, idempotent."""
        self.cancel()
        if self._thread is not None:
            self._thread.join(_STOP_SECONDS)

    # In the job's thread.
    def _run(self, ids: NDArray[np.int64], work: Work) -> None:
        def progress(number: int) -> bool:
            self.progressed.emit(number, ids.size)
            return not self._cancelled.is_set()

        try:
            reader = self._open_reader()
            try:
                result = work(self._rows(reader, ids), progress)
            finally:
                reader.close()
        except MgcError as error:
            self.failed.emit(error.sentence, error.detail)
        else:
            self.finished.emit(result)

    def _rows(self, reader: TrackReader, ids: NDArray[np.int64]) -> Iterator[TrackRow]:
        for at in range(0, ids.size, _PIECE):
            if self._cancelled.is_set():  # to end here would look like the last row
                raise ExportCancelledError()
            yield from reader.rows(ids[at : at + _PIECE].tolist())
            time.sleep(_PAUSE_SECONDS)
