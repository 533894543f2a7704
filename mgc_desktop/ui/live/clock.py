"""The beat of everything that moves: sixty ticks a second, evenly spaced."""

from __future__ import annotations

import time

from PySide6.QtCore import QObject, Qt, QTimer, Signal

FRAMES_PER_SECOND = 60


class DisplayClock(QObject):
    """Emits `tick` on a grid of 1/60 s. GUI thread.

    A repeating timer counts whole milliseconds, and 16 ms beat against 16.7: a picture that scrolls by one pixel a
    frame would hesitate twice a second. So each tick asks for the next one at its place on the grid.
    """

    tick = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._on_time)
        self._next = 0.0

    @property
    def running(self) -> bool:
        return self._timer.isActive()

    def start(self) -> None:
        if not self._timer.isActive():
            self._next = time.perf_counter()
            self._schedule()

    def stop(self) -> None:
        self._timer.stop()

    def _on_time(self) -> None:
        self._schedule()
        self.tick.emit()

    def _schedule(self) -> None:
        now = time.perf_counter()
        self._next += 1 / FRAMES_PER_SECOND
        if self._next < now:  # late: leave out what was missed
            self._next = now + 1 / FRAMES_PER_SECOND
        self._timer.start(max(1, round((self._next - now) * 1000)))
