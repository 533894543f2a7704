"""Genres written into files in the real window: heard, previewed, unticked, written, seen, undone to the last byte."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from mgc_desktop.app import WindowSession
from mgc_desktop.core.paths import Profile
from mgc_desktop.ui.tags.history import HistoryWindow
from mgc_desktop.ui.tags.plan_model import TITLE, WHY
from mgc_desktop.ui.tags.preview import PreviewWindow
from mgc_desktop.ui.tags.sheet import Kind
from mgc_desktop.ui.tags.tagging import Tagging
from tests import synth
from tests.app.harness import cells, open_window, place_of, screenshot, select, trust, wait_for, wait_for_rows

NAMES = ("a.flac", "b.mp3", "c.wav", "d.ogg")


@pytest.fixture
def music(tmp_path: Path) -> Path:
    """Return a folder of four tracks in four formats, none of which names a genre."""
    folder = tmp_path / "My music"
    folder.mkdir()
    for number, name in enumerate(NAMES):
        synth.write_audio(folder / name, synth.song(3.0, seed=number))
    return folder


class Person:
    """What a person does and sees."""

    def __init__(self, session: WindowSession, music: Path) -> None:
        self.session, self.window, self.music = session, session.window, music
        self.as_it_was = self.bytes()

    @property
    def tagging(self) -> Tagging:
        assert self.session.conductor is not None
        return self.session.conductor.tagging

    def bytes(self) -> dict[str, bytes]:
        return {name: (self.music / name).read_bytes() for name in NAMES}

    def changed(self) -> set[str]:
        """Return the names of the files that are not as they were."""
        return {name for name, content in self.bytes().items() if content != self.as_it_was[name]}

    def genres(self) -> list[str]:
        """Return what the table says that the files say."""
        return [cells(self.session, place_of(self.session, name))["existing_genre"] for name in NAMES]

    def set_genre(self, name: str, genre: str) -> None:
        select(self.session, name)
        assert self.session.conductor is not None
        self.window.commands["set_genre"].trigger()
        field = self.session.conductor.correcting.editor.field
        QTest.keyClicks(field, genre)
        QTest.keyClick(field, Qt.Key.Key_Return)
        at = place_of(self.session, name)
        wait_for(lambda: cells(self.session, at)["confidence"] == "set by you", what=genre)

    def preview(self) -> PreviewWindow:
        self.window.commands["write_tags"].trigger()
        dialog = self.tagging.previewing.dialog
        assert dialog is not None
        wait_for(lambda: not dialog.busy and dialog.rows.sheet.rows, what="the preview")
        return dialog

    def history(self) -> HistoryWindow:
        self.window.commands["history"].trigger()
        dialog = self.tagging.history.dialog
        assert dialog is not None
        return dialog

    def wait_for_summary(self, start: str) -> str:
        bar = self.tagging.bar
        wait_for(lambda: bar.text().startswith(start), what=start)
        assert not self.tagging.line.isVisible()
        return bar.text()

    def press_in_bar(self, key: Qt.Key) -> None:
        bar = self.tagging.bar
        wait_for(lambda: bar.text().endswith("?"), what="the question")
        QTest.keyClick(bar.buttons[0], key)


def lines(dialog: PreviewWindow) -> list[str]:
    return [str(dialog.rows.index(line, TITLE).data()) for line in range(dialog.rows.rowCount())]


def write_all_but_d(person: Person) -> None:
    """Preview, lower the minimum, untick one file by keyboard, and write the others."""
    person.window.library.table.selectAll()
    dialog = person.preview()
    assert dialog.counts.text() == "1 of 4 files will change, 3 left alone"  # a model that learnt nothing is unsure
    dialog.panel.least.setValue(0)
    wait_for(lambda: dialog.rows.ticked() == 4, what="four files to write")
    dialog.search.setText("d.ogg")
    assert lines(dialog) == ["d.ogg"]
    dialog.table.selectAll()
    QTest.keyClick(dialog.table, Qt.Key.Key_Space)
    dialog.search.clear()
    assert dialog.counts.text() == "3 of 4 files will change, 1 unticked"
    assert dialog.write.text() == "&Write 3 Files"
    screenshot(dialog, "tags-preview")
    assert not person.changed()  # a preview touches nothing
    QTest.keyClick(dialog, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    person.wait_for_summary("Wrote the genre into 3 files")
    wait_for(lambda: not dialog.busy and dialog.rows.ticked() == 0, what="the preview made anew")
    assert "3 already say so" in dialog.counts.text()
    dialog.close()


def see_what_is_protected(person: Person) -> None:
    """A read-only file is told before anything is written, and freed by one tick."""
    (person.music / "b.mp3").chmod(0o444)
    dialog = person.preview()
    assert dialog.panel.least.value() == 0  # as it was left
    wait_for(lambda: dialog.rows.ticked() == 3, what="all but the read-only file")
    dialog.kinds[Kind.LEFT].click()
    assert lines(dialog) == ["b.mp3"]
    assert "read-only" in str(dialog.rows.index(0, WHY).data())
    screenshot(dialog, "tags-protected")
    dialog.panel.insist.click()
    wait_for(lambda: dialog.rows.ticked() == 4, what="the read-only file as well")
    dialog.close()


def undo_from_history(person: Person) -> None:
    dialog = person.history()
    wait_for(lambda: dialog.changes.rowCount() == 3, what="the files of the batch")
    assert dialog.batches.rowCount() == 1
    screenshot(dialog, "tags-history")
    assert dialog.undo.text() == "&Undo 3 Files"
    dialog.undo.click()
    person.wait_for_summary("Put the old genre back into 3 files")
    wait_for(lambda: dialog.batches.rowCount() == 2, what="the undo in the list")
    assert "undone by no. 2" in str(dialog.batches.index(1, 4).data())
    assert not dialog.undo.isEnabled()  # it is the batch that was undone
    dialog.close()


def test_from_the_first_hearing_to_the_last_undo(
    qapp: QApplication, profile: Profile, two_models: Path, music: Path
) -> None:
    model = trust(profile, two_models / "one")
    with open_window(qapp, profile, [music], model=model) as session:
        wait_for_rows(session, 4)
        person = Person(session, music)
        commands = person.window.commands
        assert person.genres() == [""] * 4
        person.set_genre("a.flac", "Tango")
        write_all_but_d(person)
        wait_for(lambda: person.genres()[0] == "Tango" and all(person.genres()[:3]), what="the genres in the table")
        assert person.genres()[3] == ""
        assert person.changed() == {"a.flac", "b.mp3", "c.wav"}
        screenshot(person.window, "tags-written")
        assert sorted(path.name for path in music.iterdir()) == sorted(NAMES)
        undo_from_history(person)
        wait_for(lambda: person.genres() == [""] * 4, what="the old genres in the table")
        assert not person.changed()
        # What was undone can be done again; a key alone never touches a file.
        assert commands["redo"].text() == "&Redo Write Genres into 3 files"
        commands["redo"].trigger()
        assert not person.changed()
        person.press_in_bar(Qt.Key.Key_Return)
        person.wait_for_summary("Wrote the genre again into 3 files")
        assert len(person.changed()) == 3
        commands["undo"].trigger()
        person.press_in_bar(Qt.Key.Key_Escape)
        assert len(person.changed()) == 3
        commands["undo"].trigger()
        person.press_in_bar(Qt.Key.Key_Return)
        wait_for(lambda: not person.changed(), what="every byte as it was")
        wait_for(lambda: commands["undo"].text() == "&Undo Set Tango on 1 track", what="the step before")
        commands["undo"].trigger()
        at = place_of(session, "a.flac")
        wait_for(lambda: cells(session, at)["confidence"] != "set by you", what="the correction undone")
        person.window.library.table.selectAll()
        see_what_is_protected(person)
