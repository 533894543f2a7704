"""Faults that the whole window has to live through: each is one sentence in the bar, and everything else goes on."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import pytest
from PySide6.QtWidgets import QApplication

from mgc_desktop.app import WindowSession
from mgc_desktop.core.paths import Profile
from mgc_desktop.core.values import TrackState
from mgc_desktop.engine.choice import SHIPPED_MODEL
from tests import synth
from tests.app.harness import (
    decoders,
    kept,
    listed,
    live_for,
    open_window,
    screenshot,
    select,
    trust,
    wait_for,
    wait_for_message,
    wait_for_model,
    wait_for_rows,
)
from tests.engines import copies
from tests.pulse import SoundServer

MEGABYTE = 1 << 20


@pytest.fixture(scope="module")
def song(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return synth.write_audio(tmp_path_factory.mktemp("song") / "song.ogg", synth.song(20.0))


@pytest.fixture
def model(profile: Profile, tiny_model: Path) -> Path:
    return trust(profile, tiny_model)


def drop(session: WindowSession, *paths: Path) -> None:
    session.window.paths_given.emit([str(path) for path in paths])


def heard(session: WindowSession) -> int:
    return sum(row.state is TrackState.DONE for row in listed(session))


# Models --------------------------------------------------------------------------------------------


def truncate(folder: Path) -> str:
    with (folder / "model.pt").open("r+b") as stream:
        stream.truncate(1000)
    return "was truncated or altered"


def alter(folder: Path) -> str:
    content = bytearray((folder / "model.pt").read_bytes())
    content[len(content) // 2] ^= 1
    (folder / "model.pt").write_bytes(content)
    return "was truncated or altered"


def change_format(folder: Path) -> str:
    _edit(folder, lambda info: info.update(format=99))
    return "is of format '99' and this program reads format 1"


def fail_self_test(folder: Path) -> str:
    _edit(folder, lambda info: info["self_test"].update(logits=[9.0] * len(info["labels"])))
    return "self-test"


def empty_it(folder: Path) -> str:
    for path in folder.iterdir():
        if path.name != "model.json":
            path.unlink()
    return "is not a model folder, model.pt is missing"


def damage_description(folder: Path) -> str:
    (folder / "model.json").write_text('{"format": 1, "name": ')
    return "has a damaged model.json"


def _edit(folder: Path, change: Callable[[dict[str, Any]], object]) -> None:
    info = json.loads((folder / "model.json").read_text("utf-8"))
    change(info)
    (folder / "model.json").write_text(json.dumps(info), "utf-8")


SPOILERS = (truncate, alter, change_format, fail_self_test, empty_it, damage_description)


def test_spoiled_models_from_the_menu_leave_the_one_in_use(
    qapp: QApplication, profile: Profile, model: Path, song: Path, tmp_path: Path
) -> None:
    sentences = {}
    for spoil in SPOILERS:
        folder = shutil.copytree(model, profile.models_dir / spoil.__name__)
        sentences[spoil.__name__] = spoil(folder)
    with open_window(qapp, profile, model=model) as session:
        wait_for_model(session, "tiny")
        for name, part in sentences.items():
            menu = session.window.commands.submenus["models"]
            menu.aboutToShow.emit()
            next(action for action in menu.actions() if action.text() == name).trigger()
            sentence = wait_for_message(session, part)
            assert str(profile.models_dir / name) in sentence
            assert sentence.endswith("tiny stays in use.")
            session.window.messages.dismiss()
        drop(session, copies(song, tmp_path / "music", 2))
        assert {row.state for row in wait_for_rows(session, 2)} == {TrackState.DONE}
        assert session.window.model_button.text() == "tiny"
        assert session.window.status.machine_text().strip().endswith("cpu")


@pytest.mark.parametrize("spoil", [truncate, change_format, fail_self_test])
def test_a_spoiled_model_from_the_command_line_gives_way_to_the_shipped_one(
    qapp: QApplication, profile: Profile, model: Path, song: Path, tmp_path: Path, spoil: Callable[[Path], str]
) -> None:
    folder = shutil.copytree(model, tmp_path / "spoiled")
    part = spoil(folder)
    music = copies(song, tmp_path / "music", 2)
    with open_window(qapp, profile, [music], model=folder) as session:
        wait_for_message(session, part)
        wait_for_message(session, f"{SHIPPED_MODEL}, which came with the program, is used instead")
        wait_for_model(session, SHIPPED_MODEL)
        assert {row.state for row in wait_for_rows(session, 2)} == {TrackState.DONE}


def test_a_model_that_nobody_vouches_for_is_not_opened(
    qapp: QApplication, profile: Profile, model: Path, tmp_path: Path
) -> None:
    profile.trusted_file.unlink()
    with open_window(qapp, profile, model=model) as session:
        sentence = wait_for_message(session, str(model))
        assert "tiny" not in session.window.model_button.text()
        assert "stays in use" not in sentence


# Decoders ------------------------------------------------------------------------------------------


@pytest.mark.skipif(sys.platform == "win32", reason="stops processes with POSIX signals")
def test_decoders_killed_during_a_scan_cost_their_files_alone(
    qapp: QApplication, profile: Profile, model: Path, song: Path, tmp_path: Path
) -> None:
    music = copies(song, tmp_path / "music", 24)
    with open_window(qapp, profile, [music], model=model) as session:
        wait_for(lambda: heard(session) >= 3, 60, "the first verdicts")
        victims = decoders()
        assert victims
        for victim in victims:
            victim.suspend()  # so that it dies in the middle of a file, and not between two
        live_for(300)
        for victim in victims:
            victim.kill()
        rows = wait_for_rows(session, 24)
        fallen = [row for row in rows if row.state is TrackState.FAILED]
        assert 1 <= len(fallen) <= len(victims)
        assert heard(session) == 24 - len(fallen)
        wait_for(lambda: "could not be read" in session.window.status.text(), 10, "the summary")
        select(session, os.path.basename(fallen[0].path))
        wait_for(lambda: session.window.verdict.headline.word == "Not heard", 5, "the reason")
        assert "decoder" in session.window.verdict.line()
        session.window.commands["hear_again"].trigger()
        wait_for(lambda: session.window.verdict.headline.word not in ("Not heard", "Waiting"), 20, "a verdict")


# The library's disk --------------------------------------------------------------------------------


def test_a_damaged_library_is_a_sentence_and_the_microphone_still_works(
    qapp: QApplication, profile: Profile, model: Path, song: Path, tmp_path: Path, virtual_microphone: SoundServer
) -> None:
    profile.library_file.write_bytes(b"This is no database at all. " * 500)
    before = profile.library_file.read_bytes()
    with open_window(qapp, profile, [copies(song, tmp_path / "music", 2)], model=model) as session:
        sentence = wait_for_message(session, "is damaged")
        assert str(profile.library_file) in sentence
        wait_for(lambda: session.window.status.text() == "Nothing was heard", 20, "the end of the scan")
        assert not session.window.status.scanning
        assert session.window.library.empty.isVisible()
        assert session.window.library.empty.hint() == sentence
        screenshot(session.window, "damaged-library")
        assert _dismiss_all(session) == [sentence]
        wait_for_model(session, "tiny")
        session.window.commands["listen"].trigger()
        wait_for(lambda: session.window.status.text().startswith("Listening to"), 15, "the microphone")
    assert profile.library_file.read_bytes() == before


def test_a_page_of_the_library_is_damaged(
    qapp: QApplication, profile: Profile, model: Path, song: Path, tmp_path: Path
) -> None:
    music = copies(song, tmp_path / "music", 20)
    with open_window(qapp, profile, [music], model=model) as session:
        wait_for_rows(session, 20)
    content = bytearray(profile.library_file.read_bytes())
    content[4096:] = os.urandom(len(content) - 4096)
    profile.library_file.write_bytes(content)
    with open_window(qapp, profile, [music], model=model) as session:
        assert str(profile.library_file) in wait_for_message(session, "is damaged")
        wait_for_model(session, "tiny")


def test_a_library_that_may_not_be_written(
    qapp: QApplication,
    profile: Profile,
    model: Path,
    song: Path,
    tmp_path: Path,
    mount: Callable[..., None],
) -> None:
    music = copies(song, tmp_path / "music", 3)
    with open_window(qapp, profile, [music], model=model) as session:
        wait_for_rows(session, 3)
    file = str(profile.library_file)
    mount("--bind", file, file)
    mount("-o", "remount,bind,ro", file)
    with open_window(qapp, profile, [copies(song, tmp_path / "more", 2)], model=model) as session:
        sentence = wait_for_message(session, "may not be written")
        assert file in sentence
        wait_for_model(session, "tiny")


@pytest.fixture
def small_disk(tmp_path: Path, tiny_model: Path, mount: Callable[..., None]) -> Profile:
    """Return a profile on a disk of 4 MB."""
    place = tmp_path / "disk"
    place.mkdir()
    mount("-t", "tmpfs", "-o", "size=4m", "tmpfs", str(place))
    made = Profile.open(place / "profile")
    trust(made, tiny_model)
    return made


def fill(profile: Profile) -> Path:
    """Leave no room on the disk of `profile`; return the file that takes it."""
    filler = profile.data_dir.parent / "filler"
    with contextlib.suppress(OSError), filler.open("ab", buffering=0) as stream:
        while True:
            stream.write(bytes(4096))
    return filler


def _dismiss_all(session: WindowSession) -> list[str]:
    """Dismiss every sentence in the bar, and return them."""
    bar, said = session.window.messages, []
    while bar.sentence:
        said.append(bar.sentence)
        bar.dismiss()
    return said


def test_a_full_disk_is_said_once_and_the_scan_goes_on_when_there_is_room(
    qapp: QApplication, small_disk: Profile, tiny_model: Path, song: Path, tmp_path: Path
) -> None:
    music = copies(song, tmp_path / "music", 12)
    with open_window(qapp, small_disk, model=tiny_model) as session:
        wait_for_model(session, "tiny")
        filler = fill(small_disk)
        drop(session, music)
        sentence = wait_for_message(session, "no room left on the disk")
        assert str(small_disk.library_file) in sentence
        live_for(2500)  # it is tried again, and not said again
        assert _dismiss_all(session) == [sentence]
        filler.unlink()
        rows = wait_for_rows(session, 12)
        assert {row.state for row in rows} == {TrackState.DONE}
    assert len(kept(small_disk)) == 12


def test_closing_on_a_full_disk_loses_no_row_that_was_there(
    qapp: QApplication, small_disk: Profile, tiny_model: Path, song: Path, tmp_path: Path
) -> None:
    with open_window(qapp, small_disk, [copies(song, tmp_path / "music", 4)], model=tiny_model) as session:
        wait_for_rows(session, 4)
        fill(small_disk)
        drop(session, copies(song, tmp_path / "more", 4, first=4))
        wait_for_message(session, "no room left on the disk")
    assert len(kept(small_disk)) == 4


# Sound ---------------------------------------------------------------------------------------------


def test_a_machine_without_a_microphone(
    qapp: QApplication, profile: Profile, model: Path, song: Path, tmp_path: Path, no_sound_server: None
) -> None:
    with open_window(qapp, profile, model=model) as session:
        assert session.conductor is not None
        listen, chooser = session.window.commands["listen"], session.conductor.chooser
        wait_for(lambda: chooser.currentText() == "No microphone found", 10, "the empty list")
        listen.trigger()
        wait_for_message(session, "No microphone was found")
        wait_for(lambda: not listen.isChecked(), 5, "the button to come up")
        assert listen.iconText() == "Listen"
        screenshot(session.window, "no-microphone")
        drop(session, copies(song, tmp_path / "music", 2))
        assert {row.state for row in wait_for_rows(session, 2)} == {TrackState.DONE}


def test_the_sound_server_is_killed_while_listening_and_comes_back(
    qapp: QApplication,
    profile: Profile,
    model: Path,
    song: Path,
    tmp_path: Path,
    virtual_microphone: SoundServer,
) -> None:
    with open_window(qapp, profile, model=model) as session:
        listen = session.window.commands["listen"]
        listen.trigger()
        wait_for(lambda: session.window.status.text().startswith("Listening to"), 15, "the microphone")
        drop(session, copies(song, tmp_path / "music", 10))
        virtual_microphone.kill()
        assert session.engine is not None
        listener = session.engine.listener
        wait_for(lambda: listener.ring is None, 15, "the loss to be noticed")
        assert listen.isChecked()
        assert {row.state for row in wait_for_rows(session, 10)} == {TrackState.DONE}
        virtual_microphone.start()
        wait_for(lambda: listener.ring is not None, 30, "the microphone again")
        assert session.window.messages.sentence == ""


# Everything at once --------------------------------------------------------------------------------


def test_closing_in_the_middle_of_everything_is_quick_and_leaves_nothing(
    qapp: QApplication, profile: Profile, model: Path, song: Path, tmp_path: Path, virtual_microphone: SoundServer
) -> None:
    music = copies(song, tmp_path / "music", 80)
    threads = threading.active_count()
    with open_window(qapp, profile, [music], listen="", model=model) as session:
        wait_for(lambda: heard(session) >= 2 and session.engine and session.engine.listener.ring, 60, "all at work")
        began = time.monotonic()
    took = time.monotonic() - began
    assert took < 6.0
    assert decoders() == []
    assert threading.active_count() <= threads
    assert virtual_microphone.pactl("list", "short", "source-outputs").stdout == ""
    assert sum(row.state is TrackState.DONE for row in kept(profile)) >= 2
    left = [child.cmdline() for child in psutil.Process().children(recursive=True) if child.is_running()]
    assert not [words for words in left if any("mgc_desktop" in word for word in words)]
