"""A library of any size, made by SQL alone: 100,000 tracks in some seconds."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from mgc_desktop.library.store import Store

LABELS = ("blues", "classical", "country", "disco", "hiphop", "jazz", "metal", "pop", "reggae", "rock")
MODEL = "c" * 64
_WORDS = ("love", "night", "blue", "fire", "dream", "road", "heart", "moon", "river", "dance", "home", "time", "light")
_GENRES = ("Rock", "", "Alternative", "Jazz", "Hip-Hop", "Classic Rock", "Soul", "Electronic", "Metal", "Country")


def make_library(path: Path, count: int) -> Path:
    """Make a library of `count` tracks, of which a tenth are unsure, 3 % waiting, 1 % unreadable, 1 % gone.

    Every track is as different from its neighbours in every column as in a real library, and the same in each run.
    """
    Store(path).close()
    connection = sqlite3.connect(path, isolation_level=None)
    try:
        connection.execute("PRAGMA synchronous = OFF")
        connection.execute("BEGIN")
        _fill(connection, count)
        connection.execute("COMMIT")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    finally:
        connection.close()
    return path


def _fill(connection: sqlite3.Connection, count: int) -> None:
    connection.execute("CREATE TEMP TABLE words (n INTEGER PRIMARY KEY, word, label, genre)")
    rows = [(n, word, LABELS[n % 10], _GENRES[n % 10]) for n, word in enumerate(_WORDS)]
    connection.executemany("INSERT INTO words VALUES (?, ?, ?, ?)", rows)
    labels = "[" + ", ".join(f'"{label}"' for label in LABELS) + "]"
    connection.execute("INSERT INTO models (id, sha256, name, labels) VALUES (1, ?, 'large', ?)", (MODEL, labels))
    triggers = connection.execute("SELECT name, sql FROM sqlite_schema WHERE name = 'tracks_added'").fetchall()
    connection.execute("DROP TRIGGER tracks_added")
    # Two multiplications by large odd numbers mix the numbers well enough: neighbours have nothing in common.
    connection.execute(
        """
        WITH RECURSIVE
            numbers (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM numbers WHERE i < ?),
            mixed (i, h) AS (SELECT i, ((i * 2654435761) % 4294967296) * 40503 % 1000003 FROM numbers)
        INSERT INTO tracks (id, path, path_text, size, mtime_ns, state, title, artist, genre, duration, model_id, kind,
            label, confidence, runner_up, runner_up_confidence, added_at)
        SELECT i, CAST(path AS BLOB), path, 1000 + h, h, state, title, artist, genre, 60 + h % 400, 1,
            CASE WHEN state IN ('queued', 'failed') THEN NULL WHEN h % 10 = 3 THEN 'unsure' ELSE 'genre' END,
            CASE WHEN state IN ('queued', 'failed') THEN NULL ELSE label END,
            CASE WHEN state IN ('queued', 'failed') THEN NULL ELSE 0.3 + (h % 7001) / 10001.0 END,
            (SELECT label FROM words WHERE n = h % 11), 0.1, i
        FROM (
            SELECT i, h, a.label, b.genre, a.word || ' ' || b.word || ' ' || (h % 100) AS title,
                c.word || ' ' || b.word || ' ' || (h % 997) AS artist,
                '/music/' || c.word || '/' || printf('%07d', h) || '-' || i || ' ' || a.word || '.mp3' AS path,
                CASE WHEN h % 100 = 0 THEN 'failed' WHEN h % 100 = 1 THEN 'missing' WHEN h % 100 < 5 THEN 'queued'
                    ELSE 'done' END AS state
            FROM mixed
            JOIN words a ON a.n = h % 13 JOIN words b ON b.n = h / 13 % 13 JOIN words c ON c.n = h / 169 % 13
        )
        """,
        (count,),
    )
    connection.execute("INSERT INTO search (search) VALUES ('rebuild')")
    for _, sql in triggers:
        connection.execute(sql)
