"""Sessions of listening in the library: writing them, and reading them back. Used by `Store` and `Reader`."""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np

from mgc_desktop.core.kinds import VerdictKind
from mgc_desktop.core.session_values import SessionLabel, SessionNote, SessionRow, SessionStretch, SoundState
from mgc_desktop.core.values import Verdict

_LONGEST_GAP = 3.0  # s; verdicts further apart do not belong to one stretch
_FIRST_REACH = 0.5  # s that a verdict without one before it stands for
_PIECES = 120  # of the ribbon in the list: as many as it has pixels
_LEAST_PIECE = 1.0  # s: each has a verdict


Ribbons = dict[tuple[int, float, float], tuple[SessionStretch, ...]]  # by session, start and end


@dataclass(frozen=True, slots=True)
class KeptVerdict:
    """One verdict of a session's timeline."""

    time: float  # s since listening began, at the end of the window
    seconds: float  # length of the window
    verdict: Verdict
    level_dbfs: float


class SessionSpan(NamedTuple):
    """A labelled span as training takes it."""

    session: int
    id: int
    start: float
    end: float
    label: str
    sound: str  # file with the span alone; empty where the session's sound has it
    kept_from: float  # where the session's sound begins
    started_at: float  # when listening began, s since the epoch


class SessionBook:
    """Writes sessions, within `Store.batch`. Lives as long as the store's connection.

    Raises
    ------
    sqlite3.Error
        Every method; the store's `batch` translates it.
    """

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def begin(self, row: SessionRow) -> None:
        """Enter a session that goes on."""
        self._connection.execute(
            "INSERT INTO sessions (id, name, source, started_at, kept_from, sample_rate, sound, keeps_timeline)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (row.id, _text(row.name), _text(row.source), row.started_at, row.start, row.sample_rate, row.sound,
             row.keeps_timeline),
        )  # fmt: skip

    def change(
        self,
        session: int,
        *,
        kept_from: float | None = None,
        kept_to: float | None = None,
        sound: SoundState | None = None,
        keeps_timeline: bool | None = None,
        name: str | None = None,
    ) -> None:
        """Write what is not None."""
        self._connection.execute(
            "UPDATE sessions SET kept_from = coalesce(?, kept_from), kept_to = coalesce(?, kept_to),"
            " sound = coalesce(?, sound), keeps_timeline = coalesce(?, keeps_timeline), name = coalesce(?, name)"
            " WHERE id = ?",
            (kept_from, kept_to, sound, keeps_timeline, None if name is None else _text(name), session),
        )

    def add_model(self, session: int, number: int, name: str, labels: Sequence[str]) -> None:
        """Enter a model that judges from now on."""
        self._connection.execute(
            "INSERT OR IGNORE INTO session_models VALUES (?, ?, ?, ?)",
            (session, number, _text(name), json.dumps(list(labels))),
        )

    def add_verdict(self, session: int, model: int, kept: KeptVerdict) -> None:
        """Add to the timeline; a second verdict of one moment is passed over."""
        said = kept.verdict
        self._connection.execute(
            "INSERT OR IGNORE INTO session_verdicts VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (session, kept.time, kept.seconds, said.kind, said.label, said.confidence, said.runner_up,
             said.runner_up_confidence, _text(said.reason), max(-999.0, kept.level_dbfs), model,
             np.fromiter(said.probabilities.values(), "<f4").tobytes()),
        )  # fmt: skip

    def add_gap(self, session: int, start: float, end: float) -> None:
        self._connection.execute("INSERT OR REPLACE INTO session_gaps VALUES (?, ?, ?)", (session, start, end))

    def add_note(self, note: SessionNote) -> None:
        self._connection.execute(
            "INSERT INTO session_notes VALUES (?, ?, ?, ?)", (note.id, note.session, note.time, _text(note.text))
        )

    def add_label(self, label: SessionLabel) -> None:
        self._connection.execute(
            'INSERT INTO session_labels (id, session_id, start, "end", label, sound) VALUES (?, ?, ?, ?, ?, ?)',
            (label.id, label.session, label.start, label.end, _text(label.label), label.sound),
        )

    def set_label_sound(self, label: int, sound: str) -> None:
        """Note that a span has a file of its own."""
        self._connection.execute("UPDATE session_labels SET sound = ? WHERE id = ?", (sound, label))

    def take_back_label(self, label: int, *, back: bool = True) -> None:
        """Let a label count no more, or again."""
        self._connection.execute("UPDATE session_labels SET taken_back = ? WHERE id = ?", (back, label))

    def set_deleted(self, session: int, *, deleted: bool = True) -> None:
        """List a session no more, or again."""
        when = time.time() if deleted else None
        self._connection.execute("UPDATE sessions SET deleted_at = ? WHERE id = ?", (when, session))

    def remove(self, sessions: Iterable[int]) -> None:
        """Forget sessions for good."""
        self._connection.executemany("DELETE FROM sessions WHERE id = ?", [(session,) for session in sessions])


class SessionReader:
    """Reads sessions through a reader's connection.

    Raises
    ------
    sqlite3.Error
        Every method; `Reader.sessions` translates it.
    """

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def rows(self, *, going_on: int = 0, ribbons: Ribbons | None = None) -> list[SessionRow]:
        """Return the sessions that are not deleted, the latest first.

        Parameters
        ----------
        going_on : int
            The one that is kept now.
        ribbons : Ribbons, optional
            What was heard in sessions that have ended, from earlier questions; takes in what is new.
        """
        found = self._connection.execute(f"{_ROWS} WHERE s.deleted_at IS NULL ORDER BY s.id DESC").fetchall()
        known = {} if ribbons is None else ribbons
        return [self._with_ribbon(_row(values, going_on), known) for values in found]

    def row(self, session: int, *, going_on: int = 0) -> SessionRow | None:
        values = self._connection.execute(f"{_ROWS} WHERE s.id = ?", (session,)).fetchone()
        return None if values is None else _row(values, going_on)

    def unfinished(self) -> list[int]:
        """Return the sessions that were not ended, or whose sound is not whole."""
        rows = self._connection.execute(
            "SELECT id FROM sessions WHERE deleted_at IS NULL AND (kept_to IS NULL OR sound = ?)", (SoundState.PARTS,)
        )
        return [row[0] for row in rows]

    def deleted(self) -> list[int]:
        """Return the sessions that are to be gone for good."""
        return [row[0] for row in self._connection.execute("SELECT id FROM sessions WHERE deleted_at IS NOT NULL")]

    def verdicts(self, session: int) -> Iterator[KeptVerdict]:
        """Yield the timeline, oldest first."""
        models = {
            number: (name, json.loads(labels))
            for number, name, labels in self._connection.execute(
                "SELECT number, name, labels FROM session_models WHERE session_id = ?", (session,)
            )
        }
        for row in self._connection.execute(
            "SELECT time, seconds, kind, label, confidence, runner_up, runner_up_confidence, reason, level, model,"
            " probabilities FROM session_verdicts WHERE session_id = ? ORDER BY time",
            (session,),
        ):
            when, seconds, kind, label, confidence, rival, share, reason, level, model, blob = row
            name, labels = models[model]
            shares = dict(zip(labels, np.frombuffer(blob, "<f4").tolist(), strict=False))
            said = Verdict(VerdictKind(kind), label, confidence, rival, share, shares, name, reason)
            yield KeptVerdict(when, seconds, said, level)

    def stretches(self, session: int) -> list[SessionStretch]:
        """Return the timeline as stretches of one headline each."""
        found: list[SessionStretch] = []
        count = 0
        for when, kind, label, confidence in self._connection.execute(
            "SELECT time, kind, label, confidence FROM session_verdicts WHERE session_id = ? ORDER BY time", (session,)
        ):
            last = found[-1] if found else None
            joins = last is not None and when - last.end <= _LONGEST_GAP
            if last is not None and joins and (last.kind, last.label) == (kind, label):
                count += 1
                mean = last.confidence + (confidence - last.confidence) / count
                found[-1] = replace(last, end=when, confidence=mean)
            else:
                start = last.end if last is not None and joins else max(0.0, when - _FIRST_REACH)
                found.append(SessionStretch(start, when, VerdictKind(kind), label, confidence))
                count = 1
        return found

    def gaps(self, session: int) -> list[tuple[float, float]]:
        return self._connection.execute(
            'SELECT start, "end" FROM session_gaps WHERE session_id = ? ORDER BY start', (session,)
        ).fetchall()

    def notes(self, session: int) -> list[SessionNote]:
        rows = self._connection.execute(
            "SELECT id, session_id, time, text FROM session_notes WHERE session_id = ? ORDER BY time, id", (session,)
        )
        return [SessionNote(*row) for row in rows]

    def labels(self, session: int) -> list[SessionLabel]:
        """Return the labels that count, by where they begin."""
        rows = self._connection.execute(
            'SELECT id, session_id, start, "end", label, sound FROM session_labels'
            " WHERE session_id = ? AND NOT taken_back ORDER BY start, id",
            (session,),
        )
        return [SessionLabel(*row) for row in rows]

    def label(self, number: int) -> SessionLabel | None:
        row = self._connection.execute(
            'SELECT id, session_id, start, "end", label, sound FROM session_labels WHERE id = ?', (number,)
        ).fetchone()
        return None if row is None else SessionLabel(*row)

    def spans(self) -> list[SessionSpan]:
        """Return every labelled span of the sessions that are not deleted, the oldest first."""
        rows = self._connection.execute(
            'SELECT l.session_id, l.id, l.start, l."end", l.label, l.sound, s.kept_from, s.started_at'
            " FROM session_labels l JOIN sessions s ON s.id = l.session_id"
            " WHERE NOT l.taken_back AND s.deleted_at IS NULL ORDER BY l.id"
        )
        return [SessionSpan(*row) for row in rows]

    def _with_ribbon(self, row: SessionRow, known: Ribbons) -> SessionRow:
        """Return a row with what was heard most in each piece of it."""
        key = (row.id, row.start, row.end)
        if row.going_on or key not in known:
            known[key] = self._ribbon(row)
        return replace(row, stretches=known.pop(key) if row.going_on else known[key])

    def _ribbon(self, row: SessionRow) -> tuple[SessionStretch, ...]:
        if row.seconds <= 0:
            return ()
        piece = max(row.seconds / _PIECES, _LEAST_PIECE)
        heard: dict[int, tuple[int, str, str | None, float]] = {}
        for at, kind, label, count, confidence in self._connection.execute(
            "SELECT CAST((time - ?) / ? AS INTEGER) AS at, kind, label, count(*), avg(confidence)"
            " FROM session_verdicts WHERE session_id = ? GROUP BY at, kind, label",
            (row.start + _FIRST_REACH / 2, piece, row.id),
        ):
            if at not in heard or heard[at][0] < count:
                heard[at] = (count, kind, label, confidence)
        return tuple(_joined(row.start, piece, heard))


_ROWS = (
    "SELECT s.id, s.name, s.source, s.started_at, s.kept_from,"
    " coalesce(s.kept_to, max(s.kept_from,"
    " coalesce((SELECT max(v.time) FROM session_verdicts v WHERE v.session_id = s.id), 0),"
    ' coalesce((SELECT max(l."end") FROM session_labels l WHERE l.session_id = s.id), 0))),'
    " s.sample_rate, s.sound, s.keeps_timeline,"
    " (SELECT count(*) FROM session_notes n WHERE n.session_id = s.id),"
    " (SELECT count(*) FROM session_labels l WHERE l.session_id = s.id AND NOT l.taken_back)"
    " FROM sessions s"
)


def _row(values: tuple[Any, ...], going_on: int) -> SessionRow:
    session, name, source, started_at, start, end, rate, sound, keeps, notes, labels = values
    return SessionRow(
        session, name, source, started_at, start, end, session == going_on, rate, SoundState(sound), bool(keeps),
        notes=notes, labels=labels,
    )  # fmt: skip


def _joined(
    start: float, piece: float, heard: dict[int, tuple[int, str, str | None, float]]
) -> Iterator[SessionStretch]:
    """Yield pieces of one headline as one stretch each."""
    last: SessionStretch | None = None
    for at in sorted(heard):
        _, kind, label, confidence = heard[at]
        here = SessionStretch(start + at * piece, start + (at + 1) * piece, VerdictKind(kind), label, confidence)
        if last is not None and (last.kind, last.label) == (here.kind, here.label) and at - 1 in heard:
            last = replace(last, end=here.end)
            continue
        if last is not None:
            yield last
        last = here
    if last is not None:
        yield last


def _text(text: str) -> str:
    return text.encode("utf-8", "replace").decode("utf-8")  # SQLite takes no lone surrogates
