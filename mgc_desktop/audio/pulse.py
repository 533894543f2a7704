"""What PulseAudio (or PipeWire in its place) knows of its inputs, asked through its own tool `pactl`.

PortAudio of today's Linux distributions reaches the server through ALSA, which hides the server's inputs behind one
name, and does not say when one of them goes away.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

ANSWER_SECONDS = 1.5
_QUICK_SECONDS = 0.4  # while somebody listens, who will ask again
_REMOVED = re.compile(rb"'remove' on source #")


@dataclass(frozen=True, slots=True)
class Source:
    """An input of the sound server."""

    name: str
    description: str
    channels: int
    rate: float  # Hz
    is_default: bool
    positions: tuple[str, ...] = ()  # what the server calls the channels
    is_muted: bool = False


def list_sources(timeout: float = ANSWER_SECONDS) -> list[Source]:
    """Return the server's inputs, microphones before monitors of what is played; none where no server answers.

    Parameters
    ----------
    timeout : float
        s, for each of the two questions it takes.
    """
    entries = _pactl_json("list", "sources", timeout=timeout)
    if not entries:
        return []
    default = (_pactl_json("info", timeout=timeout) or {}).get("default_source_name", "")
    ordered = sorted(entries, key=lambda entry: bool(entry.get("monitor_source")))
    return [_source(entry, str(default)) for entry in ordered]


def denies() -> bool:
    """Return whether there is a server that does not let this program in."""
    try:
        done = _pactl("info", timeout=ANSWER_SECONDS)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode != 0 and b"access denied" in done.stderr.lower()


def hangs() -> bool:
    """Return whether there is a server that takes no more callers: it looks to them as if there were none."""
    path = server_socket()
    if path is None or not hasattr(socket, "AF_UNIX"):
        return False
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as caller:
        caller.setblocking(False)
        try:
            caller.connect(str(path))
        except BlockingIOError:
            return True
        except OSError:
            return False
    return False


def server_socket() -> Path | None:
    """Return the server's socket, which need not be there; None where it is somewhere else."""
    address = os.environ.get("PULSE_SERVER", "")
    if address.startswith("unix:"):
        return Path(address.removeprefix("unix:"))
    if address:
        return None
    folder = os.environ.get("PULSE_RUNTIME_PATH") or os.path.join(os.environ.get("XDG_RUNTIME_DIR", "/run"), "pulse")
    return Path(folder) / "native"


def _source(entry: dict[str, Any], default: str) -> Source:
    # "s16le 2ch 44100Hz"
    specification = str(entry.get("sample_specification", ""))
    channels = re.search(r"(\d+)ch", specification)
    rate = re.search(r"(\d+)Hz", specification)
    name = str(entry.get("name", ""))
    return Source(
        name,
        str(entry.get("description") or name),
        int(channels[1]) if channels else 1,
        float(rate[1]) if rate else 44100.0,
        name == default,
        tuple(filter(None, str(entry.get("channel_map", "")).split(","))),
        bool(entry.get("mute")),
    )


def _pactl_json(*words: str, timeout: float) -> Any:
    try:
        return json.loads(_pactl("-f", "json", *words, timeout=timeout).stdout)
    except (OSError, ValueError, subprocess.TimeoutExpired):
        return None


def _pactl(*words: str, timeout: float) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        ["pactl", *words],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        env={**os.environ, "LC_ALL": "C.UTF-8"},
        timeout=timeout,
        check=False,
    )


class SourceWatch:
    """Notices that an input was taken away while the server moves its listeners on to another one.

    Parameters
    ----------
    name : str
        The server's name of the input.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self._in_doubt = True  # what the list says is not known
        self._is_told = False  # the server has taken the subscription: from then on a removal is an event
        self._process: subprocess.Popen[bytes] | None = None
        if shutil.which("pactl"):
            self._process = subprocess.Popen(
                ["pactl", "subscribe"],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env={**os.environ, "LC_ALL": "C"},
            )
            os.set_blocking(self._events().fileno(), False)

    def removed(self) -> bool:
        """Return whether the input is gone. Takes no time, but 10 ms at first and after any input was removed."""
        if self._process is None:
            return False
        news = self._events().read() or b""
        if not self._in_doubt and not _REMOVED.search(news):
            return False
        # What was removed before the subscription was taken is no event. So the list is asked for until the first event
        # has come, and that comes soon: who asks for the list is a new client, which is an event itself.
        self._is_told = self._is_told or bool(news)
        sources = list_sources(timeout=_QUICK_SECONDS)
        self._in_doubt = not (self._is_told and sources)  # a server that is busy did not answer
        return bool(sources) and self._name not in {source.name for source in sources}

    def stop(self) -> None:
        """End the helper process. Idempotent."""
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            with process:
                process.wait()

    def _events(self) -> IO[bytes]:
        if self._process is None or self._process.stdout is None:
            raise ValueError("the watch has ended")
        return self._process.stdout
