"""The library's folders: listed, looked through again, watched, and removed from the library."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import TYPE_CHECKING

from mgc_desktop.engine.events import Folder, FolderPutBack, FolderRemoved, FoldersChanged
from mgc_desktop.engine.loop import EventSink
from mgc_desktop.engine.scanner import Scanner
from mgc_desktop.engine.watch import Watch
from mgc_desktop.engine.writer import Change, Writer

if TYPE_CHECKING:
    from mgc_desktop.library.store import Store

log = logging.getLogger(__name__)

_PIECE = 500  # tracks removed in one transaction, some 50 ms


class Folders:
    """Answers with `FoldersChanged`. Any thread may call any method; each returns at once.

    Parameters
    ----------
    writer : Writer
    scanner : Scanner
    on_event : EventSink
    """

    def __init__(self, writer: Writer, scanner: Scanner, on_event: EventSink) -> None:
        self._writer = writer
        self._scanner = scanner
        self._emit = on_event
        self.watch = Watch(scanner.notice, lambda folder: scanner.look([folder], asked=False), on_event)

    def start(self, *, look: bool = True) -> None:
        """Watch what is to be watched, and look what happened there meanwhile."""

        def work(store: Store) -> Change:
            watched = [row.path for row in store.folders() if row.watched]
            if watched:
                self.watch.start()
                self.watch.set_folders(watched)
                if look:
                    self._scanner.look(watched, asked=False)
            return Change()

        self._writer.submit(work)

    def stop(self) -> None:
        """Stop to watch. Bounded in time, idempotent."""
        self.watch.stop()

    def ask(self) -> None:
        """Ask for a `FoldersChanged`."""

        def work(store: Store) -> Change:
            self._tell(store)
            return Change()

        self._writer.submit(work)

    def look(self, folders: Sequence[str] = ()) -> None:
        """Look for changes in some folders of the library, or in all of it."""
        self._scanner.look(folders)
        self._writer.after_all(self.ask)

    def set_watched(self, folder: str, watched: bool) -> None:
        """Watch a folder from now on, also after the next start, or no more."""

        def work(store: Store) -> Change:
            store.set_folder(folder, watched=watched)
            self._tell(store)
            return Change()

        self._writer.submit(work)
        if watched:
            self._scanner.look([folder], asked=False)

    def remove(self, folder: str) -> None:
        """Remove a folder from the library, with the rows of its tracks that lie in no other; no file is touched.

        Answers with `FolderRemoved` too.
        """
        self._scanner.forget(folder)

        def begin(store: Store) -> Change:
            removal = store.begin_removal(folder)
            store.set_folder(folder, watched=False)
            tracks = store.only_under(folder)
            for at in range(0, len(tracks), _PIECE):
                self._remove_tracks(tracks[at : at + _PIECE], removal)
            removed = FolderRemoved(removal, folder, len(tracks))
            self._writer.submit(end, lambda: self._tell_that(removed))
            return Change()

        def end(store: Store) -> Change:
            # At last: after a crash in between it is still listed, and can be removed again.
            store.remove_folder(folder)
            return Change()

        self._writer.submit(begin)

    def put_back(self, removal: int) -> None:
        """Put a folder that was removed back, with all that was known of its tracks; answers with `FolderPutBack`."""
        self._writer.submit(lambda store: self._put_back(store, removal, 0))

    def _put_back(self, store: Store, removal: int, before: int) -> Change:
        folder = store.removed_folder(removal)
        if folder is None:
            return Change()
        ids = store.put_back(removal, _PIECE)
        done = before + len(ids)
        if len(ids) == _PIECE:  # in pieces, so that others can write in between
            self._writer.submit(lambda store: self._put_back(store, removal, done))
        else:
            put_back = FolderPutBack(removal, folder, done)
            self._writer.after_all(lambda: self._tell_that(put_back))
        return Change(tuple(ids), True)

    def _tell_that(self, event: FolderRemoved | FolderPutBack) -> None:
        """Tell of what is on the disk by now, and of the folders that there are."""
        self._emit(event)
        self.ask()

    def _remove_tracks(self, tracks: list[int], removal: int) -> None:
        def work(store: Store) -> Change:
            store.remove(tracks, removal)
            return Change(tuple(tracks), True)

        self._writer.submit(work)

    def _tell(self, store: Store) -> None:
        """Say what the folders are, and watch those that are to be watched. In the writer's thread."""
        folders = tuple(Folder(row.path, row.tracks, row.watched, row.offline) for row in store.folders())
        watched = [folder.path for folder in folders if folder.watched]
        if watched:
            self.watch.start()
        self.watch.set_folders(watched)
        self._emit(FoldersChanged(folders))
