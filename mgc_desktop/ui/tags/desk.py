"""Plans and reads for the windows of tag writing, off the GUI thread: the newest question wins."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol

from PySide6.QtCore import QObject, Signal

from mgc_desktop.core.errors import MgcError
from mgc_desktop.core.values import TrackRow
from mgc_desktop.engine.events import PlannedWrite
from mgc_desktop.engine.tag_plan import Planned as Outcome
from mgc_desktop.engine.tag_plan import TagPolicy, plan
from mgc_desktop.ui.tags.sheet import Sheet, make_sheet, politely

if TYPE_CHECKING:
    from mgc_desktop.library.journal import BatchRow, ChangeRow

log = logging.getLogger(__name__)

_STOP_SECONDS = 3.0
_AT_ONCE = 500  # rows of the library read together

Files = tuple[PlannedWrite, ...]


class JournalReader(Protocol):
    """What is asked of a read connection (`mgc_desktop.library.reader.Reader`)."""

    def rows(self, ids: Sequence[int]) -> list[TrackRow]: ...
    def batches(self) -> list[BatchRow]: ...
    def changes(self, batch_id: int) -> list[ChangeRow]: ...
    def close(self) -> None: ...


@dataclass(frozen=True, slots=True)
class Planned:
    """A planned preview.

    Attributes
    ----------
    policy : TagPolicy
    insist : bool
        Whether protected files are written as well.
    sheet : Sheet
    same_files : bool
        Whether it is about the files of the one before: their ticks stay.
    unread : int
        Files that would be written now, but were not read when the preview was made: it has to be made anew.
    """

    policy: TagPolicy
    insist: bool
    sheet: Sheet
    same_files: bool
    unread: int


@dataclass(frozen=True, slots=True)
class Changes:
    """The files of one batch, what a filter searches in each, in lower case, and the places of those not written."""

    batch: int = 0
    rows: tuple[ChangeRow, ...] = ()
    texts: tuple[str, ...] = ()
    left: tuple[int, ...] = ()


def replan(
    files: Iterable[PlannedWrite], tracks: Mapping[int, TrackRow], policy: TagPolicy, *, insist: bool = False
) -> tuple[Files, int]:
    """Plan `files` again under another policy, without touching them; protected ones are left where nobody insists.

    Returns
    -------
    files : tuple of PlannedWrite
        A file that could not be written stays as it is, and so does one whose track is gone.
    unread : int
        How many of them are to be written though they were not read: they have to be read first.
    """
    made: list[PlannedWrite] = []
    unread = 0
    for file in politely(files):
        track = tracks.get(file.track_id)
        if track is None or file.problem not in ("", file.guard):
            made.append(file)
            continue
        outcome = plan(file.before, track, policy)
        unread += outcome.after != file.before and file.state is None
        made.append(_with(file, outcome, "" if insist else file.guard))
    return tuple(made), unread


def _with(file: PlannedWrite, outcome: Outcome, problem: str) -> PlannedWrite:
    if outcome.after == file.after and outcome.sentence == file.why and problem == file.problem:
        return file
    # Built anew: `dataclasses.replace` takes six times as long, and there may be tens of thousands.
    about = (file.track_id, file.path, file.title, file.artist, file.container)
    return PlannedWrite(*about, file.before, outcome.after, outcome.sentence, file.state, problem, file.guard)


def _guarded(files: Files, insist: bool) -> Files:
    """Return a preview with its protected files left alone, unless the person insists."""
    if insist or not any(file.guard for file in files):
        return files
    return tuple(
        replace(file, problem=file.guard) if file.guard and not file.problem else file for file in politely(files)
    )


class TagDesk(QObject):
    """One thread with its own read connection, which starts when it is needed first.

    Parameters
    ----------
    open_reader : callable
        Opens a read connection; called in the thread.

    Notes
    -----
    The signals are emitted in the thread and arrive queued. Of two questions of one kind the later one is answered.
    """

    planned = Signal(object)  # Planned
    batches_read = Signal(object)  # list[BatchRow]
    changes_read = Signal(object)  # Changes
    failed = Signal(str, str)  # sentence, detail

    def __init__(self, open_reader: Callable[[], JournalReader], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._open_reader = open_reader
        self._wake = threading.Condition()
        self._work: dict[str, Callable[[JournalReader], None]] = {}
        self._stopping = False
        self._thread = threading.Thread(target=self._run, name="tag-desk", daemon=True)
        # Of the thread alone.
        self._files: Files = ()
        self._sheet = Sheet()
        self._tracks: dict[int, TrackRow] = {}

    def stop(self) -> None:
        """End the thread and close its connection; bounded in time, idempotent."""
        with self._wake:
            self._stopping = True
            self._wake.notify()
        if self._thread.is_alive():
            self._thread.join(_STOP_SECONDS)

    def take(self, files: Files, policy: TagPolicy, *, insist: bool) -> None:
        """Keep a preview that was made under `policy`, and show it."""
        with self._wake:
            self._work.pop("plan", None)  # it was about the preview before
        self._ask("take", lambda reader: self._take(files, policy, insist, reader))

    def plan_again(self, policy: TagPolicy, *, insist: bool, changed: bool = False) -> None:
        """Plan the preview that was taken last under another policy; `changed`: its tracks may have changed as well."""
        self._ask("plan", lambda reader: self._plan(policy, insist, reader, changed))

    def ask_batches(self) -> None:
        """Read the journal's list of batches."""
        self._ask("batches", lambda reader: self.batches_read.emit(reader.batches()))

    def ask_changes(self, batch: int) -> None:
        """Read the files of one batch."""
        self._ask("changes", lambda reader: self.changes_read.emit(_changes(batch, reader.changes(batch))))

    def _ask(self, kind: str, work: Callable[[JournalReader], None]) -> None:
        with self._wake:
            if self._stopping:
                return
            self._work.pop(kind, None)
            self._work[kind] = work
            self._wake.notify()
        if self._thread.ident is None:
            self._thread.start()

    def _next(self) -> Callable[[JournalReader], None] | None:
        with self._wake:
            while not self._work and not self._stopping:
                self._wake.wait()
            return None if self._stopping else self._work.pop(next(iter(self._work)))

    def _run(self) -> None:
        reader: JournalReader | None = None
        try:
            while (work := self._next()) is not None:
                try:
                    reader = reader or self._open_reader()
                    work(reader)
                except MgcError as error:
                    log.warning("Reading the journal failed: %s", error.detail or error.sentence)
                    self.failed.emit(error.sentence, error.detail)
        finally:
            if reader is not None:
                reader.close()

    def _take(self, files: Files, policy: TagPolicy, insist: bool, reader: JournalReader) -> None:
        same = len(files) == len(self._files) and all(
            file.track_id == before.track_id for file, before in zip(files, self._files, strict=True)
        )
        self._files, self._tracks = _guarded(files, insist), {}
        self._sheet = make_sheet(self._files)
        self.planned.emit(Planned(policy, insist, self._sheet, same, 0))
        self._read_tracks(reader)  # before they are needed: so that a new policy is planned at once

    def _read_tracks(self, reader: JournalReader) -> None:
        ids = [file.track_id for file in self._files]
        for at in range(0, len(ids), _AT_ONCE):
            self._tracks.update((row.id, row) for row in reader.rows(ids[at : at + _AT_ONCE]))

    def _plan(self, policy: TagPolicy, insist: bool, reader: JournalReader, changed: bool) -> None:
        if changed:
            self._read_tracks(reader)
        files, unread = replan(self._files, self._tracks, policy, insist=insist)
        self._sheet = make_sheet(files, self._sheet)
        self.planned.emit(Planned(policy, insist, self._sheet, True, unread))


def _changes(batch: int, rows: Sequence[ChangeRow]) -> Changes:
    texts = ("\n".join((row.path, *row.before, *row.after, row.reason)).casefold() for row in politely(rows))
    left = tuple(place for place, row in enumerate(rows) if row.state != "done")
    return Changes(batch, tuple(rows), tuple(texts), left)
