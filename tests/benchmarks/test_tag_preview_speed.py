"""The preview of tag writing with 20,000 files: what a key costs the window, and how soon another policy is shown."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator

import pytest
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from mgc_desktop.engine.tag_plan import TagPolicy
from mgc_desktop.ui.tags.desk import Planned, TagDesk
from mgc_desktop.ui.tags.preview import PreviewWindow
from mgc_desktop.ui.tags.sheet import Kind
from mgc_desktop.ui.theme import Theme
from tests.unit.ui.fakes import FakeLibrary, many_rows, plan_rows

pytestmark = pytest.mark.slow

FILES = 20_000
_ROUNDS = 5


@pytest.fixture
def desk() -> Iterator[tuple[TagDesk, FakeLibrary]]:
    library = FakeLibrary(many_rows(FILES))
    desk = TagDesk(library.reader)
    yield desk, library
    desk.stop()


def test_keys_and_policies(qapp: QApplication, qtbot: QtBot, desk: tuple[TagDesk, FakeLibrary]) -> None:
    theme = Theme(qapp, "light")
    planner, library = desk
    window = PreviewWindow(None)  # type: ignore[arg-type]
    qtbot.addWidget(window)
    window.show()
    shown: list[Planned] = []
    planner.planned.connect(shown.append)
    planner.planned.connect(lambda made: window.show_sheet(made.sheet, same_files=made.same_files))
    usual = TagPolicy()
    planner.take(plan_rows(library, range(1, FILES + 1), usual), usual, insist=False)
    qtbot.waitUntil(lambda: len(shown) == 1, timeout=20_000)
    qtbot.wait(1500)  # until the tracks are read as well
    window.show_kind(None)
    report(window)
    turns = Turns()
    for policy in ("replace", "append", "fill"):
        before, began = len(shown), time.perf_counter()
        planner.plan_again(TagPolicy(policy), insist=False)
        qtbot.waitUntil(lambda before=before: len(shown) > before, timeout=20_000)  # type: ignore[misc]
        say(f"another policy ({policy}) is shown after {1000 * (time.perf_counter() - began):.0f} ms")
    say(f"longest turns of the window meanwhile: {turns.longest()} ms")
    theme.deleteLater()


def report(window: PreviewWindow) -> None:
    """Print what each thing that a person does costs the window's thread."""
    does: dict[str, Callable[[], object]] = {
        "filter by two words": lambda: window.search.setText("river 1"),
        "no filter": lambda: window.search.setText(""),
        "one kind": lambda: window.show_kind(Kind.LEFT),
        "all kinds": lambda: window.show_kind(None),
        "sort by artist": lambda: window.table.sort_asked.emit("artist", True),
        "select all": window.table.selectAll,
        "untick all selected": window.table.toggle_selected,
        "paint": lambda: window.table.viewport().repaint(),
    }
    costs: dict[str, list[float]] = {name: [] for name in does}
    for _ in range(_ROUNDS):
        for name, do in does.items():
            began = time.thread_time()
            do()
            costs[name].append(1000 * (time.thread_time() - began))
            QApplication.processEvents()
    assert all(len(times) == _ROUNDS for times in costs.values())
    for name, times in costs.items():
        say(f"{name:22} {sorted(times)[_ROUNDS // 2]:6.1f} ms of the window's thread, {max(times):6.1f} at most")


class Turns:
    """Measures how long the window's thread is away from its event loop, s by the clock."""

    def __init__(self) -> None:
        self._gaps: list[float] = []
        self._last = time.perf_counter()
        self._timer = QTimer()
        self._timer.timeout.connect(self._tick)
        self._timer.start(0)

    def _tick(self) -> None:
        now = time.perf_counter()
        self._gaps.append(now - self._last)
        self._last = now

    def longest(self) -> list[int]:
        self._timer.stop()
        return [round(1000 * gap) for gap in sorted(self._gaps)[-5:]]


def say(text: str) -> None:
    sys.stdout.write(f"\n{FILES:,} files: {text}")
