"""How far the picture may go: as even as a clock, though sound arrives in bursts."""

from __future__ import annotations

_JUMP_SECONDS = 0.5  # further behind than this is a pause (a hidden window), not jitter
_MARGIN_SECONDS = 0.02  # a frame of the display and a little: what the next step may be ahead of the clock
_PULL = 0.03  # part of the error that is made good in each frame
_FORGET = 0.02  # s of backlog that the worst case may grow in a second, once the bursts have become shorter
_SLACK = 0.75  # of a column: how far the usual step may be from what the clock says


class Playhead:
    """A place in the recording that moves at the sample rate, just far enough behind to never wait for a burst.

    Parameters
    ----------
    sample_rate : int
        Hz.
    """

    def __init__(self, sample_rate: int) -> None:
        self._rate = sample_rate
        self._place: float | None = None
        self._at = 0.0
        self._least_backlog = 0.0

    def advance(self, now: float, available: int) -> float:
        """Return the frame up to which the picture is due; it never goes back.

        Parameters
        ----------
        now : float
            s, of any steady clock.
        available : int
            Frames recorded by now.
        """
        if self._place is None or available - self._place > _JUMP_SECONDS * self._rate:
            self._place = float(available)
            self._least_backlog = 0.0
        else:
            self._place = self._moved(self._place, now - self._at, available)
        self._at = now
        return self._place

    def _moved(self, place: float, elapsed: float, available: int) -> float:
        moved = place + elapsed * self._rate
        backlog = available - moved
        self._least_backlog = min(self._least_backlog + elapsed * _FORGET * self._rate, backlog)
        pull = _PULL * (self._least_backlog - _MARGIN_SECONDS * self._rate)
        self._least_backlog -= pull
        return min(max(place, moved + pull), float(available))


def steps_due(behind: float, usual: float) -> int:
    """Return how many columns to scroll by in this frame.

    A clock that hovers around the edge of a column would give 0, 2, 0, 2: a picture that trembles. The usual number is
    kept until the clock is most of a column away from it.

    Parameters
    ----------
    behind : float
        Columns between the picture and the playhead.
    usual : float
        Columns in a frame of the display.
    """
    if usual == round(usual) and abs(behind - usual) < _SLACK:
        return round(usual)
    return max(0, int(behind + 0.5))
