"""How the training program is started, found, heard and ended."""

from __future__ import annotations

import json
import logging
import os
import signal
import subprocess
import sys
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import mgc_desktop
from mgc_desktop.core.paths import Profile, python_executable

log = logging.getLogger(__name__)

LAST_LINES = 20  # of a log, for a process that died without a word
_MAX_LINE = 64_000_000  # characters; the last line of a run names every held-out track


def training_command(arguments: list[str]) -> list[str]:
    """Return the command that starts the training program with `arguments`."""
    return [python_executable(), "-m", "training", *arguments]


def training_environment() -> dict[str, str]:
    """Return an environment in which `python -m training` finds the package, wherever it is started."""
    home = str(Path(mgc_desktop.__file__).resolve().parent.parent)
    before = os.environ.get("PYTHONPATH")
    path = os.pathsep.join([home, before]) if before else home
    return {**os.environ, "PYTHONPATH": path, "PYTHONUNBUFFERED": "1", "PYTHONIOENCODING": "utf-8"}


def profile_arguments(profile: Profile) -> list[str]:
    """Return the words that make the training process use the same profile; none for the person's own one."""
    in_one_folder = profile.cache_dir == profile.data_dir / "cache"
    return ["--profile", str(profile.data_dir)] if in_one_folder else []


def launch(arguments: list[str], folder: Path, log_file: Path) -> subprocess.Popen[str]:
    """Start the training program in `folder`; what it says on stderr is added to `log_file`.

    Raises
    ------
    OSError
    """
    command = training_command(arguments)
    log.info("Training: %s", command)
    with log_file.open("ab") as errors:
        return subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=errors,
            cwd=folder,
            env=training_environment(),
            encoding="utf-8",
            errors="replace",
            # A group of its own, so that all that it starts can be ended with it.
            start_new_session=True,
            creationflags=getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0),
        )


def json_lines(process: subprocess.Popen[str]) -> Iterator[dict[str, Any]]:
    """Yield the JSON objects that the process writes, a line each, until it writes no more; log other lines."""
    lines = process.stdout
    assert lines is not None
    with lines:
        for line in iter(lambda: lines.readline(_MAX_LINE), ""):
            try:
                message = json.loads(line)
            except ValueError:
                message = None
            if isinstance(message, dict):
                yield message
            else:
                log.info("training: %s", line.rstrip()[:1000])


def last_words(log_file: Path) -> str:
    """Return the last lines of a log, or nothing where there is none."""
    try:
        with log_file.open(encoding="utf-8", errors="replace") as stream:
            return "".join(deque(stream, LAST_LINES)).strip()
    except OSError:
        return ""


def signal_group(process: subprocess.Popen[str], *, gently: bool) -> None:
    """Tell the training process and all that it started to end."""
    if process.poll() is not None:
        return
    try:
        if sys.platform == "win32":
            process.send_signal(signal.CTRL_BREAK_EVENT) if gently else process.kill()
        elif gently:
            process.terminate()  # it ends its own workers in order
        else:
            os.killpg(process.pid, signal.SIGKILL)
    except (ProcessLookupError, PermissionError) as error:
        log.info("The training process was gone already: %s", error)
