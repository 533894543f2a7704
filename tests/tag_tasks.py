"""What stands in for tag writing in a limited process: it falls, hangs or waits where a file's name says so."""

from __future__ import annotations

import ctypes
import os
import shutil
import signal
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from mgc_desktop.engine.tag_files import SeenFile, look_at_files
from mgc_desktop.library.tags.write import Prepared, prepare_write


def prepare_or_fall(path: str, *args: Any) -> Prepared:
    """Prepare a write, unless the name of the file says otherwise; then half a copy is left behind."""
    name = os.path.basename(path)
    if name.startswith(("dies", "hangs")):
        copy = Path(path).with_name(f".mgc-0123abcd-{name}")
        shutil.copy(path, copy)
        _fall_or_hang(name)
    prepared = prepare_write(path, *args)
    if name.startswith("slow"):
        time.sleep(0.2)
    return prepared


def look_or_fall(paths: Sequence[str]) -> list[SeenFile]:
    """Look at files, unless the name of one says otherwise."""
    for path in paths:
        _fall_or_hang(os.path.basename(path))
    return look_at_files(paths)


def _fall_or_hang(name: str) -> None:
    if name.startswith("dies"):
        os.kill(os.getpid(), signal.SIGKILL)
    if name.startswith("hangs"):
        ctypes.PyDLL(None).sleep(3600)  # with the interpreter's lock held, as code in a loop does
