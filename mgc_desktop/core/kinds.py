"""The few words for what a track is and where it stands. No numpy: the window needs them before its first paint."""

from __future__ import annotations

from enum import StrEnum


class VerdictKind(StrEnum):
    """What can be said of a track or of a moment."""

    GENRE = "genre"
    UNSURE = "unsure"
    NOT_MUSIC = "not_music"
    SILENCE = "silence"
    ERROR = "error"


class TrackState(StrEnum):
    """Where a track of the library stands on its way to a verdict."""

    QUEUED = "queued"
    DONE = "done"
    FAILED = "failed"
    MISSING = "missing"
