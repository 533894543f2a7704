"""What can be listened to, as the listener needs it, and how one is found and opened."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Protocol

from mgc_desktop.audio.capture import Capture
from mgc_desktop.audio.causes import no_input, not_connected
from mgc_desktop.audio.devices import InputDevice, list_inputs
from mgc_desktop.core.errors import MgcError
from mgc_desktop.core.ring import AudioRing


class InputOver(MgcError):
    """All there is was heard: no failure."""


class LiveInput(Protocol):
    """Sound that arrives in a ring: a microphone, or a file that is played.

    Attributes
    ----------
    name : str
        As a person knows it.
    overruns : int
        How often the sound system lost input.
    last_arrival : float
        When the newest block came, s of `time.perf_counter`.
    """

    name: str
    overruns: int
    last_arrival: float

    @property
    def ring(self) -> AudioRing: ...
    @property
    def channels(self) -> int:
        """That it has; not that are recorded."""
        ...

    def check(self) -> None:
        """Raise `DeviceError` where no sound arrives any more, `InputOver` where that is as it should be."""
        ...

    def stop(self) -> object: ...


OpenCapture = Callable[[str | None, int | None, AudioRing | None, threading.Event], LiveInput]
"""Opens an input: its name (None: the usual one), a channel (None: the mix of all), the ring to go on in (None: a new
one), and what ends the opening early. Returns it once sound arrives, or the opening was ended; raises `DeviceError`."""


def open_input(name: str | None, channel: int | None, ring: AudioRing | None, cancelled: threading.Event) -> LiveInput:
    """Open an input of this machine, asking afresh which there are."""
    capture = Capture(chosen_input(list_inputs(), name), ring=ring, channel=channel)
    if not cancelled.is_set():
        capture.start(cancelled)
    return capture


def chosen_input(inputs: list[InputDevice], name: str | None) -> InputDevice:
    """Return the input called `name`, or the first one with it in its name, or for None the system's default.

    Raises
    ------
    DeviceError
        Where it is not there, or none is.
    """
    if not inputs:
        raise no_input()
    if name is None:
        return next((device for device in inputs if device.is_default), inputs[0])
    for fits in (name.__eq__, lambda text: name.casefold() in text.casefold()):
        for device in inputs:
            if fits(device.name) or fits(device.source):
                return device
    raise not_connected(name)
