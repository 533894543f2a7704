"""Watching folders of the library that the person chose: what changes on the disk is taken in once it rests."""

from __future__ import annotations

import contextlib
import errno
import logging
import os
import queue
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mgc_desktop.audio.extensions import AUDIO_EXTENSIONS
from mgc_desktop.engine.events import Problem
from mgc_desktop.engine.loop import EventSink, Loop
from mgc_desktop.engine.sources import is_passed_over, shown

if TYPE_CHECKING:
    from watchdog.events import FileSystemEvent

log = logging.getLogger(__name__)

REST_SECONDS = 2.0  # without an event or a change of size for so long, a file is taken for written
ROOT_SECONDS = 20.0  # between two looks whether the drive of a watched folder came or went
_TICK = 0.5  # s: what comes to rest within it is taken in together
_STOP_SECONDS = 3.0
_LIMITS = (errno.ENOSPC, errno.EMFILE)
_LIMIT = (
    "Not every folder can be watched: the system lets programs watch only so many at once; let it be more "
    "(sudo sysctl fs.inotify.max_user_watches=1048576 fs.inotify.max_user_instances=1024), or watch fewer folders. "
    "Look for Changes finds everything meanwhile."
)


@dataclass(slots=True)
class _Restless:
    """Something that changed a moment ago."""

    due: float  # monotonic s
    state: tuple[int, int] | None  # size and time, of a file


class Watch(Loop):
    """Watches folders and says which of their files and folders changed. One observer for all of them.

    Parameters
    ----------
    changed : callable
        Gets the absolute paths of files and folders that are new, changed or gone, once they rest.
    returned : callable
        Gets a watched folder whose drive came or went.
    on_event : EventSink
        Gets a `Problem` where the system does not let a folder be watched.
    rest_seconds, root_seconds : float
    """

    def __init__(
        self,
        changed: Callable[[list[str]], None],
        returned: Callable[[str], None],
        on_event: EventSink,
        *,
        rest_seconds: float = REST_SECONDS,
        root_seconds: float = ROOT_SECONDS,
    ) -> None:
        super().__init__("watch", on_event)
        self._changed = changed
        self._returned = returned
        self._rest = rest_seconds
        self._root_seconds = root_seconds
        self._inbox: queue.SimpleQueue[tuple[str, ...]] = queue.SimpleQueue()  # paths that something happened to
        self._bell = threading.Event()
        self._wanted: tuple[str, ...] = ()
        # From here on: the watch thread's own.
        self._observer: Any = None
        self._watches: dict[str, Any] = {}
        self._roots: dict[str, tuple[int, int] | None] = {}  # device and number of watched folders; None: not there
        self._look_at_roots = 0.0
        self._restless: dict[str, _Restless] = {}
        self._told: set[str] = set()

    def set_folders(self, folders: Sequence[str]) -> None:
        """Watch these folders and no others. Any thread; returns at once."""
        self._wanted = tuple(folders)
        self._look_at_roots = 0.0
        self._bell.set()

    @property
    def watching(self) -> tuple[str, ...]:
        """The folders that are watched right now."""
        return tuple(self._watches)

    # The thread --------------------------------------------------------------------------------------

    def _wake(self) -> None:
        self._bell.set()

    def _step(self) -> None:
        self._bell.clear()
        now = time.monotonic()
        if now >= self._look_at_roots:
            self._look_at_roots = now + self._root_seconds
            self._keep_up_with_roots()
        while not self._inbox.empty():
            for path in self._inbox.get_nowait():
                self._note(path)
        self._hand_over()
        if self._inbox.empty() and not self._stopping.is_set():
            wait = _TICK if self._restless else self._root_seconds if self._wanted else None
            self._bell.wait(wait)

    def _end(self) -> None:
        observer, self._observer = self._observer, None
        self._watches.clear()
        if observer is not None:
            observer.stop()
            observer.join(_STOP_SECONDS)

    # Folders

    def _keep_up_with_roots(self) -> None:
        for folder in [folder for folder in self._watches if folder not in self._wanted]:
            self._let_go(folder)
        self._roots = {folder: at for folder, at in self._roots.items() if folder in self._wanted}
        for folder in self._wanted:
            now = _place(folder)
            known = folder in self._roots
            if known and self._roots[folder] == now:
                continue
            self._let_go(folder)
            self._roots[folder] = now
            if now is not None:
                self._hold(folder)
            if known:
                self._returned(folder)
        if not self._wanted and self._observer is not None:
            self._end()

    def _let_go(self, folder: str) -> None:
        watch = self._watches.pop(folder, None)
        if watch is not None and self._observer is not None:
            with contextlib.suppress(OSError, KeyError):
                self._observer.unschedule(watch)

    def _hold(self, folder: str) -> None:
        # Imported here: a window without a watched folder needs none of it.
        from watchdog import events
        from watchdog.observers import Observer

        kinds: list[type[FileSystemEvent]] = [
            events.FileCreatedEvent, events.FileModifiedEvent, events.FileClosedEvent, events.FileMovedEvent,
            events.FileDeletedEvent, events.DirCreatedEvent, events.DirMovedEvent, events.DirDeletedEvent,
        ]  # fmt: skip
        try:
            if self._observer is None:
                self._observer = Observer()
                self._observer.start()
            self._watches[folder] = self._observer.schedule(
                _Handler(folder, self._hear), folder, recursive=True, event_filter=kinds
            )
            self._probe()
        except OSError as error:
            if error.errno in _LIMITS:
                self._complain(_LIMIT, repr(error))
            else:
                self._complain(
                    f"The folder {shown(folder)} cannot be watched ({error.strerror}): check its permissions, or use "
                    "Look for Changes instead.",
                    repr(error),
                )

    def _probe(self) -> None:
        """Raise OSError where the system's limit is reached: folders below a watched one are left out silently."""
        with tempfile.TemporaryDirectory(prefix="mgc-watch-") as folder:
            self._observer.unschedule(self._observer.schedule(_Handler(folder, lambda _: None), folder))

    def _complain(self, sentence: str, detail: str) -> None:
        if sentence not in self._told:
            self._told.add(sentence)
            log.warning("%s (%s)", sentence, detail)
            self._emit(Problem(sentence, detail))

    # Files

    def _hear(self, paths: tuple[str, ...]) -> None:
        self._inbox.put(paths)
        self._bell.set()

    def _note(self, path: str) -> None:
        self._restless[path] = _Restless(time.monotonic() + self._rest, _state(path))

    def _hand_over(self) -> None:
        """Give on what rests. A folder rests when all that is known to change below it does."""
        now = time.monotonic()
        resting = []
        for path, restless in self._restless.items():
            if now < restless.due:
                continue
            state = _state(path)
            if state != restless.state:
                restless.due, restless.state = now + self._rest, state
            else:
                resting.append(path)
        busy = _folders_above(path for path, restless in self._restless.items() if restless.due > now)
        resting = [path for path in resting if path not in busy]
        for path in resting:
            del self._restless[path]
        folders = tuple(path + os.sep for path in resting if os.path.isdir(path))
        if resting:
            self._changed([path for path in resting if not path.startswith(folders)])
            if folders and sys.platform == "linux":
                self._check_limit()

    def _check_limit(self) -> None:
        try:
            self._probe()
        except OSError as error:
            if error.errno in _LIMITS:
                self._complain(_LIMIT, repr(error))


class _Handler:
    """Takes watchdog's events, in its thread: passes on the paths that a walk would not pass over."""

    def __init__(self, root: str, hear: Callable[[tuple[str, ...]], None]) -> None:
        self._root = root
        self._hear = hear

    def dispatch(self, event: FileSystemEvent) -> None:
        paths = (os.fsdecode(event.src_path), os.fsdecode(event.dest_path))
        wanted = tuple(path for path in paths if path and self._is_wanted(path, event.is_directory))
        if wanted:
            self._hear(wanted)

    def _is_wanted(self, path: str, is_folder: bool) -> bool:
        if not is_folder and os.path.splitext(path)[1].lower() not in AUDIO_EXTENSIONS:
            return False
        below = os.path.relpath(path, self._root)
        return below != "." and not any(is_passed_over(part) for part in below.split(os.sep))


def _folders_above(paths: Iterable[str]) -> set[str]:
    above: set[str] = set()
    for path in paths:
        while (path := os.path.dirname(path)) not in above:
            above.add(path)
    return above


def _place(folder: str) -> tuple[int, int] | None:
    try:
        status = os.stat(folder)
    except (OSError, ValueError):
        return None
    return status.st_dev, status.st_ino


def _state(path: str) -> tuple[int, int] | None:
    try:
        status = os.stat(path)
    except (OSError, ValueError):
        return None
    return status.st_size, status.st_mtime_ns
