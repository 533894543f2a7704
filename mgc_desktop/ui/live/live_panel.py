"""The live panel: level meter, moving picture, and the ribbon of what was heard."""

from __future__ import annotations

from typing import Protocol

from PySide6.QtCore import QEvent
from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import QGridLayout, QWidget

from mgc_desktop.core.ring import AudioRing
from mgc_desktop.engine.events import ListenChanged, ListenState, LiveVerdict
from mgc_desktop.ui.live.clock import DisplayClock
from mgc_desktop.ui.live.heard import Heard
from mgc_desktop.ui.live.level_meter import LevelMeter
from mgc_desktop.ui.live.ribbon import Ribbon
from mgc_desktop.ui.live.spectrogram import Spectrogram

INVITATION = "Press Listen (Ctrl+L) to see and hear what plays"
_MINUTES = 5  # of the long ribbon
_TICKS_BETWEEN_METER_FRAMES = 2
_TICKS_BETWEEN_LONG_RIBBON_FRAMES = 15


class Recorder(Protocol):
    """What has a ring while it records: the engine's `Listener`."""

    @property
    def ring(self) -> AudioRing | None: ...


class LivePanel(QWidget):
    """Shows what a `Recorder` hears, with or without a model. GUI thread; events arrive through the bridge.

    `on_listen_changed` calls `start` and `stop`.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Live picture")
        self._recorder: Recorder | None = None
        self._ring: AudioRing | None = None  # while listening
        self._ticks = 0
        self.heard = Heard()
        self.spectrogram = Spectrogram(self)
        self.meter = LevelMeter(self)
        self.ribbon = Ribbon(self.heard, "heard", 20, None, self)
        self.long_ribbon = Ribbon(self.heard, f"{_MINUTES} min", 14, _MINUTES * 60.0, self)
        self.clock = DisplayClock(self)
        self.clock.tick.connect(self._on_tick)
        self._put_in_place()
        self.spectrogram.set_notice(INVITATION)

    def _put_in_place(self) -> None:
        grid = QGridLayout(self)
        grid.setContentsMargins(6, 0, 0, 6)
        grid.setHorizontalSpacing(0)
        grid.setVerticalSpacing(3)
        grid.addWidget(self.meter, 0, 0)
        grid.addWidget(self.spectrogram, 0, 1)
        grid.addWidget(self.ribbon, 1, 1)
        grid.addWidget(self.long_ribbon, 2, 1)
        grid.setColumnStretch(1, 1)
        grid.setRowStretch(0, 1)

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
        self.ribbon.update()
        self.long_ribbon.update()
        self.spectrogram.set_ring(ring)
        self.meter.set_ring(ring)
        self.spectrogram.set_notice("")
        if self.isVisible():
            self.clock.start()

    def stop(self) -> None:
        """Hold the picture still; it stays to be looked at. Idempotent."""
        if self._ring is not None:
            self._ring = None
            self.clock.stop()
            self.meter.set_ring(None)

    def on_listen_changed(self, event: ListenChanged) -> None:
        """Follow the listener from state to state."""
        if event.state is ListenState.RUNNING:
            self.start()
            return
        self.stop()
        if event.state is ListenState.STARTING:
            self.spectrogram.set_notice(f"Opening {event.device or 'the input'}…")
        elif event.state is ListenState.FAILED:
            self.spectrogram.set_notice(event.sentence, error=True)
        else:
            self.spectrogram.set_notice(INVITATION)

    def on_live_verdict(self, event: LiveVerdict) -> None:
        """Add what was heard to the ribbon."""
        if self._ring is not None:
            self.heard.add(event)

    def _on_tick(self) -> None:
        self._ticks += 1
        self.spectrogram.advance()
        now = self.spectrogram.seconds_shown
        self.ribbon.set_now(now)
        if self._ticks % _TICKS_BETWEEN_METER_FRAMES == 0:
            self.meter.advance()
        if self._ticks % _TICKS_BETWEEN_LONG_RIBBON_FRAMES == 0:
            self.long_ribbon.set_now(now)

    # Qt's events -----------------------------------------------------------------------------------

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
