"""Machines on which no process can be started any more."""

from __future__ import annotations

import sys

import pytest


def break_python(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every process that is started from now on end at once: its interpreter cannot find its own library.

    ``monkeypatch.delenv("PYTHONHOME")`` mends it.
    """
    if sys.platform != "win32":
        from multiprocessing import resource_tracker

        resource_tracker.ensure_running()  # comes with the first process, and warns where it ends
    monkeypatch.setenv("PYTHONHOME", "/nowhere")
