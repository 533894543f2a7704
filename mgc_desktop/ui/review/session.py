"""Where a review stands: which track is next, which came before, what was decided, how long it will take. No Qt."""

from __future__ import annotations

import statistics
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_PACE_OF = 20  # decisions that the pace is taken from: people get quicker, and tired
_PACE_FROM = 3  # fewer say nothing
_LONGEST_THOUGHT = 60.0  # s; who takes longer went for a coffee


class Choice(StrEnum):
    """What a person did with a track."""

    ACCEPTED = "accepted"  # the verdict is right
    CHANGED = "changed"  # it is something else


@dataclass(frozen=True, slots=True)
class Summary:
    """What a review came to, in tracks."""

    total: int
    accepted: int
    changed: int
    skipped: int  # passed over and not decided since

    @property
    def decided(self) -> int:
        return self.accepted + self.changed


class ReviewSession:
    """A walk over a fixed list of tracks. Skipped ones come once more at the end.

    Parameters
    ----------
    ids : int64[n]
        The tracks, the most doubtful first; the list stays as it is whatever happens in the library.
    """

    def __init__(self, ids: NDArray[np.int64] | Sequence[int]) -> None:
        self._ids = ids
        self._again: list[int] = []  # skipped ones, at the end of the walk
        self._at = 0
        self._front = 0  # the first place that nobody has seen
        self._choices: dict[int, Choice] = {}
        self._passed: set[int] = set()  # skipped, and not decided since
        self._reopened: list[int] = []  # decided once, and undone since
        self._gone: set[int] = set()  # not to be decided here: removed, or set elsewhere
        self._times: deque[float] = deque(maxlen=_PACE_OF)

    # Where it stands.
    @property
    def current(self) -> int | None:
        """The track to decide; None at the end."""
        return self._track(self._at)

    @property
    def finished(self) -> bool:
        return self.current is None

    @property
    def in_second_round(self) -> bool:
        """Whether the track is one that was skipped before."""
        return self._at >= len(self._ids) and not self.finished

    def coming(self, number: int) -> list[int]:
        """Return the tracks that are next after the current one, at most `number`."""
        found, place = list[int](), max(self._front, self._at + 1)
        while len(found) < number and (track := self._track(place)) is not None:
            if self._is_open(track):
                found.append(track)
            place += 1
        return found

    def choice(self, track: int) -> Choice | None:
        return self._choices.get(track)

    def holds(self, track: int) -> bool:
        """Return whether the track was shown in this review."""
        return track in self._choices or track in self._passed or track == self.current

    def summary(self) -> Summary:
        chosen = list(self._choices.values())
        total = len(self._ids) - len(self._gone)
        return Summary(total, chosen.count(Choice.ACCEPTED), chosen.count(Choice.CHANGED), len(self._passed))

    @property
    def place(self) -> int:
        """Which of `summary().total` tracks the current one is, from 1."""
        before = self._ids[: self._at]
        gone = sum(1 for track in before if int(track) in self._gone) if self._gone else 0
        return min(self._at, len(self._ids) - 1) + 1 - gone

    def seconds_left(self) -> float | None:
        """Return how long the rest takes at the pace of the last decisions, s; None before it can be known."""
        if len(self._times) < _PACE_FROM:
            return None
        return statistics.fmean(self._times) * (self.summary().total - len(self._choices))

    # What the person does.
    def decide(self, choice: Choice, seconds: float = 0.0) -> None:
        """Note what became of the current track, after `seconds` of thought, and go on."""
        track = self.current
        if track is not None:
            self._choices[track] = choice
            self._passed.discard(track)
            self._times.append(min(seconds, _LONGEST_THOUGHT))
            self._go_on()

    def skip(self) -> None:
        """Leave the current track for the end; at the end, leave it."""
        track = self.current
        if track is not None:
            if self._is_open(track):
                self._passed.add(track)
                if not self._at_again() and track not in self._again:
                    self._again.append(track)
            self._go_on()

    def drop(self, track: int) -> None:
        """Leave out a track that is gone, or that was decided elsewhere."""
        if track in self._choices or track in self._gone:
            return
        current = self.current
        self._gone.add(track)
        self._passed.discard(track)
        if track == current:
            self._go_on()

    def back(self) -> bool:
        """Go to the track before; return whether there is one."""
        place = self._at - 1
        while place >= 0 and (track := self._track(place)) is not None and track in self._gone:
            place -= 1
        if place < 0:
            return False
        self._front = max(self._front, self._at)
        self._at = place
        return True

    def look_again(self) -> None:
        """Begin once more with what was skipped."""
        self._again += [track for track in dict.fromkeys(self._again) if track in self._passed]
        self._front = self._at = min(self._at, len(self._ids) + len(self._again))
        self._go_to_open()

    # What the library says.
    def undone(self, track: int) -> None:
        """Take back what was decided of a track, and go there; one that was left out since is there again."""
        self._choices.pop(track, None)
        self._gone.discard(track)
        self._reopened.append(track)
        self.go_to(track)

    def done_elsewhere(self, track: int, choice: Choice) -> None:
        """Note what was decided outside of the walk (redone, say), and go on where it was the current track."""
        at_it = track == self.current
        self._choices[track] = choice
        self._gone.discard(track)
        self._passed.discard(track)
        if at_it:
            self._go_on()

    def go_to(self, track: int) -> None:
        """Show a track that was shown before."""
        for place in range(min(self._front, self._end()) - 1, -1, -1):
            if self._track(place) == track:
                self._front = max(self._front, self._at)
                self._at = place
                return

    # Places.
    def _end(self) -> int:
        return len(self._ids) + len(self._again)

    def _at_again(self) -> bool:
        return self._at >= len(self._ids)

    def _track(self, place: int) -> int | None:
        if place < len(self._ids):
            return int(self._ids[place])
        rest = place - len(self._ids)
        return self._again[rest] if rest < len(self._again) else None

    def _is_open(self, track: int) -> bool:
        return track not in self._choices and track not in self._gone

    def _go_on(self) -> None:
        """Go to what was undone and not decided since, or else to the first track that nobody has seen."""
        self._front = self._at = max(self._front, self._at + 1)
        self._go_to_open()
        self._reopened = [track for track in self._reopened if self._is_open(track) and track not in self._passed]
        if self._reopened:
            self.go_to(self._reopened[-1])

    def _go_to_open(self) -> None:
        while (track := self._track(self._at)) is not None and not self._is_open(track):
            self._at += 1
        self._front = max(self._front, self._at)
