"""What is kept of a stretch of listening: row, timeline, notes, labelled spans. Times are s since listening began."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from mgc_desktop.core.kinds import VerdictKind


class SoundState(StrEnum):
    """Whether the sound of a session is kept, and how."""

    NONE = "none"
    PARTS = "parts"  # while it is recorded, and until its parts are joined
    WHOLE = "whole"  # one file that can be played


@dataclass(frozen=True, slots=True)
class SessionStretch:
    """From `start` to `end` the headline was the same."""

    start: float
    end: float
    kind: VerdictKind
    label: str | None
    confidence: float  # mean over its verdicts


@dataclass(frozen=True, slots=True)
class SessionLabel:
    """A span that a person said the genre of.

    Attributes
    ----------
    sound : str
        Name of the file in the session's folder that holds this span alone; empty where the session's sound has it.
    """

    id: int
    session: int
    start: float
    end: float
    label: str
    sound: str = ""


@dataclass(frozen=True, slots=True)
class SessionNote:
    """What a person wrote at a moment of a session."""

    id: int
    session: int
    time: float
    text: str


@dataclass(frozen=True, slots=True)
class SessionRow:
    """One session in the list.

    Attributes
    ----------
    id : int
    name : str
        What the person calls it; empty where it has no name.
    source : str
        What was listened to: an input's name, or a file's.
    started_at : float
        When listening began, s since the epoch: time 0.
    start, end : float
        From when to when it was kept.
    going_on : bool
        Whether it is kept still.
    sample_rate : int
        Hz.
    sound : SoundState
    keeps_timeline : bool
        False where there are labelled spans alone.
    stretches : tuple of SessionStretch
        What was heard, in at most some hundred pieces.
    notes, labels : int
        How many there are.
    """

    id: int
    name: str
    source: str
    started_at: float
    start: float
    end: float
    going_on: bool
    sample_rate: int
    sound: SoundState
    keeps_timeline: bool
    stretches: tuple[SessionStretch, ...] = ()
    notes: int = 0
    labels: int = 0

    @property
    def seconds(self) -> float:
        """How long it is, s."""
        return max(0.0, self.end - self.start)


@dataclass(frozen=True, slots=True)
class SessionDetails:
    """All that is shown of one session. `path` is its sound as one file, or empty; `folder` has what is kept of it."""

    row: SessionRow
    path: str
    stretches: tuple[SessionStretch, ...]
    gaps: tuple[tuple[float, float], ...]
    notes: tuple[SessionNote, ...]
    labels: tuple[SessionLabel, ...]
    folder: str = ""
