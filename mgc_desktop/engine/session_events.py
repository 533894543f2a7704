"""What the engine tells of kept sessions; part of `mgc_desktop.engine.events`. Times are s since listening began."""

from __future__ import annotations

from dataclasses import dataclass

from mgc_desktop.core.session_values import SessionDetails, SessionLabel, SessionRow


@dataclass(frozen=True, slots=True)
class SessionChanged:
    """What is kept of the present listening, or that keeping ended.

    Attributes
    ----------
    keeping : bool
    session : int
        The one that is kept, or that was kept last; 0 where there was none.
    with_sound : bool
        Whether its sound is kept.
    kept_from : float
    earlier : float
        s before `kept_from` that could be kept as well.
    labels : tuple of SessionLabel
        Those of the present listening, whether or not a session is kept.
    notes : int
    sentence : str
        What went wrong, or empty.
    """

    keeping: bool
    session: int = 0
    with_sound: bool = False
    kept_from: float = 0.0
    earlier: float = 0.0
    labels: tuple[SessionLabel, ...] = ()
    notes: int = 0
    sentence: str = ""


@dataclass(frozen=True, slots=True)
class SpanLabelled:
    """A span was labelled, or its label was taken back. `alone`: the sound of just this span is kept."""

    label: SessionLabel
    taken_back: bool = False
    alone: bool = False


@dataclass(frozen=True, slots=True)
class SessionsListed:
    """Every kept session, the latest first."""

    sessions: tuple[SessionRow, ...]


@dataclass(frozen=True, slots=True)
class SessionOpened:
    """All that is kept of one session; None where it is gone."""

    session: int
    details: SessionDetails | None


@dataclass(frozen=True, slots=True)
class SessionDeleted:
    """A session was deleted; or, where `back`, it is there again."""

    session: int
    name: str
    back: bool = False


@dataclass(frozen=True, slots=True)
class SessionExported:
    """A session was written to a file, or `sentence` says why not."""

    path: str
    sentence: str = ""


SessionEvent = SessionChanged | SpanLabelled | SessionsListed | SessionOpened | SessionDeleted | SessionExported
