"""How a run is asked to stop."""

from __future__ import annotations

import signal
from types import FrameType


class Stopped(Exception):
    """Raised between two steps when the run was asked to stop."""


class StopFlag:
    """Set by SIGTERM and SIGINT, asked between two steps; a second signal ends the process at once."""

    def __init__(self) -> None:
        self._set = False

    def install(self) -> None:
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._on_signal)

    def __call__(self) -> bool:
        return self._set

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        if self._set:
            raise KeyboardInterrupt
        self._set = True
