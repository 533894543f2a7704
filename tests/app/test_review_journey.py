"""Reviewing and auditing in the real window: by keyboard alone, undone with everything else, and quick."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import mutagen.flac
import pytest
from PySide6.QtCore import QElapsedTimer, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from mgc_desktop.app import WindowSession
from mgc_desktop.core.paths import Profile
from mgc_desktop.ui.review import auditing
from mgc_desktop.ui.review.review_window import ReviewWindow
from tests import synth
from tests.app.harness import cells, kept, listed, open_window, screenshot, trust, wait_for, wait_for_rows

Key = Qt.Key
TRACKS = 5


@pytest.fixture(scope="module")
def music(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder of tracks whose tags say a genre; the untrained model is sure of none."""
    folder = tmp_path_factory.mktemp("reviewing") / "My music"
    folder.mkdir()
    for number in range(TRACKS):
        path = synth.write_audio(folder / f"{number}.flac", synth.song(3.0, seed=number))
        tags = mutagen.flac.FLAC(path)
        tags["title"], tags["artist"], tags["genre"] = f"Song {number}", "Ana", "Hip Hop"
        tags.save()
    return folder


def corrections(profile: Profile) -> dict[str, str]:
    """Return what the library on the disk says that the person said, by title."""
    return {row.title: row.correction for row in kept(profile) if row.correction}


class Review:
    def __init__(self, session: WindowSession) -> None:
        assert session.conductor is not None
        self.reviewing = session.conductor.reviewing
        session.window.commands["review"].trigger()
        wait_for(lambda: self.dialog.page() is self.dialog.desk, what="the first track")

    @property
    def dialog(self) -> ReviewWindow:
        assert self.reviewing.dialog is not None
        return self.reviewing.dialog

    @property
    def title(self) -> str:
        return self.dialog.desk.title.text()

    def press(self, key: Qt.Key, modifier: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
        QTest.keyClick(self.dialog.desk, key, modifier)

    def next(self, key: Qt.Key) -> int:
        """Press a key that leads to another track, and return the ms until it is on the screen."""
        before, clock = self.title, QElapsedTimer()
        clock.start()
        self.press(key)
        wait_for(lambda: self.title != before or self.dialog.page() is self.dialog.end, what="the next track")
        return clock.elapsed()


def test_five_doubtful_tracks_by_keyboard(qapp: QApplication, profile: Profile, tiny_model: Path, music: Path) -> None:
    with open_window(qapp, profile, [music], model=trust(profile, tiny_model)) as session:
        wait_for_rows(session, TRACKS)
        review = Review(session)
        first, progress = review.title, review.dialog.progress
        assert progress.text() == f"1 of {TRACKS} doubtful"
        assert review.dialog.desk.existing.text() == "The file says Hip Hop"
        screenshot(review.dialog, "reviewing")
        waits = [review.next(Key.Key_A)]
        second = review.title
        runner_up = review.dialog.desk.bars.label(2)
        waits.append(review.next(Key.Key_2))
        third = review.title
        waits.append(review.next(Key.Key_S))
        assert min(waits) < 100, waits  # the others may meet a busy machine
        review.press(Key.Key_T)
        QTest.keyClicks(review.dialog.desk.card.field, "ango")
        QTest.keyClick(review.dialog.desk.card.field, Key.Key_Return)
        wait_for(lambda: len(corrections(profile)) == 3, what="three decisions")
        said = corrections(profile)
        assert said[second] == runner_up
        assert "tango" in said.values()
        wait_for(lambda: [row.correction is not None for row in listed(session)].count(True) == 3, what="the table")
        # Undone, one after the other: each is shown again, and its verdict counts again.
        control = Qt.KeyboardModifier.ControlModifier
        review.press(Key.Key_Z, control)
        wait_for(lambda: "tango" not in corrections(profile).values(), what="the first undo")
        review.press(Key.Key_Z, control)
        wait_for(lambda: review.title == second, what="the second track again")
        wait_for(lambda: list(corrections(profile)) == [first], what="the second undo")
        review.press(Key.Key_Z, control | Qt.KeyboardModifier.ShiftModifier)
        wait_for(lambda: second in corrections(profile), what="the redo")
        while review.title != third or not review.reviewing.session.in_second_round:
            review.next(Key.Key_A)
        review.next(Key.Key_A)  # the skipped one
        assert review.dialog.end.headline.text() == f"All {TRACKS} tracks decided"
        wait_for(lambda: len(corrections(profile)) == TRACKS, what="all decisions")
        screenshot(review.dialog, "reviewed")
        review.dialog.end.learn.click()
        assert session.conductor is not None
        teaching = session.conductor.teaching
        assert teaching.dialog is not None
        assert teaching.dialog.form.source.value() == "corrections"
        teaching.dialog.close()
        # Nothing is left, and that is said.
        session.window.commands["review"].trigger()
        wait_for(lambda: review.dialog.end.headline.text() == "Nothing is doubtful here", what="the empty queue")


def test_existing_genres_are_audited_row_by_row(
    qapp: QApplication, profile: Profile, tiny_model: Path, music: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(auditing, "AUDIT", replace(auditing.AUDIT, min_confidence=0.01))  # no verdict here is firm
    with open_window(qapp, profile, [music], model=trust(profile, tiny_model)) as session:
        rows = wait_for_rows(session, TRACKS)
        disputed = [row for row in rows if row.label != "hiphop"]
        assert len(disputed) >= 2, "the untrained model says Hip-Hop to all: give it another seed"
        table, window = session.window.library.table, session.window
        window.commands["audit"].trigger()
        wait_for(lambda: len(listed(session)) == len(disputed) and table.current_id() is not None, what="the audit")
        screenshot(window, "auditing")
        assert session.conductor is not None
        assert session.conductor.auditing.bar.about.text().startswith("The file: Hip Hop · the model: ")
        window.activateWindow()
        table.setFocus()
        wait_for(table.hasFocus, what="the keyboard")
        kept_title, taken_title = cells(session, 0)["title"], cells(session, 1)["title"]
        taken_label = listed(session)[1].label
        QTest.keyClick(table, Key.Key_K)
        QTest.keyClick(table, Key.Key_A)
        wait_for(lambda: corrections(profile) == {kept_title: "hiphop", taken_title: taken_label}, what="both words")
        wait_for(lambda: len(listed(session)) == len(disputed) - 2, what="the shorter list")
        window.commands["undo"].trigger()
        wait_for(lambda: list(corrections(profile)) == [kept_title], what="the undo")
        wait_for(lambda: len(listed(session)) == len(disputed) - 1, what="the row")
        table.setFocus()
        QTest.keyClick(table, Key.Key_Escape)
        wait_for(lambda: len(listed(session)) == TRACKS, what="the whole library")
        window.commands["undo"].trigger()
        wait_for(lambda: not corrections(profile), what="what was kept")
