"""Opening the library database, and telling what is wrong with it in one sentence."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from mgc_desktop.core.errors import LibraryError, LibraryWaitError

BUSY_SECONDS = 5.0  # s to wait for another connection's write; ours take some ms

_PASSING = (sqlite3.SQLITE_FULL, sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_IOERR)
_SENTENCES = (
    (
        (sqlite3.SQLITE_FULL,),
        "There is no room left on the disk of the library “{path}”; free some, what was heard so far is kept.",
    ),
    (
        (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED),
        "The library “{path}” is held by another program; close that one and try again.",
    ),
    (
        (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB),
        "The library “{path}” is damaged; put a backup in its place, or move it away to begin a new one "
        "(your music is not touched).",
    ),
    (
        (sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM, sqlite3.SQLITE_AUTH),
        "The library “{path}” may not be written; change its permissions, or start with another --profile.",
    ),
    (
        (sqlite3.SQLITE_CANTOPEN,),
        "The library “{path}” could not be opened; see that its folder is there and may be used.",
    ),
    (
        (sqlite3.SQLITE_IOERR,),
        "The disk failed over the library “{path}”; check the disk, and make a backup of what is on it.",
    ),
)


@contextmanager
def translated(path: Path) -> Iterator[None]:
    """Turn SQLite's errors into `LibraryError`, or `LibraryWaitError` where trying again may help."""
    try:
        yield
    except sqlite3.Error as error:
        code = getattr(error, "sqlite_errorcode", 0) & 0xFF  # the low byte is the primary code
        for codes, sentence in _SENTENCES:
            if code in codes:
                kind = LibraryWaitError if code in _PASSING else LibraryError
                raise kind(sentence.format(path=path), repr(error)) from error
        raise LibraryError(
            f"The library “{path}” could not be used ({error}); start the program again.", repr(error)
        ) from error


def connect(path: Path) -> sqlite3.Connection:
    """Open a database for writing, in autocommit mode, and make its file where there is none.

    Raises
    ------
    sqlite3.Error
    """
    connection = sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None)
    try:
        connection.execute("PRAGMA journal_mode = WAL")  # readers never wait for the writer
        connection.execute("PRAGMA synchronous = NORMAL")  # a power cut may cost the last batch, never the library
        connection.execute("PRAGMA foreign_keys = ON")
    except sqlite3.Error:
        connection.close()
        raise
    return connection


def connect_to_read(path: Path) -> sqlite3.Connection:
    """Open an existing database for reading only.

    Raises
    ------
    sqlite3.Error
    """
    uri = f"{path.absolute().as_uri()}?mode=ro"
    connection = sqlite3.connect(uri, uri=True, timeout=BUSY_SECONDS, isolation_level=None)
    try:
        connection.execute("PRAGMA query_only = ON")
        connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()
    except sqlite3.Error:
        connection.close()
        raise
    return connection
