"""The window of sessions, the keys that label, and the lines that say what is kept."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QLabel
from pytestqt.qtbot import QtBot

from mgc_desktop.core.mel_picture import N_MELS
from mgc_desktop.core.recording import Recording
from mgc_desktop.core.ring import AudioRing
from mgc_desktop.core.session_values import (
    SessionDetails,
    SessionLabel,
    SessionNote,
    SessionRow,
    SessionStretch,
    SoundState,
)
from mgc_desktop.core.values import VerdictKind
from mgc_desktop.engine import events
from mgc_desktop.ui.sessions import list_model
from mgc_desktop.ui.sessions.session_panel import SessionPanel
from mgc_desktop.ui.sessions.window import SessionsWindow
from tests import synth
from tests.unit.ui.conftest import Bench, BenchMaker
from tests.unit.ui.fakes import LABELS

RATE = 8000
FIRST, SECOND = 1_795_307_945_761, 1_795_307_999_000  # too long for Qt's int


def make_row(session: int, **changes: object) -> SessionRow:
    stretches = (
        SessionStretch(10.0, 40.0, VerdictKind.GENRE, "jazz", 0.8),
        SessionStretch(40.0, 60.0, VerdictKind.SILENCE, None, 0.0),
        SessionStretch(60.0, 70.0, VerdictKind.GENRE, "rock", 0.7),
    )
    row = SessionRow(session, "", "Microphone", 1.75e9, 10.0, 70.0, False, RATE, SoundState.NONE, True, stretches, 1, 1)
    return replace(row, **changes)  # type: ignore[arg-type]


def make_details(row: SessionRow, path: str = "") -> SessionDetails:
    notes = (SessionNote(1, row.id, 30.0, "<b>the band</b> changes"),)
    labels = (SessionLabel(2, row.id, 20.0, 35.0, "Krautrock"),)
    return SessionDetails(row, path, row.stretches, (), notes, labels)


def last(bench: Bench) -> object:
    """Return what was asked of the sessions last, with its arguments."""
    return bench.engine.sessions.log[-1]


@pytest.fixture
def looking(bench: BenchMaker) -> Iterator[tuple[Bench, SessionsWindow]]:
    """Return a bench with the window of two sessions open."""
    made = bench()
    made.window.commands["sessions"].trigger()
    dialog = made.conductor.looking.dialog
    assert dialog is not None
    made.post(events.SessionsListed((make_row(SECOND, name="Evening"), make_row(FIRST))))
    yield made, dialog
    dialog.close()


def test_the_list_says_what_is_kept(looking: tuple[Bench, SessionsWindow]) -> None:
    bench, dialog = looking
    model = dialog.sessions
    said = [str(model.index(0, column).data() or "") for column in range(model.columnCount())]
    assert said[1:6] == ["Evening", "1:00", "No", "1", "1"]
    assert model.index(1, list_model.TITLE).data() == "Microphone"
    assert list_model.heard(make_row(FIRST)) == "Jazz and Rock"
    assert ("open", (SECOND,)) in bench.engine.sessions.log
    assert dialog.table.grab().toImage().width() > 100


def test_a_chosen_session_shows_its_words_and_ribbons(looking: tuple[Bench, SessionsWindow]) -> None:
    bench, dialog = looking
    row = make_row(SECOND, name="Evening")
    bench.post(events.SessionOpened(SECOND, make_details(row)))
    lines = [dialog.words.item(line).text() for line in range(dialog.words.count())]
    assert lines == ["0:10 to 0:25  Krautrock", "0:20  <b>the band</b> changes"]
    ribbon = dialog.panel.ribbon
    assert ribbon.accessibleDescription() == "0:00 Jazz, 0:30 Silence, 0:50 Rock"
    assert ribbon.labels.accessibleDescription() == "0:10 Krautrock"
    assert dialog.panel.picture.accessibleDescription().startswith("Kept without its sound")
    assert not dialog.panel.transport.isEnabled()
    # Another that comes late is not shown.
    bench.post(events.SessionOpened(FIRST, make_details(make_row(FIRST, notes=0))))
    assert dialog.words.count() == 2


def player(bench: Bench) -> object:
    """Return what was asked of the player last."""
    return bench.engine.player.log[-1]


def test_with_sound_its_picture_is_asked_for_and_it_is_played(
    looking: tuple[Bench, SessionsWindow], tmp_path: Path
) -> None:
    bench, dialog = looking
    sound = str(synth.write_audio(tmp_path / "sound.flac", synth.song(2.0)))
    row = make_row(SECOND, sound=SoundState.WHOLE)
    bench.post(events.SessionOpened(SECOND, make_details(row, sound)))
    assert ("ask", (sound,)) in bench.engine.pictures.log
    assert dialog.panel.transport.isEnabled()
    dialog.words.itemActivated.emit(dialog.words.item(1))
    assert player(bench) == ("play", (sound, 20.0))
    bench.post(events.PlayerChanged(events.PlayState.PLAYING, sound, position=20.0, duration=60.0))
    dialog.panel.transport.button.click()
    assert player(bench) == ("pause", ())
    dialog.close()
    assert player(bench) == ("pause", ())


def test_a_span_that_is_kept_alone_can_be_played(looking: tuple[Bench, SessionsWindow]) -> None:
    bench, dialog = looking
    details = make_details(make_row(SECOND, keeps_timeline=False))
    alone = replace(details.labels[0], sound="label-2.flac")
    bench.post(events.SessionOpened(SECOND, replace(details, labels=(alone,), folder="/kept")))
    assert "Only the labelled spans" in dialog.panel.picture.accessibleDescription()
    dialog.words.itemActivated.emit(dialog.words.item(0))
    assert player(bench) == ("play", (os.path.join("/kept", "label-2.flac"),))


def test_rename_delete_and_undo(looking: tuple[Bench, SessionsWindow], qtbot: QtBot) -> None:
    bench, dialog = looking
    model = dialog.sessions
    model.setData(model.index(1, list_model.TITLE), " At the\n pub ")
    assert last(bench) == ("rename", (FIRST, "At the pub"))
    dialog.table.selectRow(1)
    dialog.delete.click()
    assert last(bench) == ("delete", (FIRST,))
    bench.post(events.SessionDeleted(FIRST, "Microphone"))
    bench.post(events.SessionsListed((make_row(SECOND),)))
    assert dialog.undo.isVisible()
    assert bench.window.commands["undo"].text() == "&Undo Delete Session “Microphone”"
    dialog.undo.click()
    assert last(bench) == ("put_back", (FIRST,))
    bench.post(events.SessionDeleted(FIRST, "Microphone", back=True))
    assert bench.window.commands["redo"].text() == "&Redo Delete Session “Microphone”"
    bench.window.commands["redo"].trigger()
    assert last(bench) == ("delete", (FIRST,))


def test_an_empty_list_says_how_to_fill_it(looking: tuple[Bench, SessionsWindow]) -> None:
    bench, dialog = looking
    bench.post(events.SessionsListed(()))
    label = dialog._list_place.currentWidget()
    assert isinstance(label, QLabel)
    assert "Ctrl+K" in label.text()
    assert not dialog.panel.isVisible()
    assert not dialog.export.isEnabled()


def test_the_ending_of_the_name_says_as_what_it_is_written(looking: tuple[Bench, SessionsWindow]) -> None:
    bench, dialog = looking
    export = bench.conductor.looking.export_to
    export(FIRST, "/x/a.json", "csv")
    export(FIRST, "/x/a.b", "csv")
    assert [call[1] for call in bench.engine.sessions.log[-2:]] == [
        (FIRST, "/x/a.json", "json"),
        (FIRST, "/x/a.b.csv", "csv"),
    ]
    bench.post(events.SessionExported("/x/a.json", "The session could not be written to “/x/a.json” (full)."))
    assert "could not be written" in dialog.notice.toolTip()


def test_a_panel_of_no_session_is_empty(qtbot: QtBot) -> None:
    panel = SessionPanel("Space")
    qtbot.addWidget(panel)
    panel.show_session(make_details(make_row(FIRST, going_on=True, sound=SoundState.PARTS)))
    assert "once it has ended" in panel.picture.accessibleDescription()
    panel.show_nothing()
    assert not panel.transport.isEnabled()
    panel.clock.stop()


@pytest.fixture
def reopened(looking: tuple[Bench, SessionsWindow], qtbot: QtBot) -> tuple[Bench, SessionsWindow]:
    """Return a bench with a session of a minute, from 10 s on, and its picture."""
    bench, dialog = looking
    bench.ready()
    row = make_row(SECOND, sound=SoundState.WHOLE)
    bench.post(events.SessionOpened(SECOND, replace(make_details(row, "/kept/sound.flac"), labels=())))
    codes = np.full((600, N_MELS), 100, np.uint8)
    bench.post(events.TrackPictureReady("/kept/sound.flac", codes, 600, 0.1, 60.0, 12_000.0))
    qtbot.waitUntil(lambda: dialog.panel.picture.path == "/kept/sound.flac")
    return bench, dialog


def test_a_span_of_a_kept_session_is_labelled_with_the_same_keys(
    reopened: tuple[Bench, SessionsWindow], qtbot: QtBot
) -> None:
    bench, dialog = reopened
    picture, selection = dialog.panel.picture, dialog.panel.selection
    qtbot.keyClick(picture, Qt.Key.Key_2)
    assert "Select a span" in dialog.notice.toolTip()
    for _ in range(2):
        qtbot.keyClick(
            picture, Qt.Key.Key_Right, Qt.KeyboardModifier.ShiftModifier | Qt.KeyboardModifier.ControlModifier
        )
    assert selection.span == pytest.approx((0.0, 12.0))
    qtbot.keyClick(picture, Qt.Key.Key_2)
    assert last(bench) == ("label_kept", (SECOND, 10.0, 22.0, LABELS[1]))
    assert selection.span is None
    label = SessionLabel(77, SECOND, 10.0, 22.0, LABELS[1])
    bench.post(events.SpanLabelled(label))
    assert f"0:00 to 0:12 is {LABELS[1].capitalize()}" in dialog.notice.toolTip()
    dialog.undo.click()
    assert last(bench) == ("take_back_label", (77,))
    bench.post(events.SpanLabelled(label, taken_back=True))
    assert "Label taken back" in dialog.notice.toolTip()
    selection.set_span(3.0, 3.5)
    qtbot.keyClick(picture, Qt.Key.Key_1)
    assert "too short" in dialog.notice.toolTip()


def test_another_genre_is_typed_for_a_kept_session(reopened: tuple[Bench, SessionsWindow], qtbot: QtBot) -> None:
    bench, dialog = reopened
    dialog.panel.selection.set_span(5.0, 9.0)
    qtbot.keyClick(dialog.panel.picture, Qt.Key.Key_F2)
    assert bench.conductor.looking.labels is not None
    card = bench.conductor.looking.labels.card
    assert card.isVisible()
    assert card.parent() is dialog
    qtbot.keyClicks(card.field, "Krautrock")
    qtbot.keyClick(card.field, Qt.Key.Key_Return)
    assert last(bench) == ("label_kept", (SECOND, 15.0, 19.0, "Krautrock"))


def test_a_session_without_sound_says_that_it_teaches_nothing(
    looking: tuple[Bench, SessionsWindow], qtbot: QtBot
) -> None:
    bench, dialog = looking
    bench.ready()
    bench.post(events.SessionOpened(SECOND, replace(make_details(make_row(SECOND)), labels=())))
    assert dialog.panel.ribbon.labels.accessibleDescription() == "without sound there is nothing to learn from"
    qtbot.keyClick(dialog.panel.picture, Qt.Key.Key_1)
    assert "kept without its sound" in dialog.notice.toolTip()
    assert not [call for call in bench.engine.sessions.log if call[0] == "label_kept"]


# Keeping and labelling ---------------------------------------------------------------------------------


@pytest.fixture
def listening(bench: BenchMaker) -> Bench:
    """Return a bench that listens, 20 s by now."""
    made = bench()
    made.ready()
    recording = Recording(AudioRing(30.0, RATE), "Microphone")
    recording.ring.write(synth.song(20.0, RATE))
    made.engine.listener.__dict__.update(recording=recording, ring=recording.ring)
    made.post(events.ListenChanged(events.ListenState.RUNNING, "Microphone", RATE))
    return made


def press(bench: Bench, qtbot: QtBot, key: Qt.Key) -> None:
    qtbot.keyClick(bench.conductor.live.spectrogram, key)
    QApplication.processEvents()


def test_keep_says_what_is_kept_and_offers_more_and_less(listening: Bench) -> None:
    keep, note, bar = (
        listening.window.commands["keep_session"],
        listening.window.commands["session_note"],
        listening.conductor.keeping.bar,
    )
    assert keep.isEnabled()
    assert not note.isEnabled()
    keep.trigger()
    assert last(listening) == ("keep", (True,))
    listening.post(events.SessionChanged(True, FIRST, True, 20.0, 20.0))
    assert bar.isVisible()
    assert bar.text.text() == "This session is kept, with its sound, on this computer only."
    bar.earlier.click()
    assert last(listening) == ("keep_earlier", ())
    listening.post(events.SessionChanged(True, FIRST, True, 0.0, 0.0))
    assert not bar.earlier.isVisible()
    bar.sound.click()
    assert last(listening) == ("drop_audio", ())
    assert listening.settings.values["sessions.sound"] is False
    listening.post(events.SessionChanged(True, FIRST, False, 0.0, 0.0))
    bar.sound.click()
    assert last(listening) == ("keep_audio", ())
    keep.trigger()
    assert last(listening) == ("stop_keeping", ())
    listening.post(events.SessionChanged(False, FIRST))
    assert not bar.isVisible()
    assert not keep.isChecked()
    assert "Ctrl+Shift+S" in listening.window.status.text()


def test_a_note_is_written_at_the_moment_it_was_asked_for(listening: Bench, qtbot: QtBot) -> None:
    listening.post(events.SessionChanged(True, FIRST, True, 20.0, 20.0))
    listening.window.commands["session_note"].trigger()
    bar = listening.conductor.keeping.note_bar
    assert bar.text.text() == "Note at 0:20"
    qtbot.keyClicks(bar.field, "the band changes")
    qtbot.keyClick(bar.field, Qt.Key.Key_Return)
    assert last(listening) == ("note", ("the band changes", 20.0))
    assert not bar.isVisible()


def test_a_digit_labels_the_selected_span(listening: Bench, qtbot: QtBot) -> None:
    live, lane = listening.conductor.live, listening.conductor.keeping.labelling.lane
    assert lane.isVisible()
    assert lane.accessibleDescription().startswith(f"1 {LABELS[0].capitalize()}, 2 ")
    live.selection.set_span(4.0, 9.0)
    press(listening, qtbot, Qt.Key.Key_2)
    assert last(listening) == ("label", (4.0, 9.0, LABELS[1]))
    assert live.selection.span is None
    label = SessionLabel(77, FIRST, 4.0, 9.0, LABELS[1], "label-77.flac")
    listening.post(events.SpanLabelled(label, alone=True))
    listening.post(events.SessionChanged(False, FIRST, labels=(label,)))
    assert "the sound of this span is kept" in listening.window.status.text()
    assert lane.accessibleDescription() == f"0:04 to 0:09 {LABELS[1].capitalize()}"
    listening.window.commands["undo"].trigger()
    assert last(listening) == ("take_back_label", (77,))
    listening.post(events.SpanLabelled(label, taken_back=True))
    assert listening.window.commands["redo"].text() == f"&Redo Label {LABELS[1].capitalize()}"
    listening.window.commands["redo"].trigger()
    assert last(listening) == ("put_back_label", (77,))


def test_without_a_selection_a_label_goes_on_until_its_key_or_escape(listening: Bench, qtbot: QtBot) -> None:
    asked, lane = listening.engine.sessions.log, listening.conductor.keeping.labelling.lane
    recording = listening.conductor.live.recording
    assert recording is not None
    ring = recording.ring
    press(listening, qtbot, Qt.Key.Key_1)
    assert lane.accessibleDescription() == f"{LABELS[0].capitalize()} since 0:20"
    ring.write(synth.song(2.0, RATE))
    press(listening, qtbot, Qt.Key.Key_3)  # another genre from here on
    assert last(listening) == ("label", (20.0, 22.0, LABELS[0]))
    ring.write(synth.song(3.0, RATE))
    press(listening, qtbot, Qt.Key.Key_3)
    assert last(listening) == ("label", (22.0, 25.0, LABELS[2]))
    press(listening, qtbot, Qt.Key.Key_1)
    ring.write(synth.song(1.0, RATE))
    press(listening, qtbot, Qt.Key.Key_Escape)
    assert last(listening) == ("label", (25.0, 26.0, LABELS[0]))
    press(listening, qtbot, Qt.Key.Key_1)
    listening.post(events.ListenChanged(events.ListenState.STOPPED, "Microphone"))
    assert last(listening) == ("label", (26.0, 26.0, LABELS[0]))
    count = len(asked)
    press(listening, qtbot, Qt.Key.Key_1)
    assert len(asked) == count
    assert "Select a span" in listening.window.status.text()


def test_another_genre_is_typed(listening: Bench, qtbot: QtBot) -> None:
    listening.conductor.live.selection.set_span(1.0, 3.0)
    press(listening, qtbot, Qt.Key.Key_F2)
    card = listening.conductor.keeping.labelling.card
    assert card.isVisible()
    qtbot.keyClicks(card.field, "Krautrock")
    qtbot.keyClick(card.field, Qt.Key.Key_Return)
    assert last(listening) == ("label", (1.0, 3.0, "Krautrock"))


def test_a_label_in_the_lane_is_taken_back_and_selected(listening: Bench, qtbot: QtBot) -> None:
    lane = listening.conductor.keeping.labelling.lane
    label = SessionLabel(FIRST + 1, FIRST, 4.0, 9.0, "jazz")
    listening.post(events.SessionChanged(False, FIRST, labels=(label,)))
    lane.set_view(0.0, 20.0)
    x = round(lane.x_of(6.0))
    assert lane.label_at(x) == label
    qtbot.mouseClick(lane, Qt.MouseButton.LeftButton, pos=lane.rect().center().__class__(x, 5))
    assert listening.conductor.live.selection.span == (4.0, 9.0)
    lane.take_back_asked.emit(label.id)
    assert last(listening) == ("take_back_label", (FIRST + 1,))


def test_trouble_is_told_in_the_bar(listening: Bench) -> None:
    sentence = "The sound of this session is kept no longer (No space left), but its timeline is: free some space."
    listening.post(events.SessionChanged(True, FIRST, False, 0.0, 0.0, sentence=sentence))
    assert listening.window.messages.sentence == sentence
