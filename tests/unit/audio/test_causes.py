"""What PortAudio says, said for people: one sentence, and the right cause."""

from __future__ import annotations

import sys

import pytest

from mgc_desktop.audio import causes
from mgc_desktop.core.errors import DeviceCause, DeviceError

_OPENING = "Error opening InputStream: "
_HOST = f"{_OPENING}Unanticipated host error [PaErrorCode -9999]"


@pytest.mark.parametrize(
    ("said", "system", "cause", "meant"),
    [
        (f"{_OPENING}Device unavailable [PaErrorCode -9985]", "linux", DeviceCause.BUSY, "used by another program"),
        (f"{_OPENING}Invalid sample rate [PaErrorCode -9997]", "linux", DeviceCause.UNSUPPORTED, "does not support"),
        (f"{_OPENING}Invalid number of channels [PaErrorCode -9998]", "win32", DeviceCause.UNSUPPORTED, "not support"),
        (f"{_HOST}: 'Permission denied' [ALSA error -13]", "linux", DeviceCause.DENIED, "may not be used by this"),
        (f"{_HOST}: 'Zugriff' [ALSA error -13]", "linux", DeviceCause.DENIED, "in the system's sound settings"),
        (f"{_OPENING}Internal PortAudio error [PaErrorCode -9986]", "darwin", DeviceCause.DENIED, "System Settings"),
        (f"{_OPENING}Internal PortAudio error [PaErrorCode -9986]", "linux", DeviceCause.OTHER, "did not start"),
        (f"{_HOST}: 'Undefined external error.' [MME error 1]", "win32", DeviceCause.DENIED, "Privacy & security"),
        (f"{_HOST}: 'Zugriff' [Windows WASAPI error -2147024891]", "win32", DeviceCause.DENIED, "Privacy & security"),
        (f"{_HOST}: 'AUDCLNT' [Windows WASAPI error -2004287484]", "win32", DeviceCause.ABSENT, "not connected"),
        (f"{_HOST}: 'No such device' [ALSA error -19]", "linux", DeviceCause.ABSENT, "not connected any more"),
        (f"{_OPENING}Illegal combination of I/O devices [PaErrorCode -9993]", "linux", DeviceCause.ABSENT, "reached"),
        (_HOST, "linux", DeviceCause.OTHER, "did not start"),
    ],
)
def test_what_portaudio_says_is_said_in_one_sentence(
    said: str, system: str, cause: DeviceCause, meant: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "platform", system)
    error = causes.explained(RuntimeError(said), "USB microphone")
    assert error.cause is cause
    assert meant in error.sentence
    assert error.sentence.startswith("Listening is not possible because USB microphone ")
    assert error.sentence.count(".") == 1
    assert error.detail == said


@pytest.mark.parametrize(
    ("error", "cause"),
    [
        (causes.no_input(), DeviceCause.NONE),
        (causes.not_connected("Mic"), DeviceCause.ABSENT),
        (causes.went_away("Mic"), DeviceCause.ABSENT),
        (causes.fell_silent("Mic"), DeviceCause.STALLED),
        (causes.never_began("Mic"), DeviceCause.STALLED),
        (causes.rate_refused("Mic", 44100, ""), DeviceCause.UNSUPPORTED),
        (causes.no_such_channel("Mic", 1, 1), DeviceCause.UNSUPPORTED),
        (causes.channel_not_alone("Mic", 1), DeviceCause.UNSUPPORTED),
        (causes.access_denied(), DeviceCause.DENIED),
    ],
)
def test_each_failure_has_its_cause_and_says_what_to_do(error: DeviceError, cause: DeviceCause) -> None:
    assert error.cause is cause
    assert ": " in error.sentence  # what to do
    assert error.sentence.endswith(".")
    assert error.sentence.count(".") == 1
