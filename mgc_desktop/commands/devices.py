"""`mgc-desktop devices`: the audio inputs and the compute devices."""

from __future__ import annotations

import argparse

from mgc_desktop.audio.devices import InputDevice, list_inputs
from mgc_desktop.commands.console import EXIT_OK, prepare_streams
from mgc_desktop.core.errors import DeviceError
from mgc_desktop.engine.sources import shown
from mgc_desktop.model.devices import compute_devices


def describe_input(device: InputDevice) -> str:
    """Return a line about an input, e.g. ``Blue Yeti (ALSA, 2 channels, 48000 Hz), the default``."""
    channels = "1 channel" if device.channels == 1 else f"{device.channels} channels"
    default = ", the default" if device.is_default else ""
    return f"{shown(device.name)} ({device.host_api}, {channels}, {device.default_rate:.0f} Hz){default}"


def run(args: argparse.Namespace) -> int:
    """Print both lists. No input is no failure."""
    del args
    prepare_streams()
    print("Audio inputs:")
    try:
        inputs = [describe_input(device) for device in list_inputs()]
    except DeviceError as error:
        inputs = [f"none: {error.sentence}"]
    print("\n".join(f"  {line}" for line in inputs or ["none"]), flush=True)
    print("Compute devices:")
    print("\n".join(f"  {name}" for name in compute_devices()))
    return EXIT_OK
