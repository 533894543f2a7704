"""The inputs that can be listened to, asked afresh by a short-lived process.

PortAudio remembers its list from when it was loaded, and forgetting it would silence a stream that runs;
so the question is put by a process of its own: ``python -m mgc_desktop.audio.devices`` prints JSON.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

from mgc_desktop.audio import pulse
from mgc_desktop.core.errors import DeviceError
from mgc_desktop.core.paths import python_executable

LIST_SECONDS = 5.0  # a sound server that hangs must not hang us
_ROOT = Path(__file__).resolve().parent.parent.parent


@dataclass(frozen=True, slots=True)
class InputDevice:
    """An input as a person chooses it.

    Attributes
    ----------
    index : int
        PortAudio's number for it at the time of asking; goes stale when something is plugged in.
    name : str
        As the system calls it; what settings remember.
    host_api : str
        "ALSA", "PulseAudio", "Core Audio", "MME", ...
    channels : int
    default_rate : float
        Hz.
    is_default : bool
        Whether the system uses it when nobody chose.
    source : str
        The sound server's own name for it where one stands between PortAudio and the device, or empty.
    """

    index: int
    name: str
    host_api: str
    channels: int
    default_rate: float
    is_default: bool
    source: str = ""


def load_portaudio() -> ModuleType:
    """Return the module `sounddevice`; this loads and starts PortAudio, which takes 0.1 s.

    Raises
    ------
    DeviceError
        Where the PortAudio library is missing.
    """
    try:
        import sounddevice  # here: loading it asks every sound card
    except OSError as error:
        raise DeviceError(
            "Sound input is not possible because the PortAudio library is missing: install it "
            "(on Debian and Ubuntu: apt install libportaudio2) and start the program again.",
            str(error),
        ) from error
    module: ModuleType = sounddevice
    return module


def list_inputs(timeout: float = LIST_SECONDS) -> list[InputDevice]:
    """Return the inputs that are there now, the usual one first. Takes 0.2 s: never call it in the GUI thread.

    Parameters
    ----------
    timeout : float
        s.

    Raises
    ------
    DeviceError
        Where PortAudio is missing, or the sound system does not answer.
    """
    answer = _ask(timeout)
    if "error" in answer:
        raise DeviceError(str(answer["error"]), str(answer.get("detail", "")))
    return [InputDevice(**entry) for entry in answer["inputs"]]


def _ask(timeout: float) -> dict[str, Any]:
    path = os.pathsep.join(filter(None, [str(_ROOT), os.environ.get("PYTHONPATH", "")]))
    process = subprocess.Popen(
        [python_executable(), "-m", "mgc_desktop.audio.devices"],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,  # ALSA and JACK complain there about everything they did not find
        env={**os.environ, "PYTHONPATH": path},
        start_new_session=True,
        creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
    )
    with process:
        try:
            output, _ = process.communicate(timeout=timeout)
            answer = json.loads(output)
        except subprocess.TimeoutExpired as error:
            _kill_group(process)
            raise DeviceError(
                f"The sound system did not answer within {timeout:.0f} s: restart it, or log out and in, and try again."
            ) from error
        except ValueError as error:
            raise DeviceError(
                "The inputs could not be listed because the sound system failed when it was asked: try again.",
                f"exit code {process.poll()}",
            ) from error
    return dict(answer)


def _kill_group(process: subprocess.Popen[bytes]) -> None:
    # The child may wait for a child of its own, which would live on.
    if hasattr(os, "killpg"):
        os.killpg(process.pid, 9)
    else:
        process.kill()


def query_inputs() -> list[InputDevice]:
    """Return the inputs as this process's PortAudio sees them, the usual one first."""
    portaudio = load_portaudio()
    apis = [str(api["name"]) for api in portaudio.query_hostapis()]
    default = portaudio.default.device[0]
    found = [
        InputDevice(
            index=int(entry["index"]),
            name=str(entry["name"]),
            host_api=apis[entry["hostapi"]],
            channels=int(entry["max_input_channels"]),
            default_rate=float(entry["default_samplerate"]),
            is_default=entry["index"] == default,
        )
        for entry in portaudio.query_devices()
        if entry["max_input_channels"] > 0
    ]
    return sorted(_with_sources(found), key=lambda device: not device.is_default)


def _with_sources(found: list[InputDevice]) -> list[InputDevice]:
    """Put the sound server's inputs in place of ALSA's pseudo devices.

    Where PortAudio reaches PulseAudio or PipeWire through ALSA alone, it shows one input "pulse" for all microphones,
    and the cards themselves, which the server holds.
    """
    bridge = next((device for device in found if device.host_api == "ALSA" and device.name == "pulse"), None)
    sources = pulse.list_sources() if bridge is not None else []
    if bridge is None or not sources:
        return found
    listed = [
        InputDevice(
            bridge.index, source.description, "PulseAudio", source.channels, source.rate, source.is_default, source.name
        )
        for source in sources
    ]
    return listed + [device for device in found if device.host_api not in ("ALSA", "OSS")]


def main() -> int:
    """Print the inputs as JSON."""
    try:
        answer: dict[str, Any] = {"inputs": [asdict(device) for device in query_inputs()]}
    except DeviceError as error:
        answer = {"error": error.sentence, "detail": error.detail}
    sys.stdout.write(json.dumps(answer))
    return 0


if __name__ == "__main__":
    sys.exit(main())
