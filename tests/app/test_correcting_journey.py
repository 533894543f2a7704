"""Correcting in the real window: by keyboard, undone, kept over a new hearing, another model and the next start."""

from __future__ import annotations

import contextlib
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from mgc_desktop.__main__ import main
from mgc_desktop.app import WindowSession
from mgc_desktop.core.paths import Profile
from mgc_desktop.engine.corrections import write_corrections_list
from mgc_desktop.library.reader import Reader
from tests import synth
from tests.app.harness import (
    cells,
    kept,
    listed,
    open_window,
    place_of,
    screenshot,
    select,
    trust,
    wait_for,
    wait_for_model,
    wait_for_rows,
)


@pytest.fixture(scope="module")
def music(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder of three tracks."""
    folder = tmp_path_factory.mktemp("correcting") / "My music"
    folder.mkdir()
    for number, name in enumerate("abc"):
        synth.write_audio(folder / f"{name}.wav", synth.song(3.0, seed=number))
    return folder


def said(session: WindowSession) -> list[tuple[str, str]]:
    """Return verdict and confidence of every row, as the table says them."""
    rows = [cells(session, place) for place in range(len(listed(session)))]
    return [(row["verdict"], row["confidence"]) for row in rows]


def type_genre(session: WindowSession, text: str) -> None:
    """Press F2, type and press Enter, as a person does."""
    assert session.conductor is not None
    editor = session.conductor.correcting.editor
    session.window.commands["set_genre"].trigger()
    QTest.keyClicks(editor.field, text)
    screenshot(session.window, "correcting")
    QTest.keyClick(editor.field, Qt.Key.Key_Return)


def test_a_persons_word_from_the_first_letter_to_the_next_model(
    qapp: QApplication, profile: Profile, two_models: Path, music: Path
) -> None:
    model = trust(profile, two_models / "one")
    with open_window(qapp, profile, [music], model=model) as session:
        wait_for_rows(session, 3)
        before = said(session)
        commands, status = session.window.commands, session.window.status
        session.window.library.table.selectAll()
        type_genre(session, "Tango")
        wait_for(lambda: said(session) == [("Tango", "set by you")] * 3, what="three corrections")
        assert status.text() == "Set Tango on 3 tracks"
        select(session, "b.wav")
        wait_for(lambda: session.window.verdict.headline.word == "Tango", what="the panel")
        type_genre(session, "hip")
        wait_for(lambda: said(session)[1][0] == "Hip-Hop", what="a genre of the model")
        assert commands["undo"].text() == "&Undo Set Hip-Hop on 1 track"
        for _ in range(2):
            commands["undo"].trigger()
        wait_for(lambda: said(session) == before, what="everything undone")
        assert status.text() == "Undone: Set Tango on 3 tracks"
        commands["redo"].trigger()
        wait_for(lambda: said(session) == [("Tango", "set by you")] * 3, what="one step made again")
        select(session, "c.wav")
        commands["take_back"].trigger()
        wait_for(lambda: said(session)[2] == before[2], what="one taken back")
        session.window.activateWindow()
        session.window.library.table.setFocus()
        wait_for(session.window.library.table.hasFocus, what="the keyboard")
        QTest.keyClick(session.window.library.table, Qt.Key.Key_A)
        wait_for(lambda: said(session)[2][1] == "set by you", what="its verdict accepted")
        accepted = said(session)[2][0]
        screenshot(session.window, "corrected")
        # A new hearing changes nothing of it.
        session.window.library.table.selectAll()
        commands["hear_again"].trigger()
        wait_for(lambda: any(row.state == "queued" for row in listed(session)), what="the new hearing")
        wait_for_rows(session, 3)
        assert said(session) == [("Tango", "set by you")] * 2 + [(accepted, "set by you")]
        # The command line writes to the same library meanwhile; who comes back to the window sees it.
        assert main(["correct", "--profile", str(profile.data_dir), "Polka", str(music / "a.wav")]) == 0
        session.window.came_back.emit()
        wait_for(lambda: said(session)[0] == ("Polka", "set by you"), what="what the command line set")
    _start_with_another_model(qapp, profile, music, two_models / "two", accepted)


def _start_with_another_model(qapp: QApplication, profile: Profile, music: Path, other: Path, accepted: str) -> None:
    with open_window(qapp, profile, [music], model=other) as session:
        wait_for_model(session, "two")
        wait_for_rows(session, 3)
        assert said(session) == [("Polka", "set by you"), ("Tango", "set by you"), (accepted, "set by you")]
        session.window.search.setText("polka")
        wait_for(lambda: len(listed(session)) == 1, what="the search for a person's word")
        assert place_of(session, "a.wav") == 0
    assert [row.correction for row in kept(profile)][:2] == ["Polka", "Tango"]
    with contextlib.closing(Reader(profile.library_file)) as reader:
        counts = write_corrections_list(reader, profile.cache_dir / "list.csv")
    assert counts["Polka"] == counts["Tango"] == 1
    assert str(music / "a.wav") in (profile.cache_dir / "list.csv").read_text(encoding="utf-8")
