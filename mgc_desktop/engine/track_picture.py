"""Pictures of whole tracks for the window: the newest one asked for comes first, and the last ones are kept."""

from __future__ import annotations

import os
import queue
import time
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import CancelledError, Future
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from mgc_desktop.core.errors import MgcError
from mgc_desktop.core.mel_picture import N_MELS
from mgc_desktop.core.track_facts import TrackFacts
from mgc_desktop.engine.events import TrackFactsReady, TrackPictureReady
from mgc_desktop.engine.loop import EventSink, Loop

if TYPE_CHECKING:
    from mgc_desktop.core.pool import LimitedPool
    from mgc_desktop.engine.picture_work import PicturePart

COLUMNS = 2048  # as wide as the picture on a common screen; a wider one is drawn from as many
KEPT = 48  # pictures, some 260 kB each
_WORKER_SECONDS = 30.0  # for a part: the slowest honest file is read to its end once before its length is known
_PATIENCE = 1.5  # s that a part may take once another track is wanted: the process is replaced then
_PART_SHOWN_AFTER = 0.6  # s of waiting before the beginning is shown without the rest
_SECONDS_BETWEEN_PARTS = 0.25


class _Identity(NamedTuple):
    """What tells that a file is as it was."""

    path: str
    size: int
    mtime_ns: int
    ctime_ns: int


@dataclass(slots=True)
class _Work:
    """A picture that is being made, or that is to be made next."""

    identity: _Identity
    asked_at: float
    facts: TrackFacts | None = None
    picture: TrackPictureReady | None = None  # as far as it is
    told_at: float = 0.0


class TrackPictures(Loop):
    """`ask` returns at once, from any thread; `TrackFactsReady` and `TrackPictureReady` come from the pictures' thread.

    Who asks again before the picture is there gets the newer one: stepping through a list costs one picture. Files
    are read in one limited process, which begins with the first track, or with `warm_up`.

    Parameters
    ----------
    on_event : EventSink
    cache_folder : str
        Where pictures are kept over the end of the program; empty: nowhere.
    """

    def __init__(self, on_event: EventSink, cache_folder: str = "") -> None:
        super().__init__("pictures", on_event)
        self._cache_folder = cache_folder
        self._orders: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()
        self._pool: LimitedPool | None = None
        self._wanted: _Work | None = None
        self._running: tuple[_Work, Future[Any], float] | None = None  # what the process is at, and since when
        self._kept: OrderedDict[_Identity, _Work] = OrderedDict()

    def ask(self, path: str) -> None:
        """Make the picture of a track; those asked for before that are not made yet are forgotten."""
        self._orders.put(partial(self._take_wish, path))
        self.start()

    def warm_up(self) -> None:
        """Have the process ready before the first track is asked for."""
        self._orders.put(self._prepare)
        self.start()

    def _step(self) -> None:
        try:
            order = self._orders.get(timeout=self._patience())
        except queue.Empty:
            if self._running is not None:
                self._running[1].cancel()  # ends the process, and the next order says so
            return
        order()

    def _patience(self) -> float | None:
        """Return how long the process may go on with what nobody waits for any more, s."""
        if self._running is None or self._running[0] is self._wanted:
            return None
        return max(0.0, self._running[2] + _PATIENCE - time.monotonic())

    # Orders.

    def _prepare(self) -> None:
        # Imported here: the readers of audio files are loaded by who looks at the first track.
        from mgc_desktop.core.pool import LimitedPool
        from mgc_desktop.engine.picture_work import ready

        if self._pool is None:
            self._pool = LimitedPool(1, timeout_s=_WORKER_SECONDS)
            self._pool.schedule(ready, ())

    def _take_wish(self, path: str) -> None:
        identity = _identity(path)
        if self._wanted is not None and self._wanted.identity == identity:
            return  # on its way
        kept = self._kept.get(identity)
        if kept is not None and kept.facts is not None and kept.picture is not None:
            self._kept.move_to_end(identity)
            self._wanted = None
            self._emit(TrackFactsReady(path, kept.facts))
            self._emit(kept.picture)
            return
        self._wanted = _Work(identity, time.monotonic())
        self._go_on()

    def _go_on(self) -> None:
        """Give the process the next piece of what is wanted, if it is free."""
        from mgc_desktop.engine import picture_work

        work = self._wanted
        if work is None or self._running is not None:
            return
        self._prepare()
        path = work.identity.path
        if work.facts is None:
            self._work_at(work, picture_work.read_facts, path)
        else:
            have = work.picture.done if work.picture is not None else 0
            self._work_at(work, picture_work.next_part, path, COLUMNS, have, self._cache_folder)

    def _work_at(self, work: _Work, function: Callable[..., Any], *args: Any) -> None:
        if self._pool is not None:
            future = self._pool.schedule(function, args)
            self._running = (work, future, time.monotonic())
            future.add_done_callback(lambda _: self._orders.put(partial(self._finished, work, future)))

    def _finished(self, work: _Work, future: Future[Any]) -> None:
        self._running = None
        try:
            result = future.result()
        except CancelledError:
            result = None
        except MgcError as error:
            result = error
        if work is self._wanted and result is not None:
            self._take(work, result)
        self._go_on()

    def _take(self, work: _Work, result: TrackFacts | PicturePart | MgcError) -> None:
        path = work.identity.path
        if isinstance(result, MgcError):
            self._wanted = None
            self._emit(TrackPictureReady(path, np.empty((0, N_MELS), np.uint8), 0, 0.0, 0.0, 0.0, result.sentence))
        elif isinstance(result, TrackFacts):
            work.facts = result
            self._emit(TrackFactsReady(path, result))
        else:
            work.picture = _joined(path, work.picture, result)
            if result.is_last:
                self._wanted = None
                self._keep(work)
            self._show(work, is_last=result.is_last)

    def _show(self, work: _Work, *, is_last: bool) -> None:
        """Tell of the picture once it is whole; of its beginning where it is long in coming."""
        now = time.monotonic()
        is_late = now - work.asked_at > _PART_SHOWN_AFTER and now - work.told_at > _SECONDS_BETWEEN_PARTS
        if work.picture is not None and (is_last or is_late):
            work.told_at = now
            self._emit(work.picture)

    def _keep(self, work: _Work) -> None:
        self._kept[work.identity] = work
        while len(self._kept) > KEPT:
            self._kept.popitem(last=False)

    # The end.

    def _end(self) -> None:
        if self._pool is not None:
            self._pool.stop()

    def _wake(self) -> None:
        self._orders.put(lambda: None)

    def _abandon(self, sentence: str) -> None:
        self._wanted = None


def _identity(path: str) -> _Identity:
    try:
        found = os.stat(path)
    except OSError:  # its reader will say why
        return _Identity(path, -1, 0, 0)
    return _Identity(path, found.st_size, found.st_mtime_ns, found.st_ctime_ns)


def _joined(path: str, before: TrackPictureReady | None, part: PicturePart) -> TrackPictureReady:
    """Return a picture with another part; what is not there yet is silent."""
    codes = np.zeros((part.total, N_MELS), np.uint8)
    if before is not None and part.first:
        codes[: part.first] = before.codes[: part.first]
    done = part.first + len(part.codes)
    codes[part.first : done] = part.codes
    duration = part.duration
    if part.is_last and done < part.total:  # it ends before its header says
        codes, duration = codes[: max(1, done)], done * part.column_seconds
    return TrackPictureReady(path, codes, done, part.column_seconds, duration, part.highest_hz)
