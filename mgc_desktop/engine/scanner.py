"""The thread that takes folders in: walks them, makes rows appear, and keeps decoders and classifier fed."""

from __future__ import annotations

import logging
import os
import queue
import threading
import time
from collections import OrderedDict, deque
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from mgc_desktop.core.values import VerdictKind
from mgc_desktop.engine.classifier import Classifier
from mgc_desktop.engine.events import Problem, ScanFinished, ScanProgress, ScanState
from mgc_desktop.engine.loop import STOP_SECONDS, EventSink, Loop
from mgc_desktop.engine.pace import Pace
from mgc_desktop.engine.pipeline import DecoderLimits, Pipeline
from mgc_desktop.engine.reading import Facts, Reading, Wanted
from mgc_desktop.engine.results import Heard
from mgc_desktop.engine.sources import Found, shown
from mgc_desktop.engine.tally import Tally
from mgc_desktop.engine.walk import Errand, Walk
from mgc_desktop.engine.whereabouts import Lost, Trace
from mgc_desktop.engine.writer import Writer

if TYPE_CHECKING:
    from mgc_desktop.library.intake import AddResult, FactsResult
    from mgc_desktop.library.reader import Reader
    from mgc_desktop.library.store import PendingTrack

log = logging.getLogger(__name__)

_IDLE_WAIT = 60.0
_STUCK = (
    "No file can be read, as no decoder process could be started: free some memory, or install the program again; it "
    "is tried again every minute."
)
_REST_SECONDS = 60.0
_TIMES_MAY_LIE = os.name == "nt"  # a program there can change a file and leave no trace of it
_BUSY_WAIT = 0.1
# Rows get their tags before any is heard; on a disk where that takes longer than this, both go on side by side.
_READ_FIRST_SECONDS = 120.0


class Scanner(Loop):
    """Folders in, verdicts into the library. Methods may be called from any thread and return at once.

    Parameters
    ----------
    classifier : Classifier
    writer : Writer
    open_reader : callable
        Opens a read connection to the library, for this thread.
    on_event : EventSink
        Gets `ScanProgress`, at most ten a second, `ScanFinished`, and a `Problem` where no file can be read.
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
        self._pipeline = Pipeline(classifier, self._post_result, self._post_returned, limits, self._post_stuck)
        self._reading = Reading(
            self._pipeline.schedule, self._pipeline.workers, self._post, self._take_facts, self._get_stuck
        )
        self._bell = threading.Event()
        self._inbox: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()  # runs in the scanner thread
        self._paused = False
        self._cancel = False
        # From here on: the scanner thread's own.
        self._errands: deque[Errand] = deque()
        self._walk: Walk | None = None
        self._ended: list[Walk] = []  # what they did not meet is known once what they met is read
        self._trace: Trace | None = None  # of the scan under way
        self._unfinished = False  # whether the library remembers names of walks
        self._writing = 0  # pieces that the writer has not answered
        self._reading_since = 0.0
        self._pending: OrderedDict[str, int] = OrderedDict()  # path to id
        self._flying: dict[str, int] = {}
        self._tally: Tally | None = None
        self._pace = Pace()
        self._reader: Reader | None = None
        self._told: ScanState | None = None
        self._stuck = False  # whether no decoder process could be started the last time
        self._rests_until = 0.0  # monotonic s

    # What the shell asks for ------------------------------------------------------------------------

    @property
    def state(self) -> ScanState:
        if self._tally is None:
            return ScanState.IDLE
        return ScanState.PAUSED if self._paused else ScanState.RUNNING

    def add(self, names: Sequence[str | os.PathLike[str]]) -> None:
        """Take in files and folders. A paused scan goes on."""
        absolute = tuple(os.path.abspath(name) for name in names)
        self._paused = False
        if absolute:
            self._post(lambda: self._take_names(absolute))

    def look(self, folders: Sequence[str] = (), *, asked: bool = True) -> None:
        """Look what has changed in folders of the library, or in all of it; what was heard by any model is not again.

        Parameters
        ----------
        folders : sequence of str
            Absolute; empty for all of them, and for the files that lie in none.
        asked : bool
            Whether a person waits for it. Otherwise nothing is told where nothing has changed.
        """
        errand = Errand(tuple(folders), any_verdict=True, asked=asked, thorough=asked and _TIMES_MAY_LIE)
        self._post(lambda: self._take_errand(errand, remember=bool(folders)))

    def notice(self, paths: Sequence[str]) -> None:
        """Take in what happened to files and folders: new, changed or gone. Absolute paths."""
        errand = Errand(tuple(paths), any_verdict=True, asked=False)
        if paths:
            self._post(lambda: self._take_errand(errand, remember=False))

    def forget(self, folder: str) -> None:
        """Drop what was not begun of a folder, which is about to be removed from the library."""
        self._post(lambda: self._drop_under(folder))

    def rescan(self, ids: Sequence[int]) -> None:
        """Hear these tracks again, with the model in use."""
        wanted = list(ids)
        self._paused = False
        self._post(lambda: self._take_ids(wanted))

    def resume_pending(self) -> None:
        """Go on with the tracks that an earlier run left waiting."""
        self._writer.waiting(lambda tracks, names: self._post(lambda: self._take_waiting(tracks, names)))

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
        if not self._resting:
            self._reading.pump()
        self._look_for_lost()
        self._schedule()
        self._report()
        if not walking and self._inbox.empty():
            self._bell.wait(_IDLE_WAIT if self._tally is None else _BUSY_WAIT)

    def _abandon(self, sentence: str) -> None:
        if self._tally is not None:
            self._tally.complain(sentence)  # a scan that came to nothing for it must not say that nothing is new

    def _drop_all(self) -> None:
        self._cancel = False
        self._paused = False
        self._errands.clear()
        self._walk = None
        self._ended.clear()
        self._reading.clear()
        self._pending.clear()
        if self._tally is not None:
            self._finish(self._tally, cancelled=True)

    def _drop_under(self, folder: str) -> None:
        stem = os.path.join(folder, "")
        self._errands = deque(errand for errand in self._errands if folder not in errand.names)
        if self._walk is not None and folder in self._walk.names:
            self._walk = None
        self._ended = [walk for walk in self._ended if folder not in walk.names]
        for path in [path for path in self._pending if path.startswith(stem)]:
            del self._pending[path]
            if self._tally is not None:
                self._tally.total -= 1
        self._reading.drop_under(stem)

    def _begin_tally(self, *, asked: bool = False) -> Tally:
        if self._tally is None:
            self._tally = Tally(time.monotonic())
            self._pace.restart(0)
            self._stuck, self._rests_until = False, 0.0  # tried at once, and told anew
        self._tally.asked |= asked
        return self._tally

    # Names to tracks ---------------------------------------------------------------------------------

    def _take_names(self, names: tuple[str, ...]) -> None:
        self._writer.add_folders([name for name in names if os.path.isdir(name)])
        self._take_errand(Errand(names), remember=True)

    def _take_errand(self, errand: Errand, *, remember: bool) -> None:
        self._begin_tally(asked=errand.asked)
        if remember:
            self._unfinished = True
            self._writer.begin_walk(errand.names, any_verdict=errand.any_verdict)
        if errand not in self._errands:  # a folder may be dropped twice, or be left from the last time
            self._errands.append(errand)

    def _take_ids(self, ids: list[int]) -> None:
        tracks = {row.path: row.id for row in self._read().rows(ids)}
        self._writer.mark_queued(list(tracks.values()))
        self._enqueue(tracks, asked=True)

    def _take_waiting(self, tracks: list[PendingTrack], names: dict[str, bool]) -> None:
        for any_verdict in (False, True):
            left = tuple(name for name, any_will_do in names.items() if any_will_do is any_verdict)
            if left:
                self._take_errand(Errand(left, any_verdict), remember=True)
        self._want([Wanted(track.id, track.path) for track in tracks if not track.tags_read])
        self._enqueue({track.path: track.id for track in tracks if track.tags_read}, asked=True)

    def _read(self) -> Reader:
        if self._reader is None:
            self._reader = self._open_reader()
        return self._reader

    def _following(self) -> Trace:
        if self._trace is None:
            self._trace = Trace(self._read().known)
        return self._trace

    def _end(self) -> None:
        if self._reader is not None:
            self._reader.close()
            self._reader = None

    def _walk_on(self) -> bool:
        """Walk until a chunk is full or its time is over; return whether to go on with it at once."""
        walk = self._walk
        if walk is None:
            # Which files are unchanged depends on the model: its name is known a moment after the start.
            waits = self._classifier.loading and self._classifier.info is None
            if not self._errands or (waits and not self._errands[0].any_verdict):
                return False
            from mgc_desktop.audio.extensions import AUDIO_EXTENSIONS

            walk = self._walk = Walk(self._errands.popleft(), AUDIO_EXTENSIONS, self._following())
        if self._cancel:
            return False
        found, troubles = walk.chunk()
        for trouble in troubles:
            log.info("%r: %s", trouble.path, trouble.sentence)
            self._begin_tally().complain(trouble.sentence)
        if found:
            self._register(found, walk.errand)
        if walk.ended:
            self._walk = None
            self._ended.append(walk)
        return self._walk is not None or bool(self._errands)

    def _register(self, found: list[Found], errand: Errand) -> None:
        info = self._classifier.info
        sha = info.sha256 if info is not None and not errand.any_verdict else ""
        trace = self._following()
        moves = trace.moved_to(found)
        for known in trace.known.by_id(moves):
            self._pending.pop(known.path, None)
        self._writing += 1
        self._writer.register(
            found, sha, lambda answer: self._post(lambda: self._registered(answer, sha)), moves, reread=errand.thorough
        )

    def _look_for_lost(self) -> None:
        while self._ended and not (self._writing or self._reading.busy):
            self._take_lost(self._ended.pop(0).lost())

    def _take_lost(self, lost: Lost) -> None:
        """Mark what the library has below a folder, and the disk has no more."""
        tally = self._begin_tally()
        self._writer.mark_missing(lost.missing)
        self._writer.mark_offline(lost.offline, lost.folders)
        tally.missing += len(lost.missing)
        tally.offline += len(lost.offline)
        for sentence in lost.sentences:
            tally.complain(sentence)

    def _registered(self, answer: AddResult | None, sha: str) -> None:
        self._writing -= 1
        if answer is None and self._writer.refusal:
            self._begin_tally().complain(self._writer.refusal)
        if answer is None or self._tally is None:
            return  # given up, or cancelled meanwhile
        self._tally.unchanged += answer.unchanged
        self._tally.moved += len(answer.moved_ids)
        paths = answer.paths
        self._want([Wanted(track, paths[track], sha) for track in (*answer.new_ids, *answer.read_ids)])
        self._enqueue({paths[track]: track for track in answer.queued_ids})

    def _want(self, tracks: list[Wanted]) -> None:
        if tracks:
            self._begin_tally()
            if not self._reading.busy:
                self._reading_since = time.monotonic()
            self._reading.put(tracks)

    def _enqueue(self, tracks: Mapping[str, int], *, asked: bool = False) -> None:
        for path, track in tracks.items():
            if path not in self._pending and path not in self._flying:
                self._pending[path] = track
                self._begin_tally(asked=asked).total += 1

    # What was read of files --------------------------------------------------------------------------

    def _take_facts(self, read: Facts) -> None:
        self._stuck = False
        trace = self._following()
        gone = {wanted.path: wanted.track for wanted, facts in read if facts.stamp is None}
        tally = self._begin_tally()
        for path, track in gone.items():
            tally.complain(self._not_there(path, track))
        for sha in dict.fromkeys(wanted.model_sha for wanted, _ in read):
            facts = {wanted.track: fact for wanted, fact in read if fact.stamp is not None and wanted.model_sha == sha}
            moves = trace.turned_out_to_be(facts)
            for known in trace.known.by_id(moves.values()):
                self._pending.pop(known.path, None)
            self._writing += 1
            self._writer.take_facts(facts, sha, moves, lambda answer: self._post(lambda: self._facts_taken(answer)))
        fallen = len(gone) + sum(bool(fact.trouble) for _, fact in read)
        tally.total += fallen
        tally.done += fallen
        tally.failed += fallen

    def _facts_taken(self, answer: FactsResult | None) -> None:
        self._writing -= 1
        if answer is None or self._tally is None:
            return
        self._tally.unchanged += answer.settled
        self._tally.moved += len(answer.moved_ids)
        self._enqueue({path: track for track, path in answer.queued.items()})

    # Tracks to verdicts ------------------------------------------------------------------------------

    def _schedule(self) -> None:
        read_first = self._reading.busy and time.monotonic() - self._reading_since < _READ_FIRST_SECONDS
        if self._paused or self._cancel or self._resting or read_first:
            return
        while self._pending and self._pipeline.can_take():
            path, track = self._pending.popitem(last=False)
            self._flying[path] = track
            self._pipeline.submit(path)

    def _post_result(self, heard: Heard) -> None:
        self._post(lambda: self._take_result(heard))

    def _post_returned(self, path: str) -> None:
        self._post(lambda: self._take_returned(path))

    def _post_stuck(self, path: str) -> None:
        self._post(lambda: self._take_stuck(path))

    def _take_stuck(self, path: str) -> None:
        self._take_returned(path)
        self._get_stuck()

    def _get_stuck(self) -> None:
        """Rest for a while: without a process to read them nothing is known of any file, and no row may say so."""
        self._rests_until = time.monotonic() + _REST_SECONDS
        if not self._stuck:
            self._emit(Problem(_STUCK))
        self._stuck = True

    @property
    def _resting(self) -> bool:
        return time.monotonic() < self._rests_until

    def _take_returned(self, path: str) -> None:
        track = self._flying.pop(path, None)
        if track is not None:
            self._pending[path] = track
            self._pending.move_to_end(path, last=False)

    def _take_result(self, heard: Heard) -> None:
        self._stuck = False
        result = heard.result
        track = self._flying.pop(result.path, None)
        if track is None:
            return
        failed = result.verdict.kind is VerdictKind.ERROR
        sentence = ""
        if failed and not os.path.exists(result.path):
            sentence = self._not_there(result.path, track)
        else:
            self._writer.save(track, heard)
        if self._tally is not None:
            self._tally.done += 1
            self._tally.failed += failed
            self._tally.complain(sentence)

    def _not_there(self, path: str, track: int) -> str:
        """Note that a file went away before it was heard; return a sentence, unless it goes on elsewhere."""
        if all(known.path != path for known in self._following().known.by_id([track])):
            return ""  # moved, and queued again under its new path
        self._take_lost(self._following().where_is([path]))
        return f"{shown(path)} is not there any more: put it back, or add its folder again."

    # Telling -----------------------------------------------------------------------------------------

    def _report(self) -> None:
        tally = self._tally
        if tally is None:
            return
        taking_in = bool(self._walk or self._ended or self._errands or self._writing or self._reading.busy)
        if not taking_in:
            self._trace = None  # files may move again while the rest is heard
            if self._unfinished:
                self._end_walks()
        if not (taking_in or self._pending or self._flying) and self._inbox.empty():
            self._finish(tally, cancelled=False)
            return
        if not tally.news:
            return
        state = self.state
        if state is not self._told and state is ScanState.RUNNING:
            self._pace.restart(tally.done)
        self._pace.mark(tally.done)
        if self._pace.due() or state is not self._told:
            self._told = state
            rate = self._pace.rate(tally.done) if state is ScanState.RUNNING else None
            left = self._pace.seconds_left(tally.done, tally.total) if rate else None
            read = (self._reading.read, self._reading.total) if self._reading.busy else (0, 0)
            self._emit(ScanProgress(state, tally.done, tally.total, tally.failed, rate, left, *read))

    def _end_walks(self) -> None:
        self._unfinished = False
        self._writer.end_walk()

    def _finish(self, tally: Tally, *, cancelled: bool) -> None:
        self._tally = None
        self._trace = None
        self._told = None
        self._paused = False
        if self._unfinished:
            self._end_walks()
        if not tally.news:
            return
        seconds = time.monotonic() - tally.began
        progress = ScanProgress(ScanState.IDLE, tally.done, tally.total, tally.failed, None, None)
        summary = ScanFinished(
            tally.done,
            tally.failed,
            tally.unchanged,
            seconds,
            cancelled,
            tuple(tally.problems),
            tally.moved,
            tally.missing,
            tally.offline,
        )

        def tell() -> None:
            self._emit(progress)
            self._emit(summary)

        self._writer.after_all(tell)  # when the last result is in the library, and not before
