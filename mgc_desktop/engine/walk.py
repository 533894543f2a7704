"""One walk through names: what it meets, and what it did not meet."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from mgc_desktop.engine.sources import Found, Trouble, TroubleKind, find_audio, shown
from mgc_desktop.engine.whereabouts import Lost, Trace
from mgc_desktop.library.known import FolderRow, KnownFile

_CHUNK = 500  # files registered together
_CHUNK_SECONDS = 0.05  # a slow disk shows its first rows after this


@dataclass(frozen=True, slots=True)
class Errand:
    """Names to walk.

    Attributes
    ----------
    names : tuple of str
        Absolute. Empty for every folder of the library, and every track that lies in none.
    any_verdict : bool
        Whether a verdict of another model than the one in use will do.
    asked : bool
        Whether a person waits for it, and is to be told of names that lead nowhere.
    thorough : bool
        Whether known files are read though nothing speaks for a change.
    """

    names: tuple[str, ...]
    any_verdict: bool = False
    asked: bool = True
    thorough: bool = False


class Walk:
    """Walks an errand in chunks. Of the scanner's thread.

    Parameters
    ----------
    errand : Errand
    extensions : frozenset of str
        By which music is known.
    trace : Trace
        Of the same thread.
    """

    def __init__(self, errand: Errand, extensions: frozenset[str], trace: Trace) -> None:
        self.errand = errand
        self.ended = False
        self._trace = trace
        known = trace.known
        folders = [row.path for row in known.folders()]
        self.names = errand.names or (*folders, *(row.path for row in known.outside(folders)))
        self._named = frozenset(self.names)
        self._items: Iterator[Found | Trouble] = find_audio(self.names, extensions)
        self._met: set[str] = set()
        self._empty: set[str] = set()
        self._nowhere: dict[str, Trouble] = {}  # names that lead nowhere

    def chunk(self) -> tuple[list[Found], list[Trouble]]:
        """Walk on until a chunk is full or its time is over; `ended` says that there is no more."""
        found: list[Found] = []
        troubles: list[Trouble] = []
        until = time.monotonic() + _CHUNK_SECONDS
        while len(found) < _CHUNK and time.monotonic() < until:
            item = next(self._items, None)
            if item is None:
                self.ended = True
                break
            if isinstance(item, Found):
                found.append(item)
                self._met.add(item.path)
            elif self._is_news(item):
                troubles.append(item)
        return found, troubles

    def _is_news(self, trouble: Trouble) -> bool:
        if trouble.kind is TroubleKind.EMPTY:
            self._empty.add(trouble.path)
        elif trouble.kind is TroubleKind.FILE and trouble.path in self._named:
            self._nowhere[trouble.path] = trouble  # what it means is known at the end
            return False
        return self.errand.asked or trouble.kind is TroubleKind.FOLDER

    # Files that are not where they were

    def lost(self) -> Lost:
        """Return what this walk should have met and did not; after its end."""
        lost, trace = Lost(), self._trace
        folders = {row.path: row for row in trace.known.folders()}
        unmet: dict[int, KnownFile] = {}
        for name in self.names:
            if name in self._met:
                continue
            rows = [*trace.known.under(name), *trace.known.by_path([name]).values()]
            unmet |= {known.id: known for known in rows if known.path not in self._met and known.id not in trace.taken}
            folder = folders.get(name)
            if folder is not None:
                lost.folders[name] = self._is_root_away(name, rows)
                self._tell(lost, folder, len(rows))
            elif name in self._nowhere and self.errand.asked and self.errand.names:
                lost.sentences.append(self._nowhere[name].sentence)
        lost.missing, lost.offline = trace.sort_out(list(unmet.values()), lost.folders)
        if not self.errand.asked:  # what is known is no news
            lost.offline = [track for track in lost.offline if not unmet[track].offline]
        lost.folders = {name: away for name, away in lost.folders.items() if away != folders[name].offline}
        return lost

    def _is_root_away(self, name: str, rows: Sequence[KnownFile]) -> bool:
        """Return whether a folder is not there, or is the empty place where its drive is usually found."""
        if not os.path.isdir(name):
            return True
        if not rows or name not in self._empty:
            return False
        return all(not known.stamp.device or self._trace.devices.is_away(known) for known in rows)

    def _tell(self, lost: Lost, folder: FolderRow, tracks: int) -> None:
        news = self.errand.asked or not folder.offline
        if not lost.folders[folder.path] or not news:
            return
        if not tracks and folder.path in self._nowhere:
            lost.sentences.append(self._nowhere[folder.path].sentence)
        elif tracks:
            kept = "its track stays" if tracks == 1 else f"its {tracks:,} tracks stay"
            lost.sentences.append(
                f"The folder {shown(folder.path)} is not there: {kept} in the library, marked offline, "
                "until its drive is connected and changes are looked for."
            )
