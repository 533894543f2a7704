"""The inputs that can be listened to, asked afresh by a short-lived process.

PortAudio remembers its list from when it was loaded, and forgetting it would silence a stream that runs;
so the question is put by a process of its own: ``python -m mgc_desktop.audio.devices`` prints JSON.
"""

from __future__ import annotations

import itertools
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

from mgc_desktop.audio import pulse
from mgc_desktop.audio.causes import access_denied, no_answer
from mgc_desktop.core.errors import DeviceCause, DeviceError
from mgc_desktop.core.paths import python_executable

LIST_SECONDS = 2.8  # a sound server that hangs must not hang us, and a person shall know within three
BUSY_SECONDS = 20.0  # the same on a machine that has too much to do: it is slow, and nothing hangs
WATCH_SECONDS = 3.0  # between two looks of the process that watches
_CARDS = Path("/dev/snd")  # of Linux
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
    positions : tuple of str
        What that server calls its channels.
    """

    index: int
    name: str
    host_api: str
    channels: int
    default_rate: float
    is_default: bool
    source: str = ""
    positions: tuple[str, ...] = ()

    @property
    def is_monitor(self) -> bool:
        """Whether it hears what a loudspeaker plays."""
        return self.source.endswith(".monitor")


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
        cause = DeviceCause(answer.get("cause", DeviceCause.OTHER))
        raise DeviceError(str(answer["error"]), str(answer.get("detail", "")), cause)
    return [InputDevice(**{**entry, "positions": tuple(entry.get("positions", ()))}) for entry in answer["inputs"]]


def lister(*words: str) -> list[str]:
    """Return the command of the process that lists the inputs."""
    return [python_executable(), "-m", "mgc_desktop.audio.devices", *words]


def lister_environment() -> dict[str, str]:
    """Return the environment in which it finds this package."""
    path = os.pathsep.join(filter(None, [str(_ROOT), os.environ.get("PYTHONPATH", "")]))
    return {**os.environ, "PYTHONPATH": path}


def _ask(timeout: float) -> dict[str, Any]:
    process = subprocess.Popen(
        lister(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,  # ALSA and JACK complain there about everything they did not find
        env=lister_environment(),
        start_new_session=True,
        creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
    )
    with process:
        try:
            answer = json.loads(_output(process, timeout))
        except subprocess.TimeoutExpired as error:
            _kill_group(process)
            raise DeviceError(
                f"The sound system did not answer within {timeout:.0f} s: restart it, or log out and in, and try "
                "again.",
                cause=DeviceCause.STALLED,
            ) from error
        except ValueError as error:
            raise DeviceError(
                "The inputs could not be listed because the sound system failed when it was asked: try again.",
                f"exit code {process.poll()}",
            ) from error
    return dict(answer)


def _output(process: subprocess.Popen[bytes], timeout: float) -> bytes:
    """Return what a process prints. Past `timeout` it may take only the time that it is at work."""
    patience, longest = timeout, time.monotonic() + max(timeout, BUSY_SECONDS)
    while True:
        try:
            return process.communicate(timeout=patience)[0]
        except subprocess.TimeoutExpired:
            if time.monotonic() > longest or not _is_at_work(process.pid):
                raise
            patience = 0.2


def _is_at_work(group: int) -> bool:
    """Return whether a process of a group wants a processor or waits for a disk, where Linux says so.

    Who waits for a sound server that hangs wants neither.
    """
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, _parent, its_group = path.read_text(errors="replace").rpartition(")")[2].split()[:3]
        except (OSError, ValueError):
            continue  # it has just ended
        if int(its_group) == group and state in "RD":
            return True
    return False


def _kill_group(process: subprocess.Popen[bytes]) -> None:
    # The child may wait for a child of its own, which would live on.
    if hasattr(os, "killpg"):
        os.killpg(process.pid, 9)
    else:
        process.kill()


def query_inputs() -> list[InputDevice]:
    """Return the inputs as this process's PortAudio sees them, the usual one first.

    Raises
    ------
    DeviceError
        Where the PortAudio library is missing, or the system hangs or lets nobody in.
    """
    found = _with_sources(entries(load_portaudio()))
    if not found and pulse.hangs():
        raise no_answer()
    if not found and (reason := _shut_out()):
        raise access_denied(reason)
    return sorted(found, key=lambda device: not device.is_default)


def entries(portaudio: ModuleType) -> list[InputDevice]:
    """Return PortAudio's own list of inputs, in its order, each with a name of its own."""
    apis = [str(api["name"]) for api in portaudio.query_hostapis()]
    default = portaudio.default.device[0]
    found: list[InputDevice] = []
    for entry in portaudio.query_devices():
        if entry["max_input_channels"] > 0:
            api = apis[entry["hostapi"]]
            name = _unlike_others(str(entry["name"]), api, {device.name for device in found})
            rate, is_default = float(entry["default_samplerate"]), entry["index"] == default
            found.append(InputDevice(int(entry["index"]), name, api, real_channels(entry, api), rate, is_default))
    return found


def real_channels(entry: Any, api: str) -> int:
    """Return how many channels a device has; two, where ALSA's plug-ins say that they can make as many as anybody."""
    channels = int(entry["max_input_channels"])
    is_plugin = api == "ALSA" and "(hw:" not in str(entry["name"])
    return min(channels, 2) if is_plugin else channels


def _unlike_others(name: str, api: str, taken: set[str]) -> str:
    """Return a name that tells a device from others of its name: Windows lists each once for every way to it."""
    numbered = (f"{name} {number}" for number in itertools.count(2))
    return next(name for name in itertools.chain((name, f"{name} ({api})"), numbered) if name not in taken)


def _shut_out() -> str:
    """Return why no input is seen though there is one, or an empty text."""
    if pulse.denies():
        return "the sound server denies access"
    nodes = [str(node) for node in _CARDS.glob("pcm*c")]
    if nodes and not any(os.access(node, os.R_OK | os.W_OK) for node in nodes):
        return f"no access to {nodes[0]}"
    return ""


def _with_sources(found: list[InputDevice]) -> list[InputDevice]:
    """Put the sound server's inputs in place of ALSA's pseudo devices.

    Where PortAudio reaches PulseAudio or PipeWire through ALSA alone, it shows one input "pulse" for all microphones,
    and the cards themselves, which the server holds.
    """
    bridge = next((device for device in found if device.host_api == "ALSA" and device.name == "pulse"), None)
    sources = pulse.list_sources() if bridge is not None else []
    if bridge is None or not sources:
        return found
    listed: list[InputDevice] = []
    for source in sources:
        name = _unlike_others(source.description, "PulseAudio", {device.name for device in listed})
        listed.append(
            InputDevice(
                bridge.index,
                name,
                "PulseAudio",
                source.channels,
                source.rate,
                source.is_default,
                source.name,
                source.positions,
            )
        )
    return listed + [device for device in found if device.host_api not in ("ALSA", "OSS")]


def watch_inputs(ended: threading.Event, pause: float = WATCH_SECONDS) -> None:
    """Print a line each time the list is another one.

    Parameters
    ----------
    ended : Event
        Setting it ends the watch.
    pause : float
        s between two looks.
    """
    before = None
    while True:
        portaudio = load_portaudio()
        found = [(device.name, device.host_api, device.is_default) for device in entries(portaudio)]
        if found != before and before is not None:
            sys.stdout.write("changed\n")
            sys.stdout.flush()
        before = found
        if ended.wait(pause):
            return
        # Private, but the only way.
        portaudio._terminate()
        portaudio._initialize()


def main(words: Sequence[str] = ()) -> int:
    """Print the inputs as JSON; with ``--watch`` a line whenever they change."""
    try:
        if "--watch" in words:
            ended = threading.Event()
            threading.Thread(target=_set_at_end_of_input, args=(ended,), daemon=True).start()
            watch_inputs(ended)
            return 0
        answer: dict[str, Any] = {"inputs": [asdict(device) for device in query_inputs()]}
    except DeviceError as error:
        answer = {"error": error.sentence, "detail": error.detail, "cause": error.cause}
    sys.stdout.write(json.dumps(answer))
    return 0


def _set_at_end_of_input(ended: threading.Event) -> None:
    sys.stdin.buffer.read()
    ended.set()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
