"""Listening that is kept: labelled by keyboard, looked at and played later, and learnt from."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from mgc_desktop.app import WindowSession
from mgc_desktop.audio.long_flac import facts
from mgc_desktop.core.paths import Profile
from mgc_desktop.core.session_values import SoundState
from mgc_desktop.engine.events import PlayState, SessionsListed, TrainFinished, TrainProgress
from mgc_desktop.ui.live.live_panel import LivePanel
from mgc_desktop.ui.sessions.window import SessionsWindow
from tests import synth
from tests.app.harness import live_for, open_window, screenshot, trust, wait_for, wait_for_model
from tests.pulse import RATE, SoundServer


def listen(session: WindowSession) -> LivePanel:
    """Listen, and return the panel once sound arrives."""
    assert session.conductor is not None
    window, live = session.window, session.conductor.live
    window.commands["listen"].trigger()
    wait_for(lambda: window.commands["keep_session"].isEnabled(), 20, "the microphone")
    wait_for(lambda: live.recording is not None and live.recording.seconds > 0.5, 20, "sound")
    return live


def stop(session: WindowSession) -> None:
    session.window.commands["listen"].trigger()
    wait_for(lambda: not session.window.commands["keep_session"].isEnabled(), 10, "the end of listening")


def recorded(live: LivePanel, seconds: float) -> None:
    """Wait until so much was recorded."""
    wait_for(lambda: live.recording is not None and live.recording.seconds >= seconds, 60, f"{seconds:.0f} s of sound")


def label(live: LivePanel, start: float, end: float, key: Qt.Key) -> None:
    """Select a span, and label it by keyboard."""
    live.selection.set_span(start, end)
    live.spectrogram.setFocus()
    QTest.keyClick(live.spectrogram, key)
    assert live.selection.span is None


@pytest.mark.timeout(120)
def test_keep_label_look_and_play(
    qapp: QApplication, profile: Profile, tiny_model: Path, virtual_microphone: SoundServer
) -> None:
    with open_window(qapp, profile, model=trust(profile, tiny_model)) as session:
        conductor, commands = session.conductor, session.window.commands
        assert conductor is not None
        assert session.bridge is not None
        listed: list[SessionsListed] = []
        session.bridge.sessions_listed.connect(listed.append)
        wait_for_model(session, "tiny")
        virtual_microphone.play(synth.song(30.0, RATE))
        live = listen(session)
        recorded(live, 1.0)
        commands["keep_session"].trigger()
        wait_for(conductor.keeping.bar.isVisible, 10, "the line that says what is kept")
        conductor.keeping.bar.earlier.click() if conductor.keeping.bar.earlier.isVisible() else None
        recorded(live, 5.0)
        label(live, 1.5, 4.0, Qt.Key.Key_6)
        wait_for(lambda: commands["undo"].text() == "&Undo Label Jazz", 10, "the label")
        screenshot(session.window, "sessions-keeping")
        stop(session)
        wait_for(lambda: listed and [row.sound for row in listed[-1].sessions] == [SoundState.WHOLE], 20, "one file")
        row = listed[-1].sessions[0]
        assert row.labels == 1
        path = profile.sessions_dir / str(row.id) / "sound.flac"
        frames, rate = facts(path)
        assert frames / rate == pytest.approx(row.seconds, abs=0.05)

        commands["sessions"].trigger()
        dialog = conductor.looking.dialog
        assert dialog is not None
        wait_for(lambda: dialog.panel.picture.path == str(path), 30, "the picture")
        _play(session, dialog, str(path))
        screenshot(dialog, "sessions-window")
        dialog.delete.click()
        wait_for(lambda: not listed[-1].sessions, 10, "an empty list")
        commands["undo"].trigger()
        wait_for(lambda: listed[-1].sessions, 10, "the session to be back")
        dialog.close()
        assert session.window.messages.sentence == ""


def _play(session: WindowSession, dialog: SessionsWindow, path: str) -> None:
    assert session.conductor is not None
    looking = session.conductor.looking
    dialog.panel.transport.button.click()
    wait_for(lambda: looking._state is PlayState.PLAYING, 20, "the session to be played")
    wait_for(lambda: dialog.panel.place > 0.3, 20, "the cursor to move")
    dialog.panel.transport.button.click()
    wait_for(lambda: looking._state is PlayState.PAUSED, 10, "a pause")


@pytest.mark.slow
@pytest.mark.timeout(400)
def test_what_was_labelled_while_listening_is_learnt_and_then_heard(
    qapp: QApplication, profile: Profile, virtual_microphone: SoundServer
) -> None:
    rounds, spans = 3, 3  # of listening, and labelled in each
    with open_window(qapp, profile) as session:
        assert session.conductor is not None
        assert session.bridge is not None
        conductor = session.conductor
        wait_for(lambda: conductor.models.name, 60, "the model")
        for number in range(rounds):
            virtual_microphone.play(_own_genre(30.0, number))
            live = listen(session)
            start = live.recording.seconds + 1.0 if live.recording is not None else 0.0
            if number:  # the first is kept without a session: the sound of the spans alone
                session.window.commands["keep_session"].trigger()
                wait_for(conductor.keeping.bar.isVisible, 10, "the line that says what is kept")
            recorded(live, start + 4.0 * spans)
            for span in range(spans):
                live.selection.set_span(start + 4.0 * span, start + 4.0 * span + 3.8)
                live.spectrogram.setFocus()
                QTest.keyClick(live.spectrogram, Qt.Key.Key_F2)
                QTest.keyClicks(conductor.keeping.labelling.card.field, "Sirens")
                QTest.keyClick(conductor.keeping.labelling.card.field, Qt.Key.Key_Return)
                live_for(100)
            stop(session)
            live_for(500)
        model = _teach(session)
        told = json.loads((model / "model.json").read_text("utf-8"))
        assert "Sirens" in told["labels"]
        assert len(told["labels"]) == 12
        wait_for_model(session, model.name)

        heard: list[str | None] = []
        session.bridge.live_verdict.connect(lambda event: heard.append(event.verdict.label))
        virtual_microphone.play(_own_genre(30.0, 9))
        listen(session)
        wait_for(lambda: heard[-4:] == ["Sirens"] * 4, 60, "the new genre to be heard")
        screenshot(session.window, "sessions-learnt")


def _own_genre(seconds: float, seed: int) -> np.ndarray[tuple[int], np.dtype[np.float32]]:
    """Return sirens: a tone that glides up and down, never twice the same way, as no music of the model does."""
    turns = np.random.default_rng(seed).uniform(500.0, 1500.0, round(seconds / 0.6) + 2)
    t = np.arange(round(seconds * RATE)) / RATE
    phase = 2 * np.pi * np.cumsum(np.interp(t, 0.6 * np.arange(len(turns)), turns)) / RATE
    return (0.3 * np.sin(phase) + 0.1 * np.sin(2 * phase)).astype(np.float32)


def _teach(session: WindowSession) -> Path:
    """Retrain quickly on what was labelled, use it, and return the new model."""
    assert session.conductor is not None
    assert session.bridge is not None
    finished: list[TrainFinished] = []
    told: list[TrainProgress] = []
    session.bridge.train_finished.connect(finished.append)
    session.bridge.train_progress.connect(told.append)
    session.window.commands["retrain"].trigger()
    dialog = session.conductor.teaching.dialog
    assert dialog is not None
    form = dialog.form
    form.source.choose("sessions")
    report = wait_for(form.report, 60, "the check of the spans")
    assert report.labels == {"Sirens": 9}
    with (session._profile.cache_dir / "sessions.csv").open(encoding="utf-8", newline="") as file:
        groups = [row["group"] for row in csv.DictReader(file)]
    assert sorted(groups.count(group) for group in set(groups)) == [3, 3, 3]
    assert form.labels.value() == "add"
    form.how.choose("quick")
    screenshot(dialog, "retrain-sessions")
    form.start.click()
    wait_for(lambda: finished, 150, "the new model")
    assert finished[0].model, finished[0]
    begun = next(event.data for event in told if event.kind == "start")
    assert begun["tracks"] == {"train": 6, "valid": 0, "test": 3}  # each listening on one side
    wait_for(lambda: dialog.outcome.use.isVisible(), 10, "the result")
    dialog.outcome.use.click()
    return Path(finished[0].model)
