"""A library from the first drop to the second start: rows at once, verdicts as they come, nothing done twice."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QApplication

from mgc_desktop.app import WindowSession
from mgc_desktop.core.paths import Profile
from mgc_desktop.core.values import TrackState
from mgc_desktop.engine.events import ScanFinished, ScanProgress
from tests import synth
from tests.app.harness import (
    cells,
    decoders,
    listed,
    live_for,
    open_window,
    screenshot,
    select,
    trust,
    wait_for,
    wait_for_model,
    wait_for_rows,
)

GOOD = ("a.wav", "b.flac", "c.mp3", "d.ogg", "e.opus", "f.aiff", "g.m4a", "h.wma", "i.wv", "inner/j.mp3")
DAMAGED = ("empty.mp3", "noise.mp3", "text.flac")


@pytest.fixture(scope="module")
def music(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with music in ten formats, and three files that are none."""
    folder = tmp_path_factory.mktemp("journey") / "My music"
    (folder / "inner").mkdir(parents=True)
    for number, name in enumerate(GOOD):
        synth.write_audio(folder / name, synth.song(6.0, seed=number))
    (folder / "empty.mp3").touch()
    (folder / "noise.mp3").write_bytes(os.urandom(40_000))
    (folder / "text.flac").write_text("This is a letter and no music. " * 200)
    return folder


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder of 150 tracks of half a minute, all of them one file."""
    folder = tmp_path_factory.mktemp("many")
    first = synth.write_audio(folder / "000.ogg", synth.song(30.0))
    for number in range(1, 150):
        os.link(first, folder / f"{number:03}.ogg")
    return folder


@pytest.fixture
def model(profile: Profile, tiny_model: Path) -> Path:
    return trust(profile, tiny_model)


class Story:
    """What a scan told the window."""

    def __init__(self, session: WindowSession) -> None:
        self.progress: list[ScanProgress] = []
        self.finished: list[ScanFinished] = []
        assert session.bridge is not None
        session.bridge.scan_progress.connect(self.progress.append)
        session.bridge.scan_finished.connect(self.finished.append)


def test_a_folder_from_the_first_row_to_the_last_verdict(
    qapp: QApplication, profile: Profile, model: Path, music: Path
) -> None:
    with open_window(qapp, profile, [music], model=model) as session:
        story = Story(session)
        status, panel = session.window.status, session.window.verdict
        # Rows appear before anything has been heard.
        rows = wait_for_rows(session, 13, heard=False)
        assert [row for row in rows if row.state is TrackState.QUEUED]
        wait_for(lambda: status.scanning and " of 13" in status.text(), what="the progress")
        assert status.text().startswith("Heard ")
        wait_for(lambda: story.finished, 60, "the end of the scan")
        wait_for_rows(session, 13)
        assert not status.scanning
        assert status.text().startswith("Heard 10 tracks in ")
        assert status.text().endswith(", 3 could not be read")
        done = [progress.done for progress in story.progress]
        assert done == sorted(done)
        for place, row in enumerate(listed(session)):
            _check_cells(cells(session, place), os.path.relpath(row.path, music))
        for name in ("b.flac", "empty.mp3"):
            select(session, name)
            _check_panel(session, name)
        select(session, "c.mp3")
        wait_for(lambda: panel.line().startswith(("Then ", "Or ")), what="the runner-up")
        screenshot(session.window, "library")
        assert session.window.messages.sentence == ""


def _check_cells(said: dict[str, str], name: str) -> None:
    if name in GOOD:
        assert said["state"] == "Heard"
        assert said["title"] == os.path.basename(name)
        assert said["verdict"]
        assert said["confidence"].endswith(" %")
        assert said["runner_up"].endswith(" %")
        assert said["duration"] == "0:06"
    else:
        assert name in DAMAGED
        assert len(said["state"]) > 20
        assert said["verdict"] == said["confidence"] == said["runner_up"] == ""


def _check_panel(session: WindowSession, name: str) -> None:
    panel = session.window.verdict
    place = next(p for p, row in enumerate(listed(session)) if row.path.endswith(name))
    said = cells(session, place)
    if name in DAMAGED:
        wait_for(lambda: panel.headline.word == "Not heard", what="the reason")
        assert panel.line() == said["state"]
    else:
        wait_for(lambda: panel.headline.word == said["verdict"], what="the verdict in the panel")
        assert panel.headline.number == said["confidence"]
        assert len(panel.bars.accessibleDescription().split(",")) == 10


def test_the_second_start_shows_everything_at_once_and_hears_nothing_again(
    qapp: QApplication, profile: Profile, model: Path, music: Path
) -> None:
    with open_window(qapp, profile, [music], model=model) as session:
        first = {row.path: (row.state, row.label, row.confidence) for row in wait_for_rows(session, 13)}
    with open_window(qapp, profile, [music], model=model) as session:
        story = Story(session)
        # From the database: no decoder has been started, and none will be.
        rows = wait_for_rows(session, 13, seconds=3.0)
        assert decoders() == []
        assert {row.path: (row.state, row.label, row.confidence) for row in rows} == first
        wait_for_model(session, "tiny")
        wait_for(lambda: story.finished, what="the end of the scan")
        assert (story.finished[0].done, story.finished[0].unchanged) == (0, 13)
        assert session.window.status.text() == "Nothing new: 13 tracks heard before"
        assert decoders() == []
        assert {row.path: (row.state, row.label, row.confidence) for row in listed(session)} == first


def test_music_is_dropped_on_the_window(qapp: QApplication, profile: Profile, model: Path, music: Path) -> None:
    with open_window(qapp, profile, model=model) as session:
        window = session.window
        wait_for(window.library.empty.isVisible, what="the doors of an empty library")
        screenshot(window, "first-start")
        data = QMimeData()
        data.setUrls([QUrl.fromLocalFile(str(music / "a.wav")), QUrl.fromLocalFile(str(music / "inner"))])
        copy, left, none = Qt.DropAction.CopyAction, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
        enter = QDragEnterEvent(QPoint(400, 300), copy, data, left, none)
        QApplication.sendEvent(window, enter)
        assert enter.isAccepted()
        assert window.overlay.isVisible()
        screenshot(window, "drop")
        drop = QDropEvent(QPointF(400, 300), copy, data, left, none)
        QApplication.sendEvent(window, drop)
        assert drop.isAccepted()
        assert not window.overlay.isVisible()
        rows = wait_for_rows(session, 2)
        assert [os.path.basename(row.path) for row in rows] == ["a.wav", "j.mp3"]
        assert {row.state for row in rows} == {TrackState.DONE}
        assert window.library.table.isVisible()


def _heard(session: WindowSession) -> int:
    return sum(row.state is TrackState.DONE for row in listed(session))


def _settled(session: WindowSession) -> int:
    """Wait until no more verdicts arrive, and return how many there are."""
    before = -1
    while (heard := _heard(session)) != before:
        before = heard
        live_for(800)
    return heard


@pytest.fixture
def scanning(qapp: QApplication, profile: Profile, model: Path, many: Path) -> Iterator[WindowSession]:
    """Open a window that hears 150 tracks, and wait for the first verdicts."""
    with open_window(qapp, profile, [many], model=model) as session:
        wait_for(lambda: _heard(session) >= 3, 60, "the first verdicts")
        yield session


def test_a_scan_pauses_and_goes_on(scanning: WindowSession) -> None:
    window, story = scanning.window, Story(scanning)
    window.commands["pause_scan"].trigger()
    wait_for(lambda: window.status.text().endswith(", paused"), 5, "the pause")
    stands_at = _settled(scanning)  # those under way are finished
    live_for(1200)
    assert _heard(scanning) == stands_at < 150
    assert window.commands["pause_scan"].isChecked()
    window.commands["pause_scan"].trigger()
    wait_for(lambda: _heard(scanning) > stands_at + 3, 20, "more verdicts")
    assert not window.commands["pause_scan"].isChecked()
    assert "paused" not in window.status.text()
    assert story.finished == []


def test_a_scan_is_cancelled_and_what_was_heard_stays(scanning: WindowSession) -> None:
    window, story = scanning.window, Story(scanning)
    window.commands["cancel_scan"].trigger()
    wait_for(lambda: story.finished, 10, "the end")
    assert story.finished[0].cancelled
    assert window.status.text().startswith("Cancelled after ")
    assert not window.status.scanning
    assert not window.commands["pause_scan"].isEnabled()
    heard = _settled(scanning)
    assert 3 <= heard < 150
    live_for(1000)
    assert _heard(scanning) == heard


def test_the_window_answers_while_it_scans(scanning: WindowSession) -> None:
    """Searching, sorting and selecting during a scan show what was asked for, at once."""
    window = scanning.window
    window.search.setText("07")
    wait_for(lambda: 0 < len(listed(scanning)) < 30, 5, "what was searched for")
    assert all("07" in row.path for row in listed(scanning))
    window.search.clear()
    wait_for(lambda: window.library.model.rowCount() == 150, 5, "all tracks again")
    header = window.library.table.horizontalHeader()
    header.sectionClicked.emit(6)
    wait_for(lambda: window.library.question().order == "duration", 5, "the other order")
    select(scanning, "149.ogg")
    wait_for(lambda: window.library.table.selected_ids(), 5, "a selection")
