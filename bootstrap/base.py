"""What every part of setting up needs: the places, the one-sentence problem, and commands with a log."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Mapping, Optional, Sequence

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
LOG = VENV / "setup.log"

PROGRAM_LOCK, TEST_LOCK, UV_LOCK = "requirements.lock", "requirements-test.lock", "requirements-uv.lock"
TORCH_LOCK, TORCH_CPU_LOCK = "requirements-torch.lock", "requirements-torch-cpu.lock"
SPACE_NEEDED = 3.0  # GB while installing; the environment takes 2 in the end
SPACE_NEEDED_CUDA = 10.0  # GB

NO_SPACE = ("No space left on device", "os error 28", "Errno 28", "not enough space on the disk", "os error 112")
NO_NETWORK = (
    "Temporary failure in name resolution",
    "Name or service not known",
    "nodename nor servname",
    "getaddrinfo failed",
    "dns error",
    "NewConnectionError",
    "ConnectTimeout",
    "Read timed out",
    "Network is unreachable",
    "Connection refused",
    "Connection reset",
    "ProxyError",
    "error sending request",
    "operation timed out",
)
WRONG_HASH = ("DO NOT MATCH THE HASHES", "Hash mismatch")


class Problem(Exception):
    """Setting up cannot go on; the text is one sentence that says why and what to do."""


def say(text: str) -> None:
    # Not on stdout: what the program prints there may be read by another one.
    sys.stderr.write(text + "\n")
    sys.stderr.flush()


def disk_full() -> str:
    return f"There is no space left on the disk: free some {SPACE_NEEDED:.0f} GB and start again"


def known_cause(output: str) -> Optional[str]:
    """Return the sentence for a failure that an installer's `output` tells of, if it is a common one."""
    if any(sign in output for sign in NO_SPACE):
        return disk_full()
    if any(sign in output for sign in NO_NETWORK):
        return "The packages could not be fetched, for there is no network: connect this machine and start again"
    if any(sign in output for sign in WRONG_HASH):
        return "A package that was fetched is not the one that the locks pin, so nothing of it was installed: try later"
    return None


def problem(doing: str, output: str) -> Problem:
    """Return the problem that `output` tells of: its known cause, or else its last lines."""
    last = "\n".join(output.splitlines()[-15:])
    return Problem(known_cause(output) or f"{doing} failed; the end of {LOG} says why:\n{last}")


def logged(
    title: str, command: Sequence[str], env: Optional[Mapping[str, str]] = None, failed: str = "failed after"
) -> Optional[str]:
    """Run `command` with its output in the log, showing the time; return None if all went well, else what it said."""
    say(title)
    begun = time.monotonic()
    VENV.mkdir(exist_ok=True)
    with LOG.open("ab") as log:
        log.write("\n$ {}\n".format(" ".join(command)).encode())
        log.flush()
        start = log.tell()
        # A program whose output is buffered would say why it failed before what it had done until then.
        ordered = {**(os.environ if env is None else env), "PYTHONUNBUFFERED": "1"}
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT, env=ordered, start_new_session=True
        )
        with contextlib.ExitStack() as undo:
            undo.callback(stop_family, process)
            wait_showing_time(process, begun)
            undo.pop_all()  # it ended by itself
    outcome = failed if process.returncode else "done in"
    say(f"  {outcome} {time.monotonic() - begun:.1f} s")
    return LOG.read_bytes()[start:].decode("utf-8", "replace") if process.returncode else None


def stop_family(process: "subprocess.Popen[bytes]") -> None:
    """Stop a command and what it started, which would otherwise go on writing into .venv; then wait for it."""
    with contextlib.suppress(ProcessLookupError, PermissionError):  # it has ended; it is root's, and must end by itself
        if os.name == "nt":
            process.terminate()
        else:
            os.killpg(process.pid, signal.SIGTERM)
    process.wait()


def wait_showing_time(process: "subprocess.Popen[bytes]", begun: float) -> None:
    # A terminal gets one line that counts; a log file a line now and then, to show that something is alive.
    every, line = (1, "\r  {:.0f} s ") if sys.stderr.isatty() else (30, "  {:.0f} s ...\n")
    while True:
        try:
            process.wait(timeout=every)
        except subprocess.TimeoutExpired:
            sys.stderr.write(line.format(time.monotonic() - begun))
            sys.stderr.flush()
        else:
            sys.stderr.write("\r" if sys.stderr.isatty() else "")
            return
