"""From a key in the table to the picture of a track of four minutes, and what that costs the GUI thread."""

from __future__ import annotations

import shutil
import statistics
import time
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from mgc_desktop.core.paths import Profile
from tests import synth
from tests.app.harness import live_for, open_window, trust, wait_for, wait_for_rows

pytestmark = [pytest.mark.slow, pytest.mark.alone]
_TRACKS = 6


def _write_tracks(folder: Path) -> None:
    folder.mkdir()
    first = synth.write_audio(folder / "0.mp3", np.tile(synth.stereo(synth.song(60.0)), (4, 1)))
    for number in range(1, _TRACKS):
        shutil.copy(first, folder / f"{number}.mp3")  # other paths: none is in the cache


def test_from_key_to_picture(qapp: QApplication, profile: Profile, two_models: Path, tmp_path: Path) -> None:
    _write_tracks(tmp_path / "music")
    model = trust(profile, two_models / "one")
    with open_window(qapp, profile, [tmp_path / "music"], model=model) as session:
        wait_for_rows(session, _TRACKS)
        assert session.conductor is not None
        window, panel = session.window, session.conductor.details.panel
        table = window.library.table
        window.resize(1280, 800)
        window.activateWindow()
        table.setFocus()
        table.selectRow(0)
        live_for(3000)  # the process is ready, the model loaded
        drawn: list[float] = []
        panel.picture.drawn.connect(lambda: drawn.append(time.perf_counter()))
        watch = _Watch()
        qapp.installEventFilter(watch)
        times: dict[str, list[float]] = {}
        for way, key in (("made", Qt.Key.Key_Down), ("from the disk", Qt.Key.Key_Up), ("kept", Qt.Key.Key_Down)):
            for _ in range(_TRACKS - 1):
                if way == "made":
                    shutil.rmtree(profile.cache_dir / "pictures", ignore_errors=True)
                began, number = time.perf_counter(), len(drawn)
                QTest.keyClick(table, key)
                wait_for(partial(_longer, drawn, number), what="the picture")
                times.setdefault(way, []).append(drawn[-1] - began)
                live_for(300)
            if way == "made" and session.engine is not None:
                session.engine.pictures._kept.clear()
        qapp.removeEventFilter(watch)
    for way, found in times.items():
        median, slowest = statistics.median(found) * 1000, max(found) * 1000
        print(f"\nkey to picture of a 4 min mp3, {way}: median {median:.0f} ms, slowest {slowest:.0f} ms")
    print(f"longest stretch of the GUI thread's processor time between two events: {watch.longest * 1000:.1f} ms")


def _longer(numbers: list[float], than: int) -> bool:
    return len(numbers) > than


class _Watch(QObject):
    """Notes the longest stretch of processor time between two events that the GUI thread handles."""

    def __init__(self) -> None:
        super().__init__()
        self.longest, self._last = 0.0, time.thread_time()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        now = time.thread_time()
        self.longest, self._last = max(self.longest, now - self._last), now
        return False
