"""What is wrong with sound that arrives, told once when it begins and once when it is over."""

from __future__ import annotations

from mgc_desktop.audio.capture import Capture
from mgc_desktop.audio.health import InputHealth
from mgc_desktop.engine.events import InputWarned, WarningKind
from mgc_desktop.engine.file_input import FileInput
from mgc_desktop.engine.live_input import LiveInput
from mgc_desktop.engine.live_statistics import HOP_SECONDS
from mgc_desktop.engine.loop import EventSink


class LiveWarnings:
    """Tells what changed since the last look. The listener's thread alone.

    Parameters
    ----------
    on_event : EventSink
        Gets `InputWarned`.
    """

    def __init__(self, on_event: EventSink) -> None:
        self._emit = on_event
        self._told: dict[WarningKind, str] = {}
        self._input: LiveInput | None = None
        self._health: InputHealth | None = None

    def watch(self, opened: LiveInput) -> None:
        """Look at this input from now on."""
        self._input, self._health = opened, None
        if not isinstance(opened, FileInput):  # which may be silent, and loud, as it likes
            device = opened.device if isinstance(opened, Capture) else None
            self._health = InputHealth(opened.ring, device, opened.name)

    def look(self, hop_seconds: float) -> None:
        """Tell what changed.

        Parameters
        ----------
        hop_seconds : float
            Between two windows.
        """
        found: dict[WarningKind, str] = {}
        if self._health is not None and self._input is not None:
            wrong = self._health.look(self._input.overruns)
            found = {WarningKind(kind): sentence for kind, sentence in wrong.items()}
        if isinstance(self._input, FileInput) and self._input.unheard:
            found[WarningKind.UNHEARD] = self._input.unheard
        if hop_seconds > HOP_SECONDS:
            found[WarningKind.SLOW] = (
                f"The model cannot keep up, so a verdict comes only every {hop_seconds:.0f} s: close other programs "
                "that work hard, or choose a smaller model."
            )
        self._tell(found)

    def clear(self) -> None:
        """Say that everything is over: no sound arrives any more."""
        self._input = self._health = None
        self._tell({})

    def _tell(self, found: dict[WarningKind, str]) -> None:
        for kind in WarningKind:
            sentence = found.get(kind, "")
            if sentence != self._told.get(kind, ""):
                self._told[kind] = sentence
                self._emit(InputWarned(kind, sentence))
