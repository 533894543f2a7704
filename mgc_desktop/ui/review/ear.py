"""Plays the part of a track that tells the most: by itself if wanted, again, on, and from where one clicks."""

from __future__ import annotations

import time

from PySide6.QtCore import QObject, QTimer, Signal

from mgc_desktop.engine.events import PlayerChanged, PlayState
from mgc_desktop.engine.telling import TellingPart
from mgc_desktop.ui.port import PlayerPort

_FRAME_MS = 33  # the player tells its position ten times a second; the cursor moves between as well


class Ear(QObject):
    """One track at a time. GUI thread.

    Signals
    -------
    changed
        It plays, or does not any more; or playing failed.
    moved
        s from the beginning of the track, or None where nothing is played.
    """

    changed = Signal()
    moved = Signal(object)

    def __init__(self, player: PlayerPort, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._player = player
        self._path = ""
        self._part: TellingPart | None = None
        self._until: float | None = None  # s where it stops by itself
        self._state = PlayState.STOPPED
        self._position, self._since = 0.0, 0.0
        self.trouble = ""  # why the track cannot be played
        self._frames = QTimer(self)
        self._frames.setInterval(_FRAME_MS)
        self._frames.timeout.connect(self._move)

    @property
    def playing(self) -> bool:
        return self._state in (PlayState.LOADING, PlayState.PLAYING)

    def take(self, path: str, part: TellingPart, *, play: bool) -> None:
        """Turn to another track; the one before is not heard any more."""
        if self._path and not play and self._state is not PlayState.STOPPED:
            self._player.silence()
        self._path, self._part, self.trouble = path, part, ""
        self._set(PlayState.STOPPED)
        if play:
            self.again()

    def again(self) -> None:
        """Play the part from its beginning."""
        if self._path and self._part is not None:
            self._begin(self._part.start, self._part.end)

    def play_from(self, seconds: float) -> None:
        """Play on from there until it is stopped."""
        if self._path:
            self._begin(seconds, None)

    def toggle(self) -> None:
        """Pause, or go on from there; after the part it goes on into the rest of the track."""
        if self.playing:
            self._player.pause()
        elif self._state is PlayState.PAUSED:
            self._until = None if self._is_over() else self._until
            self._player.resume()
        else:
            self.again()

    def hush(self) -> None:
        """Play no more, and forget the track."""
        if self._path and self._state is not PlayState.STOPPED:
            self._player.silence()
        self._path, self._part = "", None
        self._set(PlayState.STOPPED)

    def heard(self, event: PlayerChanged) -> None:
        """Follow the player; what it plays for others is not ours."""
        if not self._path or event.path != self._path:
            return
        self.trouble = event.sentence if event.state is PlayState.FAILED else ""
        self._position, self._since = event.position, time.monotonic()
        self._set(event.state)
        self._stop_at_end()

    def _begin(self, start: float, until: float | None) -> None:
        self._until, self.trouble = until, ""
        self._position, self._since = start, time.monotonic()
        self._player.play(self._path, start)
        self._set(PlayState.LOADING)

    def _set(self, state: PlayState) -> None:
        self._state = state
        if state is PlayState.PLAYING:
            self._frames.start()
        else:
            self._frames.stop()
        self.moved.emit(self._now() if state in (PlayState.PLAYING, PlayState.PAUSED) else None)
        self.changed.emit()

    def _now(self) -> float:
        on = time.monotonic() - self._since if self._state is PlayState.PLAYING else 0.0
        return self._position + on

    def _move(self) -> None:
        self.moved.emit(self._now())
        self._stop_at_end()

    def _is_over(self) -> bool:
        return self._until is not None and self._now() >= self._until - 0.15

    def _stop_at_end(self) -> None:
        if self._state is PlayState.PLAYING and self._until is not None and self._now() >= self._until:
            self._player.pause()
            self._position, self._since = self._until, time.monotonic()
            self._set(PlayState.PAUSED)
