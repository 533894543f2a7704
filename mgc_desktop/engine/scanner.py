"""The thread that takes folders in: walks them, makes rows appear, and keeps decoders and classifier fed."""

from __future__ import annotations

import logging
import os
import queue
import threading
import time
from collections import OrderedDict, deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from mgc_desktop.core.values import VerdictKind
from mgc_desktop.engine.classifier import Classifier
from mgc_desktop.engine.events import ScanFinished, ScanProgress, ScanState
from mgc_desktop.engine.loop import STOP_SECONDS, EventSink, Loop
from mgc_desktop.engine.pace import Pace
from mgc_desktop.engine.pipeline import DecoderLimits, Pipeline
from mgc_desktop.engine.results import Heard
from mgc_desktop.engine.sources import Found, Trouble, find_audio, shown
from mgc_desktop.engine.writer import Writer

if TYPE_CHECKING:
    from mgc_desktop.library.reader import Reader
    from mgc_desktop.library.store import AddResult, PendingTrack

log = logging.getLogger(__name__)

_CHUNK = 500  # files registered together
_CHUNK_SECONDS = 0.05  # a slow disk shows its first rows after this
_MAX_PROBLEMS = 20  # sentences in one summary
_IDLE_WAIT = 60.0
_BUSY_WAIT = 0.1


@dataclass(slots=True)
class _Tally:
    """What one scan, from idle to idle, has come to."""

    began: float
    total: int = 0
    done: int = 0
    failed: int = 0
    unchanged: int = 0
    problems: list[str] = field(default_factory=list)

    def complain(self, sentence: str) -> None:
        if len(self.problems) < _MAX_PROBLEMS and sentence not in self.problems:
            self.problems.append(sentence)


class Scanner(Loop):
    """Folders in, verdicts into the library. Methods may be called from any thread and return at once.

    Parameters
    ----------
    classifier : Classifier
    writer : Writer
    open_reader : callable
        Opens a read connection to the library, for this thread.
    on_event : EventSink
        Gets `ScanProgress`, at most ten a second, and `ScanFinished`.
    limits : DecoderLimits, optional
    """

    def __init__(
        self,
        classifier: Classifier,
        writer: Writer,
        open_reader: Callable[[], Reader],
        on_event: EventSink,
        *,
        limits: DecoderLimits | None = None,
    ) -> None:
        super().__init__("scanner", on_event)
        self._classifier = classifier
        self._writer = writer
        self._open_reader = open_reader
        self._pipeline = Pipeline(classifier, self._post_result, self._post_returned, limits)
        self._bell = threading.Event()
        self._inbox: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()  # runs in the scanner thread
        self._paused = False
        self._cancel = False
        # From here on: the scanner thread's own.
        self._names: deque[str] = deque()
        self._walk: Iterator[Found | Trouble] | None = None
        self._registering = 0  # chunks that the writer has not answered
        self._met: set[str] = set()  # paths of the walk under way
        self._walked: list[str] = []  # its folders
        self._pending: OrderedDict[str, int] = OrderedDict()  # path to id
        self._flying: dict[str, int] = {}
        self._tally: _Tally | None = None
        self._pace = Pace()
        self._reader: Reader | None = None
        self._told: ScanState | None = None

    # What the shell asks for ------------------------------------------------------------------------

    @property
    def state(self) -> ScanState:
        if self._tally is None:
            return ScanState.IDLE
        return ScanState.PAUSED if self._paused else ScanState.RUNNING

    def add(self, names: Sequence[str | os.PathLike[str]]) -> None:
        """Take in files and folders. A paused scan goes on."""
        absolute = [os.path.abspath(name) for name in names]
        self._paused = False
        self._post(lambda: self._take_names(absolute))

    def rescan(self, ids: Sequence[int]) -> None:
        """Hear these tracks again, with the model in use."""
        wanted = list(ids)
        self._paused = False
        self._post(lambda: self._take_ids(wanted))

    def resume_pending(self) -> None:
        """Go on with the tracks that an earlier run left waiting."""
        self._writer.waiting(lambda tracks: self._post(lambda: self._take_waiting(tracks)))

    def pause(self) -> None:
        """Start on no further track. Those under way are finished."""
        self._paused = True
        self._bell.set()

    def resume(self) -> None:
        self._paused = False
        self._bell.set()

    def cancel(self) -> None:
        """Drop what was not begun. Those tracks stay in the library, without a verdict."""
        self._cancel = True  # takes hold at once; what was asked for before is dropped when its turn comes
        self._post(self._drop_all)

    def model_changed(self) -> None:
        """Look again whether there is a model to decode for."""
        self._bell.set()

    def stop(self, timeout: float = STOP_SECONDS) -> bool:
        ended = super().stop(timeout)
        self._pipeline.stop()
        return ended

    # The thread --------------------------------------------------------------------------------------

    def _wake(self) -> None:
        self._bell.set()

    def _post(self, work: Callable[[], None]) -> None:
        self._inbox.put(work)
        self._bell.set()

    def _step(self) -> None:
        self._bell.clear()
        while not self._inbox.empty():
            self._inbox.get_nowait()()
        walking = self._walk_on()
        self._schedule()
        self._report()
        if not walking and self._inbox.empty():
            self._bell.wait(_IDLE_WAIT if self._tally is None else _BUSY_WAIT)

    def _drop_all(self) -> None:
        self._cancel = False
        self._paused = False
        self._names.clear()
        self._walk = None
        self._pending.clear()
        if self._tally is not None:
            self._finish(self._tally, cancelled=True)

    def _begin_tally(self) -> _Tally:
        if self._tally is None:
            self._tally = _Tally(time.monotonic())
            self._pace.restart(0)
        return self._tally

    # Names to tracks ---------------------------------------------------------------------------------

    def _take_names(self, names: list[str]) -> None:
        self._begin_tally()
        self._names += names
        self._writer.add_folders([name for name in names if os.path.isdir(name)])

    def _take_ids(self, ids: list[int]) -> None:
        tracks = {row.path: row.id for row in self._read().rows(ids)}
        self._writer.mark_queued(list(tracks.values()))
        self._enqueue(tracks)

    def _take_waiting(self, tracks: list[PendingTrack]) -> None:
        self._enqueue({track.path: track.id for track in tracks})

    def _read(self) -> Reader:
        if self._reader is None:
            self._reader = self._open_reader()
        return self._reader

    def _end(self) -> None:
        if self._reader is not None:
            self._reader.close()
            self._reader = None

    def _walk_on(self) -> bool:
        """Walk until a chunk is full or its time is over; return whether to go on with it at once."""
        if self._walk is None:
            # Which files are unchanged depends on the model: its name is known a moment after the start.
            if not self._names or (self._classifier.loading and self._classifier.info is None):
                return False
            # Imported here: it brings the decoders' libraries, which a window needs only once there are files.
            from mgc_desktop.audio.decode import AUDIO_EXTENSIONS

            names = list(self._names)
            self._names.clear()
            self._met.clear()
            self._walked = [name for name in names if os.path.isdir(name)]
            self._walk = find_audio(names, AUDIO_EXTENSIONS)
        chunk: list[Found] = []
        until = time.monotonic() + _CHUNK_SECONDS
        while len(chunk) < _CHUNK and time.monotonic() < until and not self._cancel:
            item = next(self._walk, None)
            if item is None:
                self._walk = None
                break
            if isinstance(item, Found):
                chunk.append(item)
                self._met.add(item.path)
            else:
                self._take_trouble(item)
        if chunk:
            self._registering += 1
            info = self._classifier.info
            sha = info.sha256 if info is not None else ""
            self._writer.register(chunk, sha, lambda answer: self._post(lambda: self._registered(answer)))
        if self._walk is None:
            self._miss_what_is_gone()
        return self._walk is not None or bool(self._names)

    def _miss_what_is_gone(self) -> None:
        """Mark the tracks that the library has below a folder, and the disk has no more."""
        gone = [
            track
            for folder in self._walked
            for path, track in self._read().tracks_under(folder).items()
            if path not in self._met and not os.path.exists(path)
        ]
        self._writer.mark_missing(gone)
        self._met.clear()

    def _take_trouble(self, trouble: Trouble) -> None:
        log.info("%r: %s", trouble.path, trouble.sentence)
        self._begin_tally().complain(trouble.sentence)

    def _registered(self, answer: AddResult | None) -> None:
        self._registering -= 1
        if answer is None and self._writer.refusal:
            self._begin_tally().complain(self._writer.refusal)
        if answer is None or self._tally is None:
            return  # given up, or cancelled meanwhile
        self._tally.unchanged += answer.unchanged
        rows = self._read().rows(sorted((*answer.new_ids, *answer.queued_ids)))
        self._enqueue({row.path: row.id for row in rows})

    def _enqueue(self, tracks: dict[str, int]) -> None:
        for path, track in tracks.items():
            if path not in self._pending and path not in self._flying:
                self._pending[path] = track
                self._begin_tally().total += 1

    # Tracks to verdicts ------------------------------------------------------------------------------

    def _schedule(self) -> None:
        while self._pending and not self._paused and not self._cancel and self._pipeline.can_take():
            path, track = self._pending.popitem(last=False)
            self._flying[path] = track
            self._pipeline.submit(path)

    def _post_result(self, heard: Heard) -> None:
        self._post(lambda: self._take_result(heard))

    def _post_returned(self, path: str) -> None:
        self._post(lambda: self._take_returned(path))

    def _take_returned(self, path: str) -> None:
        track = self._flying.pop(path, None)
        if track is not None:
            self._pending[path] = track
            self._pending.move_to_end(path, last=False)

    def _take_result(self, heard: Heard) -> None:
        result = heard.result
        track = self._flying.pop(result.path, None)
        if track is None:
            return
        failed = result.verdict.kind is VerdictKind.ERROR
        if failed and not os.path.exists(result.path):
            self._writer.mark_missing([track])
            sentence = f"{shown(result.path)} is not there any more: put it back, or add its folder again."
        else:
            self._writer.save(track, heard)
            sentence = ""
        if self._tally is not None:
            self._tally.done += 1
            self._tally.failed += failed
            if sentence:
                self._tally.complain(sentence)

    # Telling -----------------------------------------------------------------------------------------

    def _report(self) -> None:
        tally = self._tally
        if tally is None:
            return
        busy = self._walk is not None or self._names or self._registering or self._pending or self._flying
        if not busy and self._inbox.empty():
            self._finish(tally, cancelled=False)
            return
        state = self.state
        if state is not self._told and state is ScanState.RUNNING:
            self._pace.restart(tally.done)
        self._pace.mark(tally.done)
        if self._pace.due() or state is not self._told:
            self._told = state
            rate = self._pace.rate(tally.done) if state is ScanState.RUNNING else None
            left = self._pace.seconds_left(tally.done, tally.total) if rate else None
            self._emit(ScanProgress(state, tally.done, tally.total, tally.failed, rate, left))

    def _finish(self, tally: _Tally, *, cancelled: bool) -> None:
        self._tally = None
        self._told = None
        self._paused = False
        seconds = time.monotonic() - tally.began
        progress = ScanProgress(ScanState.IDLE, tally.done, tally.total, tally.failed, None, None)
        summary = ScanFinished(tally.done, tally.failed, tally.unchanged, seconds, cancelled, tuple(tally.problems))

        def tell() -> None:
            self._emit(progress)
            self._emit(summary)

        self._writer.after_all(tell)  # when the last result is in the library, and not before
