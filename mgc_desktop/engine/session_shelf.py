"""The kept sessions in the library and in their folders: reading, changing, exporting, deleting for good."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from mgc_desktop.core.errors import MgcError
from mgc_desktop.core.session_values import SessionDetails, SessionLabel, SessionRow, SoundState
from mgc_desktop.engine.session_audio import WHOLE
from mgc_desktop.engine.session_settling import delete_for_good
from mgc_desktop.engine.writer import Change, Writer

if TYPE_CHECKING:  # SQLite is loaded after the window's first paint
    from mgc_desktop.library.reader import Reader
    from mgc_desktop.library.sessions import Ribbons, SessionBook
    from mgc_desktop.library.store import Store


class SessionShelf:
    """Used by the thread of `Sessions`; `number` and `write` by any.

    Parameters
    ----------
    writer : Writer
    open_reader : callable
        Opens a read connection, at the first question.
    folder : Path
        Where sound is kept, a folder a session.
    """

    def __init__(self, writer: Writer, open_reader: Callable[[], Reader], folder: Path) -> None:
        self._writer, self._open_reader, self._folder = writer, open_reader, folder
        self._reader: Reader | None = None
        self._ribbons: Ribbons = {}
        self._lock = threading.Lock()
        self._last_number = 0
        self.going_on: tuple[int, float] = (0, 0.0)  # the session that is kept, and up to when, s

    def close(self) -> None:
        """Delete for good what was deleted, and close the connection."""
        if self._reader is not None:
            try:
                self.empty_bin()
            finally:
                self._reader.close()
                self._reader = None

    def folder_of(self, session: int) -> Path:
        return self._folder / str(session)

    def number(self) -> int:
        """Return a number that no session, note or label has: ms since the epoch, or the next."""
        with self._lock:
            self._last_number = max(self._last_number + 1, int(time.time() * 1000))
            return self._last_number

    # Reading

    def rows(self) -> list[SessionRow]:
        """Return the sessions that are not deleted, the latest first."""
        with self._read().sessions() as sessions:
            rows = sessions.rows(going_on=self.going_on[0], ribbons=self._ribbons)
            return [self._up_to_now(row) for row in rows]

    def details(self, session: int) -> SessionDetails | None:
        """Return all that is kept of a session; None where it is gone."""
        with self._read().sessions() as sessions:
            row = sessions.row(session, going_on=self.going_on[0])
            if row is None:
                return None
            path = str(self.folder_of(session) / WHOLE) if row.sound is SoundState.WHOLE else ""
            stretches, gaps = tuple(sessions.stretches(session)), tuple(sessions.gaps(session))
            notes, labels = tuple(sessions.notes(session)), tuple(sessions.labels(session))
            folder = str(self.folder_of(session))
            return SessionDetails(self._up_to_now(row), path, stretches, gaps, notes, labels, folder)

    def label(self, number: int) -> SessionLabel | None:
        with self._read().sessions() as sessions:
            return sessions.label(number)

    def unfinished(self) -> list[SessionRow]:
        """Return the sessions that were broken off, or whose sound is not one file yet; not the one that goes on."""
        with self._read().sessions() as sessions:
            rows = [sessions.row(session) for session in sessions.unfinished() if session != self.going_on[0]]
        return [row for row in rows if row is not None]

    def _up_to_now(self, row: SessionRow) -> SessionRow:
        return replace(row, end=max(row.end, self.going_on[1])) if row.going_on else row

    def _read(self) -> Reader:
        if self._reader is None:
            self._reader = self._open_reader()
        return self._reader

    # Changing

    def write(self, work: Callable[[SessionBook], None]) -> None:
        """Have the writer change sessions."""

        def job(store: Store) -> Change:
            work(store.sessions)
            return Change()

        self._writer.submit(job)

    def export(self, session: int, path: str, kind: str) -> str:
        """Write a session to a file; return why that was not possible, or an empty text."""
        from mgc_desktop.engine.session_export import export_session  # here: few starts export one

        details = self.details(session)
        if details is not None:
            try:
                with self._read().sessions() as sessions:
                    export_session(details, sessions.verdicts(session), path, kind)
            except MgcError as error:
                return error.sentence
        return ""

    def empty_bin(self) -> None:
        """Move the sound of deleted sessions to the trash, and forget them."""
        with self._read().sessions() as sessions:
            gone = [session for session in sessions.deleted() if delete_for_good(self.folder_of(session))]
        if gone:
            self.write(lambda book: book.remove(gone))
