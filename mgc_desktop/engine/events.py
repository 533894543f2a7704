"""What the engine tells its shell: frozen events, given to one callback, from any engine thread.

The window turns them into queued signals (`mgc_desktop.ui.bridge`); the command line prints them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from mgc_desktop.core.values import Verdict


class ScanState(StrEnum):
    IDLE = "idle"
    RUNNING = "running"
    PAUSED = "paused"


class ListenState(StrEnum):
    STOPPED = "stopped"
    STARTING = "starting"
    RUNNING = "running"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class ModelLoading:
    folder: str


@dataclass(frozen=True, slots=True)
class ModelReady:
    """A model answers from now on. `labels` are in the model's order."""

    folder: str
    name: str
    labels: tuple[str, ...]
    device: str  # "cpu", "cuda:0 NVIDIA ...", "mps"
    seconds: float  # taken to load and test it


@dataclass(frozen=True, slots=True)
class ModelFailed:
    """A model could not be loaded; the one in use, if any, stays in use."""

    folder: str
    sentence: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class ScanProgress:
    """At most ten a second. `rate` in tracks/s and `seconds_left` are None until they can be known."""

    state: ScanState
    done: int
    total: int
    failed: int
    rate: float | None
    seconds_left: float | None


@dataclass(frozen=True, slots=True)
class ScanFinished:
    """The queue ran dry or was cancelled: the summary for the status bar."""

    done: int
    failed: int
    unchanged: int
    seconds: float
    cancelled: bool
    problems: tuple[str, ...] = ()  # sentences about folders and names, e.g. an empty folder


@dataclass(frozen=True, slots=True)
class TracksChanged:
    """Rows whose values changed. `rows_added`: ask for the list of ids again."""

    ids: tuple[int, ...]
    rows_added: bool


@dataclass(frozen=True, slots=True)
class Problem:
    """A known failure to show where the person is looking, or (`bug`) one that went to the log."""

    sentence: str
    detail: str = ""
    bug: bool = False


@dataclass(frozen=True, slots=True)
class ListenChanged:
    state: ListenState
    device: str = ""  # name of the input
    sample_rate: int = 0  # Hz
    sentence: str = ""  # why it failed


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


@dataclass(frozen=True, slots=True)
class TrainProgress:
    """One JSON line of the training process (`kind` is its "event"), see `training/__main__.py`."""

    run_dir: str
    kind: str
    data: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class TrainFinished:
    """`model` is the new model's folder, or empty where the run failed or was cancelled."""

    run_dir: str
    model: str
    cancelled: bool
    sentence: str = ""  # why it failed
    detail: str = ""
    comparison: Mapping[str, Any] | None = None
    resumable: bool = False  # whether the run is kept and can be gone on with


class PlayState(StrEnum):
    STOPPED = "stopped"
    LOADING = "loading"
    PLAYING = "playing"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class PlayerChanged:
    """What the player is doing with the track `path`."""

    state: PlayState
    path: str
    sentence: str = ""  # why it failed


class CorrectionAction(StrEnum):
    SET = "set"  # a genre was set by hand
    ACCEPT = "accept"  # verdicts were taken for right
    TAKE_BACK = "take back"  # what was set by hand was forgotten


@dataclass(frozen=True, slots=True)
class CorrectionStep:
    """What a person did, to be undone or made again as a whole."""

    action: CorrectionAction
    label: str  # what was set; empty otherwise
    tracks: int


@dataclass(frozen=True, slots=True)
class CorrectionsChanged:
    """A step was done, undone or redone, and is on the disk; `undo` and `redo` are what would be next."""

    step: CorrectionStep
    way: str  # "done", "undone", "redone"
    changed: int  # tracks that it changed
    left: int  # tracks that were asked for and stay as they are
    undo: CorrectionStep | None
    redo: CorrectionStep | None


Event = (
    ModelLoading
    | ModelReady
    | ModelFailed
    | ScanProgress
    | ScanFinished
    | TracksChanged
    | Problem
    | ListenChanged
    | LiveVerdict
    | TrainProgress
    | TrainFinished
    | CorrectionsChanged
    | PlayerChanged
)
