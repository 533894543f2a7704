"""The tools in the window: where they stand, what they do to the picture, what is remembered, what is saved."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
import soundfile
from PySide6.QtCore import QPoint, QPointF, Qt, QTimer
from PySide6.QtGui import QImage, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QFileDialog, QLineEdit, QMessageBox
from pytestqt.qtbot import QtBot

from mgc_desktop.core.errors import SaveError
from mgc_desktop.core.recording import Recording
from mgc_desktop.core.ring import AudioRing
from mgc_desktop.core.values import Verdict, VerdictKind
from mgc_desktop.engine.events import ListenChanged, ListenState, LiveVerdict
from mgc_desktop.ui.live import axes, saving
from mgc_desktop.ui.live.heard import Heard
from mgc_desktop.ui.live.picture_settings import PictureSettings
from mgc_desktop.ui.live.picture_tools import FlatTool
from mgc_desktop.ui.live_saving import PICTURE_FOLDER, SOUND_FOLDER, heard_word
from mgc_desktop.ui.picturing import PICTURE
from tests import synth
from tests.small_files import small_files
from tests.unit.ui.conftest import Bench, BenchMaker
from tests.unit.ui.fakes import FakeSettings, make_row

__all__ = ["small_files"]

_RATE = 22_050  # Hz
_SECONDS = 10.0


def _listen(bench: Bench, qtbot: QtBot) -> Recording:
    """Let the window have heard some seconds."""
    listener = bench.engine.listener
    recording = Recording(AudioRing(60.0, _RATE), "Microphone", started_at=1_700_000_000.0)
    recording.ring.write(synth.song(_SECONDS, _RATE))
    listener.__dict__.update(ring=recording.ring, recording=recording, listening=True)
    bench.post(ListenChanged(ListenState.RUNNING, "Microphone", _RATE, channels=1))
    qtbot.waitUntil(lambda: bench.conductor.live.spectrogram.now > _SECONDS - 0.3)
    return recording


def _stop(bench: Bench) -> None:
    bench.engine.listener.__dict__.update(ring=None, listening=False)
    bench.post(ListenChanged(ListenState.STOPPED, "Microphone"))


@pytest.fixture
def live(bench: BenchMaker, qtbot: QtBot) -> Bench:
    """Return a window that listens."""
    made = bench()
    _listen(made, qtbot)
    return made


# Where they stand ------------------------------------------------------------------------------------


@pytest.mark.parametrize(("width", "height"), [(1000, 640), (1280, 800)])
def test_no_tool_is_cut_and_the_row_is_slim(bench: BenchMaker, qtbot: QtBot, width: int, height: int) -> None:
    made = bench()
    made.window.resize(width, height)
    _listen(made, qtbot)
    row, header = made.conductor.picturing.row, made.conductor.live.header
    title = made.window.live_dock.titleBarWidget()
    assert title is not None
    assert title.height() <= 28
    for button in (shown := [button for button in header.findChildren(FlatTool) if button.isVisible()]):
        assert header.rect().contains(button.geometry())
    # Beside the verdict, where a low window has the picture, the last ones are in a menu.
    assert len(shown) == (12 if height >= 720 else 9)
    assert len(header._hidden) == (0 if height >= 720 else 4)
    assert row.readout.isVisible()
    assert row.readout.width() >= row.readout.sizeHint().width()


def test_before_anything_was_heard_there_is_nothing_to_hold_or_to_save(bench: BenchMaker, qtbot: QtBot) -> None:
    made = bench()
    commands = made.window.commands
    offered = {name: commands[name].isEnabled() for name in ("freeze", "save_picture", "save_sound", "picture_options")}
    assert offered == {"freeze": False, "save_picture": False, "save_sound": False, "picture_options": True}
    _listen(made, qtbot)
    assert all(commands[name].isEnabled() for name in offered)
    _stop(made)
    assert all(commands[name].isEnabled() for name in offered)  # what was heard is kept


def _tools(made: Bench) -> list[FlatTool]:
    return [tool for tool in made.conductor.live.header.findChildren(FlatTool) if tool.isVisible()]


def test_the_selected_track_and_what_was_heard_are_a_click_apart(bench: BenchMaker, qtbot: QtBot) -> None:
    made = bench([make_row(1), make_row(2)])
    conductor = made.conductor
    lower, row = conductor.details.lower, conductor.picturing.row

    def shows() -> str:
        return made.window.live_dock.windowTitle() if lower.shows_track == conductor.live.isHidden() else "both"

    _listen(made, qtbot)
    made.window.library.table.selectRow(0)
    assert shows() == "Live picture"
    _stop(made)
    assert shows() == "Selected track"
    assert len(_tools(made)) == 2  # of a track
    assert row._other.text() == "Live picture"
    QTest.mouseClick(row._other, Qt.MouseButton.LeftButton)
    assert shows() == "Live picture"
    assert len(_tools(made)) > 2
    assert row._other.text() == "Selected track"
    made.window.library.table.selectRow(1)
    qtbot.waitUntil(lambda: shows() == "Selected track")


# What they do ----------------------------------------------------------------------------------------


def test_freeze_holds_the_picture_whoever_asks(live: Bench) -> None:
    action, picture = live.window.commands["freeze"], live.conductor.live.spectrogram
    action.trigger()
    assert (picture.frozen, action.isChecked()) == (True, True)
    picture._back.click()
    assert (picture.frozen, action.isChecked()) == (False, False)
    QTest.keyClick(picture, Qt.Key.Key_Space)
    assert (picture.frozen, action.isChecked()) == (True, True)
    action.trigger()
    assert (picture.frozen, action.isChecked()) == (False, False)


def test_the_readout_tells_the_place_of_the_pointer(live: Bench, qtbot: QtBot) -> None:
    picture, picturing = live.conductor.live.spectrogram, live.conductor.picturing
    picture.freeze(True)
    place = QPointF(round(picture.x_of(5.0)), round(picture.y_of(440.0)))
    live.conductor.live.picture_cursor.put(place.toPoint())
    when, hz, note, level = picturing.readout.text().split(", ")
    assert when == "0:05.0"
    assert float(hz.removesuffix(" Hz")) == pytest.approx(440.0, rel=0.05)
    assert note.split()[0] in ("G♯4", "A4", "A♯4")
    assert level.endswith(" dB")
    picture.freeze(False)
    qtbot.waitUntil(lambda: picturing.readout.text().startswith("\N{MINUS SIGN}"))
    live.conductor.live.picture_cursor.put(None)
    assert picturing.readout.text() == ""
    _stop(live)
    live.conductor.live.picture_cursor.put(place.toPoint())
    assert picturing.readout.text().startswith("0:0")  # what was heard is over: as the axis says it


def test_what_is_chosen_is_shown_remembered_and_there_at_the_next_start(bench: BenchMaker, qtbot: QtBot) -> None:
    settings = FakeSettings()
    made = bench(settings=settings)
    picturing, picture = made.conductor.picturing, made.conductor.live.spectrogram
    picturing.span.chosen.emit(30.0)
    picturing.range.wanted.emit((-90.0, -10.0))
    picturing.options.changed.emit(PictureSettings(bands=64, levels=(-90.0, -10.0), span_seconds=30.0))
    wanted = PictureSettings(bands=64, levels=(-90.0, -10.0), span_seconds=30.0)
    assert picture.settings == wanted
    assert picture.levels == (-90.0, -10.0)
    assert picturing.span.text() == "30 s ▾"
    assert picturing.options.settings == wanted
    assert PictureSettings.read(settings.values[PICTURE]) == wanted
    again = bench(settings=settings)
    assert again.conductor.live.spectrogram.settings == wanted
    picture.set_span(12.0)  # as the wheel does
    assert picturing.span.text() == "12 s ▾"
    assert PictureSettings.read(settings.values[PICTURE]).span_seconds == 12.0


def test_settings_that_make_no_sense_are_the_usual_ones(bench: BenchMaker) -> None:
    settings = FakeSettings()
    settings.values[PICTURE] = {"bands": 1, "colour_map": "rainbow"}
    assert bench(settings=settings).conductor.live.spectrogram.settings == PictureSettings()


def test_the_options_open_and_close_with_the_same_keys(live: Bench) -> None:
    action, options = live.window.commands["picture_options"], live.conductor.picturing.options
    action.trigger()
    assert options.isVisible()
    assert not options.isModal()
    assert live.window.screen().availableGeometry().contains(options.geometry())
    assert "46 ms" in options.transform.itemText(0)  # the rate is known
    action.trigger()
    assert not options.isVisible()


def test_the_colour_bar_is_where_it_is_painted_at_every_size(live: Bench, qtbot: QtBot) -> None:
    picture, drag = live.conductor.live.spectrogram, live.conductor.picturing.range
    for width in (1000, 1280):
        live.window.resize(width, 800)
        qtbot.waitUntil(lambda: drag.height() == picture.plot_rect().height())
        assert drag.geometry().contains(axes.colour_bar(picture.plot_rect()))


# Saving ----------------------------------------------------------------------------------------------


@pytest.fixture
def target(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[str]:
    """Save into a folder without asking; return what was suggested."""
    suggested: list[str] = []

    def ask(parent: object, title: str, name: str, kind: str, suffix: str) -> str:
        suggested.append(f"{title}: {os.path.basename(name)}")
        return str(tmp_path / f"saved.{suffix}")

    monkeypatch.setattr(saving, "ask_target", ask)
    return suggested


def _wait(qtbot: QtBot, bench: Bench, part: str) -> None:
    qtbot.waitUntil(lambda: part in bench.window.status.text() + bench.window.messages.sentence, timeout=20_000)


def test_the_picture_is_saved_with_its_axes_and_what_it_shows(
    live: Bench, qtbot: QtBot, target: list[str], tmp_path: Path
) -> None:
    for moment in (3.0, 3.5, 4.0, 9.0):
        verdict = Verdict(VerdictKind.GENRE, "jazz", 0.8, None, 0.0, {}, "m")
        live.post(LiveVerdict(moment, 3.0, verdict, {}, 20.0, 40.0, "cpu"))
    picture = live.conductor.live.spectrogram
    picture.freeze(True)
    live.conductor.live.say("muted", "Muted.")  # not in the picture
    live.window.commands["save_picture"].trigger()
    _wait(qtbot, live, "Saved the picture as saved.png")
    image = QImage(str(tmp_path / "saved.png"))
    ratio = picture.devicePixelRatioF()
    assert image.width() == round(picture.width() * ratio)
    assert image.height() > picture.height() * ratio
    assert (image.text("Title"), image.text("Software")) == ("Microphone · Jazz", "mgc-desktop")
    assert image.text("Description").startswith("1")  # a day in November
    assert target[0].startswith("Save the picture: 2023-11-1")
    assert target[0].endswith(" Jazz")
    # The pixels of the plot are those on the screen.
    plot = picture.plot_rect()
    there = QPoint(round(picture.x_of(5.0)), plot.center().y())
    top = image.height() / ratio - (live.conductor.live.parts()[-1].geometry().bottom() + 1 - picture.y())
    shown = picture.grab().toImage().pixelColor(there * ratio)
    assert image.pixelColor(round(there.x() * ratio), round((there.y() + top) * ratio)) == shown


def test_the_selected_sound_is_saved_or_else_all_of_it(
    live: Bench, qtbot: QtBot, target: list[str], tmp_path: Path
) -> None:
    action = live.window.commands["save_sound"]
    live.conductor.live.selection.set_span(2.0, 5.0)
    assert action.text() == "Save Selected S&ound…"
    action.trigger()
    _wait(qtbot, live, "Saved 3.0 s of sound as saved.flac")
    info = soundfile.info(tmp_path / "saved.flac")
    assert (info.samplerate, info.frames) == (_RATE, 3 * _RATE)
    live.conductor.live.selection.clear()
    assert action.text() == "Save S&ound…"
    action.trigger()
    _wait(qtbot, live, "Saved 10.0 s of sound as saved.flac")
    assert [said.split(":")[0] for said in target] == ["Save the selected sound", "Save all sound that is kept"]
    assert live.settings.values[SOUND_FOLDER] == str(tmp_path)
    assert PICTURE_FOLDER not in live.settings.values


@pytest.mark.parametrize(("name", "suffix"), [("save_picture", "png"), ("save_sound", "flac")])
def test_what_cannot_be_written_is_one_sentence(
    live: Bench, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str, suffix: str
) -> None:
    monkeypatch.setattr(saving, "ask_target", lambda *_: str(tmp_path / "gone" / f"a.{suffix}"))
    live.window.commands[name].trigger()
    _wait(qtbot, live, f"“a.{suffix}” could not be written (")
    assert live.window.messages.sentence.endswith("choose another.")


def test_who_thinks_better_of_it_writes_nothing(live: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(saving, "ask_target", lambda *_: "")
    for name in ("save_picture", "save_sound"):
        live.window.commands[name].trigger()
        assert not live.conductor.saving.job.running
    assert live.settings.values.keys().isdisjoint({PICTURE_FOLDER, SOUND_FOLDER})


def test_a_picture_on_a_full_disk_leaves_nothing(tmp_path: Path, small_files: None) -> None:
    noise = np.random.default_rng(0).integers(0, 2**32, (400, 400), np.uint32)
    image = QImage(noise.data, 400, 400, 1600, QImage.Format.Format_RGB32)
    old = tmp_path / "old.png"
    old.write_bytes(b"old")
    with pytest.raises(SaveError, match=r"“old\.png” could not be written \(File too large\)"):
        saving.save_picture(image, str(old), {})
    assert old.read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["old.png"]


@pytest.mark.parametrize("typed", ["there 1.5.flac", "there 1.5"])
def test_a_file_is_never_replaced_unasked(live: Bench, qtbot: QtBot, tmp_path: Path, typed: str) -> None:
    (tmp_path / "there 1.5.flac").write_bytes(b"old")
    typed_already, over, asked = [False], [False], list[str]()

    def answer() -> None:
        if not over[0]:
            QTimer.singleShot(50, answer)  # first: what follows may open a dialog, and wait for it
        shown = QApplication.activeModalWidget()
        if isinstance(shown, QMessageBox):
            asked.append(shown.text())
            shown.reject()
        elif isinstance(shown, QFileDialog) and asked:
            shown.reject()
        elif isinstance(shown, QFileDialog) and not typed_already[0]:
            typed_already[0] = True
            field = shown.findChild(QLineEdit)
            assert field is not None
            field.setText(typed)
            shown.accept()

    QTimer.singleShot(50, answer)
    chosen = saving.ask_target(live.window, "Save", str(tmp_path / "x"), "FLAC sound", "flac")
    over[0] = True
    qtbot.wait(60)
    assert chosen == ""
    assert len(asked) == 1
    assert "there 1.5.flac" in asked[0]


def test_the_name_says_what_was_heard_for_most_of_it() -> None:
    heard = Heard()
    for moment, label, kind in (
        (1.0, "rock", VerdictKind.GENRE),
        (2.0, "jazz", VerdictKind.GENRE),
        (4.0, "jazz", VerdictKind.GENRE),
        (6.0, "metal", VerdictKind.UNSURE),
    ):
        verdict = Verdict(kind, label, 0.8, None, 0.0, {}, "m")
        heard.add(LiveVerdict(moment, 3.0, verdict, {}, 20.0, 40.0, "cpu"))
    assert heard_word(heard, 0.0, 6.0) == "Jazz"
    assert heard_word(heard, 0.0, 1.2) == "Rock"
    assert heard_word(heard, 4.5, 6.0) == ""  # unsure is no genre
    assert heard_word(heard, 50.0, 60.0) == ""


def test_the_menu_of_the_picture_has_what_can_be_done_with_it(live: Bench) -> None:
    picturing, panel = live.conductor.picturing, live.conductor.live
    panel.selection.set_span(2.0, 5.0)
    assert panel.ribbon._marked == (2.0, 5.0)
    menu = picturing.menu()
    offered = {action.text().replace("&", ""): action for action in menu.actions() if action.text()}
    assert list(offered)[:2] == ["Freeze Picture", "Judge Selection"]
    offered["Select Nothing"].trigger()
    assert [panel.selection.span, panel.ribbon._marked] == [None, None]
    offered["Select All"].trigger()
    assert panel.selection.span == pytest.approx((0.0, panel.spectrogram.now))
    menu.deleteLater()


def test_the_ribbon_scrolls_and_takes_the_keys_to_the_picture(live: Bench, qtbot: QtBot) -> None:
    panel = live.conductor.live
    place = QPointF(panel.ribbon.rect().center())
    wheel = QWheelEvent(
        place,
        panel.ribbon.mapToGlobal(place),
        QPoint(),
        QPoint(0, 120),
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QTest.mouseClick(panel.ribbon, Qt.MouseButton.LeftButton, pos=place.toPoint())
    assert live.window.focusWidget() is panel.spectrogram
    panel.spectrogram.set_span(5.0)
    qtbot.waitUntil(lambda: panel.spectrogram.visible[1] - panel.spectrogram.visible[0] < 5.1)
    QApplication.sendEvent(panel.ribbon, wheel)
    assert panel.spectrogram.frozen
    assert panel.spectrogram.visible[1] < panel.spectrogram.now
