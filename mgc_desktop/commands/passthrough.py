"""Run the training program with this terminal's streams, its signals and its exit code."""

from __future__ import annotations

import signal
import subprocess
import sys
from types import FrameType
from typing import Any

from mgc_desktop.core.errors import TrainingError
from mgc_desktop.engine.training_process import training_command, training_environment

_FORWARDED = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK") if hasattr(signal, name)]


def run_training(arguments: list[str]) -> int:
    """Run ``python -m training`` with `arguments` and return its exit code.

    A signal to this process goes on to the training process, once: that one saves its checkpoint and ends.

    Raises
    ------
    TrainingError
        Where the process can't be started.
    """
    # A group of its own, so that a Ctrl-C does not arrive twice: training takes the second for "at once".
    group: dict[str, Any] = {} if sys.platform == "win32" else {"process_group": 0}
    waiting: list[int] = []
    process: subprocess.Popen[bytes] | None = None

    def forward(number: int, frame: FrameType | None) -> None:
        if process is None:
            waiting.append(number)
        elif sys.platform != "win32" and process.poll() is None:
            process.send_signal(number)

    before = {number: signal.signal(number, forward) for number in _FORWARDED}
    try:
        process = subprocess.Popen(training_command(arguments), env=training_environment(), **group)
        for number in waiting:
            forward(number, None)
        code = process.wait()
    except OSError as error:
        raise TrainingError(f"Training could not be started ({error.strerror}): check the installation.") from error
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    return code if code >= 0 else 128 - code
