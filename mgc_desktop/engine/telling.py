"""Which seconds of a track tell the most about what it is: what a person hears who has to decide."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mgc_desktop.core.values import WindowScores

TELLING_SECONDS = 8.0  # long enough for two bars of a slow piece, short enough for a thousand tracks


@dataclass(frozen=True, slots=True)
class TellingPart:
    """A stretch of a track, s from its beginning."""

    start: float
    end: float

    @property
    def seconds(self) -> float:
        return self.end - self.start


def telling_part(
    windows: Sequence[WindowScores],
    best: str | None,
    rival: str | None,
    duration: float | None,
    seconds: float = TELLING_SECONDS,
) -> TellingPart:
    """Return the stretch that best tells two labels apart.

    It lies in the middle of the window in which the probabilities of the two are farthest from each other, whichever
    of them it speaks for: there the music is most clearly the one or the other. Of windows that say the same, the one
    nearest to the middle of the track counts, since beginnings and ends say little. Where the model heard one window,
    or none, it is the middle of the track.

    Parameters
    ----------
    windows : sequence of WindowScores
        The timeline of the track; may be empty.
    best, rival : str or None
        Labels: the verdict and its runner-up. Without a rival, the window that is surest of `best` counts.
    duration : float or None
        s; None where it is not known.
    seconds : float
        Length wanted; a shorter track, or window, gives what it has.

    Examples
    --------
    >>> quiet, loud = ({"rock": 0.5, "metal": 0.4}, {"rock": 0.1, "metal": 0.8})
    >>> scores = [WindowScores(10, 25, quiet), WindowScores(60, 75, loud), WindowScores(110, 125, quiet)]
    >>> telling_part(scores, "rock", "metal", 130.0)
    TellingPart(start=63.5, end=71.5)
    """
    end = max([duration or 0.0, *(window.end for window in windows)])
    if len(windows) < 2:
        return _centred(end / 2, seconds, 0.0, end)
    middle = end / 2

    def rank(window: WindowScores) -> tuple[float, float]:
        scores = window.probabilities
        apart = abs(scores.get(best or "", 0.0) - scores.get(rival or "", 0.0))
        return round(apart, 3), -abs((window.start + window.end) / 2 - middle)

    chosen = max(windows, key=rank)
    return _centred((chosen.start + chosen.end) / 2, seconds, chosen.start, chosen.end)


def _centred(centre: float, seconds: float, least: float, most: float) -> TellingPart:
    half = seconds / 2
    return TellingPart(max(least, centre - half), min(most, centre + half))
