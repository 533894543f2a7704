"""Genres that a person set: writing them, taking them back, and undoing either. Used by `Store` and `Reader`."""

from __future__ import annotations

import os
import re
import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import islice
from typing import NamedTuple

from mgc_desktop.core.values import TrackState

MOST_TAGS = 500  # genres of tags that are offered: a wild collection has thousands, each used once
_GUESTS = re.compile(r"\s+[(\[]?(?:feat|ft|featuring)\b.*", re.IGNORECASE)
_NOBODY = frozenset({"", "various", "various artists", "va", "unknown", "unknown artist"})


@dataclass(frozen=True, slots=True)
class Correction:
    """A label that a person set, and when (s since the epoch)."""

    label: str
    made_at: float


@dataclass(frozen=True, slots=True)
class CorrectionChange:
    """What became of one track's correction; None where there was or is none."""

    track_id: int
    before: Correction | None
    after: Correction | None

    def reversed(self) -> CorrectionChange:
        return CorrectionChange(self.track_id, self.after, self.before)


class PastCorrection(NamedTuple):
    """What a person said of a track, and when (s since the epoch); `label` None: it was taken back."""

    label: str | None
    made_at: float


class CorrectedTrack(NamedTuple):
    """A corrected track as training takes it."""

    path: str
    label: str
    group: str  # what must not be split between training and test: the artist, or else the folder


@dataclass(frozen=True, slots=True)
class GenreNames:
    """The names of genres that a library knows, each kind with the most used first."""

    corrected: tuple[str, ...] = ()  # labels that the person set
    models: tuple[str, ...] = ()  # labels of the models that judged here
    tags: tuple[str, ...] = ()  # what the files say of themselves


def set_label(
    connection: sqlite3.Connection, track_ids: Iterable[int], label: str | None, now: float
) -> list[CorrectionChange]:
    """Set `label` for tracks, or take back what was set where it is None; return what changed."""
    wanted = None if label is None else Correction(label, now)
    changes = []
    for track_id in track_ids:
        before = _current(connection, track_id)
        if label != (before.label if before else None) and _write(connection, track_id, wanted):
            changes.append(CorrectionChange(track_id, before, wanted))
    return changes


def accept(connection: sqlite3.Connection, track_ids: Iterable[int], now: float) -> list[CorrectionChange]:
    """Set the label of the verdict for tracks that have one and no correction; return what changed."""
    changes = []
    for track_id in track_ids:
        row = connection.execute(
            "SELECT label FROM tracks WHERE id = ? AND label IS NOT NULL AND corrected IS NULL", (track_id,)
        ).fetchone()
        if row is not None:
            after = Correction(row[0], now)
            _write(connection, track_id, after)
            changes.append(CorrectionChange(track_id, None, after))
    return changes


def apply(connection: sqlite3.Connection, changes: Iterable[CorrectionChange]) -> list[CorrectionChange]:
    """Make changes again, or undo them as `reversed`; return those that could be made.

    A track that was corrected otherwise since, or is gone, is passed over.
    """
    return [
        change
        for change in changes
        if _current(connection, change.track_id) == change.before and _write(connection, change.track_id, change.after)
    ]


def _current(connection: sqlite3.Connection, track_id: int) -> Correction | None:
    row = connection.execute("SELECT label, made_at FROM corrections WHERE track_id = ?", (track_id,)).fetchone()
    return None if row is None else Correction(*row)


def _write(connection: sqlite3.Connection, track_id: int, correction: Correction | None) -> bool:
    """Return whether there is such a track."""
    if correction is None:
        return connection.execute("DELETE FROM corrections WHERE track_id = ?", (track_id,)).rowcount > 0
    # Not "OR REPLACE": that deletes first, and the triggers would write the track twice.
    return (
        connection.execute(
            "INSERT INTO corrections (track_id, label, made_at) SELECT id, ?, ? FROM tracks WHERE id = ?"
            " ON CONFLICT (track_id) DO UPDATE SET label = excluded.label, made_at = excluded.made_at",
            (correction.label, correction.made_at, track_id),
        ).rowcount
        > 0
    )


def read_past(connection: sqlite3.Connection, track_id: int) -> list[PastCorrection]:
    """Return all that a person said of a track, the latest first."""
    rows = connection.execute(
        "SELECT label, made_at FROM past_corrections WHERE track_id = ? ORDER BY made_at DESC, rowid DESC", (track_id,)
    )
    return [PastCorrection(*row) for row in rows]


def read_corrections(connection: sqlite3.Connection) -> list[CorrectedTrack]:
    """Return the corrected tracks whose files are there, by path."""
    rows = connection.execute(
        "SELECT t.path, c.label, t.artist FROM corrections c JOIN tracks t ON t.id = c.track_id"
        " WHERE t.state != ? ORDER BY t.path",
        (TrackState.MISSING,),
    ).fetchall()
    return [
        CorrectedTrack(os.fsdecode(path), label, group_of(os.fsdecode(path), artist)) for path, label, artist in rows
    ]


def group_of(path: str, artist: str) -> str:
    """Return what a track must not be parted from: its artist's other tracks, or else those of its folder.

    >>> group_of("/m/a.mp3", "Anna  Fløden feat. Bo")
    'artist: anna fløden'
    >>> group_of("/m/a.mp3", "Various Artists")
    'folder: /m'
    """
    name = " ".join(_GUESTS.sub("", artist).split()).casefold()
    return f"folder: {os.path.dirname(path)}" if name in _NOBODY else f"artist: {name}"


def read_genre_names(connection: sqlite3.Connection) -> GenreNames:
    """Return every genre's name that the library knows (some 20 ms for 100,000 tracks)."""
    corrected = connection.execute("SELECT label FROM corrections GROUP BY label ORDER BY count(*) DESC, label")
    models = connection.execute(
        "SELECT each.value FROM models, json_each(models.labels) AS each ORDER BY models.id DESC"
    )
    tags = connection.execute(
        "SELECT genre, count(*) AS n FROM tracks WHERE genre != '' GROUP BY genre COLLATE NOCASE ORDER BY n DESC"
    )
    single = (name.strip() for genres, _ in tags.fetchall() for name in genres.split("; "))
    return GenreNames(
        tuple(label for (label,) in corrected.fetchall()),
        tuple(dict.fromkeys(label for (label,) in models.fetchall())),
        tuple(islice(dict.fromkeys(name for name in single if name), MOST_TAGS)),
    )
