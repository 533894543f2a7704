"""Spans of what was listened to, or of a track: judged as a whole, and explained, while listening goes on."""

from __future__ import annotations

import logging
import queue
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from mgc_desktop.core.errors import MgcError
from mgc_desktop.core.model_info import ModelInfo
from mgc_desktop.core.recording import Recording
from mgc_desktop.core.values import Samples, WindowScores
from mgc_desktop.engine.asked_windows import NO_MODEL, WindowAnswer
from mgc_desktop.engine.classifier import Classifier
from mgc_desktop.engine.events import SpanExplained, SpanJudged
from mgc_desktop.engine.loop import EventSink, Loop
from mgc_desktop.engine.span_cut import Cut, SpanError, cut_span
from mgc_desktop.engine.track_cut import Stretches, TrackSounds
from mgc_desktop.model.explain import Occlusion, log_odds
from mgc_desktop.model.verdict import error_verdict, judge, probabilities, silence_verdict

log = logging.getLogger(__name__)

_SECONDS_BETWEEN_MAPS = 0.4
_LOOK_SECONDS = 0.2  # at whether anybody still wants the answer that is waited for
_MOST_COLUMNS = 512  # of the map of a span with gaps

NOTHING_HEARD = "Nothing was listened to yet, so there is nothing to judge: press Listen first."
LOADING = "The model is still being loaded: try again in a moment."
SILENT = "The selection is silent, so there is nothing to explain: select some music."


class Recorder(Protocol):
    """What was recorded last, or is being recorded: the engine's `Listener`."""

    @property
    def recording(self) -> Recording | None: ...


class _Outdated(MgcError):
    """Nobody wants the answer any more."""


@dataclass(frozen=True, slots=True)
class _Request:
    number: int
    recording: Recording | None  # as it was when it was asked: another one may begin meanwhile
    stretches: Stretches
    label: str | None = None
    path: str = ""  # of a file, in place of the recording

    @property
    def start(self) -> float:
        return self.stretches[0][0]

    @property
    def end(self) -> float:
        return self.stretches[-1][1]


@dataclass(slots=True)
class _Explaining:
    request: _Request
    cut: Cut
    label: str
    occlusion: Occlusion
    told_at: float
    told_coarse: bool = False


class Spans(Loop):
    """Every method returns at once and may be called from any thread; the newest wish of each kind counts.

    The model hears one window at a time, after live windows and by turns with files. The thread begins with the first
    wish.

    Parameters
    ----------
    recorder : Recorder
    classifier : Classifier
    on_event : EventSink
        Gets `SpanJudged` once for each span, and `SpanExplained` again and again; nothing for what was cancelled, or
        replaced by a newer wish.
    """

    def __init__(self, recorder: Recorder, classifier: Classifier, on_event: EventSink) -> None:
        super().__init__("spans", on_event)
        self._recorder = recorder
        self._classifier = classifier
        self._changed = threading.Condition()
        self._numbers = 0
        self._to_judge: _Request | None = None
        self._to_explain: _Request | None = None
        self._wanted = {"judge": 0, "explain": 0}  # numbers of the newest wishes
        self._busy: tuple[str, _Request] | None = None
        self._explaining: _Explaining | None = None
        self._tracks = TrackSounds()

    def judge(self, start: float, end: float) -> int:
        """Judge a span as a whole; return the number that `SpanJudged` will bear.

        Parameters
        ----------
        start, end : float
            s since listening began.
        """
        return self._ask_to_judge(((start, end),))

    def explain(self, start: float, end: float, label: str | None = None) -> int:
        """Find out which times and bands speak for a label; return the number that `SpanExplained` will bear.

        Parameters
        ----------
        start, end : float
            s since listening began.
        label : str, optional
            One of the model's; None: what the span is judged to be.
        """
        return self._ask_to_explain(((start, end),), label)

    def judge_track(self, path: str, start: float, end: float) -> int:
        """Judge a span of a file as a whole, s from its beginning; return the number of `SpanJudged`."""
        return self._ask_to_judge(((start, end),), path)

    def explain_track(self, path: str, stretches: Stretches, label: str | None = None) -> int:
        """Find out what speaks for a label in stretches of a file; return the number of `SpanExplained`.

        Parameters
        ----------
        path : str
        stretches : tuple of (float, float)
            From where to where, s, in order: the windows of a verdict, or a span.
        label : str, optional
            One of the model's; None: what they are judged to be.
        """
        return self._ask_to_explain(stretches, label, path)

    def _ask_to_judge(self, stretches: Stretches, path: str = "") -> int:
        with self._changed:
            request = self._to_judge = self._request("judge", stretches, None, path)
        self._go()
        return request.number

    def _ask_to_explain(self, stretches: Stretches, label: str | None, path: str = "") -> int:
        with self._changed:
            request = self._to_explain = self._request("explain", stretches, label, path)
        self._go()
        return request.number

    def cancel(self) -> None:
        """Forget every wish; what the model is at is left unanswered."""
        with self._changed:
            self._to_judge = self._to_explain = None
            self._wanted = {"judge": 0, "explain": 0}

    def _request(self, kind: str, stretches: Stretches, label: str | None, path: str) -> _Request:
        self._numbers += 1
        self._wanted[kind] = self._numbers
        return _Request(self._numbers, self._recorder.recording, stretches, label, path)

    def _go(self) -> None:
        self.start()
        self._wake()

    def _end(self) -> None:
        self._tracks.stop()

    def _wake(self) -> None:
        with self._changed:
            self._changed.notify_all()

    def _step(self) -> None:
        with self._changed:
            self._changed.wait_for(
                lambda: self._stopping.is_set() or self._to_judge or self._to_explain or self._explaining
            )
            if self._stopping.is_set():
                return
            judging, self._to_judge = self._to_judge, None
            explaining = None
            if judging is None:
                explaining, self._to_explain = self._to_explain, None
        try:
            if judging is not None:
                self._busy = "judge", judging
                self._judge(judging)
            elif explaining is not None:
                self._busy = "explain", explaining
                self._explaining = self._begin_to_explain(explaining)
            elif self._explaining is not None:
                self._busy = "explain", self._explaining.request
                self._go_on(self._explaining)
        except _Outdated:
            if judging is None:
                self._explaining = None
        except MgcError as error:
            log.info("%s (%s)", error.sentence, error.detail)
            self._abandon(error.sentence)
        self._busy = None

    def _abandon(self, sentence: str) -> None:
        """Tell why nothing comes of what it was at."""
        busy, self._busy = self._busy, None
        if busy is None:
            return
        kind, request = busy
        if kind == "judge":
            verdict = error_verdict("", sentence)
            self._emit(SpanJudged(request.number, request.start, request.end, verdict, (), sentence))
            return
        self._explaining = None
        nothing = np.zeros((0, 0), np.float32)
        told = SpanExplained(request.number, request.start, request.end, "", nothing, (), 0, 0, sentence)
        self._emit(told)

    # The sound and the model -----------------------------------------------------------------------

    def _cut(self, kind: str, request: _Request) -> Cut:
        info = self._classifier.info
        if info is None or not self._classifier.ready:
            raise SpanError(LOADING if self._classifier.loading else NO_MODEL)
        if request.path:
            return self._cut_track(kind, request, info)
        if request.recording is None:
            raise SpanError(NOTHING_HEARD)
        return cut_span(request.recording, request.start, request.end, info)

    def _cut_track(self, kind: str, request: _Request, info: ModelInfo) -> Cut:
        def is_wanted() -> bool:
            return not (self._stopping.is_set() or self._outdated(kind, request))

        cut = self._tracks.cut(request.path, request.stretches, info, is_wanted, _LOOK_SECONDS)
        if cut is None:
            raise _Outdated("")
        return cut

    def _heard(self, cut: Cut, outdated: Callable[[], bool]) -> NDArray[np.float32]:
        """Return the logits of a cut's windows, float32[k, L]."""
        return np.stack([self._logits(window.samples, cut.info, outdated) for window in cut.windows])

    def _logits(self, samples: Samples, info: ModelInfo, outdated: Callable[[], bool]) -> NDArray[np.float32]:
        answers: queue.SimpleQueue[WindowAnswer] = queue.SimpleQueue()
        self._classifier.submit_window(samples, answers.put, info=info)
        while not self._stopping.is_set() and not outdated():
            try:
                answer = answers.get(timeout=_LOOK_SECONDS)
            except queue.Empty:
                continue
            if answer.logits is None:
                raise SpanError(answer.sentence)
            return answer.logits
        raise _Outdated("")

    def _outdated(self, kind: str, request: _Request) -> bool:
        return self._wanted[kind] != request.number

    # Judging ---------------------------------------------------------------------------------------

    def _judge(self, request: _Request) -> None:
        cut = self._cut("judge", request)
        info = cut.info
        if cut.silent:
            self._emit(SpanJudged(request.number, cut.start, cut.end, silence_verdict(info), ()))
            return
        logits = self._heard(cut, partial(self._outdated, "judge", request))
        scores = tuple(
            WindowScores(
                window.start,
                cut.end_of(window),
                dict(zip(info.labels, probabilities(info, row).tolist(), strict=True)),
            )
            for window, row in zip(cut.windows, logits, strict=True)
        )
        self._emit(SpanJudged(request.number, cut.start, cut.end, judge(info, logits, cut.level_dbfs), scores))

    # Explaining ------------------------------------------------------------------------------------

    def _begin_to_explain(self, request: _Request) -> _Explaining:
        cut = self._cut("explain", request)
        info = cut.info
        if cut.silent:
            raise SpanError(SILENT)
        logits = self._heard(cut, partial(self._outdated, "explain", request))
        label = request.label or judge(info, logits, cut.level_dbfs).label
        if label is None or label not in info.labels:
            raise SpanError(f"The model {info.name} does not know {label}: choose one of its own genres.")
        score = partial(log_odds, info, label=label)
        samples = [window.samples for window in cut.windows]
        return _Explaining(request, cut, label, Occlusion(samples, info.sample_rate, logits, score), time.monotonic())

    def _go_on(self, work: _Explaining) -> None:
        outdated = partial(self._outdated, "explain", work.request)
        muffled = work.occlusion.next()
        if muffled is not None:
            work.occlusion.take(self._logits(muffled, work.cut.info, outdated))
        if outdated():
            raise _Outdated("")
        first = work.occlusion.coarse_is_done and not work.told_coarse
        due = first or time.monotonic() - work.told_at > _SECONDS_BETWEEN_MAPS
        if muffled is None or (due and work.occlusion.done < work.occlusion.total):
            work.told_at, work.told_coarse = time.monotonic(), work.occlusion.coarse_is_done
            self._tell(work)
        if muffled is None:
            self._explaining = None

    def _tell(self, work: _Explaining) -> None:
        cut, occlusion = work.cut, work.occlusion
        weights = on_the_span(occlusion.weights, cut, occlusion.times)
        done, total = occlusion.done, occlusion.total
        edges = occlusion.edges_hz
        number, heard = work.request.number, cut.stretches
        told = SpanExplained(number, cut.start, cut.end, work.label, weights, edges, done, total, heard=heard)
        self._emit(told)


def on_the_span(weights: NDArray[np.float32], cut: Cut, times: int) -> NDArray[np.float32]:
    """Return a map of windows, float32[bands, k * times], on even columns over their span, gaps included.

    Parameters
    ----------
    times : int
        Columns of each window.
    """
    stretches = list(_stretches(cut, times))
    shortest = min(end - start for start, end in stretches)
    if abs(len(stretches) * shortest - (cut.end - cut.start)) < shortest / 2:
        return weights  # the windows are the span
    count = min(_MOST_COLUMNS, round((cut.end - cut.start) / shortest))
    middles = cut.start + (np.arange(count) + 0.5) * (cut.end - cut.start) / count
    starts = np.array([start for start, _ in stretches])
    ends = np.array([end for _, end in stretches])
    places = np.clip(np.searchsorted(starts, middles, side="right") - 1, 0, len(starts) - 1)
    inside = (middles >= starts[places]) & (middles < ends[places])
    even: NDArray[np.float32] = np.where(inside, weights[:, places], np.float32(0.0))
    return even


def _stretches(cut: Cut, times: int) -> Iterator[tuple[float, float]]:
    """Return from when to when the columns of the windows' maps are, s since listening began."""
    for window in cut.windows:
        step = (cut.end_of(window) - window.start) / times
        for column in range(times):
            yield window.start + column * step, window.start + (column + 1) * step
