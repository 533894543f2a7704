"""What stands before the first paint: Qt and the standard library, and nothing that takes its time."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from mgc_desktop.ui.main_window import MainWindow

SLOW = ("numpy", "torch", "pyqtgraph", "librosa", "scipy", "sklearn", "soundfile", "av", "sqlite3", "mutagen")
PAINT = """
import json, sys
from PySide6.QtWidgets import QApplication
from mgc_desktop.ui.main_window import MainWindow
from mgc_desktop.ui.theme import Theme
import mgc_desktop.app
app = QApplication([])
theme = Theme(app)
window = MainWindow()
window.painted.connect(lambda: (sys.stdout.write(json.dumps(sorted(sys.modules))), app.quit()))
window.show()
app.exec()
"""


def test_nothing_slow_is_imported_before_the_first_paint(qapp: object) -> None:
    root = Path(__file__).resolve().parents[3]
    done = subprocess.run(
        [sys.executable, "-c", PAINT], capture_output=True, text=True, cwd=root, timeout=60, check=True
    )
    modules = set(json.loads(done.stdout))
    assert "PySide6.QtWidgets" in modules
    assert modules.isdisjoint(SLOW), modules & set(SLOW)


def test_a_window_out_of_sight_starts_all_the_same(qtbot: QtBot) -> None:
    window = MainWindow()
    qtbot.addWidget(window)
    painted: list[int] = []
    window.painted.connect(lambda: painted.append(1))
    window.setAttribute(Qt.WidgetAttribute.WA_DontShowOnScreen)
    window.show()
    qtbot.waitUntil(lambda: bool(painted), timeout=10_000)
    window.setAttribute(Qt.WidgetAttribute.WA_DontShowOnScreen, False)
    window.hide()
    window.show()
    qtbot.waitExposed(window)
    qtbot.wait(100)
    assert painted == [1]
