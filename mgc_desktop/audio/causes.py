"""Why an input does not do what is wanted: what PortAudio says, in one sentence and with a cause."""

from __future__ import annotations

import sys
from dataclasses import dataclass

from mgc_desktop.core.errors import DeviceCause, DeviceError


@dataclass(frozen=True, slots=True)
class _Reading:
    """What a failure means that has one of `words` in its text; `system`: on that system alone."""

    cause: DeviceCause
    why: str  # after "Listening is not possible because NAME "
    words: tuple[str, ...]
    system: str = ""


_ALLOW = {
    "darwin": "System Settings > Privacy & Security > Microphone",
    "win32": "Settings > Privacy & security > Microphone",
}
_DENIED = "may not be used by this program: allow it {place}, or choose another input."
_SETTINGS = "does not support what it says it does: choose another input, or another rate in the system's settings."
# The first that fits is meant. macOS says "internal error" and Windows "undefined external error" where its privacy
# settings keep programs away from the microphone.
_READINGS = (
    _Reading(DeviceCause.DENIED, _DENIED, ("permission denied", "access denied", "access is denied", "not permitted")),
    _Reading(DeviceCause.DENIED, _DENIED, ("-2147024891", "0x80070005", "-66748", "alsa error -13]", "alsa error -1]")),
    _Reading(DeviceCause.DENIED, _DENIED, ("-9986",), "darwin"),
    _Reading(DeviceCause.DENIED, _DENIED, ("mme error 1]",), "win32"),
    _Reading(
        DeviceCause.BUSY,
        "is used by another program: close that, or choose another input.",
        ("unavailable", "busy", "-2004287478", "alsa error -16]"),
    ),
    _Reading(
        DeviceCause.ABSENT,
        "is not connected any more: connect it, or choose another input.",
        ("no such device", "no such file", "invalid device", "-2004287484", "alsa error -19]"),
    ),
    # What PortAudio makes of every failure to open a device of ALSA, but that it is busy.
    _Reading(
        DeviceCause.ABSENT,
        "cannot be reached: see that it is connected and allowed to be used, or choose another input.",
        ("-9993",),
    ),
    _Reading(DeviceCause.UNSUPPORTED, _SETTINGS, ("sample rate", "channels", "format")),
)
_UNKNOWN = "did not start: see that it is connected and allowed to be used, or choose another input."


def explained(error: Exception, name: str) -> DeviceError:
    """Return what a failure to open the input `name` means.

    Parameters
    ----------
    error : Exception
        As PortAudio's binding raises it, with the host's own error where there is one.
    """
    text = str(error)
    said = text.lower()
    for reading in _READINGS:
        if reading.system in ("", sys.platform) and any(word in said for word in reading.words):
            why = reading.why.format(place=_place())
            return DeviceError(f"Listening is not possible because {name} {why}", text, reading.cause)
    return DeviceError(f"Listening is not possible because {name} {_UNKNOWN}", text)


def no_input() -> DeviceError:
    """Return the error of a machine without any input."""
    return DeviceError(
        "No microphone was found: connect one, or allow its use in the system's sound settings, and try again.",
        cause=DeviceCause.NONE,
    )


def not_connected(name: str) -> DeviceError:
    """Return the error of an input that is not there."""
    return DeviceError(f"{name} is not connected: connect it, or choose another input.", cause=DeviceCause.ABSENT)


def went_away(name: str) -> DeviceError:
    """Return the error of an input that was there."""
    return DeviceError(
        f"Listening stopped because {name} went away: connect it again, or choose another input.",
        cause=DeviceCause.ABSENT,
    )


def fell_silent(name: str) -> DeviceError:
    """Return the error of an input that delivers no blocks any more."""
    return DeviceError(
        f"Listening stopped because {name} delivers no sound any more: connect it again, or choose another input.",
        cause=DeviceCause.STALLED,
    )


def no_answer() -> DeviceError:
    """Return the error of a sound system that hangs."""
    return DeviceError(
        "The sound system does not answer: restart it, or log out and in, and try again.", cause=DeviceCause.STALLED
    )


def never_began(name: str) -> DeviceError:
    """Return the error of an input that was opened and delivers no block."""
    return DeviceError(
        f"No sound arrives from {name}: see that it is connected and not used by another program, "
        "or choose another input.",
        cause=DeviceCause.STALLED,
    )


def rate_refused(name: str, rate: int, detail: str) -> DeviceError:
    """Return the error of an input that was to go on at the rate of before."""
    return DeviceError(
        f"{name} does not record at {rate} Hz any more: stop listening, and press Listen again.",
        detail,
        DeviceCause.UNSUPPORTED,
    )


def no_such_channel(name: str, channel: int, channels: int) -> DeviceError:
    """Return the error of a channel (from 0) that an input does not have."""
    has = "one channel" if channels == 1 else f"{channels} channels"
    return DeviceError(
        f"Channel {channel + 1} cannot be recorded because {name} has {has}: choose another channel, or the mix.",
        cause=DeviceCause.UNSUPPORTED,
    )


def channel_not_alone(name: str, channel: int) -> DeviceError:
    """Return the error of a channel (from 0) that the sound server mixes with others."""
    return DeviceError(
        f"Channel {channel + 1} of {name} cannot be recorded alone because the sound server mixes it with others: "
        "choose the mix, or another profile of the device in the system's sound settings.",
        cause=DeviceCause.UNSUPPORTED,
    )


def access_denied(detail: str = "") -> DeviceError:
    """Return the error of a system that lets this program use no input at all."""
    return DeviceError(
        f"No microphone can be used because the system does not allow it: allow it {_place()}, and try again.",
        detail,
        DeviceCause.DENIED,
    )


def _place() -> str:
    return f"in {_ALLOW[sys.platform]}" if sys.platform in _ALLOW else "in the system's sound settings"
