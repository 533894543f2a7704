"""Music played into a microphone: the verdict appears, the picture moves, the ribbon fills, Stop lets go."""

from __future__ import annotations

import csv
import os
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QApplication, QWidget

from mgc_desktop.app import WindowSession
from mgc_desktop.core.paths import Profile
from mgc_desktop.core.values import Samples
from mgc_desktop.engine.events import LiveVerdict
from tests import synth
from tests.app.harness import (
    ROOT,
    cells,
    live_for,
    open_window,
    screenshot,
    select,
    trust,
    wait_for,
    wait_for_model,
    wait_for_rows,
)
from tests.pulse import RATE, SoundServer

MUSIC_SECONDS = 25.0


@pytest.fixture(scope="module")
def music() -> Samples:
    """Return mono music at the sound server's rate: real where there is some, else computed."""
    folder = Path(os.environ.get("MGC_TEST_DATA") or ROOT.parent / "shared" / "data").expanduser()
    listing = folder / "tracks.csv"
    if not listing.is_file():
        return synth.song(MUSIC_SECONDS, RATE)
    from mgc_desktop.audio.decode import load_audio

    with listing.open(newline="", encoding="utf-8") as stream:
        row = next(row for row in csv.DictReader(stream) if row["label"] == "jazz" and float(row["seconds"]) > 25)
    return load_audio(str(folder / row["path"]), sample_rate=RATE, seconds=MUSIC_SECONDS)[0]


def pixels(widget: QWidget) -> NDArray[np.uint8]:
    """Return what a widget shows: uint8[height, width, 4]."""
    image = widget.grab().toImage().convertToFormat(QImage.Format.Format_RGB32)
    return np.array(image.constBits(), np.uint8).reshape(image.height(), image.width(), 4)


def recorders(server: SoundServer) -> int:
    """Return how many programs record from the sound server."""
    return len(server.pactl("list", "short", "source-outputs").stdout.splitlines())


def live_verdicts(session: WindowSession) -> list[LiveVerdict]:
    """Return a list that live verdicts are added to from now on."""
    heard: list[LiveVerdict] = []
    assert session.bridge is not None
    session.bridge.live_verdict.connect(heard.append)
    return heard


def test_listen_see_stop(
    qapp: QApplication, profile: Profile, tiny_model: Path, virtual_microphone: SoundServer, music: Samples
) -> None:
    with open_window(qapp, profile, model=trust(profile, tiny_model)) as session:
        assert session.conductor is not None
        window, live, chooser = session.window, session.conductor.live, session.conductor.chooser
        panel, listen = window.verdict, window.commands["listen"]
        heard = live_verdicts(session)
        wait_for_model(session, "tiny")
        wait_for(lambda: "Virtual" in chooser.currentText(), 10, "the input's name")
        empty = pixels(live.spectrogram)

        virtual_microphone.play(music)
        listen.trigger()
        wait_for(lambda: window.status.text() == "Listening to Monitor of Virtual", 15, "the microphone")
        assert (listen.isChecked(), listen.iconText()) == (True, "Stop")
        assert recorders(virtual_microphone) == 1
        assert (panel.headline.word, panel.line()) == ("Listening…", "The first verdict takes a few seconds.")

        wait_for(lambda: heard, 20, "the first verdict")
        live_for(100)
        said = heard[-1]
        assert sum(said.verdict.probabilities.values()) == pytest.approx(1.0, abs=1e-3)
        assert panel.headline.word not in ("", "Listening…")
        assert "11 %" in panel.bars.accessibleDescription()
        assert panel.headline.number.endswith(" %")
        assert f"{said.inference_ms:.0f} ms, 0 overruns" in window.status.machine_text()
        _check_motion(session, empty)

        wait_for(lambda: live.heard.stretches and live.heard.stretches[-1].end > 8, 20, "a ribbon")
        screenshot(window, "listening")
        listen.trigger()
        wait_for(lambda: listen.iconText() == "Listen", 5, "the end")
        assert not listen.isChecked()
        assert recorders(virtual_microphone) == 0
        assert panel.headline.word == ""
        still = pixels(live.spectrogram)
        live_for(300)
        assert np.array_equal(pixels(live.spectrogram), still)
        assert window.messages.sentence == ""


def _check_motion(session: WindowSession, empty: NDArray[np.uint8]) -> None:
    """Check that the picture scrolls, that it shows sound, and that meter and ribbons follow."""
    assert session.conductor is not None
    live = session.conductor.live
    plot = live.spectrogram.plot_rect()
    inside = (slice(plot.top(), plot.bottom()), slice(plot.left(), plot.right()))
    ribbon, shown = pixels(live.ribbon), live.spectrogram.seconds_shown
    picture = pixels(live.spectrogram)[inside]
    assert not np.array_equal(picture, empty[inside])
    assert len(np.unique(picture.reshape(-1, 4), axis=0)) > 50
    levels = set()
    for _ in range(10):
        live_for(100)
        levels.add(round(live.meter.level_db, 1))
    assert live.spectrogram.seconds_shown - shown == pytest.approx(1.0, abs=0.7)
    assert len(levels) > 3
    assert max(levels) > -45.0
    assert not np.array_equal(pixels(live.ribbon), ribbon)
    # Three tries, because the range of colours may be fitted anew in between.
    assert any(_scrolled(live.spectrogram, inside) for _ in range(3))


def _scrolled(picture: QWidget, inside: tuple[slice, slice]) -> bool:
    """Return whether the picture of half a second ago is found again, further left."""
    before = pixels(picture)[inside]
    live_for(500)
    after = pixels(picture)[inside]
    width = after.shape[1]
    return any(np.array_equal(before[:, move:], after[:, : width - move]) for move in range(5, 100))


def test_listening_from_the_command_line_and_a_selected_track_beside_it(
    qapp: QApplication,
    profile: Profile,
    tiny_model: Path,
    virtual_microphone: SoundServer,
    music: Samples,
    tmp_path: Path,
) -> None:
    virtual_microphone.add_sink("Second")
    virtual_microphone.play(music, "Second")
    song = synth.write_audio(tmp_path / "one.wav", synth.song(5.0))
    model = trust(profile, tiny_model)
    with open_window(qapp, profile, [song], listen="Monitor of Second", model=model) as session:
        heard = live_verdicts(session)
        window = session.window
        # The panel, not the status line: that is shared with the song, which may be heard first.
        wait_for(lambda: "Monitor of Second" in window.verdict._title.text(), 15, "the microphone")
        wait_for_rows(session, 1)
        wait_for(lambda: heard, 30, "a verdict")
        # What is listened to comes first, and the track comes back when it ends.
        select(session, "one.wav")
        assert "Monitor of Second" in window.verdict._title.text()
        window.commands["listen"].trigger()
        wait_for(lambda: recorders(virtual_microphone) == 0, 5, "the device to be let go")
        wait_for(lambda: window.verdict.headline.word == cells(session, 0)["verdict"], 5, "the track's verdict")


def test_closing_the_window_lets_go_of_the_microphone(
    qapp: QApplication, profile: Profile, tiny_model: Path, virtual_microphone: SoundServer
) -> None:
    with open_window(qapp, profile, listen="", model=trust(profile, tiny_model)) as session:
        wait_for(lambda: "Virtual" in session.window.status.text(), 15, "the microphone")
        assert recorders(virtual_microphone) == 1
    assert recorders(virtual_microphone) == 0
