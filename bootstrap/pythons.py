"""Which Python runs this, which one should, and how to become another program."""

import contextlib
import os
import platform
import re
import shutil
import subprocess
import sys
from typing import List, Mapping, Optional, Sequence, Tuple

OLDEST, NEWEST = (3, 11), (3, 13)
OLDEST_GLIBC = (2, 34)


def suits(version: Sequence[int]) -> bool:
    return OLDEST <= tuple(version[:2]) <= NEWEST


def wrong_python(version: Sequence[int]) -> str:
    here = ".".join(str(part) for part in version[:2])
    return f"Python 3.11 to 3.13 is needed and this is {here}: install one of them and start again"


def find_python() -> Optional[List[str]]:
    """Return the command of a suitable Python on this machine; 3.11 first, for the locks are made with it."""
    for name in ("3.11", "3.12", "3.13"):
        command = ["py", "-" + name] if os.name == "nt" else ["python" + name]
        command[0] = shutil.which(command[0]) or command[0]
        question = [*command, "-c", "import sys; print(*sys.version_info[:2])"]
        with contextlib.suppress(OSError, ValueError, subprocess.CalledProcessError):
            # Asked, not believed: version managers leave commands on the path that only say what is not installed.
            answer = subprocess.check_output(question, stderr=subprocess.DEVNULL)
            if suits([int(part) for part in answer.split()]):
                return command
    return None


def unfit_machine(system: str, machine: str, bits: int, glibc: Sequence[int]) -> Optional[str]:
    """Return the sentence for a machine that PyTorch or Qt are not made for; `glibc` is () where there is none."""
    if bits < 64 or (system == "Darwin" and machine != "arm64"):
        return "PyTorch is not made for this Python: a 64-bit one is needed, and on a Mac one for Apple silicon"
    if system == "Linux" and glibc and tuple(glibc) < OLDEST_GLIBC:
        here = ".".join(str(part) for part in glibc)
        return f"Qt needs glibc 2.34 and this is {here}: a newer system is needed (Debian 12, Ubuntu 22.04, Fedora 35)"
    return None


def this_machine() -> Tuple[str, str, int, Tuple[int, ...]]:
    """Return what `unfit_machine` asks for."""
    libc, version = platform.libc_ver()
    glibc = tuple(int(part) for part in re.findall(r"\d+", version)[:2]) if libc == "glibc" else ()
    return platform.system(), platform.machine(), 64 if sys.maxsize > 2**32 else 32, glibc


def become(command: Sequence[str], env: Optional[Mapping[str, str]] = None) -> int:
    """Become `command`, named by its full path; on Windows, which cannot, run it and return its exit code."""
    env = os.environ if env is None else env
    sys.stdout.flush()
    sys.stderr.flush()
    if os.name != "nt":
        os.execve(command[0], list(command), dict(env))
    return subprocess.call(list(command), env=dict(env))
