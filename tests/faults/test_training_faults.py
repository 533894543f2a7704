"""Training from the window on bad data and bad disks: a sentence in the dialog, and the model in use stays."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest
from PySide6.QtWidgets import QApplication

from mgc_desktop.app import WindowSession
from mgc_desktop.core.paths import Profile
from mgc_desktop.ui.models.retrain_dialog import RetrainDialog
from tests import synth
from tests.app.harness import open_window, trust, wait_for, wait_for_model

RUN_SECONDS = 90.0
pytestmark = pytest.mark.timeout(200)


@pytest.fixture
def model(profile: Profile, tiny_model: Path) -> Path:
    return trust(profile, tiny_model)


def genre(folder: Path, tracks: int, kind: str = "drums") -> Path:
    """Make a genre folder with that many tracks."""
    folder.mkdir(parents=True)
    for seed in range(tracks):
        synth.write_audio(folder / f"{seed}.wav", synth.KINDS[kind](3.0, seed=seed))
    return folder


def two_genres(folder: Path) -> Path:
    """Return a folder of two small genres."""
    genre(folder / "data" / "drums", 5)
    genre(folder / "data" / "chords", 5, "chords")
    return folder / "data"


def spoil(folder: Path, count: int) -> Path:
    """Put files into a genre folder that are called music and are none."""
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(count):
        (folder / f"bad {number}.mp3").write_bytes(os.urandom(3000))
    return folder


def dialog_for(session: WindowSession, data: Path) -> RetrainDialog:
    """Return the dialog with `data` chosen and looked into, to learn its genres only."""
    wait_for_model(session, "tiny")
    session.window.commands["retrain"].trigger()
    assert session.conductor is not None
    dialog = session.conductor.teaching.dialog
    assert dialog is not None
    dialog.form.labels.choose("only")
    dialog.form.how.choose("full")
    dialog.form.set_folder(str(data))
    wait_for(lambda: dialog.form.check(), 10, "the look into the folder")
    return dialog


def teach(dialog: RetrainDialog, epochs: int) -> None:
    form, knobs = dialog.form, dialog.form.knobs
    form.labels.choose("only")
    form.how.choose("full")
    knobs.begin.setCurrentIndex(knobs.begin.findData("nothing"))
    form.name.setText("new")
    knobs.epochs.setValue(epochs)
    knobs.batch_size.setValue(4)
    knobs.device.setCurrentIndex(knobs.device.findData("cpu"))
    form.start.click()
    assert dialog.page() is dialog.progress


def wait_for_end(dialog: RetrainDialog) -> None:
    wait_for(lambda: dialog.page() is dialog.outcome, RUN_SECONDS, "the end of the run")


def training_processes() -> list[psutil.Process]:
    """Return the process of a run, and what it started; the check of the data before it is none."""
    own = []
    for child in psutil.Process().children(recursive=True):
        with contextlib.suppress(psutil.Error):
            own += [child] if {"training", "train"} <= set(child.cmdline()) else []
    return own + [grandchild for child in own for grandchild in child.children(recursive=True)]


def test_folders_that_cannot_be_learned_from_are_named_before_anything_starts(
    qapp: QApplication, profile: Profile, model: Path, tmp_path: Path
) -> None:
    genre(tmp_path / "one class" / "drums", 3)
    (tmp_path / "nothing").mkdir()
    genre(tmp_path / "empty class" / "drums", 4)
    genre(tmp_path / "empty class" / "chords", 4, "chords")
    (tmp_path / "empty class" / "silence").mkdir()
    blocked = {
        "one class": "There is one genre only (drums): it takes at least two to tell apart.",
        "nothing": "There are no genre folders with audio: put the tracks of each genre into a folder named after it.",
        "gone": f"{tmp_path / 'gone'} does not exist: choose a folder with a folder for each genre.",
    }
    with open_window(qapp, profile, model=model) as session:
        for name, sentence in blocked.items():
            dialog = dialog_for(session, tmp_path / name)
            assert dialog.form.trouble.text().splitlines()[0] == sentence
            assert not dialog.form.start.isEnabled()
        dialog = dialog_for(session, tmp_path / "empty class")
        assert dialog.form.trouble.text().startswith("No audio in silence: left out.")
        assert dialog.form.start.isEnabled()
        assert training_processes() == []


def test_unreadable_files_and_an_empty_class_are_left_out_and_named(
    qapp: QApplication, profile: Profile, model: Path, tmp_path: Path
) -> None:
    data = two_genres(tmp_path)
    spoil(data / "drums", 2)
    (data / "silence").mkdir()
    with open_window(qapp, profile, model=model) as session:
        wait_for_model(session, "tiny")
        dialog = dialog_for(session, data)
        teach(dialog, 1)
        wait_for_end(dialog)
        outcome = dialog.outcome
        assert outcome.use.isVisible()
        lines = outcome.left_out.toPlainText().splitlines()
        assert len(lines) == 3
        assert sum("bad" in line for line in lines) == 2
        assert any("silence: no audio in this genre folder" in line for line in lines)
        assert session.conductor is not None
        assert session.conductor.models.name == "tiny"


def test_a_class_of_unreadable_files_alone_fails_in_a_sentence(
    qapp: QApplication, profile: Profile, model: Path, tmp_path: Path
) -> None:
    data = tmp_path / "data"
    genre(data / "drums", 4)
    spoil(data / "chords", 4)
    with open_window(qapp, profile, model=model) as session:
        wait_for_model(session, "tiny")
        dialog = dialog_for(session, data)
        teach(dialog, 1)
        wait_for_end(dialog)
        assert dialog.outcome.headline.text() == "Teaching failed"
        assert dialog.outcome.notes.text().startswith("The training data has one genre only (drums)")
        assert not dialog.outcome.use.isVisible()
        assert list(profile.models_dir.iterdir()) == []
        assert session.conductor is not None
        assert session.conductor.models.name == "tiny"
        dialog.outcome.again.click()
        assert dialog.form.start.isEnabled()


def test_a_cancelled_run_leaves_no_process_and_another_one_can_start(
    qapp: QApplication, profile: Profile, model: Path, tmp_path: Path
) -> None:
    with open_window(qapp, profile, model=model) as session:
        dialog = dialog_for(session, two_genres(tmp_path))
        teach(dialog, 900)
        # While it still reads the tracks: the decoders of the run are at work.
        wait_for(lambda: len(training_processes()) > 1, RUN_SECONDS, "the decoders of the run")
        processes = training_processes()
        dialog.progress.cancel.click()
        assert not dialog.progress.cancel.isEnabled()
        wait_for_end(dialog)
        assert dialog.outcome.headline.text() == "Cancelled"
        assert not dialog.outcome.use.isVisible()
        assert psutil.wait_procs(processes, timeout=5.0)[1] == []
        assert list(profile.models_dir.iterdir()) == []
        dialog.outcome.again.click()
        assert dialog.page() is dialog.form
        teach(dialog, 900)
        wait_for(training_processes, RUN_SECONDS, "the second run")
        dialog.progress.cancel.click()
        wait_for_end(dialog)
        assert session.conductor is not None
        assert session.conductor.models.name == "tiny"
    assert training_processes() == []


@pytest.mark.skipif(os.name != "posix", reason="signals of this kind are POSIX's")
def test_a_run_that_is_killed_says_so(qapp: QApplication, profile: Profile, model: Path, tmp_path: Path) -> None:
    with open_window(qapp, profile, model=model) as session:
        dialog = dialog_for(session, two_genres(tmp_path))
        teach(dialog, 900)
        wait_for(lambda: len(training_processes()) > 1, RUN_SECONDS, "the decoders of the run")
        processes = training_processes()
        os.kill(processes[0].pid, signal.SIGKILL)
        wait_for_end(dialog)
        assert dialog.outcome.headline.text() == "Teaching failed"
        assert "killed by signal 9" in dialog.outcome.notes.text()
        assert psutil.wait_procs(processes, timeout=10.0)[1] == []


@pytest.fixture
def small_disk(tmp_path: Path, tiny_model: Path) -> Iterator[Profile]:
    """Return a profile on a disk of 4 MB; skips where mounting is not allowed."""
    place = tmp_path / "disk"
    place.mkdir()
    words = ["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", str(place)]
    if sys.platform != "linux" or os.geteuid() != 0 or shutil.which("mount") is None:
        pytest.skip("needs to mount a file system: Linux, as root")
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"mounting is not allowed here: {done.stderr.strip()}")
    made = Profile.open(place / "profile")
    trust(made, tiny_model)
    yield made
    subprocess.run(["umount", "--lazy", str(place)], check=True)


def fill(place: Path) -> None:
    """Leave no room on a disk."""
    with contextlib.suppress(OSError), (place / "filler").open("ab", buffering=0) as stream:
        while True:
            stream.write(bytes(4096))


def _no_room_before(profile: Profile, dialog: RetrainDialog) -> None:
    fill(profile.data_dir.parent)
    dialog.form.start.click()


def _no_room_meanwhile(profile: Profile, dialog: RetrainDialog) -> None:
    teach(dialog, 900)
    wait_for(lambda: dialog.progress.curves.points(), RUN_SECONDS, "the first epoch")
    fill(profile.data_dir.parent)


@pytest.mark.parametrize("run", [_no_room_before, pytest.param(_no_room_meanwhile, marks=pytest.mark.slow)])
def test_a_full_disk_ends_a_run_in_a_sentence(
    qapp: QApplication,
    small_disk: Profile,
    tiny_model: Path,
    tmp_path: Path,
    run: Callable[[Profile, RetrainDialog], None],
) -> None:
    data = two_genres(tmp_path)
    with open_window(qapp, small_disk, model=tiny_model) as session:
        wait_for_model(session, "tiny")
        dialog = dialog_for(session, data)
        dialog.form.name.setText("new")
        run(small_disk, dialog)
        wait_for_end(dialog)
        assert "free some space" in dialog.outcome.notes.text() or "No space left" in dialog.outcome.notes.text()
        assert not dialog.outcome.use.isVisible()
        assert session.conductor is not None
        assert session.conductor.models.name == "tiny"
    assert training_processes() == []
