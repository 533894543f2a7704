"""Lines of C libraries on standard error: in the log, and not where messages are read."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
import threading

import pytest

from mgc_desktop.core.native_stderr import native_stderr_to_log

_SCRIPT = """
import logging, os, sys
from mgc_desktop.core.native_stderr import native_stderr_to_log
with native_stderr_to_log():
    handler = logging.StreamHandler(sys.stderr)
    logging.getLogger().addHandler(handler)
    os.write(2, b"ALSA lib pcm.c: no such card\\n")
    print("a message", file=sys.stderr)
    {inside}
logging.getLogger().warning("after it")
os.write(2, b"of a library, afterwards\\n")
"""


def _run(inside: str) -> tuple[int, str]:
    done = subprocess.run(
        [sys.executable, "-c", _SCRIPT.format(inside=inside)],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return done.returncode, done.stderr


def test_a_line_of_a_library_is_logged_and_not_shown(
    capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    before = threading.active_count()
    with caplog.at_level(logging.INFO), native_stderr_to_log():
        os.write(2, b"Expression 'ret' failed in 'pa_linux_alsa.c'\n\xff\n" + b"x\n" * 1000)
        sys.stderr.write("of ours\n")
    assert capfd.readouterr().err == "of ours\n"
    said = [record.getMessage() for record in caplog.records]
    assert said[0] == "A library says: Expression 'ret' failed in 'pa_linux_alsa.c'"
    assert len(said) == 200
    assert threading.active_count() == before
    os.write(2, b"afterwards\n")
    assert capfd.readouterr().err == "afterwards\n"


def test_messages_arrive_and_so_does_what_comes_afterwards() -> None:
    assert _run("pass") == (0, "a message\nafter it\nof a library, afterwards\n")


def test_a_bug_still_has_its_traceback() -> None:
    code, told = _run("raise RuntimeError('a bug')")
    assert code == 1
    assert told.startswith("a message\nTraceback")
    assert told.endswith("RuntimeError: a bug\n")
    assert "ALSA" not in told


@pytest.mark.skipif(os.name != "posix", reason="signals")
def test_a_crash_is_still_reported() -> None:
    code, told = _run("os.abort()")
    assert code != 0
    assert "Fatal Python error: Aborted" in told


def test_without_a_standard_error_nothing_fails() -> None:
    done = subprocess.run(
        [sys.executable, "-c", "import os\nos.close(2)\n" + _SCRIPT.split("os.write")[0] + "pass\nos._exit(7)"],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        timeout=60,
        check=False,
    )
    assert done.returncode == 7
