"""`run.py test`: ruff, mypy, import-linter and pytest, each in a process group of its own that has to end in time."""

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import time
from typing import Dict, Mapping, Optional, Sequence, Tuple

from bootstrap.base import ROOT, VENV
from bootstrap.environment import venv_program

Check = Tuple[str, Sequence[str]]  # its name in the summary, and the words after "python"

CHECKS: Tuple[Check, ...] = (
    ("ruff", ("-m", "ruff", "check", ".")),
    ("mypy", ("-m", "mypy")),
    ("import-linter", ("-c", "from importlinter.cli import lint_imports_command; lint_imports_command()")),
)
# faulthandler: so that a process that is stopped tells where its threads stood, also while Python is ending.
PYTEST = ("-X", "faulthandler", "-m", "pytest")
SIDE_BY_SIDE = ("--part=together", "-n", "logical", "--maxprocesses", "4", "--dist", "loadfile")
WHOLE: Tuple[Check, ...] = (("tests", (*PYTEST, *SIDE_BY_SIDE)), ("tests alone", (*PYTEST, "--part=alone")))

TESTS_FAILED = 1  # pytest's exit code
FAILED_ALONE = ("--last-failed", "--last-failed-no-failures", "none", "-n", "0")  # one after the other
LAST_FAILED = ROOT / ".pytest_cache" / "v" / "cache" / "lastfailed"

LIMIT_SECONDS = 25 * 60.0  # for one check; the longest takes some 5 minutes on two cores
CHOSEN_LIMIT_SECONDS = 3 * 3600.0  # where options choose the tests: all the slow ones on a slow machine
LAST_WORDS_SECONDS = 15.0  # to tell where the threads stood, or to tidy up when asked to stop
STOPPED = -1  # in place of an exit code
PR_SET_PDEATHSIG = 1  # Linux: sys/prctl.h


def run_checks(options: Sequence[str]) -> int:
    """Run all checks, whatever the first ones say, and return 0 if all passed.

    Without `options` the tests run in two parts: side by side those that only compute, then, one after the other,
    those that play sound, measure time, or kill processes. With `options` pytest gets them, and runs once.

    Tests in real time can fail on a busy machine. What failed is tried once more, by itself, and the summary says so:
    what fails twice has failed.
    """
    tests: Tuple[Check, ...] = (("pytest", (*PYTEST, *options)),) if options else WHOLE
    limit = CHOSEN_LIMIT_SECONDS if options else LIMIT_SECONDS
    results = []
    for name, words in (*CHECKS, *tests):
        say(f"\n== {name}")
        begun = time.monotonic()
        code, note = run_tests(name, words, limit) if (name, words) in tests else (run_check(words, limit), "")
        if code == STOPPED:
            note = f"did not end within {limit / 60:g} minutes"
        results.append((name, code, time.monotonic() - begun, note))
    say("")
    for name, code, seconds, note in results:
        say("{:<14} {:<7} {:6.1f} s  {}".format(name, "FAILED" if code else "passed", seconds, note).rstrip())
    return int(any(result[1] for result in results))


def run_tests(name: str, words: Sequence[str], limit: float) -> Tuple[int, str]:
    """Run pytest, and what failed once more; return the exit code and what to say about it."""
    if not any(word.startswith(("--lf", "--last-failed", "--ff", "--failed-first")) for word in words):
        with contextlib.suppress(FileNotFoundError):
            LAST_FAILED.unlink()  # what failed in an earlier run must not be taken for what failed in this one
    code = run_check(words, limit)
    if code != TESTS_FAILED or not LAST_FAILED.exists():
        return code, ""
    say(f"\n== {name}: what failed, once more")
    return run_check((*words, *FAILED_ALONE), limit), "at the second try"


def run_check(words: Sequence[str], limit: float) -> int:
    """Run Python with `words` and return its exit code, or STOPPED where it had to be stopped.

    Nothing that it started outlives it, but for what left its process group.
    """
    process = subprocess.Popen(
        [str(venv_program("python")), *words],
        cwd=str(ROOT),
        env=check_environment(os.environ),
        stdin=subprocess.DEVNULL,
        start_new_session=True,
        preexec_fn=die_with_parent if sys.platform.startswith("linux") else None,
    )
    try:
        return process.wait(limit)
    except subprocess.TimeoutExpired:
        say(f"\nThis did not end within {limit / 60:g} minutes and is stopped. Where its threads stood:")
        end(process, getattr(signal, "SIGABRT", None))
        return STOPPED
    except KeyboardInterrupt:
        end(process, signal.SIGINT)
        raise
    finally:
        end(process, None)


def die_with_parent() -> None:
    """Let Linux kill this process when run.py is killed: out of its process group, nothing else would."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def end(process: "subprocess.Popen[bytes]", first: Optional[int]) -> None:
    """End a process and its group: by the signal `first`, with some seconds to act on it, and then by force."""
    if os.name == "nt":
        process.kill()
        process.wait()
        return
    # macOS refuses where nothing but zombies is left.
    with contextlib.suppress(ProcessLookupError, PermissionError):
        if first is not None:
            os.killpg(process.pid, first)
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(LAST_WORDS_SECONDS)
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def check_environment(environ: Mapping[str, str]) -> Dict[str, str]:
    """Return the environment in which .venv's Python finds this checkout, and keeps what it compiles.

    Tests start hundreds of processes. Where Python was told to keep no compiled modules, each of them would compile
    torch anew, which takes as long again as importing it: they are kept in .venv then, away from the sources.
    """
    env = {name: value for name, value in environ.items() if name != "PYTHONHOME"}
    if env.pop("PYTHONDONTWRITEBYTECODE", ""):
        env.setdefault("PYTHONPYCACHEPREFIX", str(VENV / "compiled"))
    return dict(env, PYTHONPATH=str(ROOT))


def say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()
