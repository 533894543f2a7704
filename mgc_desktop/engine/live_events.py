"""What the engine tells of listening; part of `mgc_desktop.engine.events`. Times are s since listening began."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from mgc_desktop.core.values import Verdict, WindowScores


class ListenState(StrEnum):
    STOPPED = "stopped"
    STARTING = "starting"
    RUNNING = "running"
    WAITING = "waiting"  # the input went away; listening goes on by itself when it comes back
    FAILED = "failed"

    @property
    def is_on(self) -> bool:
        """Whether a person is listening, though no sound may arrive at this moment."""
        return self in (ListenState.STARTING, ListenState.RUNNING, ListenState.WAITING)


@dataclass(frozen=True, slots=True)
class ListenChanged:
    state: ListenState
    device: str = ""  # name of the input, or of the file
    sample_rate: int = 0  # Hz
    sentence: str = ""  # why it failed, or what it waits for
    channels: int = 0  # that the input has


class WarningKind(StrEnum):
    MUTED = "muted"  # nothing but zeros
    CLIPPING = "clipping"
    OVERRUNS = "overruns"
    SLOW = "slow"  # the model cannot keep up: verdicts come less often
    UNHEARD = "unheard"  # a file runs without a loudspeaker


@dataclass(frozen=True, slots=True)
class InputWarned:
    """Sound arrives, but something is wrong with it. An empty sentence: it is over."""

    kind: WarningKind
    sentence: str


@dataclass(frozen=True, slots=True)
class InputGap:
    """No sound arrived from `start` to `end`; the input is back now."""

    start: float
    end: float


@dataclass(frozen=True, slots=True)
class SoundBegan:
    """Sound is there (again), but too little for a verdict: what was said before holds no more."""

    time: float  # where it begins


@dataclass(frozen=True, slots=True)
class LiveVerdict:
    """One judgement of the sound just heard."""

    time: float  # s since listening began, at the end of the window
    seconds: float  # length of the window that was judged
    verdict: Verdict  # smoothed
    raw: Mapping[str, float]  # probabilities of this window alone
    inference_ms: float
    latency_ms: float  # from the last sample's arrival to this verdict
    device: str
    level_dbfs: float = 0.0  # RMS of the newest seconds
    features: NDArray[np.float32] | None = None  # (M, T), dB: what the model saw, where that was asked for


@dataclass(frozen=True, slots=True)
class LiveNumbers:
    """How well listening keeps up; once a second. Pairs are the median and the 99th percentile of the last minute."""

    verdict_ms: tuple[float, float]  # from a window's last sample to its verdict
    inference_ms: tuple[float, float]
    hop_seconds: float  # between two windows; longer than usual where the model cannot keep up
    windows: int  # judged since listening began
    dropped: int  # left out because the model was still busy
    overruns: int  # how often the sound system lost input
    device: str  # that the model runs on


@dataclass(frozen=True, slots=True)
class SpanJudged:
    """A span of what was listened to, judged as a whole."""

    request: int
    start: float
    end: float
    verdict: Verdict
    windows: tuple[WindowScores, ...]  # on the time axis of listening
    sentence: str = ""  # why it could not be judged; the verdict's kind is then ERROR


@dataclass(frozen=True, slots=True)
class SpanExplained:
    """Which times and bands a verdict rests on; sent again and again until `done` reaches `total`."""

    request: int
    start: float
    end: float
    label: str
    weights: NDArray[np.float32]  # (bands, times), lowest band first: by how much the label's log-odds fall without it
    edges_hz: tuple[float, ...]  # bands + 1
    done: int
    total: int
    sentence: str = ""  # why it could not be explained
    heard: tuple[tuple[float, float], ...] = ()  # the stretches of it that the model heard; none: all of it


LiveEvent = ListenChanged | InputWarned | InputGap | SoundBegan | LiveVerdict | LiveNumbers | SpanJudged | SpanExplained
