"""What a stream hands over, and how it is opened; the stream itself is tested with a real sound server."""

from __future__ import annotations

import os
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from mgc_desktop.audio import capture as capture_module
from mgc_desktop.audio.capture import Capture
from mgc_desktop.audio.devices import InputDevice
from mgc_desktop.core.errors import DeviceCause, DeviceError
from mgc_desktop.core.recording import KEPT_SECONDS
from mgc_desktop.core.ring import AudioRing

_DEVICE = InputDevice(0, "USB microphone", "ALSA", 2, 48000.0, False)
_FINE = SimpleNamespace(input_overflow=False)
_LATE = SimpleNamespace(input_overflow=True)
_QUIET = np.zeros((1, 2), np.float32)


@pytest.fixture
def capture() -> Capture:
    return Capture(_DEVICE, ring=AudioRing(1.0, 48000))


def test_channels_are_mixed(capture: Capture) -> None:
    block = np.array([[0.5, 0.1], [-0.5, 0.5], [1.0, 1.0]], np.float32)
    capture._on_block(block, 3, None, _FINE)
    samples, end = capture.ring.read_last(10)
    assert end == 3
    np.testing.assert_allclose(samples, [0.3, 0.0, 1.0], atol=1e-7)
    assert capture.ring.clipped == 1


def test_one_channel_is_copied_as_it_is() -> None:
    capture = Capture(replace(_DEVICE, channels=1), ring=AudioRing(1.0, 48000))
    block = np.array([[0.25], [-1.0]], np.float32)
    capture._on_block(block, 2, None, _FINE)
    block[:] = 0  # PortAudio uses its memory again
    assert capture.ring.read_last(2)[0].tolist() == [0.25, -1.0]


def test_lost_input_is_counted(capture: Capture) -> None:
    for status in (_FINE, _LATE, _LATE):
        capture._on_block(_QUIET, 1, None, status)
    assert capture.overruns == 2


def test_no_block_for_two_seconds_is_a_stall(capture: Capture) -> None:
    capture._on_block(_QUIET, 1, None, _FINE)
    capture.check()
    capture.last_arrival -= 3.0
    with pytest.raises(DeviceError, match="USB microphone delivers no sound any more") as caught:
        capture.check()
    assert caught.value.cause is DeviceCause.STALLED


def test_a_stream_that_ended_by_itself_went_away(capture: Capture) -> None:
    capture._ended.set()
    with pytest.raises(DeviceError, match="USB microphone went away") as caught:
        capture.check()
    assert caught.value.cause is DeviceCause.ABSENT


def test_a_block_that_comes_after_the_end_is_not_recorded(capture: Capture) -> None:
    capture._on_block(_QUIET, 1, None, _FINE)
    capture.stop()
    capture._on_block(_QUIET, 1, None, _FINE)
    assert capture.ring.frames == 1


class _PortAudioError(Exception):
    pass


class _PortAudio:
    """PortAudio as far as opening goes, with a device that takes some rates and channels and refuses the rest."""

    PortAudioError = _PortAudioError

    def __init__(self, rates: set[int], channels: set[int]) -> None:
        self.rates, self.channels = rates, channels
        self.asked: list[tuple[int, int]] = []

    def InputStream(self, **wanted: Any) -> tuple[int, int]:
        asked = (int(wanted["samplerate"]), int(wanted["channels"]))
        self.asked.append(asked)
        if asked[1] not in self.channels:
            raise _PortAudioError("Error opening InputStream: Invalid number of channels [PaErrorCode -9998]")
        if asked[0] not in self.rates:
            raise _PortAudioError("Error opening InputStream: Invalid sample rate [PaErrorCode -9997]")
        return asked


def _opened(capture: Capture, portaudio: _PortAudio, most: int) -> Any:
    entry = {"default_samplerate": 48000.0}
    layouts = capture._layouts(most)
    return capture._open_stream(portaudio, 0, capture._rates(entry), layouts, 0.05)  # type: ignore[arg-type]


@pytest.mark.parametrize("rate", [8000, 16000, 44100, 48000, 96000, 192000])
def test_the_device_is_opened_at_its_own_rate(rate: int) -> None:
    capture = Capture(replace(_DEVICE, default_rate=float(rate)))
    assert _opened(capture, _PortAudio({rate}, {2}), 2) == (rate, 2)
    assert capture.sample_rate == rate
    assert capture.ring.capacity == KEPT_SECONDS * rate


def test_a_device_that_refuses_the_rate_it_claims_gets_another() -> None:
    capture = Capture(replace(_DEVICE, default_rate=11025.0))
    assert _opened(capture, _PortAudio({16000}, {2}), 2) == (16000, 2)
    assert capture.sample_rate == 16000


@pytest.mark.parametrize(("has", "takes"), [(1, 1), (2, 2), (8, 8), (18, 18), (4, 2), (2, 6)])
def test_the_device_is_opened_with_channels_that_it_takes(has: int, takes: int) -> None:
    capture = Capture(replace(_DEVICE, channels=has))
    assert _opened(capture, _PortAudio({48000}, {takes}), max(has, takes)) == (48000, takes)


def test_a_chosen_channel_is_recorded_alone() -> None:
    capture = Capture(replace(_DEVICE, channels=18), channel=16)
    assert _opened(capture, _PortAudio({48000}, {18}), 18) == (48000, 18)
    block = np.zeros((2, 18), np.float32)
    block[:, 16] = 0.5
    capture._on_block(block, 2, None, _FINE)
    assert capture.ring.read_last(2)[0].tolist() == [0.5, 0.5]


def test_a_channel_that_the_device_does_not_have() -> None:
    with pytest.raises(DeviceError, match="Channel 3 cannot be recorded because USB microphone has 2") as caught:
        Capture(_DEVICE, channel=2)._layouts(2)
    assert caught.value.cause is DeviceCause.UNSUPPORTED


def test_a_channel_behind_a_sound_server_keeps_its_place() -> None:
    device = replace(_DEVICE, channels=18, source="alsa_input.pro", positions=tuple(f"aux{n}" for n in range(18)))
    (layout,) = Capture(device, channel=2)._layouts(32)
    assert (layout.channels, layout.columns) == (26, (10,))


def test_a_channel_that_the_server_would_mix_with_others_is_refused() -> None:
    positions = ("front-left", "front-left-of-center", "front-center", "front-right")
    device = replace(_DEVICE, channels=4, source="odd", positions=positions)
    with pytest.raises(DeviceError, match="Channel 2 of USB microphone cannot be recorded alone"):
        Capture(device, channel=1)._layouts(32)
    (layout,) = Capture(device)._layouts(32)  # the mix has them all
    assert layout.channels == 4


def test_going_on_needs_the_rate_of_before() -> None:
    capture = Capture(_DEVICE, ring=AudioRing(1.0, 44100))
    portaudio = _PortAudio({48000}, {2})
    with pytest.raises(_PortAudioError) as refused:
        _opened(capture, portaudio, 2)
    assert {rate for rate, _ in portaudio.asked} == {44100}
    error = capture._explained(refused.value)
    assert error.sentence == (
        "USB microphone does not record at 44100 Hz any more: stop listening, and press Listen again."
    )
    assert error.cause is DeviceCause.UNSUPPORTED


@pytest.mark.parametrize(
    ("low", "high", "asked"),
    [(0.009, 0.035, 0.035), (0.01, 0.2, 0.06), (0.09, 0.18, 0.09), (0.0, 0.0, 0.0)],
)
def test_no_driver_holds_back_more_than_the_picture_allows(low: float, high: float, asked: float) -> None:
    entry = {"default_low_input_latency": low, "default_high_input_latency": high}
    assert capture_module._latency(entry) == asked


def test_the_choice_of_a_source_holds_only_while_a_stream_is_opened(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PULSE_SOURCE", "mine")
    with capture_module._source_chosen("theirs"):
        assert os.environ["PULSE_SOURCE"] == "theirs"
    assert os.environ["PULSE_SOURCE"] == "mine"
    with capture_module._source_chosen(""):
        assert os.environ["PULSE_SOURCE"] == "mine"
    monkeypatch.delenv("PULSE_SOURCE")
    with capture_module._source_chosen("theirs"):
        assert os.environ["PULSE_SOURCE"] == "theirs"
    assert "PULSE_SOURCE" not in os.environ
