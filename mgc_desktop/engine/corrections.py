"""Genres that a person sets: through the writer thread, with undo and redo; and as a list to train on."""

from __future__ import annotations

import csv
import os
import threading
from collections import Counter, deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from mgc_desktop.core.errors import LibraryError
from mgc_desktop.engine.events import CorrectionAction, CorrectionsChanged, CorrectionStep
from mgc_desktop.engine.loop import EventSink
from mgc_desktop.engine.writer import Change, Writer

if TYPE_CHECKING:  # SQLite is loaded after the window's first paint
    from mgc_desktop.library.corrections import CorrectionChange
    from mgc_desktop.library.reader import Reader
    from mgc_desktop.library.store import Store

_T = TypeVar("_T")

UNDO_STEPS = 100
FEW = 100  # tracks that an event names
CHUNK = 2000  # tracks written at once: some tenths of a second, so that others can write in between

Piece = Callable[["Store"], "list[CorrectionChange]"]


@dataclass(frozen=True, slots=True)
class _Entry:
    """A step that can be undone, and how."""

    step: CorrectionStep
    changes: Sequence[CorrectionChange]


@dataclass(slots=True)
class _Operation:
    """A step being done, undone or redone, piece by piece."""

    way: str
    step: CorrectionStep
    asked: int  # tracks
    pieces: deque[Piece]
    made: list[CorrectionChange] = field(default_factory=list)


class Corrections:
    """Sets the genres of tracks and takes them back. Methods may be called from any thread and return at once.

    Each call is one step, to be undone as a whole; they are carried out one after the other. A track that was
    corrected otherwise since (on the command line, say) is left as it is when a step is undone or made again.

    Parameters
    ----------
    writer : Writer
    on_event : EventSink
        Gets a `CorrectionsChanged` for each step, from the writer thread, once it is on the disk.
    """

    def __init__(self, writer: Writer, on_event: EventSink) -> None:
        self._writer = writer
        self._emit = on_event
        self._lock = threading.Lock()
        self._waiting: deque[Callable[[], _Operation | None]] = deque()
        self._busy = False
        self._done: list[_Entry] = []
        self._undone: list[_Entry] = []

    def set_label(self, tracks: Iterable[int], label: str) -> None:
        """Keep that the person says these tracks are `label`."""
        self._begin(CorrectionAction.SET, label, tracks, lambda ids: lambda store: store.correct(ids, label))

    def accept(self, tracks: Iterable[int]) -> None:
        """Take the verdicts of these tracks for right; those without one, or with a correction, stay as they are."""
        self._begin(CorrectionAction.ACCEPT, "", tracks, lambda ids: lambda store: store.accept(ids))

    def keep(self, labels: Mapping[int, str]) -> None:
        """Keep that tracks are what their files say: a label each, by track."""
        wanted = dict(labels)
        self._begin(CorrectionAction.KEEP, "", wanted, lambda ids: lambda store: _correct_each(store, wanted, ids))

    def take_back(self, tracks: Iterable[int]) -> None:
        """Forget what the person said of these tracks: the verdict counts again."""
        self._begin(CorrectionAction.TAKE_BACK, "", tracks, lambda ids: lambda store: store.correct(ids, None))

    def undo(self) -> None:
        """Undo the latest step that is not undone; nothing where there is none."""
        self._ask(lambda: self._again(self._done, "undone"))

    def redo(self) -> None:
        """Make the step again that was undone last; nothing where there is none."""
        self._ask(lambda: self._again(self._undone, "redone"))

    def _begin(
        self, action: CorrectionAction, label: str, tracks: Iterable[int], work: Callable[[list[int]], Piece]
    ) -> None:
        ids = list(tracks)
        step = CorrectionStep(action, label, len(ids))
        pieces = deque(work(part) for part in _chunks(ids))
        self._ask(lambda: _Operation("done", step, len(ids), pieces))

    def _again(self, entries: list[_Entry], way: str) -> _Operation | None:
        if not entries:
            return None
        entry = entries.pop()
        pieces = deque(_applying(part) for part in _chunks([change.reversed() for change in entry.changes]))
        return _Operation(way, entry.step, len(entry.changes), pieces)

    def _ask(self, make: Callable[[], _Operation | None]) -> None:
        with self._lock:
            self._waiting.append(make)
        self._start_next()

    def _start_next(self) -> None:
        with self._lock:
            operation = None
            while self._waiting and not self._busy and operation is None:
                operation = self._waiting.popleft()()
            if operation is None:
                return
            self._busy = True
        self._go_on(operation)

    def _go_on(self, operation: _Operation) -> None:
        """Write the next piece, and what follows once it is on the disk."""
        piece = operation.pieces.popleft()
        outcome: list[list[CorrectionChange]] = []

        def job(store: Store) -> Change:
            outcome[:] = [piece(store)]
            return Change(tuple(change.track_id for change in outcome[0]))

        def after() -> None:
            if outcome:
                operation.made += outcome[0]
            else:  # it was given up, and the writer has said why
                operation.pieces.clear()
            if operation.pieces:
                self._go_on(operation)
            else:
                self._finish(operation)
                self._start_next()

        self._writer.submit(job, after)

    def _finish(self, operation: _Operation) -> None:
        changed, way = len(operation.made), operation.way
        step = replace(operation.step, tracks=changed) if way == "done" else operation.step
        with self._lock:
            self._busy = False
            if changed:
                (self._undone if way == "undone" else self._done).append(
                    _Entry(replace(step, tracks=changed), operation.made)
                )
                del self._done[:-UNDO_STEPS]
                if way == "done":
                    self._undone.clear()
            undo = self._done[-1].step if self._done else None
            redo = self._undone[-1].step if self._undone else None
        ids = tuple(change.track_id for change in operation.made) if changed <= FEW else ()
        self._emit(CorrectionsChanged(step, way, changed, operation.asked - changed, undo, redo, ids))


def _chunks(items: list[_T]) -> list[list[_T]]:
    """Return `items` in parts of `CHUNK`, at least one."""
    return [items[at : at + CHUNK] for at in range(0, max(1, len(items)), CHUNK)]


def _correct_each(store: Store, labels: Mapping[int, str], ids: list[int]) -> list[CorrectionChange]:
    """Set a label for each track; those of one label are written together."""
    by_label: dict[str, list[int]] = {}
    for track in ids:
        by_label.setdefault(labels[track], []).append(track)
    with store.batch():
        return [change for label, tracks in by_label.items() for change in store.correct(tracks, label)]


def _applying(changes: list[CorrectionChange]) -> Piece:
    return lambda store: store.apply_corrections(changes)


def write_corrections_list(reader: Reader, path: Path) -> Counter[str]:
    """Write the library's corrections as a list to train on: a CSV with columns path (absolute), label and group.

    Parameters
    ----------
    reader : Reader
        Of the calling thread.
    path : Path
        Written anew as a whole, or left as it was.

    Returns
    -------
    Counter of str
        Tracks a label. Tracks whose file is gone are left out, and so are names that no UTF-8 text can hold.

    Raises
    ------
    LibraryError
        Where the library can't be read, or the list not be written.
    """
    rows = [row for row in reader.corrections() if _is_text(row.path)]
    part = path.with_name(f"{path.name}.part")
    try:
        with part.open("w", encoding="utf-8", newline="") as stream:
            table = csv.writer(stream, lineterminator="\n")
            table.writerow(("path", "label", "group"))
            table.writerows((row.path, row.label, row.group) for row in rows)
        os.replace(part, path)
    except OSError as error:
        raise LibraryError(
            f"The list of your corrections could not be written to “{path}” ({error.strerror}): free some space, or "
            "check the permissions of its folder.",
            str(error),
        ) from error
    return Counter(row.label for row in rows)


def _is_text(path: str) -> bool:
    try:
        path.encode("utf-8")
    except UnicodeEncodeError:  # undecodable bytes, which a list in UTF-8 cannot hold
        return False
    return True
