"""Which input is meant by a name."""

from __future__ import annotations

import pytest

from mgc_desktop.audio.devices import InputDevice
from mgc_desktop.core.errors import DeviceCause, DeviceError
from mgc_desktop.engine.live_input import chosen_input


def _input(name: str, *, is_default: bool = False, source: str = "") -> InputDevice:
    return InputDevice(0, name, "PulseAudio", 2, 48_000.0, is_default, source)


_INPUTS = [_input("Monitor of Headphones"), _input("Headphones", is_default=True), _input("USB", source="alsa_input.1")]


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        (None, "Headphones"),
        ("Headphones", "Headphones"),
        ("usb", "USB"),
        ("monitor", "Monitor of Headphones"),
        ("alsa_input", "USB"),
    ],
)
def test_an_input_is_found_by_its_name(asked: str | None, found: str) -> None:
    assert chosen_input(_INPUTS, asked).name == found


def test_without_a_default_the_first_input_is_taken() -> None:
    assert chosen_input([_input("One"), _input("Two")], None).name == "One"


def test_inputs_that_are_not_there() -> None:
    with pytest.raises(DeviceError, match="No microphone was found") as none:
        chosen_input([], "USB")
    with pytest.raises(DeviceError, match="Studio is not connected") as absent:
        chosen_input(_INPUTS, "Studio")
    assert (none.value.cause, absent.value.cause) == (DeviceCause.NONE, DeviceCause.ABSENT)
