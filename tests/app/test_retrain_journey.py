"""Teaching it new genres from the menu: form, curves, comparison, and the switch while everything else goes on."""

from __future__ import annotations

import contextlib
import csv
import os
from pathlib import Path

import psutil
import pytest
from PySide6.QtCore import QItemSelection, QItemSelectionModel
from PySide6.QtWidgets import QApplication

from mgc_desktop.app import WindowSession
from mgc_desktop.core.paths import Profile
from mgc_desktop.core.values import TrackState
from mgc_desktop.engine.events import LiveVerdict, TrainFinished, TrainProgress
from mgc_desktop.ui.models.confusion_view import ConfusionView
from mgc_desktop.ui.models.retrain_dialog import RetrainDialog
from mgc_desktop.ui.models.score_row import ScoreRow
from tests import synth
from tests.app.harness import (
    cells,
    listed,
    live_for,
    open_window,
    screenshot,
    trust,
    wait_for,
    wait_for_model,
    wait_for_rows,
)
from tests.pulse import RATE, SoundServer

KINDS = ("chords", "drums")
EACH = 10  # tracks of a kind
RUN_SECONDS = 100.0


@pytest.fixture(scope="module")
def genres(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder of two genres that anyone can tell apart."""
    root = tmp_path_factory.mktemp("teach") / "My genres"
    for kind in KINDS:
        (root / kind).mkdir(parents=True)
        for seed in range(EACH):
            synth.write_audio(root / kind / f"{kind} {seed}.wav", synth.KINDS[kind](4.0, seed=seed))
    return root


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder of 120 tracks of half a minute."""
    folder = tmp_path_factory.mktemp("many")
    first = synth.write_audio(folder / "000.ogg", synth.drums(30.0, seed=50))
    for number in range(1, 120):
        os.link(first, folder / f"{number:03}.ogg")
    return folder


class Run:
    """A training run as the window sees it."""

    def __init__(self, session: WindowSession) -> None:
        self.progress: list[TrainProgress] = []
        self.finished: list[TrainFinished] = []
        assert session.bridge is not None
        session.bridge.train_progress.connect(self.progress.append)
        session.bridge.train_finished.connect(self.finished.append)

    def kinds(self) -> list[str]:
        return [event.kind for event in self.progress]


def open_dialog(session: WindowSession, data: Path) -> RetrainDialog:
    """Ask for Model > Retrain, and choose a folder."""
    session.window.commands["retrain"].trigger()
    assert session.conductor is not None
    dialog = session.conductor.teaching.dialog
    assert dialog is not None
    assert dialog.isVisible()
    dialog.form.set_folder(str(data))
    wait_for(lambda: dialog.form.check(), 10, "the look into the folder")
    return dialog


def start(dialog: RetrainDialog, name: str, epochs: int) -> None:
    """Fill in the form for a small run that begins with nothing, and press Start."""
    form, knobs = dialog.form, dialog.form.knobs
    form.labels.choose("only")
    form.how.choose("full")
    knobs.begin.setCurrentIndex(knobs.begin.findData("nothing"))
    form.name.setText(name)
    knobs.epochs.setValue(epochs)
    knobs.batch_size.setValue(8)
    knobs.device.setCurrentIndex(knobs.device.findData("cpu"))
    assert form.start.isEnabled()
    form.start.click()
    assert dialog.page() is dialog.progress


@pytest.mark.timeout(240)
def test_teach_compare_and_use_it_while_scanning_and_listening(
    qapp: QApplication,
    profile: Profile,
    tiny_model: Path,
    genres: Path,
    many: Path,
    virtual_microphone: SoundServer,
) -> None:
    with open_window(qapp, profile, model=trust(profile, tiny_model)) as session:
        run, heard = Run(session), live_verdicts(session)
        wait_for_model(session, "tiny")
        dialog = open_dialog(session, genres)
        assert dialog.form.summary.text() == f"2 genres, {2 * EACH} tracks"
        assert dialog.form.name.text() == "My genres"
        report = wait_for(dialog.form.report, 60, "the check of the data")
        assert report.ok
        assert dialog.form.check_line.text.text().startswith(f"Checked: {report.tracks} tracks to learn from")
        screenshot(dialog, "retrain-form")
        start(dialog, "mine", 4)
        wait_for(lambda: run.kinds().count("epoch") >= 2, RUN_SECONDS, "two epochs")
        live_for(100)
        _check_progress(session, dialog)
        wait_for(lambda: dialog.page() is dialog.outcome, RUN_SECONDS, "the result")
        begun = next(event.data for event in run.progress if event.kind == "start")
        assert sum(begun["tracks"].values()) == report.tracks  # what the check left out was left out
        _check_result(session, dialog, begun["tracks"]["test"])

        virtual_microphone.play(synth.drums(60.0, RATE, seed=60))
        session.window.commands["listen"].trigger()
        wait_for(lambda: heard, 30, "a live verdict")
        session.window.paths_given.emit([str(many)])
        wait_for(lambda: sum(row.state is TrackState.DONE for row in listed(session)) > 3, 60, "some verdicts")
        dialog.outcome.use.click()
        wait_for_model(session, "mine")
        assert not dialog.isVisible()
        assert session.window.model_button.text() == "mine"
        wait_for(lambda: set(heard[-1].verdict.probabilities) == set(KINDS), 20, "a live verdict of the new model")
        _check_live(session, heard)
        rows = wait_for_rows(session, 120)
        assert {row.state for row in rows} == {TrackState.DONE}
        assert {row.label for row in rows} & set(KINDS)
        screenshot(session.window, "retrained")
        _hear_again(session)
        assert session.window.messages.sentence == ""


def live_verdicts(session: WindowSession) -> list[LiveVerdict]:
    """Return a list that live verdicts are added to from now on."""
    heard: list[LiveVerdict] = []
    assert session.bridge is not None
    session.bridge.live_verdict.connect(heard.append)
    return heard


def _check_progress(session: WindowSession, dialog: RetrainDialog) -> None:
    view = dialog.progress
    points = view.curves.points()
    assert [point[0] for point in points] == list(range(1, len(points) + 1))
    assert all(point[1] > 0 for point in points)
    assert view.headline.text() != ""
    assert view.bar.value() > 0
    assert "Teaching mine: epoch " in session.window.status.machine_text()
    screenshot(dialog, "retrain-run")


def _check_result(session: WindowSession, dialog: RetrainDialog, tracks: int) -> None:
    outcome = dialog.outcome
    live_for(100)
    scores = outcome.findChildren(ScoreRow)
    assert [row.accessibleName() for row in scores] == ["New: mine", "In use: tiny"]
    assert all(f"{tracks} tracks" in row.accessibleDescription() for row in scores)
    assert outcome.headline.text().startswith(f"{tracks} tracks: too few to tell.")
    assert len(outcome.scores.findChildren(ConfusionView)) == 2
    assert "never taught chords, drums" in outcome.notes.text()
    assert outcome.use.isVisible()
    assert session.window.status.machine_text().count("Teaching") == 0
    screenshot(dialog, "retrain-result")


def _check_live(session: WindowSession, heard: list[LiveVerdict]) -> None:
    live_for(100)
    panel = session.window.verdict
    assert session.window.commands["listen"].isChecked()
    assert sum(heard[-1].verdict.probabilities.values()) == pytest.approx(1.0, abs=1e-3)
    assert "Drums" in panel.bars.accessibleDescription()
    assert "Blues" not in panel.bars.accessibleDescription()


def _hear_again(session: WindowSession) -> None:
    """Hear three tracks again: all by the new model."""
    session.window.commands["listen"].trigger()
    table = session.window.library.table
    table.setFocus()
    # All by one request: of three, a quick machine has answered the first before the next, and says "Heard 1 track".
    first, last = table.model().index(0, 0), table.model().index(2, 0)
    rows = QItemSelectionModel.SelectionFlag.ClearAndSelect | QItemSelectionModel.SelectionFlag.Rows
    table.selectionModel().select(QItemSelection(first, last), rows)
    live_for(50)
    session.window.commands["hear_again"].trigger()
    wait_for(lambda: session.window.status.text().startswith("Heard 3 tracks"), 30, "three tracks")
    said = {"Drums", "Chords", "Unsure (Drums?)"}
    # The table reads the changed rows again a moment after they are written.
    wait_for(lambda: {cells(session, place)["verdict"] for place in range(3)} <= said, 10, "the new model's verdicts")


def test_what_was_chosen_is_loaded_at_the_next_start_and_stands_in_the_menu(
    qapp: QApplication, profile: Profile, tiny_model: Path
) -> None:
    from mgc_desktop.engine.own_models import install_model

    trust(profile, tiny_model)
    install_model(tiny_model, profile.models_dir, "mine")
    with open_window(qapp, profile) as session:
        menu = session.window.commands.submenus["models"]
        menu.aboutToShow.emit()
        next(action for action in menu.actions() if action.text() == "mine").trigger()
        wait_for_model(session, "tiny")
        assert session.window.status.text() == "tiny is in use"
    with open_window(qapp, profile) as session:
        wait_for_model(session, "tiny")
        assert session.conductor is not None
        assert session.conductor.models.folder == str(profile.models_dir / "mine")
        menu = session.window.commands.submenus["models"]
        menu.aboutToShow.emit()
        assert [action.text() for action in menu.actions() if action.isChecked()] == ["mine"]


@pytest.mark.slow
@pytest.mark.timeout(400)
def test_closing_the_window_keeps_the_run_and_the_next_start_goes_on_with_it(
    qapp: QApplication, profile: Profile, tiny_model: Path, genres: Path
) -> None:
    with open_window(qapp, profile, model=trust(profile, tiny_model)) as session:
        wait_for_model(session, "tiny")
        run = Run(session)
        start(open_dialog(session, genres), "later", 500)
        wait_for(lambda: run.kinds().count("epoch") >= 2, RUN_SECONDS, "two epochs")
        processes = training_processes()
        session.window.close()
        assert not session.window.isVisible()
    assert psutil.wait_procs(processes, timeout=5.0)[1] == []
    with open_window(qapp, profile, model=tiny_model) as session:
        wait_for_model(session, "tiny")
        wait_for(lambda: "unfinished" in session.window.status.machine_text(), 10, "word of the unfinished run")
        run = Run(session)
        session.window.commands["retrain"].trigger()
        assert session.conductor is not None
        dialog = session.conductor.teaching.dialog
        assert dialog is not None
        wait_for(dialog.form.offer.isVisible, 10, "the offer")
        screenshot(dialog, "retrain-unfinished")
        dialog.form.offer.resume.click()
        wait_for(lambda: "epoch" in run.kinds() or run.finished, RUN_SECONDS, "the next epoch")
        assert run.finished == []
        points = [point[0] for point in dialog.progress.curves.points()]
        assert points == list(range(1, len(points) + 1))
        assert len(points) >= 3
        assert run.kinds().count("epoch") < len(points)
        dialog.progress.cancel.click()
        wait_for(lambda: dialog.page() is dialog.outcome, RUN_SECONDS, "the end")
        assert dialog.outcome.resume.isVisible()


def training_processes() -> list[psutil.Process]:
    """Return the training process of this program, and what it started."""
    own = []
    for child in psutil.Process().children(recursive=True):
        with contextlib.suppress(psutil.Error):
            own += [child] if {"training", "train"} <= set(child.cmdline()) else []
    return own + [grandchild for child in own for grandchild in child.children(recursive=True)]


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_real_music_is_taught_compared_and_told_apart(
    qapp: QApplication, profile: Profile, tiny_model: Path, real_data: Path, tmp_path: Path
) -> None:
    kinds = ("classical", "hiphop", "metal")
    folder, unheard = tmp_path / "Real genres", tmp_path / "unheard"
    unheard.mkdir()
    with (real_data / "tracks.csv").open(newline="", encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    for kind in kinds:
        (folder / kind).mkdir(parents=True)
        taught = [row for row in rows if row["label"] == kind and row["split"] != "test"][:30]
        for row in taught:
            (folder / kind / Path(row["path"]).name).symlink_to(real_data / row["path"])
        for row in [row for row in rows if row["label"] == kind and row["split"] == "test"][:5]:
            (unheard / f"{kind} {Path(row['path']).name}").symlink_to(real_data / row["path"])
    with open_window(qapp, profile, model=trust(profile, tiny_model)) as session:
        wait_for_model(session, "tiny")
        dialog = open_dialog(session, folder)
        start(dialog, "real", 12)
        wait_for(lambda: dialog.page() is dialog.outcome, 540, "the result")
        screenshot(dialog, "retrain-real")
        assert dialog.outcome.use.isVisible()
        dialog.outcome.use.click()
        wait_for_model(session, "real")
        session.window.paths_given.emit([str(unheard)])
        heard = wait_for_rows(session, 15)
        right = [row for row in heard if row.label and os.path.basename(row.path).startswith(row.label)]
        screenshot(session.window, "retrained-real")
        assert len(right) >= 9, [(row.path, row.label) for row in heard]
