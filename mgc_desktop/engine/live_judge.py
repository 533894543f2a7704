"""Which windows of a recording the model is asked about, and what is said of its answers."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from mgc_desktop.core.clock import Clock
from mgc_desktop.core.model_info import ModelInfo
from mgc_desktop.core.ring import AudioRing
from mgc_desktop.core.smoothing import VerdictSmoother
from mgc_desktop.core.values import Verdict
from mgc_desktop.engine.classifier import Classifier, LiveResult
from mgc_desktop.engine.events import LiveVerdict, SoundBegan
from mgc_desktop.engine.live_change import GLANCE_SECONDS, ChangeWatch
from mgc_desktop.engine.live_level import LevelTrack, Presence
from mgc_desktop.engine.live_sound import ModelSound
from mgc_desktop.engine.live_statistics import HopPace, LiveStatistics
from mgc_desktop.engine.loop import EventSink
from mgc_desktop.model.verdict import judge_probabilities, probabilities, silence_verdict

FIRST_SECONDS = 3.0  # less music than this says too little
LOOK_SECONDS = 0.1  # between two looks at the level


@dataclass(frozen=True, slots=True)
class _Asked:
    """Which stretch of the recording a window was."""

    beginning: int  # that it was cut after
    end_frame: int
    end: float  # s since listening began
    arrived: float  # s of time.perf_counter, of the last sample
    at: float  # s of the clock, when the model was asked
    is_glance: bool = False  # at the newest seconds, beside the whole window


class LiveJudge:
    """Hands out windows by the frames that were recorded, and smooths the answers. The listener's thread alone.

    Parameters
    ----------
    classifier : Classifier
    on_event : EventSink
        Gets `LiveVerdict` and `SoundBegan`.
    on_answer : callable
        Gets each answer of the model, in the classifier's thread; it comes back through `answered`.
    clock : Clock
    """

    def __init__(
        self, classifier: Classifier, on_event: EventSink, on_answer: Callable[[LiveResult], None], clock: Clock
    ) -> None:
        self.statistics = LiveStatistics()
        self.pace = HopPace()
        self.wants_features = False
        self._classifier, self._emit, self._on_answer, self._clock = classifier, on_event, on_answer, clock
        self._smoother = VerdictSmoother()
        self._change = ChangeWatch()
        self._ring: AudioRing | None = None
        self._level: LevelTrack | None = None
        self._sound: ModelSound | None = None
        self._cut_for: tuple[int, float] | None = None  # rate and length of the windows that `_sound` is for
        self._model: ModelInfo | None = None  # that gave the last answer
        self._fresh_from = 0  # frame that windows do not reach back over
        self._beginnings = 0
        self._asked: _Asked | None = None  # what the model has not answered yet
        self._next_hop = 0  # frame

    def listen_to(self, ring: AudioRing) -> None:
        """Begin with another recording."""
        self._ring, self._sound, self._cut_for, self._asked = ring, None, None, None
        self._level = LevelTrack(ring, ring.frames)
        self._begin_anew(ring.frames)

    def leap(self, frame: int) -> None:
        """Go on after a gap that ends at `frame`: what was before it says nothing of what comes."""
        if self._level is not None:
            self._level.restart(frame)
        self._begin_anew(frame)

    def _begin_anew(self, frame: int) -> None:
        self._fresh_from = frame
        self._beginnings += 1
        self._smoother.reset()
        self._change.reset()
        self._next_hop = frame

    @property
    def seconds_to_next(self) -> float:
        """How long it is until there may be something to do, s of recorded sound."""
        ring = self._ring
        if ring is None:
            return LOOK_SECONDS
        return min(LOOK_SECONDS, max(0.0, (self._next_hop - ring.frames) / ring.sample_rate))

    def look(self, arrived: float) -> None:
        """Take in what was recorded, and hand out a window where one is due.

        Parameters
        ----------
        arrived : float
            When the newest of it came, s of `time.perf_counter`.
        """
        ring, level, info = self._ring, self._level, self._classifier.info
        if ring is None or level is None or info is None or not self._classifier.ready:
            return
        if level.update(info.thresholds.silence_dbfs):
            self._turned(level, ring)
        end = ring.frames
        if end < self._next_hop:
            return
        asked = _Asked(self._beginnings, end, end / ring.sample_rate, arrived, self._clock.now())
        if level.presence is Presence.SILENCE:
            self._heard_nothing(info, asked, (end - level.since) / ring.sample_rate)
        elif level.presence is Presence.SOUND and not self._classifier.loading:
            self._submit(ring, info, asked)
        self._next_hop = max(self._next_hop, end - ring.sample_rate) + round(self.pace.seconds * ring.sample_rate)

    def _turned(self, level: LevelTrack, ring: AudioRing) -> None:
        """Sound began, or ended."""
        self._begin_anew(level.since if level.presence is Presence.SOUND else ring.frames)
        if level.presence is Presence.SOUND:
            self._emit(SoundBegan(level.since / ring.sample_rate))
            self._next_hop = level.since + round(FIRST_SECONDS * ring.sample_rate)

    def _submit(self, ring: AudioRing, info: ModelInfo, asked: _Asked) -> None:
        shortest = max(FIRST_SECONDS, info.min_seconds)
        if asked.end_frame - self._fresh_from < shortest * ring.sample_rate:
            return
        if self._asked is not None:
            self.statistics.dropped += 1  # the slot keeps the newest alone
            self.pace.late()
        if self._sound is None or self._cut_for != (info.sample_rate, info.window_seconds):
            self._cut_for = info.sample_rate, info.window_seconds
            self._sound = ModelSound(ring, info.sample_rate, info.window_seconds + 1.0)
        self._asked = asked
        self._ask(self._sound, info, asked, info.window_seconds)

    def _ask(self, sound: ModelSound, info: ModelInfo, asked: _Asked, seconds: float) -> None:
        window = sound.window(self._fresh_from, asked.end_frame, seconds)
        features = self.wants_features and not asked.is_glance
        self._classifier.submit_live(
            window, asked, self._on_answer, sample_rate=info.sample_rate, with_features=features
        )

    def _heard_nothing(self, info: ModelInfo, asked: _Asked, seconds: float) -> None:
        verdict = self._smoother.hold(silence_verdict(info), asked.end)
        raw = dict(verdict.probabilities)
        latency = (time.perf_counter() - asked.arrived) * 1000.0
        device, level = self._classifier.device_name, self._level_dbfs()
        self._emit(LiveVerdict(asked.end, seconds, verdict, raw, 0.0, latency, device, level))

    def answered(self, result: LiveResult) -> None:
        """Say what an answer comes to."""
        asked: _Asked = result.meta
        if asked is self._asked:
            self._asked = None
            self.pace.answered(self._clock.now() - asked.at)
        ring = self._ring
        if asked.beginning != self._beginnings or ring is None:
            return  # it judged what was before a silence, a gap or a change that was told already
        info = result.info
        if info is not self._model:
            self._smoother.reset()
            self._change.reset()
            self._model = info
        raw = probabilities(info, result.logits)
        if asked.is_glance:
            if self._change.has_changed(raw, asked.end):
                self._something_else(ring, info, asked)
            return
        self._change.remember(raw, asked.end)
        self._say(result, asked, raw)
        if self._change.wants(result.seconds) and self._asked is None and self._sound is not None:
            self._ask(self._sound, info, replace(asked, is_glance=True), GLANCE_SECONDS)

    def _something_else(self, ring: AudioRing, info: ModelInfo, asked: _Asked) -> None:
        """Something else is playing: begin with it, and ask about it as soon as there is more of it."""
        begin, latest = (
            asked.end_frame - round(seconds * ring.sample_rate) for seconds in (GLANCE_SECONDS, FIRST_SECONDS)
        )
        if self._level is not None:  # a pause between two pieces, within the window, is like no music
            begin = min(self._level.after_pause(begin, info.thresholds.silence_dbfs), latest)
        self._begin_anew(begin)
        self._next_hop = max(ring.frames, asked.end_frame + 1)  # no moment is judged twice

    def _say(self, result: LiveResult, asked: _Asked, raw: NDArray[np.float64]) -> None:
        info = result.info
        averaged = self._smoother.average(raw, asked.end, normalised=info.activation == "softmax")
        # A soft passage within sound is no silence.
        level = max(result.level_dbfs, info.thresholds.silence_dbfs)
        verdict = self._smoother.hold(judge_probabilities(info, averaged, level), asked.end)
        self._tell(result, asked, verdict, dict(zip(info.labels, raw.tolist(), strict=True)))

    def _tell(self, result: LiveResult, asked: _Asked, verdict: Verdict, raw: dict[str, float]) -> None:
        latency = (time.perf_counter() - asked.arrived) * 1000.0
        self.statistics.judged(self._clock.now(), latency, result.inference_ms)
        self._emit(
            LiveVerdict(
                asked.end,
                result.seconds,
                verdict,
                raw,
                result.inference_ms,
                latency,
                result.device,
                self._level_dbfs(),
                result.features,
            )
        )

    def _level_dbfs(self) -> float:
        return self._level.level_dbfs if self._level is not None else 0.0
