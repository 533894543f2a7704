"""The environment in .venv: whether it is whole and what the locks say, and how it is made."""

import contextlib
import hashlib
import json
import os
import re
import shutil
import sys
from typing import TYPE_CHECKING, Dict, Iterator, Optional, Sequence, Tuple

from bootstrap.base import LOG, PROGRAM_LOCK, ROOT, TEST_LOCK, TORCH_CPU_LOCK, TORCH_LOCK, VENV, logged, problem, say
from bootstrap.pythons import suits

if TYPE_CHECKING:
    from pathlib import Path

STATE = VENV / "setup.json"  # what has been set up, each by a digest of its locks
UNFINISHED = VENV / "setup-unfinished"  # there while packages go in; found at a start, that was interrupted


def venv_program(name: str) -> "Path":
    return VENV / "Scripts" / (name + ".exe") if os.name == "nt" else VENV / "bin" / name


def venv_version() -> Optional[Tuple[int, ...]]:
    """Return the version of the Python in .venv; None where there is none, or only half an environment."""
    try:
        config = (VENV / "pyvenv.cfg").read_text(encoding="utf-8")
    except OSError:
        return None
    found = re.search(r"^version(?:_info)? *= *(\d+)\.(\d+)\.(\d+)", config, re.MULTILINE)
    if found is None or UNFINISHED.exists() or not venv_program("python").exists():
        return None
    return tuple(int(part) for part in found.groups())


def venv_is_made() -> bool:
    return suits(venv_version() or (0, 0))


def lock_key(use: str, version: Sequence[int]) -> str:
    """Return a digest of what makes an environment: the locks for `use` and the version of Python."""
    digest = hashlib.sha256(repr(tuple(version)).encode())
    for name in (PROGRAM_LOCK, TORCH_LOCK, TORCH_CPU_LOCK) + ((TEST_LOCK,) if use == "test" else ()):
        digest.update((ROOT / name).read_bytes())
    return digest.hexdigest()


def read_state() -> Dict[str, str]:
    try:
        state = json.loads(STATE.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return dict(state) if isinstance(state, dict) else {}


def is_ready(use: str) -> bool:
    """Tell, from a few small files alone, whether everything for `use` was set up from the locks as they are now."""
    version = venv_version()
    return version is not None and suits(version) and read_state().get(use) == lock_key(use, version)


def write_state(use: str) -> None:
    """Note that `use` is ready, and with it whatever needs less."""
    uses = ("program", "window", "test") if use == "test" else ("program", use)
    version = venv_version() or ()
    fresh = STATE.with_suffix(".new")
    fresh.write_text(json.dumps(dict(read_state(), **{each: lock_key(each, version) for each in uses}), indent=1))
    fresh.replace(STATE)


def make_venv() -> None:
    """Make .venv, unless there is a whole one with a suitable Python; what is left of a broken one goes first."""
    if venv_is_made():
        return
    VENV.mkdir(exist_ok=True)
    UNFINISHED.touch()
    for child in VENV.iterdir():
        if child.is_dir() and not child.is_symlink():
            shutil.rmtree(str(child))
        elif child not in (UNFINISHED, LOG):
            child.unlink()
    # The base interpreter: run.py may have been started by the Python of the .venv that was just emptied.
    python = getattr(sys, "_base_executable", None) or sys.executable
    title = "Making .venv with Python {}.{}.{}".format(*sys.version_info[:3])
    output = logged(title, [python, "-m", "venv", str(VENV)])
    if output is not None:
        raise problem("Making .venv", output)


@contextlib.contextmanager
def one_at_a_time() -> Iterator[None]:
    """Wait while another run.py of this folder sets things up: two must not install into one place."""
    try:
        import fcntl  # Windows has none: two first starts at once are left to luck there
    except ImportError:
        yield
        return
    with (ROOT / "run.py").open("rb") as held:
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("Another start is setting things up: waiting for it")
            fcntl.flock(held, fcntl.LOCK_EX)
        except OSError:
            pass  # a network file system without locks
        yield
