"""What the window shows while listening: states, warnings, old verdicts that hold no more, files and channels."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from PySide6.QtWidgets import QFileDialog
from pytestqt.qtbot import QtBot

from mgc_desktop.audio.devices import InputDevice
from mgc_desktop.core.values import TrackRow
from mgc_desktop.engine.events import (
    InputWarned,
    ListenChanged,
    ListenState,
    LiveVerdict,
    SoundBegan,
    WarningKind,
)
from tests.unit.ui.conftest import Bench, BenchMaker
from tests.unit.ui.fakes import LABELS, make_row, make_verdict


def _listening(bench: BenchMaker) -> Bench:
    made = bench([])
    made.ready()
    made.post(ListenChanged(ListenState.STARTING, "USB"))
    made.post(ListenChanged(ListenState.RUNNING, "USB", 48_000, "", 2))
    return made


def _last(made: Bench) -> tuple[str, tuple[Any, ...]]:
    """Return what the listener was asked last."""
    return made.engine.listener.log[-1]


def _second(made: Bench) -> TrackRow | None:
    track = made.window.library.model.id_at(1)
    return made.window.library.row(track) if track is not None else None


def _verdict(label: str = "metal", raw: float = 0.5) -> LiveVerdict:
    return LiveVerdict(12.0, 10.0, make_verdict(label, 0.87), dict.fromkeys(LABELS, raw), 23.4, 300.0, "cpu")


def test_an_input_that_went_away_is_waited_for_and_stop_stays_stop(bench: BenchMaker) -> None:
    made = _listening(bench)
    made.post(_verdict())
    made.post(ListenChanged(ListenState.WAITING, "USB", 48_000, "USB went away: it goes on by itself."))
    panel, listen = made.window.verdict, made.window.commands["listen"]
    assert (listen.iconText(), listen.isChecked()) == ("Stop", True)
    assert (panel.headline.word, panel.line()) == ("No input", "It goes on when the input is back.")
    assert made.window.status.text() == "Waiting for USB"
    assert made.window.messages.sentence == ""  # it stands in the picture
    listen.trigger()
    assert _last(made)[0] == "stop"
    made.post(ListenChanged(ListenState.RUNNING, "USB", 48_000, "", 2))
    assert panel.headline.word == "Listening…"
    assert made.window.status.text() == "Listening to USB"


def test_an_input_that_came_back_otherwise_says_so(bench: BenchMaker) -> None:
    made = _listening(bench)
    made.post(ListenChanged(ListenState.RUNNING, "USB", 44_100, "USB came back at 44100 Hz."))
    assert made.window.messages.sentence == "USB came back at 44100 Hz."


def test_sound_after_silence_shows_no_old_verdict(bench: BenchMaker) -> None:
    made = _listening(bench)
    made.post(_verdict())
    assert made.window.verdict.headline.word == "Metal"
    made.post(SoundBegan(20.0))
    assert made.window.verdict.headline.word == "Listening…"
    made.post(_verdict("jazz"))
    assert made.window.verdict.headline.word == "Jazz"


def test_warnings_come_and_go_over_the_picture(bench: BenchMaker) -> None:
    made = _listening(bench)
    warnings = made.conductor.live.warnings
    made.post(InputWarned(WarningKind.CLIPPING, "The level is too high: turn it down."))
    assert warnings.sentence == "The level is too high: turn it down."
    made.post(InputWarned(WarningKind.SLOW, "The model cannot keep up."))
    made.post(InputWarned(WarningKind.CLIPPING, ""))
    assert warnings.sentence == "The model cannot keep up."
    made.post(InputWarned(WarningKind.SLOW, ""))
    assert warnings.sentence == ""


def test_the_newest_window_is_marked_on_the_bars_while_listening_only(bench: BenchMaker, qtbot: QtBot) -> None:
    made = _listening(bench)
    bars = made.window.verdict.bars

    def shown(raw: float) -> bytes:
        made.post(_verdict(raw=raw))
        return bytes(bars.grab().toImage().constBits())

    assert shown(0.2) != shown(0.8)
    assert "newest window" in bars.toolTip()
    bars.set_values(make_verdict("metal").probabilities)
    assert bars.toolTip() == ""


def test_a_long_headline_has_room_in_a_narrow_panel(bench: BenchMaker) -> None:
    headline = bench([]).window.verdict.headline
    sizes = []
    for width in (400, 210, 120):
        headline.resize(width, headline.height())
        headline.show_words("Classical", "73 %", headline.palette().text().color())
        sizes.append(headline._fitting_font().pointSizeF())
    assert sizes == sorted(sizes, reverse=True)
    assert sizes[0] > sizes[-1]


def test_a_file_is_chosen_played_and_its_folder_remembered(
    bench: BenchMaker, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    made = bench([])
    song = str(tmp_path / "song.flac")
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: (song, ""))
    made.window.commands["listen_file"].trigger()
    assert _last(made) == ("start_file", (song,))
    assert made.engine.player.log[-1] == ("silence", ())
    assert made.settings.get("live.file folder") == str(tmp_path)
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: ("", ""))
    made.window.commands["listen_file"].trigger()
    assert len(made.engine.listener.log) == 1


def test_the_selected_track_as_input(bench: BenchMaker, qtbot: QtBot) -> None:
    made = bench([make_row(1), make_row(2)])
    assert not made.window.commands["listen_track"].isEnabled()
    qtbot.waitUntil(lambda: _second(made) is not None)
    made.window.library.table.selectRow(1)
    made.window.commands["listen_track"].trigger()
    row = _second(made)
    assert row is not None
    assert _last(made) == ("start_file", (row.path,))


def test_another_channel_while_listening(bench: BenchMaker) -> None:
    made = bench([])
    chooser = made.conductor.chooser
    chooser.stop()
    chooser._show([InputDevice(0, "Desk", "ALSA", 8, 48_000.0, True)])
    chooser.choose_channel(3)
    assert made.engine.listener.log == []  # nobody listens
    made.engine.listener.__dict__["listening"] = True
    chooser.choose_channel(5)
    assert _last(made) == ("start", (None, 5))
    made.window.commands["listen"].trigger()
    assert _last(made) == ("start", (None, 5))
    made.conductor.listening.listen_to_file("song.flac")
    chooser.choose_channel(1)
    assert _last(made) == ("start_file", ("song.flac",))  # a file has no such choice
