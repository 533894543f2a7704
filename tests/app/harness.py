"""The real window in a test: real engine, real library, real files; the test drives it and looks at it."""

from __future__ import annotations

import argparse
import contextlib
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from PySide6.QtCore import QCoreApplication, QElapsedTimer, QEvent, QEventLoop, QTimer
from PySide6.QtWidgets import QApplication, QWidget

from mgc_desktop.app import WindowSession
from mgc_desktop.core.errors import LibraryError
from mgc_desktop.core.paths import Profile
from mgc_desktop.core.values import TrackRow
from mgc_desktop.library.reader import Reader
from mgc_desktop.ui.library.table_model import PLACES
from mgc_desktop.ui.single_instance import SingleInstance
from tests.engines import decoders
from tests.model_folders import tiny_model, trust

__all__ = ["decoders", "tiny_model", "trust"]

ROOT = Path(__file__).resolve().parents[2]
OUTPUT = Path(os.environ.get("MGC_TEST_OUTPUT") or Path(__file__).resolve().parents[1] / "output")
START_SECONDS = 30.0


def command(profile: Profile, *words: str | Path) -> list[str]:
    """Return the command that starts the program on a profile, as a process of its own."""
    return [sys.executable, "-m", "mgc_desktop", "--profile", str(profile.data_dir), *map(str, words)]


def kept(profile: Profile) -> list[TrackRow]:
    """Return the rows of the library on the disk, by path; none where it is not made yet."""
    try:
        with contextlib.closing(Reader(profile.library_file)) as reader:
            return reader.rows(reader.ids())
    except LibraryError:
        return []


def live_for(milliseconds: int) -> None:
    """Let the window live for a while."""
    # An event loop of its own lets other Python threads run; QTest.qWait keeps them waiting.
    loop = QEventLoop()
    QTimer.singleShot(milliseconds, loop.quit)
    loop.exec()


def wait_for(condition: Callable[[], Any], seconds: float = 30.0, what: str = "") -> Any:
    """Let the window live until `condition` holds, and return what it gave.

    Raises
    ------
    AssertionError
        Where it does not hold within `seconds`.
    """
    clock = QElapsedTimer()
    clock.start()
    while not (value := condition()):
        assert clock.elapsed() < seconds * 1000, f"waited {seconds:.0f} s for {what or condition}"
        live_for(20)
    return value


@contextmanager
def open_window(
    app: QApplication,
    profile: Profile,
    paths: Sequence[str | Path] = (),
    *,
    listen: str | None = None,
    model: str | Path | None = None,
    device: str = "cpu",
) -> Iterator[WindowSession]:
    """Start the window as `run_window` does, wait until the engine is connected, and close it in the end."""
    options = argparse.Namespace(
        paths=[str(path) for path in paths],
        listen=listen,
        model=str(model) if model else None,
        device=device,
        profile=str(profile.data_dir),
        verbose=False,
    )
    instance = SingleInstance(profile.lock_file)
    assert instance.take()
    session = WindowSession(app, options, profile, instance)
    bugs: list[str] = []
    session.bug.connect(bugs.append)
    session.show()
    try:
        wait_for(lambda: session.conductor is not None or bugs, START_SECONDS, "the engine")
        if session.bridge is not None:
            session.bridge.problem.connect(lambda event: bugs.append(event.detail) if event.bug else None)
        yield session
    finally:
        if session.conductor is not None and session.engine is not None and session.engine.trainer.running:
            session.engine.trainer.cancel()
        session.window.may_close = lambda: True
        session.window.close()
        session.stop()
        session.window.deleteLater()
        session.deleteLater()
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    assert not bugs, "\n".join(bugs)


def listed(session: WindowSession) -> list[TrackRow]:
    """Return the rows of the table that have been read, in its order."""
    model = session.window.library.model
    rows = (model.row_at(place) for place in range(model.rowCount()))
    return [row for row in rows if row is not None]


def wait_for_rows(session: WindowSession, number: int, *, heard: bool = True, seconds: float = 60.0) -> list[TrackRow]:
    """Wait until `number` rows are listed (and none waits any more), and return them."""

    def ready() -> list[TrackRow] | None:
        rows = listed(session)
        done = len(rows) == number and not (heard and any(row.state == "queued" for row in rows))
        return rows if done else None

    rows: list[TrackRow] = wait_for(ready, seconds, f"{number} rows")
    return rows


def screenshot(widget: QWidget, name: str) -> Path:
    """Keep a picture of `widget` with the test's output, and return its path."""
    OUTPUT.mkdir(parents=True, exist_ok=True)
    path = OUTPUT / f"{name}.png"
    live_for(60)
    assert widget.grab().save(str(path))
    return path


def cells(session: WindowSession, place: int) -> dict[str, str]:
    """Return what a row of the table says, by the name of the column."""
    model = session.window.library.model
    return {name: str(model.index(place, column).data() or "") for name, column in PLACES.items()}


def place_of(session: WindowSession, name: str) -> int:
    """Return the place in the table of the file called `name`."""
    return next(place for place, row in enumerate(listed(session)) if os.path.basename(row.path) == name)


def select(session: WindowSession, name: str) -> None:
    """Select the row of the file called `name`, as a click does."""
    session.window.library.table.selectRow(place_of(session, name))
    live_for(100)


def wait_for_model(session: WindowSession, name: str, seconds: float = 60.0) -> None:
    """Wait until the model called `name` answers."""
    assert session.conductor is not None
    models = session.conductor.models
    wait_for(lambda: models.name == name, seconds, f"the model {name}")


def wait_for_message(session: WindowSession, part: str, seconds: float = 30.0) -> str:
    """Wait for a sentence in the bar that has `part` in it, dismissing others, and return it."""
    bar = session.window.messages

    def look() -> str:
        while bar.sentence and part not in bar.sentence:
            bar.dismiss()
        return bar.sentence

    sentence: str = wait_for(look, seconds, f"{part!r} in the bar")
    assert sentence.endswith("."), sentence
    assert "\n" not in sentence
    return sentence
