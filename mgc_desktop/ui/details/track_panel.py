"""The selected track in the lower panel: picture, genre timeline, and playing it with a cursor that moves."""

from __future__ import annotations

import time

from PySide6.QtCore import QEvent, QTimer, Signal, SignalInstance
from PySide6.QtGui import QHideEvent, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QGridLayout, QWidget

from mgc_desktop.core.values import WindowScores
from mgc_desktop.engine.events import PlayerChanged, PlayState, TrackPictureReady
from mgc_desktop.ui.details.play_cursor import PlayCursor
from mgc_desktop.ui.details.track_ribbon import TrackRibbon
from mgc_desktop.ui.details.track_selecting import TrackSelecting
from mgc_desktop.ui.details.track_spectrogram import TrackSpectrogram
from mgc_desktop.ui.details.transport import Transport
from mgc_desktop.ui.live.clock import DisplayClock
from mgc_desktop.ui.live.selection import Selection, SelectionPainter

_FORMER_STAYS_MS = 700  # the picture of the track before; after that the panel says that it is reading
READING = "Reading the track…"


class TrackPanel(QWidget):
    """Shows one track, and asks to play and seek it. GUI thread.

    Picture, timeline and cursor change together: what is shown of the track before stays whole until then.

    Attributes
    ----------
    selection : Selection
        The span that a person chose in the picture, s of the track.
    """

    play_asked = Signal()
    sought = Signal(float)  # s
    play_from_asked = Signal(float)  # s

    def __init__(self, keys: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Selected track")
        self._path = ""  # of the track that is wanted; its picture may still be on the way
        self._windows: tuple[WindowScores, ...] = ()
        self._duration = 0.0  # s, as the library or the player says
        self._state = PlayState.STOPPED
        self._trouble = ""
        self.cursor_place = PlayCursor()
        self.transport = Transport(keys, self)
        self.picture = TrackSpectrogram(self)
        self.ribbon = self._make_ribbon()
        self.selection = Selection(self)
        self.selecting = TrackSelecting(self.picture, self._ribbons(), self.selection, self._kept)
        self.picture.add_overlay(SelectionPainter(self.selection))
        self.selection.changed.connect(self.picture.update)
        self.clock = DisplayClock(self)
        self.clock.tick.connect(self._move)
        self._patience = QTimer(self)
        self._patience.setSingleShot(True)
        self._patience.setInterval(_FORMER_STAYS_MS)
        self._patience.timeout.connect(self._say_reading)
        self.picture.drawn.connect(self._drawn)
        self.transport.play_asked.connect(self.play_asked)
        self.picture.play_asked.connect(self.play_asked)
        self.picture.play_from_asked.connect(lambda place: self._pass_on(self.play_from_asked, place))
        self.picture.sought.connect(lambda place: self._pass_on(self.sought, place))
        self.ribbon.sought.connect(lambda place: self._pass_on(self.sought, place))
        self._put_in_place()

    def _make_ribbon(self) -> TrackRibbon:
        return TrackRibbon(self)

    def _ribbons(self) -> list[TrackRibbon]:
        return [self.ribbon]

    def _kept(self) -> tuple[float, float]:
        """Return the earliest and the latest moment that can be chosen, s."""
        return 0.0, self.picture.duration if self.picture.path == self._path else 0.0

    def _put_in_place(self) -> None:
        grid = QGridLayout(self)
        grid.setContentsMargins(6, 0, 0, 6)
        grid.setHorizontalSpacing(0)
        grid.setVerticalSpacing(3)
        grid.addWidget(self.transport, 0, 0, 2, 1)
        grid.addWidget(self.picture, 0, 1)
        grid.addWidget(self.ribbon, 1, 1)
        grid.setColumnStretch(1, 1)
        grid.setRowStretch(0, 1)

    @property
    def place(self) -> float:
        """Where the cursor is, s."""
        return self.cursor_place.place(time.perf_counter())

    def show_track(self, path: str, duration: float | None) -> None:
        """Go over to another track; its picture and timeline are given as they arrive."""
        if path == self._path:
            return
        self._path, self._duration = path, duration or 0.0
        self._windows, self._trouble = (), ""
        self._state = PlayState.STOPPED
        self.selection.clear()
        self.cursor_place.put(0.0)
        self.transport.set_state(PlayState.STOPPED)
        self._patience.start()
        self._move()

    def take_picture(self, picture: TrackPictureReady) -> None:
        """Show the picture of the track; or why there is none."""
        if picture.path != self._path:
            return
        self._patience.stop()
        if picture.sentence:
            self.picture.clear()
            self.picture.set_notice(picture.sentence, error=True)
            self.ribbon.set_windows((), 0.0)
        else:
            self._duration = picture.duration
            self.picture.show_picture(picture)

    def take_windows(self, windows: tuple[WindowScores, ...]) -> None:
        """Show what was heard where."""
        self._windows = windows
        if self.picture.path == self._path:
            self.ribbon.set_windows(windows, self.picture.duration)

    def follow(self, event: PlayerChanged) -> None:
        """Show what the player does with this track."""
        self._state = event.state
        self._duration = event.duration or self._duration
        if event.state is PlayState.PLAYING:
            self.cursor_place.follow(event.position, time.perf_counter())
        elif event.state is not PlayState.LOADING:
            self.cursor_place.put(event.position)
        self.transport.set_state(event.state)
        if event.state is PlayState.PLAYING or event.sentence:
            self._say_trouble(event.sentence)
        self._run_clock()
        self._move()

    def put_cursor(self, seconds: float) -> None:
        """Put the cursor where it was asked for; the player follows."""
        if self._state is PlayState.PLAYING:
            self.cursor_place.follow(seconds, time.perf_counter())
        else:
            self.cursor_place.put(seconds)
        self._move()

    def _pass_on(self, signal: SignalInstance, place: float) -> None:
        if self.picture.path == self._path:  # a place in the picture of the track before is none in this one
            signal.emit(place)

    def _say_trouble(self, sentence: str) -> None:
        self._trouble = sentence
        if self.picture.path in ("", self._path):
            self.picture.set_notice(sentence, error=bool(sentence))

    def _say_reading(self) -> None:
        self.picture.clear()
        self.picture.set_notice(READING)
        self.ribbon.set_windows((), 0.0)

    def _drawn(self) -> None:
        if self.picture.path == self._path:
            self.picture.set_notice(self._trouble, error=bool(self._trouble))
            self.ribbon.set_windows(self._windows, self.picture.duration)
            self._move()

    def _run_clock(self) -> None:
        if self.isVisible() and self._state is PlayState.PLAYING:
            self.clock.start()
        else:
            self.clock.stop()

    def _move(self) -> None:
        place = min(self.place, self._duration) if self._duration else self.place
        # While the picture of the track before is still there, a cursor on it would mean nothing.
        shown = place if self.picture.path == self._path else None
        self.ribbon.set_cursor(self.picture.set_place(shown))
        self.transport.set_times(place, self._duration)

    # Qt's events -----------------------------------------------------------------------------------

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._run_clock()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self.clock.stop()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        QTimer.singleShot(0, self, self._move)  # after the picture has its size

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in (QEvent.Type.PaletteChange, QEvent.Type.FontChange):
            for child in (self.picture, self.ribbon):
                child.update()
