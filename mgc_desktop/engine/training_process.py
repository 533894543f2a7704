"""How the training program is started, found and ended."""

from __future__ import annotations

import logging
import os
import signal
import subprocess
import sys
from pathlib import Path

import mgc_desktop
from mgc_desktop.core.paths import Profile, python_executable

log = logging.getLogger(__name__)


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
