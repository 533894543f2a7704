#!/usr/bin/env python3
"""Set up mgc-desktop in .venv, then start it: `run.py`, `run.py classify ...`, `run.py test`, `run.py lock`.

Standard library only. This file and bootstrap/ keep to the syntax of Python 3.6, so that an old Python can read them
far enough to say that it is too old.
"""

import errno
import os
import signal
import sys
from typing import Dict, Mapping, Sequence

from bootstrap import environment, packages, pythons, system
from bootstrap.base import LOG, ROOT, VENV, Problem, disk_full, say

# Verbs of the program that open no window.
WINDOWLESS = (
    "classify",
    "correct",
    "tag",
    "history",
    "undo",
    "prepare",
    "train",
    "evaluate",
    "probe",
    "compare",
    "rebuild",
    "listen",
    "models",
    "devices",
    "doctor",
)
USAGE = """\
python3 run.py [PATH ...] [options]   open the window
python3 run.py VERB ...               without a window: {}
python3 run.py test [options]         ruff, mypy, import-linter and pytest, which gets the options
python3 run.py lock                   make the requirements*.lock files again
""".format(", ".join(WINDOWLESS))


def asks_for_help(argv: Sequence[str]) -> bool:
    return bool(argv) and argv[0] in ("-h", "--help")


def wants_window(argv: Sequence[str]) -> bool:
    before = argv[:4]  # --verbose and --profile DIR may stand before the verb
    return not (set(WINDOWLESS).intersection(before) or {"-h", "--help", "--version"}.intersection(argv))


def has_display(platform: str, environ: Mapping[str, str]) -> bool:
    # A platform that was chosen by name, such as Qt's "offscreen", may need no display at all.
    named = any(environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"))
    return named or not platform.startswith("linux")


def no_display() -> str:
    verbs = ", ".join((*WINDOWLESS, "test"))
    return f"There is no display to open a window on; these need none: python3 run.py {verbs}"


def set_up(use: str, argv: Sequence[str]) -> None:
    """Make everything ready for `use` ("window", "program" or "test"); the second time this takes milliseconds."""
    if environment.is_ready(use):
        return
    if not pythons.suits(sys.version_info[:2]):
        here = str(environment.venv_program("python"))
        python = [here] if environment.venv_is_made() else pythons.find_python()
        if python is None:
            raise Problem(pythons.wrong_python(sys.version_info[:2]))
        sys.exit(pythons.become([*python, str(ROOT / "run.py"), *argv]))
    unfit = pythons.unfit_machine(*pythons.this_machine())
    if unfit:
        raise Problem(unfit)
    with environment.one_at_a_time():
        if environment.is_ready(use):  # the one that was waited for did it
            return
        VENV.mkdir(exist_ok=True)
        LOG.write_bytes(b"")
        system.provide_system_parts(use, environment.venv_is_made())
        if not environment.is_ready("test" if use == "test" else "program"):
            packages.check_space_for_torch()
            environment.make_venv()
            install(use)
        environment.write_state(use)


def install(use: str) -> None:
    environment.UNFINISHED.touch()
    try:
        packages.install(use)
    except Problem as reason:
        # Both installers fetch everything before they change anything, so .venv is as whole as it was: an update
        # without a network costs nobody the environment. Only a full disk stops them half-way.
        if str(reason) != disk_full():
            environment.UNFINISHED.unlink()
        raise
    environment.UNFINISHED.unlink()


def program_environment() -> Dict[str, str]:
    """Return the environment in which .venv's Python finds this checkout, wherever it is started from."""
    env = {name: value for name, value in os.environ.items() if name != "PYTHONHOME"}
    return dict(env, PYTHONPATH=str(ROOT))


def remake_locks() -> int:
    environment.make_venv()
    if not packages.fetch_uv():
        raise Problem(f"uv makes the locks and could not be fetched: see {LOG}")
    from bootstrap import locks  # here: no other verb needs it

    locks.make_locks()
    return 0


def start(argv: Sequence[str]) -> int:
    """Do what `argv` asks for and return the exit code; the program itself takes the place of this one."""
    verb = argv[0] if argv else ""
    if asks_for_help(argv):
        sys.stdout.write(USAGE)
        if not environment.is_ready("program"):
            return 0
    if verb == "test":
        set_up("test", argv)
        from bootstrap import checks  # here: no other verb needs it

        return checks.run_checks(argv[1:])
    if verb == "lock":
        return remake_locks()
    window = wants_window(argv)
    if window and not has_display(sys.platform, os.environ):
        raise Problem(no_display())
    set_up("window" if window else "program", argv)
    # -P: a file in the current folder must not stand in for one of the program's modules.
    command = [str(environment.venv_program("python")), "-P", "-m", "mgc_desktop", *argv]
    return pythons.become(command, program_environment())


def stop(signum: int, frame: object) -> None:
    raise KeyboardInterrupt


def main(argv: Sequence[str]) -> int:
    for name in ("SIGTERM", "SIGHUP"):  # else an installer would be left behind, still at work
        number = getattr(signal, name, None)  # Windows has no SIGHUP
        if number is not None and signal.getsignal(number) is not signal.SIG_IGN:  # nohup stays nohup
            signal.signal(number, stop)
    try:
        return start(argv)
    except Problem as reason:
        say(f"run.py: {reason}")
    except KeyboardInterrupt:
        say("run.py: stopped; the next start takes up what was left")
        return 130
    except OSError as error:
        full = error.errno == errno.ENOSPC
        say("run.py: " + (disk_full() if full else f"Setting up failed: {error}; see to that and start again"))
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
