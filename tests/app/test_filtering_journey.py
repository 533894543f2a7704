"""Looking through the library in the real window: filtered by mouse and keyboard, exported, copied, thrown away."""

from __future__ import annotations

import csv
import json
import os
from collections import Counter
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from mgc_desktop.app import WindowSession
from mgc_desktop.core.paths import Profile
from mgc_desktop.library.export import ExportFormat
from mgc_desktop.ui.library.bar_list import BarList
from tests import synth
from tests.app.harness import kept, listed, open_window, screenshot, select, trust, wait_for, wait_for_rows

TRACKS = "abcdef"


@pytest.fixture(scope="module")
def music(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder of six tracks and a file that is none."""
    folder = tmp_path_factory.mktemp("filtering") / "My music"
    folder.mkdir()
    for number, name in enumerate(TRACKS):
        synth.write_audio(folder / f"{name}.wav", synth.song(3.0, seed=number))
    (folder / "broken.wav").write_bytes(b"RIFF, but no more")
    return folder


def click(entries: BarList, key: str, modifier: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
    """Click an entry, as a person does."""
    rect = entries.visualItemRect(entries.item(entries.keys().index(key)))
    QTest.mouseClick(entries.viewport(), Qt.MouseButton.LeftButton, modifier, rect.center())


def names(session: WindowSession) -> list[str]:
    return [os.path.basename(row.path) for row in listed(session)]


def settle(session: WindowSession, label: str, *files: str) -> None:
    """Say that `files` are `label`."""
    assert session.engine is not None
    ids = [row.id for row in listed(session) if os.path.basename(row.path) in files]
    session.engine.corrections.set_label(ids, label)


def test_from_a_bar_to_a_playlist_and_back(
    qapp: QApplication, profile: Profile, tiny_model: Path, music: Path, tmp_path: Path
) -> None:
    model = trust(profile, tiny_model)
    with open_window(qapp, profile, [music], model=model) as session:
        window, pane = session.window, session.window.filters
        window.resize(1280, 800)
        wait_for_rows(session, 7)
        settle(session, "tango", "a.wav", "b.wav")
        wait_for(lambda: pane.states.keys() and pane.states.count_of("corrected") == 2, what="counts of corrections")
        assert pane.states.count_of("failed") == 1
        assert pane.folders.keys() == [str(music)]
        assert pane.folders.count_of(str(music)) == 7
        shown = Counter(row.correction or row.label for row in listed(session) if row.correction or row.kind == "genre")
        keys = pane.genres.keys()
        assert {key: pane.genres.count_of(key) for key in keys} == shown

        click(pane.genres, "tango")
        wait_for(lambda: names(session) == ["a.wav", "b.wav"], what="the genre's tracks")
        assert window.library.line.chips() == ["Tango"]
        click(pane.states, "failed")
        wait_for(lambda: window.library.empty.isVisible(), what="nothing")
        assert window.library.line.chips() == ["Tango", "Could not be read"]
        wait_for(lambda: "Without the genre: 1 track" in screenshot_buttons(session), what="what to relax")
        screenshot(window, "filtering_empty")
        window.library.line.chip_of("genre").click()
        wait_for(lambda: names(session) == ["broken.wav"], what="the broken file")
        click(pane.states, "corrected", Qt.KeyboardModifier.ControlModifier)
        wait_for(lambda: names(session) == ["a.wav", "b.wav", "broken.wav"], what="either state")
        click(pane.states, "failed", Qt.KeyboardModifier.ControlModifier)
        wait_for(lambda: names(session) == ["a.wav", "b.wav"], what="one state")
        pane.most.setFocus()
        pane.most.setValue(90)
        wait_for(lambda: not listed(session), what="nobody is surer than a person")
        QTest.keyClick(pane.most, Qt.Key.Key_Escape)
        wait_for(lambda: len(names(session)) == 7, what="everything again")
        assert not window.library.line.isVisible()

        window.library.sort_by("path", descending=True)
        click(pane.states, "corrected")
        wait_for(lambda: names(session) == ["b.wav", "a.wav"], what="the person's own, from the end")
        screenshot(window, "filtering")
        export(session, tmp_path)
    with open_window(qapp, profile, model=model) as session:
        wait_for(lambda: names(session) == ["a.wav", "b.wav"], what="the filter of the last time")
        assert session.window.filters.states.chosen() == {"corrected"}
        QTest.keyClick(session.window.filters.states, Qt.Key.Key_Escape)
        wait_for_rows(session, 7)


def screenshot_buttons(session: WindowSession) -> list[str]:
    from PySide6.QtWidgets import QPushButton

    buttons = session.window.library.empty.findChildren(QPushButton)
    return [button.text() for button in buttons if button.isVisible()]


def export(session: WindowSession, folder: Path) -> None:
    """Write and copy what is listed, and look whether it is that."""
    assert session.conductor is not None
    out, status = session.conductor.getting_out, session.window.status
    for kind, name in ((ExportFormat.CSV, "table"), (ExportFormat.JSON_LINES, "x.jsonl"), (ExportFormat.PLAYLIST, "l")):
        out.export_to(str(folder / name), kind)
        wait_for(lambda: status.text().startswith("Exported 2 tracks"), what=kind)
        status.say("")
    with (folder / "table.csv").open(encoding="utf-8-sig", newline="") as file:
        assert [os.path.basename(row["path"]) for row in csv.DictReader(file)] == ["b.wav", "a.wav"]
    lines = (folder / "x.jsonl").read_text("utf-8").splitlines()
    assert [json.loads(line)["genre"] for line in lines] == ["tango", "tango"]
    entries = [line for line in (folder / "l.m3u8").read_text("utf-8").splitlines() if not line.startswith("#")]
    assert [(folder / entry).resolve().name for entry in entries] == ["b.wav", "a.wav"]
    out.export_to(str(folder / "all.m3u8"), ExportFormat.PLAYLISTS)
    wait_for(lambda: (folder / "all" / "Tango.m3u8").is_file(), what="a playlist of the genre")
    wait_for(lambda: status.text() == "Exported 2 tracks to Tango.m3u8", what="the summary")
    table = session.window.library.table
    session.window.activateWindow()
    table.setFocus()
    wait_for(table.hasFocus, what="the keyboard")
    table.selectAll()
    QTest.keyClick(table, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    wait_for(lambda: status.text() == "Copied 2 rows", what="the copy")
    pasted = QGuiApplication.clipboard().text().splitlines()
    assert [line.split("\t")[3] for line in pasted] == ["Verdict", "Tango", "Tango"]


def test_files_go_to_the_trash_when_asked_and_confirmed(
    qapp: QApplication,
    profile: Profile,
    tiny_model: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    import send2trash

    music, trash = tmp_path / "music", tmp_path / "trash"
    for folder in (music, trash):
        folder.mkdir()
    for number, name in enumerate("abc"):
        synth.write_audio(music / f"{name}.wav", synth.song(3.0, seed=number))

    def bin_it(path: str) -> None:  # `tests/unit/engine/test_trash.py` uses the real one, in a home of its own
        if path.endswith("b.wav"):
            raise OSError(13, "Permission denied")
        os.replace(path, trash / os.path.basename(path))

    monkeypatch.setattr(send2trash, "send2trash", bin_it)
    with open_window(qapp, profile, [music], model=trust(profile, tiny_model)) as session:
        wait_for_rows(session, 3)
        assert session.conductor is not None
        table, question = session.window.library.table, session.conductor.getting_out.question
        select(session, "a.wav")
        session.window.activateWindow()
        table.setFocus()
        wait_for(table.hasFocus, what="the keyboard")
        QTest.keyClick(table, Qt.Key.Key_Delete)
        assert question.question() == "Move 1 file to the trash? The library keeps what it knows of it."
        screenshot(session.window, "trash")
        QTest.keyClick(question.no, Qt.Key.Key_Escape)
        assert not question.isVisible()
        assert table.hasFocus()
        table.selectRow(0)
        table.selectionModel().select(
            table.model().index(1, 0),
            table.selectionModel().SelectionFlag.Select | table.selectionModel().SelectionFlag.Rows,
        )
        QTest.keyClick(table, Qt.Key.Key_Delete)
        question.yes.click()
        wait_for(lambda: [row.state for row in listed(session)] == ["missing", "done", "done"], what="the row is gone")
        assert sorted(path.name for path in music.iterdir()) == ["b.wav", "c.wav"]
        assert session.window.messages.sentence == (
            "“b.wav” could not be moved to the trash (Permission denied); the rest was."
        )
        assert (trash / "a.wav").is_file()
    assert [row.state for row in kept(profile)] == ["missing", "done", "done"]


def test_a_narrow_window_gives_the_table_its_room(
    qapp: QApplication, profile: Profile, tiny_model: Path, music: Path
) -> None:
    with open_window(qapp, profile, [music], model=trust(profile, tiny_model)) as session:
        window = session.window
        wait_for_rows(session, 7)
        window.resize(1280, 800)
        wait_for(window.filters_dock.isVisible, what="the pane")
        window.resize(1000, 640)
        wait_for(lambda: not window.filters_dock.isVisible(), what="room for the table")
        assert not window.commands["view_filters"].isChecked()
        window.commands["view_filters"].trigger()
        wait_for(window.filters_dock.isVisible, what="the pane that was asked for")
        wait_for(lambda: window.library.table.horizontalScrollBar().maximum() == 0, what="columns that fit")
        screenshot(window, "filtering_narrow")
        window.commands["view_filters"].trigger()
        wait_for(lambda: not window.filters_dock.isVisible(), what="no pane")
        window.resize(1280, 800)
        wait_for(lambda: window.width() == 1280, what="the wide window")
        assert not window.filters_dock.isVisible()  # it was sent away, so it stays away
