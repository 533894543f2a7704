"""File systems of a test's own: small ones, read-only ones."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator

import pytest

is_root = hasattr(os, "geteuid") and os.geteuid() == 0


@pytest.fixture
def mount() -> Iterator[Callable[..., None]]:
    """Return `mount(*words)`, undone after the test; skips where mounting is not allowed."""
    if not (is_root and sys.platform == "linux" and shutil.which("mount")):
        pytest.skip("needs to mount file systems: Linux, as root")
    mounted: list[str] = []

    def make(*words: str) -> None:
        done = subprocess.run(["mount", *words], capture_output=True, text=True, check=False)
        if done.returncode:
            pytest.skip(f"mounting is not allowed here: {done.stderr.strip()}")
        if "remount" not in " ".join(words):
            mounted.append(words[-1])

    yield make
    for place in reversed(mounted):
        subprocess.run(["umount", "--lazy", place], check=True)
