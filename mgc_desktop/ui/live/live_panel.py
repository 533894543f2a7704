"""The live panel: level meter, moving picture, and the ribbon of what was heard."""

from __future__ import annotations

from typing import Protocol

from PySide6.QtCore import QEvent, QObject, Qt, QTimer, Signal
from PySide6.QtGui import QHideEvent, QResizeEvent, QShowEvent, QWheelEvent
from PySide6.QtWidgets import QGridLayout, QVBoxLayout, QWidget

from mgc_desktop.core.recording import Recording
from mgc_desktop.core.ring import AudioRing
from mgc_desktop.engine.events import ListenChanged, ListenState, LiveVerdict
from mgc_desktop.ui.live import axes
from mgc_desktop.ui.live.clock import DisplayClock
from mgc_desktop.ui.live.cursor import PictureCursor
from mgc_desktop.ui.live.heard import Heard
from mgc_desktop.ui.live.level_meter import LevelMeter
from mgc_desktop.ui.live.model_view import ModelView
from mgc_desktop.ui.live.picture_tools import PictureTools
from mgc_desktop.ui.live.ribbon import Ribbon
from mgc_desktop.ui.live.selection import Selection
from mgc_desktop.ui.live.spectrogram import Spectrogram
from mgc_desktop.ui.live.warning_strip import WarningStrip

INVITATION = "Press Listen (Ctrl+L) to see and hear what plays"
_MINUTES = 10  # of the long ribbon
_ROOM_FOR_LONG_RIBBON = 238  # px; in less, the picture needs it: 160 px are left for that
_TICKS_BETWEEN_METER_FRAMES = 2
_TICKS_BETWEEN_LONG_RIBBON_FRAMES = 15


class Recorder(Protocol):
    """What has a ring while it records: the engine's `Listener`."""

    @property
    def ring(self) -> AudioRing | None: ...
    @property
    def recording(self) -> Recording | None: ...


class LivePanel(QWidget):
    """Shows what a `Recorder` hears, with or without a model. GUI thread; events arrive through the bridge.

    `on_listen_changed` calls `start` and `stop`.

    Attributes
    ----------
    selection : Selection
        The span that a person chose in the picture or the ribbon.
    picture_cursor : PictureCursor
        Where the pointer or the keys are in the picture.
    header : PictureTools
        The row of tools; it stands wherever it is put.

    Signals
    -------
    moved : float, float
        Another stretch of time is shown, from .. to, s since listening began.
    """

    moved = Signal(float, float)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Live picture")
        self._recorder: Recorder | None = None
        self._ring: AudioRing | None = None  # while listening
        self._waits = False  # for an input that went away
        self._ticks = 0
        self._stand_in: ModelView | None = None
        self.heard = Heard()
        self.selection, self.picture_cursor = Selection(self), PictureCursor(self)
        self.header = PictureTools(self)
        self.header.hide()  # until it has its place
        self.spectrogram = Spectrogram(self)
        self.meter = LevelMeter(self)
        self.ribbon = Ribbon(self.heard, "heard", 20, None, self)
        self.long_ribbon = Ribbon(self.heard, f"{_MINUTES} min", 14, _MINUTES * 60.0, self)
        self.warnings = WarningStrip(self)
        self.clock = DisplayClock(self)
        self.clock.tick.connect(self._on_tick)
        self._put_in_place()
        self.spectrogram.moved.connect(self._picture_moved)
        self.long_ribbon.sought.connect(self._go_to)
        self.spectrogram.set_notice(INVITATION)

    def _put_in_place(self) -> None:
        self._grid = grid = QGridLayout(self)
        grid.setContentsMargins(6, 0, 0, 6)
        grid.setHorizontalSpacing(0)
        grid.setVerticalSpacing(3)
        grid.addWidget(self.meter, 0, 0)
        grid.addWidget(self.spectrogram, 0, 1)
        grid.addWidget(self.ribbon, 1, 1)
        self._lanes = QVBoxLayout()
        self._lanes.setSpacing(3)
        grid.addLayout(self._lanes, 2, 1)
        grid.addWidget(self.long_ribbon, 3, 1)
        for ribbon in (self.ribbon, self.long_ribbon):
            ribbon.installEventFilter(self)
        grid.setColumnStretch(1, 1)
        grid.setRowStretch(0, 1)

    def put_in_place(self, view: ModelView) -> None:
        """Put a view where the picture is: one of the two is shown, and all that is below is aligned with that."""
        view.hide()
        self._stand_in = view
        self._grid.addWidget(view, 0, 1)
        self.warnings.raise_()

    def show_stand_in(self, shown: bool) -> None:
        """Show that view, or else the picture."""
        if self._stand_in is not None:
            self._stand_in.setVisible(shown)
            self.spectrogram.setVisible(not shown)
            self.align()
            QTimer.singleShot(0, self, self._place_warnings)  # after it has its size

    def align(self) -> None:
        """Let ribbons and lanes show the stretch that is shown above them."""
        self._picture_moved(*self.spectrogram.visible)

    def add_beside(self, widget: QWidget) -> None:
        """Put something to the right of the picture, as high as all of this."""
        self._grid.addWidget(widget, 0, 2, -1, 1)

    def add_lane(self, lane: QWidget) -> None:
        """Put something under the ribbon, as wide as that, aligned with the picture."""
        self._lanes.addWidget(lane)
        lane.installEventFilter(self)

    @property
    def recording(self) -> Recording | None:
        """What is shown; it can be read after listening has ended, too."""
        return self._recorder.recording if self._recorder is not None else None

    def parts(self) -> list[QWidget]:
        """Return what shows the same time as the picture, from the top down, the picture first; no empty lanes."""
        children = self.findChildren(QWidget, options=Qt.FindChildOption.FindDirectChildrenOnly)
        column = [child for child in children if child.isVisible() and child.x() == self.ribbon.x()]
        said = [child for child in column if child is self.ribbon or not _tells_nothing(child)]
        return sorted((child for child in said if child is not self.long_ribbon), key=lambda child: child.y())

    def say(self, key: str, sentence: str) -> None:
        """Write over the top of the picture what is wrong with its sound; an empty sentence: it is over."""
        self.warnings.say(key, sentence)
        self._place_warnings()

    def _place_warnings(self) -> None:
        stand_in = self._stand_in
        shown = stand_in if stand_in is not None and not stand_in.isHidden() else self.spectrogram
        self.warnings.keep_to(axes.plot_rect(shown.rect()).translated(shown.pos()))
        if shown is stand_in:
            shown.update()  # its caption makes room

    def set_source(self, source: Recorder) -> None:
        """Say whose ring to show."""
        self._recorder = source

    def start(self) -> None:
        """Show what is recorded from now on, with an empty ribbon; nothing happens where it is shown already."""
        ring = self._recorder.ring if self._recorder is not None else None
        if ring is None or ring is self._ring:
            return
        self._ring = ring
        self.heard.clear()
        self.selection.clear()
        self.ribbon.update()
        self.long_ribbon.update()
        recording = self.recording
        if recording is None or recording.ring is not ring:
            recording = Recording(ring, "")
        self.spectrogram.set_recording(recording)
        for ribbon in (self.ribbon, self.long_ribbon):
            ribbon.set_recording(recording)
        self.meter.set_ring(ring)
        self.spectrogram.set_notice("")
        if self.isVisible():
            self.clock.start()

    def stop(self) -> None:
        """Hold the picture still; it stays to be looked at. Idempotent."""
        if self._ring is not None:
            self._ring = None
            self.clock.stop()
            self.spectrogram.rest()
            self.meter.set_ring(None)
            self.warnings.clear()

    def on_listen_changed(self, event: ListenChanged) -> None:
        """Follow the listener from state to state."""
        if event.state is ListenState.RUNNING:
            self.spectrogram.set_notice("")
            self.start()
            if self._waits:
                self.meter.set_ring(self._ring)
            self._waits = False
            return
        if event.state is ListenState.WAITING:
            self._waits = True
            self.spectrogram.set_notice(event.sentence)  # what was heard stays: it goes on when the input is back
            self.meter.set_ring(None)
            return
        self._waits = False
        self.stop()
        if event.state is ListenState.STARTING:
            self.spectrogram.set_notice(f"Opening {event.device or 'the input'}…")
        elif event.state is ListenState.FAILED:
            self.spectrogram.set_notice(event.sentence, error=True)
        else:
            self.spectrogram.set_notice(INVITATION if self.recording is None else "")  # what was heard can be looked at

    def on_live_verdict(self, event: LiveVerdict) -> None:
        """Add what was heard to the ribbon."""
        if self._ring is not None:
            self.heard.add(event)

    def _on_tick(self) -> None:
        self._ticks += 1
        self.spectrogram.advance()
        if self._ticks % _TICKS_BETWEEN_METER_FRAMES == 0:
            self.meter.advance()
        if self._ticks % _TICKS_BETWEEN_LONG_RIBBON_FRAMES == 0:
            self.long_ribbon.set_now(self.spectrogram.now)

    def _picture_moved(self, start: float, end: float) -> None:
        if self._stand_in is not None and not self._stand_in.isHidden():
            start, end = self._stand_in.visible or (start, end)
        self.moved.emit(start, end)
        self.ribbon.set_view(start, end)
        self.long_ribbon.mark(start, end)

    def _go_to(self, moment: float) -> None:
        start, end = self.spectrogram.visible
        self.spectrogram.scroll_to(moment + (end - start) / 2)

    # Qt's events -----------------------------------------------------------------------------------

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if isinstance(event, QWheelEvent):
            self.spectrogram.wheelEvent(event)  # what is as wide as the picture scrolls as the picture does
            return True
        return super().eventFilter(watched, event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.long_ribbon.setVisible(self.height() >= _ROOM_FOR_LONG_RIBBON)
        # After the picture has its size.
        QTimer.singleShot(0, self, self._place_warnings)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if self._ring is not None:
            self.clock.start()  # what was missed is drawn from the ring

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self.clock.stop()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in (QEvent.Type.PaletteChange, QEvent.Type.FontChange):
            for child in (self.spectrogram, self.meter, self.ribbon, self.long_ribbon):
                child.update()


def _tells_nothing(part: QWidget) -> bool:
    return isinstance(part, Ribbon) and part.is_blank
