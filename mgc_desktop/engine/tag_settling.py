"""After a crash: what became of the files of a batch that was cut off, told by looking at them."""

from __future__ import annotations

import contextlib
import logging
import os
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mgc_desktop.core.errors import MgcError
from mgc_desktop.engine.asking import ask
from mgc_desktop.engine.tag_batch import note_written
from mgc_desktop.engine.writer import Writer
from mgc_desktop.library.journal import ChangeState, UnsettledChange
from mgc_desktop.library.tags.write import remove_strays, settle, strays

if TYPE_CHECKING:
    from mgc_desktop.library.store import Store

log = logging.getLogger(__name__)

_INTERRUPTED = "The program was ended before it was this file's turn; the file is as it was."
_CHANGED = "The program was ended while this file was written, and something else has changed it since; look at it."
_GONE = "The program was ended while this file was written, and the file is not there any more."
_SENTENCE = (
    "Writing tags was interrupted: of {total} open files {written} are written and {left} are as they were. "
    "Library > History has the details."
)
_ODD = " Something else has changed or removed {failed} of them since: look at these."
_COPY_NAMES = ".mgc-"
_AT_ONCE = 200


@dataclass(frozen=True, slots=True)
class Finding:
    """What became of one file, and what its row has to say; `state` is None where that cannot be told yet."""

    change: UnsettledChange
    state: ChangeState | None
    reason: str = ""
    stamp: os.stat_result | None = None


class Settling:
    """Looks at files that a crash left open. Opens them for reading only, and removes our own copies beside them."""

    def __init__(self) -> None:
        self._with_copies: dict[str, bool] = {}  # by folder

    def look_at(self, change: UnsettledChange) -> Finding:
        """Return what became of a file, and remove the copies that were made of it."""
        if change.state is ChangeState.PLANNED:
            target = os.path.realpath(change.path)
            if not os.path.isdir(os.path.dirname(target)):
                return Finding(change, None)  # its drive may come back, with a copy on it
            self._tidy(target)
            return Finding(change, ChangeState.LEFT, _INTERRUPTED)
        target = change.target or change.path
        self._tidy(target)
        try:
            found = settle(target, change.old_digest, change.new_digest)
        except (MgcError, OSError) as error:
            log.warning("%r could not be looked at: %s", target, error)
            return Finding(change, None)
        if found == "new":
            return Finding(change, ChangeState.DONE, "", os.stat(target))
        if found == "old":
            return Finding(change, ChangeState.LEFT, _INTERRUPTED)
        if found == "gone":
            reachable = os.path.isdir(os.path.dirname(target))  # else its drive may come back
            return Finding(change, ChangeState.FAILED if reachable else None, _GONE)
        return Finding(change, ChangeState.FAILED, _CHANGED)

    def _tidy(self, target: str) -> None:
        try:
            if self._has_copies(os.path.dirname(target)) and strays(target):
                remove_strays(target)
        except (OSError, MgcError) as error:
            log.warning("A copy beside %r could not be removed: %s", target, error)

    def _has_copies(self, folder: str) -> bool:
        """Return whether there is any copy in a folder: a look for each of its files would take long."""
        if folder not in self._with_copies:
            self._with_copies[folder] = False
            with contextlib.suppress(OSError), os.scandir(folder) as entries:
                self._with_copies[folder] = any(entry.name.startswith(_COPY_NAMES) for entry in entries)
        return self._with_copies[folder]


def settle_all(changes: Sequence[UnsettledChange], writer: Writer, stopping: Callable[[], bool]) -> str:
    """Set in order what a crash left open, and return a sentence about it.

    Only for who holds the lock of the writers: what is under way elsewhere must not be taken for left over.
    """
    settling = Settling()
    told: Counter[ChangeState] = Counter()
    for at in range(0, len(changes), _AT_ONCE):
        findings = [settling.look_at(change) for change in changes[at : at + _AT_ONCE] if not stopping()]
        told.update(finding.state for finding in findings if finding.state is not None)
        tracks = [f.change.track_id for f in findings if f.stamp is not None and f.change.track_id is not None]

        def work(store: Store, findings: list[Finding] = findings) -> None:
            for finding in findings:
                write_down(store, finding)

        ask(writer, work, changed=tracks, hurry=stopping)
    ask(writer, lambda store: store.journal.end_settled(), hurry=stopping)
    return _sentence(told)


def _sentence(told: Counter[ChangeState]) -> str:
    """Return what the person has to know; nothing where all that is open lies on drives that are not there."""
    written, left, failed = (told[state] for state in (ChangeState.DONE, ChangeState.LEFT, ChangeState.FAILED))
    if not told.total():
        return ""
    said = _SENTENCE.format(total=f"{told.total():,}", written=f"{written:,}", left=f"{left:,}")
    return said + _ODD.format(failed=f"{failed:,}") if failed else said


def write_down(store: Store, finding: Finding) -> None:
    """Enter a finding in the journal, and in the track's row."""
    change = finding.change
    if finding.state is None:
        return
    store.journal.settle(change.id, finding.state, finding.reason)
    if finding.stamp is not None and change.track_id is not None:
        note_written(store, change.track_id, change.after, finding.stamp)
