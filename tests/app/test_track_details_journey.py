"""The selected track in the real window: its picture and timeline appear, it plays, pauses and is sought."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from mgc_desktop.app import WindowSession
from mgc_desktop.core.paths import Profile
from mgc_desktop.engine.events import PlayState
from mgc_desktop.ui.details.details import Details
from tests import synth
from tests.app.harness import live_for, open_window, screenshot, select, trust, wait_for, wait_for_rows
from tests.pulse import SoundServer


def details(session: WindowSession) -> Details:
    assert session.conductor is not None
    return session.conductor.details


def wait_for_picture(session: WindowSession, path: Path) -> None:
    panel = details(session).panel
    wait_for(lambda: panel.picture.path == str(path) and panel.ribbon._stretches, what=f"the picture of {path.name}")


def test_looking_at_a_track_and_hearing_it(
    qapp: QApplication, profile: Profile, two_models: Path, virtual_microphone: SoundServer, tmp_path: Path
) -> None:
    model = trust(profile, two_models / "one")
    music = tmp_path / "music"
    music.mkdir()
    song = synth.write_audio(music / "a.flac", synth.stereo(synth.song(40.0)))
    other = synth.write_audio(music / "b.wav", np.tile(synth.drums(10.0), 3))
    (music / "c.mp3").write_bytes(bytes(3000))
    with open_window(qapp, profile, [music], model=model) as session:
        wait_for_rows(session, 3)
        window, panel, table = session.window, details(session).panel, session.window.library.table
        select(session, "a.flac")
        wait_for_picture(session, song)
        assert window.live_dock.windowTitle() == "Selected track"
        wait_for(lambda: ("File", "FLAC") in [(k, v[:4]) for k, v in window.verdict.facts.lines()], what="the file")
        window.activateWindow()
        table.setFocus()
        wait_for(table.hasFocus, what="the keyboard")
        # Space plays, the cursor moves; the keys of the picture seek; Space in it pauses.
        QTest.keyClick(table, Qt.Key.Key_Space)
        wait_for(lambda: panel.place > 0.3, what="the cursor")
        assert virtual_microphone.pactl("list", "short", "sink-inputs").stdout
        panel.picture.setFocus()
        for _ in range(3):
            QTest.keyClick(panel.picture, Qt.Key.Key_Right)
        wait_for(lambda: 15 < panel.place < 20 and panel._state is PlayState.PLAYING, what="15 s further")
        screenshot(window, "track-details")
        QTest.keyClick(panel.picture, Qt.Key.Key_Space)
        wait_for(lambda: panel._state is PlayState.PAUSED, what="the pause")
        place = panel.place
        assert not virtual_microphone.pactl("list", "short", "sink-inputs").stdout
        # Another track, and back: the place is kept.
        select(session, "b.wav")
        wait_for_picture(session, other)
        assert panel.place == 0
        select(session, "a.flac")
        wait_for_picture(session, song)
        assert panel.place == place
        # A file that cannot be read says why, where the picture would be.
        select(session, "c.mp3")
        wait_for(lambda: "audio" in panel.picture.accessibleDescription(), what="why there is no picture")
        screenshot(window, "track-details-none")
        # What the person says is part of the history.
        select(session, "a.flac")
        assert session.engine is not None
        session.engine.corrections.set_label([table.current_id() or 0], "Tango")
        wait_for(lambda: any("You set Tango" in text for _, text in window.verdict.facts.lines()), what="the history")
        # Listening takes the panel, and gives it back.
        window.commands["listen"].trigger()
        wait_for(lambda: not details(session).lower.shows_track, what="the live picture")
        live_for(50)
        window.commands["listen"].trigger()
        wait_for(lambda: details(session).lower.shows_track, what="the track")
