"""Void Qt methods give None back whole: one build of the bindings dropped a reference at each call."""

from __future__ import annotations

import sys

from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

CALLS = 4000


def test_calls_of_void_methods_keep_the_references_to_none(qtbot: QtBot) -> None:
    label = QLabel()
    qtbot.addWidget(label)
    texts = [str(number) for number in range(CALLS)]
    before = sys.getrefcount(None)
    for text in texts:
        label.setText(text)
    lost = before - sys.getrefcount(None)
    # From Python 3.12 on None is immortal and its count stands still; a dropped reference cannot hurt it there.
    assert lost < CALLS / 10, f"{lost} references to None were lost over {CALLS} calls"
