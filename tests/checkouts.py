"""Copies of this checkout's set-up files in a folder of their own, with a program that tells how it was started."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PROGRAM = "import os, sys\nprint(sys.argv[1:], os.getcwd(), sys.prefix)\n"


def copy_setup(folder: Path) -> Path:
    """Copy run.py, bootstrap/ and the locks to `folder`, and put a small program in place of the real one."""
    shutil.copytree(ROOT / "bootstrap", folder / "bootstrap", ignore=shutil.ignore_patterns("__pycache__"))
    for path in (ROOT / "run.py", *ROOT.glob("requirements*.lock")):
        shutil.copy(path, folder)
    (folder / "mgc_desktop").mkdir()
    (folder / "mgc_desktop" / "__main__.py").write_text(PROGRAM)
    return folder


def start(checkout: Path, *words: str, **environ: str) -> subprocess.CompletedProcess[str]:
    """Run `run.py` of `checkout` from the folder above it, as on a machine without a display."""
    hidden = ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM", "PYTHONPATH")
    env = {name: value for name, value in os.environ.items() if name not in hidden}
    return subprocess.run(
        [sys.executable, str(checkout / "run.py"), *words],
        env={**env, **environ},
        cwd=checkout.parent,
        capture_output=True,
        text=True,
        timeout=110,
        check=False,
    )
