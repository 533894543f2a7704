"""Where in a track one is: told ten times a second, shown at every frame of the display."""

from __future__ import annotations

_JUMP_SECONDS = 0.25  # further off than this somebody has sought
_PULL = 0.2  # part of the error that is made good each time


class PlayCursor:
    """A place in s that moves evenly while it is played. GUI thread."""

    def __init__(self) -> None:
        self.moving = False
        self._place = 0.0
        self._at = 0.0

    def put(self, place: float) -> None:
        """Put it somewhere, to stay there."""
        self._place, self.moving = place, False

    def follow(self, place: float, now: float) -> None:
        """Take in what the player says: at `now` (s of any steady clock) `place` is heard."""
        shown = self.place(now)
        error = place - shown
        near = self.moving and abs(error) < _JUMP_SECONDS
        self._place = shown + error * _PULL if near else place
        self._at, self.moving = now, True

    def place(self, now: float) -> float:
        return self._place + (now - self._at if self.moving else 0.0)
