"""What the engine tells its shell: frozen events, given to one callback, from any engine thread.

The window turns them into queued signals (`mgc_desktop.ui.bridge`); the command line prints them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from mgc_desktop.core.model_info import ModelInfo
from mgc_desktop.core.track_facts import TrackFacts
from mgc_desktop.core.values import WindowScores
from mgc_desktop.engine.live_events import InputGap as InputGap
from mgc_desktop.engine.live_events import InputWarned as InputWarned
from mgc_desktop.engine.live_events import ListenChanged as ListenChanged
from mgc_desktop.engine.live_events import ListenState as ListenState
from mgc_desktop.engine.live_events import LiveEvent
from mgc_desktop.engine.live_events import LiveNumbers as LiveNumbers
from mgc_desktop.engine.live_events import LiveVerdict as LiveVerdict
from mgc_desktop.engine.live_events import SoundBegan as SoundBegan
from mgc_desktop.engine.live_events import SpanExplained as SpanExplained
from mgc_desktop.engine.live_events import SpanJudged as SpanJudged
from mgc_desktop.engine.live_events import WarningKind as WarningKind
from mgc_desktop.engine.session_events import SessionChanged as SessionChanged
from mgc_desktop.engine.session_events import SessionDeleted as SessionDeleted
from mgc_desktop.engine.session_events import SessionEvent
from mgc_desktop.engine.session_events import SessionExported as SessionExported
from mgc_desktop.engine.session_events import SessionOpened as SessionOpened
from mgc_desktop.engine.session_events import SessionsListed as SessionsListed
from mgc_desktop.engine.session_events import SpanLabelled as SpanLabelled

if TYPE_CHECKING:
    from mgc_desktop.library.corrections import PastCorrection
    from mgc_desktop.library.journal import ChangeRow
    from mgc_desktop.library.tags.state import FileState


class ScanState(StrEnum):
    IDLE = "idle"
    RUNNING = "running"
    PAUSED = "paused"


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
    info: ModelInfo | None = None  # what it says of itself


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
    read: int = 0  # files whose tags were read so far, and how many are known of; both 0 where none are to be read
    to_read: int = 0


@dataclass(frozen=True, slots=True)
class ScanFinished:
    """The queue ran dry or was cancelled: the summary for the status bar."""

    done: int
    failed: int
    unchanged: int
    seconds: float
    cancelled: bool
    problems: tuple[str, ...] = ()  # sentences about folders and names, e.g. an empty folder
    moved: int = 0  # tracks that are at another path now
    missing: int = 0  # tracks whose files are gone
    offline: int = 0  # tracks whose drive is not there


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
    PAUSED = "paused"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class PlayerChanged:
    """What the player is doing with the track `path`; at most ten a second while it plays."""

    state: PlayState
    path: str
    sentence: str = ""  # why it failed, or stopped by itself before the end
    position: float = 0.0  # s of the track that are heard now, or would be next; 0 when it came to its end
    duration: float = 0.0  # s of the whole track; 0 until it is known


@dataclass(frozen=True, slots=True)
class TrackFactsReady:
    """What the file of a track says of itself now; empty where it cannot be read."""

    path: str
    facts: TrackFacts


@dataclass(frozen=True, slots=True, eq=False)
class TrackPictureReady:
    """The mel spectrogram of a whole track, or of its beginning where it takes long; more of it follows then.

    Attributes
    ----------
    path : str
    codes : uint8[columns, bands]
        Levels in steps of 0.5 dB from -120 dB re full scale on (`mgc_desktop.core.mel_picture`), the lowest band first.
    done : int
        Columns that are there; the others are silent as yet.
    column_seconds : float
        s of the track that a column stands for.
    duration : float
        s of the whole track.
    highest_hz : float
        Upper edge of the highest band.
    sentence : str
        Why there is none.
    """

    path: str
    codes: NDArray[np.uint8]
    done: int
    column_seconds: float
    duration: float
    highest_hz: float
    sentence: str = ""


@dataclass(frozen=True, slots=True)
class TrackHistoryReady:
    """What the library knows of a track besides its row."""

    track_id: int
    windows: tuple[WindowScores, ...]  # what the model heard when, behind the verdict that is shown
    changes: tuple[ChangeRow, ...]  # tag writes, the newest first
    corrections: tuple[PastCorrection, ...] = ()  # what a person said of it, the newest first


class CorrectionAction(StrEnum):
    SET = "set"  # a genre was set by hand
    ACCEPT = "accept"  # verdicts were taken for right
    KEEP = "keep"  # what the files say of themselves was taken for right
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
    ids: tuple[int, ...] = ()  # the tracks that it changed, where they are few


@dataclass(frozen=True, slots=True)
class PlannedWrite:
    """One file of a preview: what its genre field says, and what it is to say.

    Attributes
    ----------
    track_id : int
    path, title, artist : str
    container : str
        Kind of tag that holds the genre ("ID3v2.4", "Vorbis comment"); empty where the file could not be read.
    before, after : tuple of str
        The values of the field. Equal where there is nothing to do; `why` says then why not.
    why : str
        Where `after` comes from, or why nothing is written, in a few words.
    state : FileState or None
        The file as it was when it was read; a file that has changed since is not written.
    problem : str
        A sentence that says why the file cannot be written; empty where it can.
    guard : str
        A sentence that says why the file is written only where the person insists; empty where nothing is in the way.
    """

    track_id: int
    path: str
    title: str
    artist: str
    container: str
    before: tuple[str, ...]
    after: tuple[str, ...]
    why: str
    state: FileState | None
    problem: str = ""
    guard: str = ""

    @property
    def to_do(self) -> bool:
        """Whether there is something to write, and it can be written."""
        return not self.problem and self.after != self.before


@dataclass(frozen=True, slots=True)
class TagPlanProgress:
    """Files read for a preview; at most ten a second."""

    done: int
    total: int


@dataclass(frozen=True, slots=True)
class TagPlanReady:
    """A preview, in the order that was asked for; tracks that are gone are left out."""

    rows: tuple[PlannedWrite, ...]


@dataclass(frozen=True, slots=True)
class TagProgress:
    """At most ten a second. `left` were passed over on purpose. `rate` in files/s, None while unknown."""

    done: int
    total: int
    written: int
    left: int
    failed: int
    rate: float | None
    seconds_left: float | None


@dataclass(frozen=True, slots=True)
class TagFinished:
    """A batch ended, and the journal says so. `batch_id` is 0 where nothing was written down: no file was to do."""

    batch_id: int
    kind: str  # "write" or "undo"
    undoes: int | None  # the batch that an undo took back
    written: int
    left: int
    failed: int
    cancelled: bool
    seconds: float
    problems: tuple[tuple[str, str], ...] = ()  # (path, sentence) of what was left or failed; 200 at most


@dataclass(frozen=True, slots=True)
class Folder:
    """A folder of the library."""

    path: str
    tracks: int  # in it and below
    watched: bool
    offline: bool  # it was not there when it was last looked for


@dataclass(frozen=True, slots=True)
class FoldersChanged:
    """The library's folders, in the order they were added."""

    folders: tuple[Folder, ...]


@dataclass(frozen=True, slots=True)
class FolderRemoved:
    """A folder was removed from the library with the rows of its tracks; `removal` puts it back."""

    removal: int
    folder: str
    tracks: int


@dataclass(frozen=True, slots=True)
class FolderPutBack:
    """A folder is in the library again, as it was."""

    removal: int
    folder: str
    tracks: int


Event = (
    ModelLoading
    | ModelReady
    | ModelFailed
    | ScanProgress
    | ScanFinished
    | TracksChanged
    | Problem
    | LiveEvent
    | SessionEvent
    | TrainProgress
    | TrainFinished
    | CorrectionsChanged
    | PlayerChanged
    | TrackFactsReady
    | TrackPictureReady
    | TrackHistoryReady
    | TagPlanProgress
    | TagPlanReady
    | TagProgress
    | TagFinished
    | FoldersChanged
    | FolderRemoved
    | FolderPutBack
)
