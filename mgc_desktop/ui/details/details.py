"""The details of the selected track: asks the engine for them, plays it, and shows what comes."""

from __future__ import annotations

import time

from PySide6.QtCore import QObject, QTimer

from mgc_desktop.core.values import TrackRow
from mgc_desktop.engine.events import (
    ListenChanged,
    ListenState,
    PlayerChanged,
    PlayState,
    TrackFactsReady,
    TrackHistoryReady,
    TrackPictureReady,
)
from mgc_desktop.ui.details.lower_panel import LowerPanel
from mgc_desktop.ui.details.track_panel import TrackPanel
from mgc_desktop.ui.library.table_model import file_name
from mgc_desktop.ui.live.live_panel import LivePanel
from mgc_desktop.ui.main_window import MainWindow
from mgc_desktop.ui.port import EnginePort

_STEPPING_MS = 80  # without another track before it is asked for: who steps through the table asks for none of them
_QUIET_SECONDS = 0.25  # without a choice, after which one is no stepping and is answered at once
_WARM_UP_MS = 1500  # after the first rows are listed: the first selection finds the process ready
_BUSY = (PlayState.PLAYING, PlayState.LOADING)


class Details(QObject):
    """Between the table, the lower panel, the verdict panel and the engine. GUI thread.

    Listening has the panel; what is played meanwhile goes on, and the status line says what it is.
    """

    def __init__(self, window: MainWindow, engine: EnginePort, live: LivePanel) -> None:
        super().__init__(window)
        self._window, self._engine = window, engine
        self._action = window.commands["play"]
        self.panel = TrackPanel(window.commands.keys("play"), window)
        self.lower = LowerPanel(live, self.panel, window)
        window.set_live_panel(self.lower)
        self._row: TrackRow | None = None
        self._player: PlayerChanged | None = None  # what it said last
        self._listening = False
        self._chosen_at = 0.0
        self._warmed = False
        self._stepping = QTimer(self)
        self._stepping.setSingleShot(True)
        self._stepping.setInterval(_STEPPING_MS)
        self._stepping.timeout.connect(self._ask)
        self._action.triggered.connect(self.toggle)
        self._action.setAutoRepeat(False)  # a key that is held would play and pause in turn
        self._action.setEnabled(False)
        self.panel.play_asked.connect(self.toggle)
        self.panel.sought.connect(self.seek)
        self.panel.play_from_asked.connect(self.play_from)
        window.library.track_chosen.connect(self.track_chosen)
        window.library.listed.connect(lambda number, *_: self._warm_up() if number else None)

    # The person.

    def track_chosen(self, row: TrackRow | None) -> None:
        """Show another track, or the same one anew: what is known of it has changed."""
        self._row = row
        self._action.setEnabled(row is not None)
        self._window.verdict.facts.show_row(None if self._listening else row)
        if row is None:
            self._stepping.stop()
            self._choose_panel()
            return
        now = time.monotonic()
        is_stepping, self._chosen_at = now - self._chosen_at < _QUIET_SECONDS, now
        self._say_what_goes_on(row)
        self.panel.show_track(row.path, row.duration)
        if self._player is not None and self._player.path == row.path:
            self.panel.follow(self._player)
        self._choose_panel()
        if is_stepping:
            self._stepping.start()
        else:
            self._ask()

    def toggle(self) -> None:
        """Play the selected track from the cursor on, pause it, or go on with it."""
        row, player = self._row, self._engine.player
        if row is None:
            return
        state = self._state_of(row.path)
        if state in _BUSY:
            player.pause()
        elif state is PlayState.PAUSED:
            player.resume()
        else:
            self.play_from(self.panel.place)

    def play_from(self, seconds: float) -> None:
        """Play the selected track from a place in it."""
        if self._row is None:
            return
        self.panel.put_cursor(seconds)
        if self._state_of(self._row.path) is PlayState.PLAYING:
            self._engine.player.seek(seconds)
        else:
            self._engine.player.play(self._row.path, seconds)
        if self._listening:
            self._window.status.say(f"Playing {_name(self._row)}")

    def seek(self, seconds: float) -> None:
        """Go to a place in the selected track; what is not played begins there."""
        if self._row is None:
            return
        self.panel.put_cursor(seconds)
        if self._state_of(self._row.path) in (*_BUSY, PlayState.PAUSED):
            self._engine.player.seek(seconds)

    def _state_of(self, path: str) -> PlayState:
        """Return what the player does with a track."""
        player = self._player
        return player.state if player is not None and player.path == path else PlayState.STOPPED

    def _say_what_goes_on(self, row: TrackRow) -> None:
        player = self._player
        if player is not None and player.state in _BUSY and player.path != row.path:
            keys = self._window.commands.keys("play")
            self._window.status.say(f"Playing {file_name(player.path)}; {keys} plays the selected track")

    # What is asked of the engine.

    def _ask(self) -> None:
        row = self._row
        if row is None:
            return
        self._engine.histories.ask(row.id)
        self._engine.pictures.ask(row.path)

    def _warm_up(self) -> None:
        if not self._warmed:
            self._warmed = True
            QTimer.singleShot(_WARM_UP_MS, self, lambda: self._engine.pictures.warm_up())

    # News from the engine.

    def picture_ready(self, event: TrackPictureReady) -> None:
        """Show the picture of the selected track."""
        self.panel.take_picture(event)

    def facts_ready(self, event: TrackFactsReady) -> None:
        """Show what the file of the selected track says."""
        if self._row is not None and self._row.path == event.path and not self._listening:
            self._window.verdict.facts.show_facts(event.facts)

    def history_ready(self, event: TrackHistoryReady) -> None:
        """Show the timeline and the history of the selected track."""
        if self._row is not None and self._row.id == event.track_id:
            self.panel.take_windows(event.windows)
            if not self._listening:
                self._window.verdict.facts.show_history(event.changes, event.corrections)

    def player_changed(self, event: PlayerChanged) -> None:
        """Move the cursor, or say what is in the way."""
        self._player = event
        if self._row is not None and event.path == self._row.path:
            self.panel.follow(event)
            if event.sentence and not self.panel.isVisible():
                self._window.messages.show_problem(event.sentence)

    def listen_changed(self, event: ListenChanged) -> None:
        """Leave the panel to what is listened to, and take it back."""
        was = self._listening
        self._listening = event.state.is_on
        if self._listening:
            self._window.verdict.facts.show_row(None)
        elif was:
            self._window.verdict.facts.show_row(self._row)
            self._ask()
        if event.state is ListenState.FAILED:
            self._show(live=True)  # why stands there, until another track is chosen
        else:
            self._choose_panel()

    @property
    def can_look_at_track(self) -> bool:
        """Whether a track is selected, and nothing is listened to."""
        return self._row is not None and not self._listening

    def look_at(self, *, live: bool) -> None:
        """Show what was listened to, or the selected track, until another track is chosen or listening begins."""
        self._show(live=live)

    def _choose_panel(self) -> None:
        self._show(live=self._listening or self._row is None)

    def _show(self, *, live: bool) -> None:
        self.lower.show_live() if live else self.lower.show_track()
        self._window.live_dock.setWindowTitle("Live picture" if live else "Selected track")
        self._window.verdict.pages.set_has_track(self._row is not None and not self._listening)


def _name(row: TrackRow) -> str:
    return " ".join(row.title.split()) or file_name(row.path)
