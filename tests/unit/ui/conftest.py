"""Fixtures of the widget tests: a window with a small library behind it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import cast

import pytest
from PySide6.QtCore import QCoreApplication, QEvent
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from mgc_desktop.core.paths import Profile
from mgc_desktop.core.values import TrackRow
from mgc_desktop.engine import events
from mgc_desktop.ui import window_state
from mgc_desktop.ui.bridge import Bridge
from mgc_desktop.ui.conductor import Conductor
from mgc_desktop.ui.main_window import MainWindow
from mgc_desktop.ui.port import EnginePort
from mgc_desktop.ui.theme import Theme
from tests.unit.ui.fakes import LABELS, FakeEngine, FakeLibrary, FakeSettings


@dataclass
class Bench:
    """A window on a fake engine. `post` is what the engine would do."""

    window: MainWindow
    bridge: Bridge
    engine: FakeEngine
    conductor: Conductor
    settings: FakeSettings = field(default_factory=FakeSettings)

    def post(self, event: events.Event) -> None:
        self.bridge.post(event)
        QApplication.processEvents()

    def ready(self, name: str = "genres-1", folder: str = "/models/genres-1") -> None:
        self.post(events.ModelReady(folder, name, LABELS, "cpu", 1.0))


BenchMaker = Callable[..., Bench]


@pytest.fixture
def theme(qapp: QApplication) -> Iterator[Theme]:
    theme = Theme(qapp, "light")
    yield theme
    theme.set_mode("system")
    theme.deleteLater()


@pytest.fixture
def bench(qapp: QApplication, qtbot: QtBot, theme: Theme, profile: Profile) -> Iterator[BenchMaker]:
    """Return a maker of benches: `bench(rows, settings=...)`, listed and shown."""
    made: list[Bench] = []

    def make(rows: list[TrackRow] | None = None, settings: FakeSettings | None = None) -> Bench:
        settings = settings or FakeSettings()
        window, bridge, engine = MainWindow(), Bridge(), FakeEngine(FakeLibrary(rows or []))
        window_state.restore(window, settings)
        window.show()
        conductor = Conductor(window, bridge, cast(EnginePort, engine), settings, profile, theme)
        bench = Bench(window, bridge, engine, conductor, settings)
        made.append(bench)
        listed: list[int] = []
        window.library.listed.connect(lambda number, _: listed.append(number))
        conductor.start()
        qtbot.waitUntil(lambda: bool(listed), timeout=3000)
        return bench

    yield make
    for bench in made:
        bench.bridge.close()
        bench.conductor.stop()
        bench.engine.trainer.running = False
        if bench.conductor.teaching.dialog is not None:
            bench.conductor.teaching.dialog.form.checker.stop()
        bench.window.close()
        bench.window.deleteLater()
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
        assert bench.engine.library.open_readers == 0
