"""Which tracks of the library are wanted: one value that the table, the export and the review share. No numpy."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from mgc_desktop.core.kinds import TrackState, VerdictKind


@dataclass(frozen=True, slots=True)
class Filter:
    """Which tracks are wanted. What is not set lets every track through; the rows of `ROWS` are joined by *and*.

    Attributes
    ----------
    text : str
        Words that must all begin a word of the title, artist, existing genre, shown genre or path.
    labels : frozenset of str
        Any of these genres, by the person's word or else the verdict (of kind *genre*).
    kinds, states, differs, corrected, offline
        Any of: these kinds of verdict (by the person's word or else the model's); these states; the file says another
        genre than the one that is shown; the person set the genre; its drive is not there. Joined by *or*.
    folder : str
        In this folder or below.
    min_confidence, max_confidence : float
        Of the verdict, 0..1, both included. What a person set is above every confidence; tracks without a verdict
        have none. 0 and 1 set no limit.
    """

    text: str = ""
    kinds: frozenset[VerdictKind] = frozenset()
    labels: frozenset[str] = frozenset()
    states: frozenset[TrackState] = frozenset()
    differs: bool = False
    corrected: bool = False
    offline: bool = False
    folder: str = ""
    min_confidence: float = 0.0
    max_confidence: float = 1.0

    def __bool__(self) -> bool:
        """Whether it leaves any track out."""
        return self != EVERYTHING

    def without(self, *rows: str) -> Filter:
        """Return the filter without the rows of conditions called `rows`: a key of `ROWS` each."""
        blank = {name: getattr(EVERYTHING, name) for row in rows for name in ROWS[row]}
        return replace(self, **blank)

    def has(self, row: str) -> bool:
        """Whether the row of conditions called `row` leaves any track out."""
        return any(getattr(self, name) != getattr(EVERYTHING, name) for name in ROWS[row])


# The conditions that are joined by *or*, or belong together.
ROWS: Mapping[str, tuple[str, ...]] = {
    "text": ("text",),
    "genre": ("labels",),
    "status": ("kinds", "states", "differs", "corrected", "offline"),
    "folder": ("folder",),
    "confidence": ("min_confidence", "max_confidence"),
}
EVERYTHING = Filter()


@dataclass(frozen=True, slots=True)
class Summary:
    """How many tracks there are of everything that can be filtered by.

    Each count follows all conditions of the filter but those of its own row, so that it says what a click would list.

    Attributes
    ----------
    total : int
        Tracks of the library.
    listed : int
        Tracks that the filter lets through.
    genres : Mapping[str, int]
        By label, the most frequent first, also those with no track left under the filter.
    kinds, states : Mapping
        By kind of verdict and by state.
    differs, corrected, offline : int
    folders : Mapping[str, int]
        The folders that the person added.
    relaxed : Mapping[str, int]
        What would be listed without one row of conditions, by the rows that the filter has.
    """

    total: int = 0
    listed: int = 0
    genres: Mapping[str, int] = field(default_factory=dict)
    kinds: Mapping[VerdictKind, int] = field(default_factory=dict)
    states: Mapping[TrackState, int] = field(default_factory=dict)
    differs: int = 0
    corrected: int = 0
    offline: int = 0
    folders: Mapping[str, int] = field(default_factory=dict)
    relaxed: Mapping[str, int] = field(default_factory=dict)
