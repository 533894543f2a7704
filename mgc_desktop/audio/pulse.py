"""What PulseAudio (or PipeWire in its place) knows of its inputs, asked through its own tool `pactl`.

PortAudio of today's Linux distributions reaches the server through ALSA, which hides the server's inputs behind one
name, and does not say when one of them goes away.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from typing import IO, Any

ANSWER_SECONDS = 1.5
_REMOVED = re.compile(rb"'remove' on source #")


@dataclass(frozen=True, slots=True)
class Source:
    """An input of the sound server."""

    name: str
    description: str
    channels: int
    rate: float  # Hz
    is_default: bool


def list_sources() -> list[Source]:
    """Return the server's inputs, microphones before monitors of what is played; none where no server answers."""
    entries = _pactl_json("list", "sources")
    if not entries:
        return []
    default = (_pactl_json("info") or {}).get("default_source_name", "")
    ordered = sorted(entries, key=lambda entry: bool(entry.get("monitor_source")))
    return [_source(entry, str(default)) for entry in ordered]


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
    )


def _pactl_json(*arguments: str) -> Any:
    try:
        done = subprocess.run(
            ["pactl", "-f", "json", *arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={**os.environ, "LC_ALL": "C.UTF-8"},
            timeout=ANSWER_SECONDS,
            check=False,
        )
        return json.loads(done.stdout)
    except (OSError, ValueError, subprocess.TimeoutExpired):
        return None


class SourceWatch:
    """Notices that an input was taken away while the server moves its listeners on to another one.

    Parameters
    ----------
    name : str
        The server's name of the input.
    """

    def __init__(self, name: str) -> None:
        self._name = name
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
        if self._is_told and not _REMOVED.search(news):
            return False
        # What was removed before the subscription was taken is no event. So the list is asked for until the first event
        # has come, and that comes soon: who asks for the list is a new client, which is an event itself.
        self._is_told = self._is_told or bool(news)
        sources = list_sources()
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
