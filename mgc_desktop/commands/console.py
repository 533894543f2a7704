"""What the commands share: open the profile, and talk to a terminal or a pipe."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
from collections.abc import Iterator
from types import FrameType

from mgc_desktop.core.errors import UsageError
from mgc_desktop.core.paths import Profile

EXIT_OK = 0
EXIT_SOME_FAILED = 1
EXIT_USAGE = 2
EXIT_INTERRUPTED = 130
EXIT_TERMINATED = 143
EXIT_BROKEN_PIPE = 141  # what a shell says of a program that SIGPIPE ended


class Terminated(BaseException):
    """SIGTERM arrived: unwind, so that everything started is stopped."""


def open_profile(folder: str | None) -> Profile:
    """Return the profile, made where it did not exist.

    Raises
    ------
    UsageError
        Where its folder can't be made.
    """
    try:
        return Profile.open(folder)
    except OSError as error:
        raise UsageError(
            f"The profile folder {folder or error.filename} could not be made ({error.strerror}): "
            "name another with --profile DIR.",
            str(error),
        ) from error


def say(sentence: str) -> None:
    """Write a line to standard error, whatever it holds."""
    with contextlib.suppress(OSError):
        print(sentence.encode("utf-8", "backslashreplace").decode("utf-8"), file=sys.stderr, flush=True)


def prepare_streams() -> None:
    """Let no name stop the output: what the terminal's encoding can't say is escaped."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="backslashreplace")


def discard_output() -> None:
    """After a broken pipe: nobody reads, so the last flush must not complain either."""
    with contextlib.suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


@contextlib.contextmanager
def terminable() -> Iterator[None]:
    """Turn SIGTERM into `Terminated` for the time of a `with` block."""

    def stop(number: int, frame: FrameType | None) -> None:
        raise Terminated

    before = signal.signal(signal.SIGTERM, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
