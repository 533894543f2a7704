"""What C libraries write to standard error goes to the log; what Python writes there still arrives."""

from __future__ import annotations

import contextlib
import faulthandler
import io
import logging
import os
import sys
import threading
from collections.abc import Iterator

log = logging.getLogger(__name__)

_MOST_LINES = 200  # a library that complains without end must not fill the log
_LONGEST = 500  # characters of a line
_END = b"\0\n"
_LAST_SECONDS = 1.0  # for what is still in the pipe


@contextlib.contextmanager
def native_stderr_to_log() -> Iterator[None]:
    """Keep lines of C libraries from whoever reads standard error, for the time of a `with` block.

    ALSA and PortAudio say there what went wrong inside them; a person gets a sentence of ours in its place. Begin it
    before the log is set up. Messages, tracebacks and the report of a crash go where they went before.
    """
    try:
        kept = os.dup(2)
    except OSError:  # there is no standard error
        yield
        return
    read_end, write_end = os.pipe()
    reader = threading.Thread(target=_log_lines, args=(read_end,), name="native-stderr", daemon=True)
    reader.start()
    try:
        with _python_writes_to(kept):
            os.dup2(write_end, 2)
            try:
                yield
            finally:
                os.dup2(kept, 2)
                os.write(write_end, _END)  # its end might never come: a process that was started may hold it, too
                reader.join(_LAST_SECONDS)
    finally:
        os.close(write_end)
        os.close(kept)


@contextlib.contextmanager
def _python_writes_to(descriptor: int) -> Iterator[None]:
    """Let `sys.stderr`, where it is the real one, and the log's handlers write to `descriptor`."""
    before = sys.stderr
    if not _is_real(before):
        yield
        return
    stream = os.fdopen(descriptor, "w", buffering=1, encoding=before.encoding, errors="backslashreplace", closefd=False)
    sys.stderr = stream
    reports = not faulthandler.is_enabled()
    if reports:
        faulthandler.enable(stream)
    try:
        yield
    finally:
        if reports:
            faulthandler.disable()
        stream.flush()
        sys.stderr = before
        for handler in logging.getLogger().handlers:
            if isinstance(handler, logging.StreamHandler) and handler.stream is stream:
                handler.setStream(before)
        stream.close()


def _is_real(stream: object) -> bool:
    try:
        return isinstance(stream, io.TextIOWrapper) and stream.fileno() == 2
    except (OSError, ValueError):
        return False


def _log_lines(read_end: int) -> None:
    with os.fdopen(read_end, encoding="utf-8", errors="backslashreplace") as lines:
        for number, line in enumerate(iter(lines.readline, "")):
            if line.endswith(_END.decode()):
                return
            if number < _MOST_LINES and line.strip():
                log.info("A library says: %s", line.strip()[:_LONGEST])
