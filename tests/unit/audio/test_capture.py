"""What a stream hands over, and what its failures are called; the stream itself is tested with a real sound server."""

from __future__ import annotations

import os
from types import SimpleNamespace

import numpy as np
import pytest

from mgc_desktop.audio import capture as capture_module
from mgc_desktop.audio.capture import Capture
from mgc_desktop.audio.devices import InputDevice
from mgc_desktop.core.errors import DeviceError
from mgc_desktop.core.ring import AudioRing

_DEVICE = InputDevice(0, "USB microphone", "ALSA", 2, 48000.0, False)
_FINE = SimpleNamespace(input_overflow=False)
_LATE = SimpleNamespace(input_overflow=True)


@pytest.fixture
def capture() -> Capture:
    capture = Capture(_DEVICE)
    capture._ring = AudioRing(1.0, 48000)
    return capture


def test_channels_are_mixed(capture: Capture) -> None:
    block = np.array([[0.5, 0.1], [-0.5, 0.5], [1.0, 1.0]], np.float32)
    capture._on_block(block, 3, None, _FINE)
    samples, end = capture.ring.read_last(10)
    assert end == 3
    np.testing.assert_allclose(samples, [0.3, 0.0, 1.0], atol=1e-7)


def test_one_channel_is_copied_as_it_is(capture: Capture) -> None:
    block = np.array([[0.25], [-1.0]], np.float32)
    capture._on_block(block, 2, None, _FINE)
    block[:] = 0  # PortAudio uses its memory again
    assert capture.ring.read_last(2)[0].tolist() == [0.25, -1.0]


def test_lost_input_is_counted(capture: Capture) -> None:
    for status in (_FINE, _LATE, _LATE):
        capture._on_block(np.zeros((1, 1), np.float32), 1, None, status)
    assert capture.overruns == 2


def test_no_block_for_two_seconds_is_a_stall(capture: Capture) -> None:
    capture._on_block(np.zeros((1, 1), np.float32), 1, None, _FINE)
    capture.check()
    capture.last_arrival -= 3.0
    with pytest.raises(DeviceError, match="USB microphone delivers no sound any more"):
        capture.check()


def test_a_stream_that_ended_by_itself_went_away(capture: Capture) -> None:
    capture._ended.set()
    with pytest.raises(DeviceError, match="USB microphone went away"):
        capture.check()


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("Error opening InputStream: Device unavailable [PaErrorCode -9985]", "used by another program"),
        ("Error opening InputStream: Invalid sample rate [PaErrorCode -9997]", "does not support"),
        ("Error opening InputStream: Invalid number of channels [PaErrorCode -9998]", "does not support"),
        ("Error opening InputStream: Unanticipated host error [PaErrorCode -9999]", "did not start"),
    ],
)
def test_what_portaudio_says_is_said_in_one_sentence(capture: Capture, said: str, meant: str) -> None:
    error = capture._explained(RuntimeError(said))
    assert meant in error.sentence
    assert error.sentence.startswith("Listening is not possible because USB microphone ")
    assert error.sentence.count(".") == 1
    assert error.detail == said


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
