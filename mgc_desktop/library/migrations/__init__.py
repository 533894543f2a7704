"""Upgrades of the library database: numbered SQL files, each run once, with a backup before it."""

from __future__ import annotations

import sqlite3
import time
from importlib import resources
from pathlib import Path

from mgc_desktop.core.errors import LibraryError


def scripts() -> list[str]:
    """Return the SQL of every upgrade; the first makes version 1 out of an empty database."""
    folder = resources.files(__package__)
    names = sorted(entry.name for entry in folder.iterdir() if entry.name.endswith(".sql"))
    return [(folder / name).read_text(encoding="utf-8") for name in names]


def migrate(connection: sqlite3.Connection, path: Path, upgrades: list[str] | None = None) -> list[Path]:
    """Bring a database up to date.

    Parameters
    ----------
    connection : sqlite3.Connection
        In autocommit mode (`isolation_level=None`).
    path : Path
        The database's file; backups are written beside it and never deleted.
    upgrades : list of str or None
        SQL by version; None takes `scripts`.

    Returns
    -------
    list of Path
        The backups that were made.

    Raises
    ------
    LibraryError
        Where a newer version of the program made it; the database is left as it is.
    sqlite3.Error
        Where an upgrade fails; the database is as it was before that one.
    """
    upgrades = scripts() if upgrades is None else upgrades
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if version > len(upgrades):
        raise LibraryError(
            f"The library “{path}” was made by a newer version of this program (format {version}, this one knows "
            f"{len(upgrades)}); install that version, or start this one with another --profile."
        )
    backups = []
    for number in range(version + 1, len(upgrades) + 1):
        if number > 1:
            backups.append(_back_up(connection, path, number - 1))
        _upgrade(connection, upgrades[number - 1], number)
    return backups


def _upgrade(connection: sqlite3.Connection, script: str, number: int) -> None:
    try:
        connection.executescript(f"BEGIN IMMEDIATE;\n{script}\nPRAGMA user_version = {number:d};\nCOMMIT;")
    except sqlite3.Error:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        if version < number:  # else another program did it in the meantime
            raise


def _back_up(connection: sqlite3.Connection, path: Path, version: int) -> Path:
    target = path.with_name(f"{path.name}.format-{version}-{time.strftime('%Y%m%d-%H%M%S')}.backup")
    copy = sqlite3.connect(target)
    try:
        connection.backup(copy)
    finally:
        copy.close()
    return target
