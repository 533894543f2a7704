"""Two starts on one profile, as real processes: one window, one library, nothing lost."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from mgc_desktop.core.paths import Profile
from mgc_desktop.core.values import TrackState
from tests import synth
from tests.app.harness import ROOT, command, kept, trust

pytestmark = pytest.mark.skipif(os.name != "posix", reason="signals of this kind are POSIX's")

Start = Callable[..., subprocess.Popen[str]]


def folder_of(folder: Path, count: int) -> Path:
    folder.mkdir()
    for number in range(count):
        synth.write_audio(folder / f"{number}.ogg", synth.song(4.0, seed=number))
    return folder


@pytest.fixture
def start(qapp: object, profile: Profile, tiny_model: Path) -> Iterator[Start]:
    """Return a maker of windows on the test's profile: `start(path, ...)`."""
    model = trust(profile, tiny_model)
    made: list[subprocess.Popen[str]] = []

    def window(*paths: Path) -> subprocess.Popen[str]:
        words = command(profile, "--device", "cpu", "--model", model, *paths)
        made.append(subprocess.Popen(words, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True))
        return made[-1]

    yield window
    for process in made:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
        try:
            process.communicate(timeout=20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()


def wait_until_heard(profile: Profile, number: int, seconds: float = 60.0) -> None:
    give_up = time.monotonic() + seconds
    while sum(row.state is TrackState.DONE for row in kept(profile)) < number:
        assert time.monotonic() < give_up, f"heard {[row.state for row in kept(profile)]}, not {number}"
        time.sleep(0.1)


def is_sane(profile: Profile) -> bool:
    """Return whether SQLite finds no fault in the library."""
    connection = sqlite3.connect(profile.library_file)
    try:
        return bool(connection.execute("PRAGMA integrity_check").fetchone() == ("ok",))
    finally:
        connection.close()


def test_a_second_start_passes_its_paths_and_ends(profile: Profile, tmp_path: Path, start: Start) -> None:
    one, two = folder_of(tmp_path / "one", 4), folder_of(tmp_path / "two ünïcode\n-dash", 3)
    first = start(one)
    wait_until_heard(profile, 1)
    second = start(two)
    said = second.communicate(timeout=30)
    assert (second.returncode, said) == (0, ("", ""))
    wait_until_heard(profile, 7)
    assert {Path(row.path).parent for row in kept(profile)} == {one, two}
    assert first.poll() is None
    first.send_signal(signal.SIGTERM)
    assert first.communicate(timeout=20) == ("", "")
    assert first.returncode == 0
    assert is_sane(profile)


def test_three_starts_at_the_same_moment_are_one_window(profile: Profile, tmp_path: Path, start: Start) -> None:
    """As when an impatient person double-clicks again: the first is still starting when the others come."""
    folders = [folder_of(tmp_path / str(number), 2) for number in range(3)]
    processes = [start(folder) for folder in folders]
    wait_until_heard(profile, 6)
    running = [process for process in processes if process.poll() is None]
    assert len(running) == 1
    for process in processes:
        if process not in running:
            assert process.communicate() == ("", "")
            assert process.returncode == 0
    assert is_sane(profile)


def test_a_start_while_the_last_window_is_closing(profile: Profile, tmp_path: Path, start: Start) -> None:
    first = start(folder_of(tmp_path / "one", 3))
    wait_until_heard(profile, 3)
    first.send_signal(signal.SIGTERM)
    second = start(folder_of(tmp_path / "two", 3))
    assert first.wait(20) == 0
    # Whichever of the two took the paths: they are in the library, or will be when it opens next.
    give_up = time.monotonic() + 20.0
    while second.poll() is None and len(kept(profile)) < 6 and time.monotonic() < give_up:
        time.sleep(0.1)
    assert second.poll() is None
    wait_until_heard(profile, 6)
    assert is_sane(profile)


def test_a_window_that_was_killed_leaves_a_sane_library(profile: Profile, tmp_path: Path, start: Start) -> None:
    folder = tmp_path / "many"
    folder.mkdir()
    song = synth.write_audio(folder / "000.ogg", synth.song(20.0))
    for number in range(1, 30):
        os.link(song, folder / f"{number:03}.ogg")
    first = start(folder)
    wait_until_heard(profile, 5)
    first.kill()
    first.communicate(timeout=10)
    heard = sum(row.state is TrackState.DONE for row in kept(profile))
    assert is_sane(profile)
    start()
    wait_until_heard(profile, 30)
    assert heard >= 5
