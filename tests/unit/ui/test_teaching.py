"""Model > Retrain from the choice of a folder to the switch, on a fake trainer and a fake training program."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from mgc_desktop.core.paths import Profile
from mgc_desktop.engine.events import PlayerChanged, PlayState, TrainFinished, TrainProgress
from mgc_desktop.engine.runs import keep_request
from mgc_desktop.engine.train_request import TrainRequest
from mgc_desktop.ui.models.confusion_view import ConfusionView
from mgc_desktop.ui.models.curves import EpochAxis
from mgc_desktop.ui.models.retrain_dialog import RetrainDialog
from tests.fake_training import FakeTraining, fake_training
from tests.unit.ui.conftest import Bench, BenchMaker

__all__ = ["fake_training"]

REPORT: dict[str, Any] = {
    "tracks": 22,
    "labels": {"bebop": 12, "fado": 10},
    "left_out": [{"path": "/m/fado/1.mp3", "reason": "It is silent."}],
    "duplicates": [],
    "suspect_labels": [{"path": "/m/bebop/3.mp3", "label": "bebop", "rather": "fado", "probability": 0.8}],
    "warnings": [],
    "ok": True,
    "sentence": "",
}


@pytest.fixture(autouse=True)
def checked(fake_training: FakeTraining) -> FakeTraining:
    """Let the check of the data find something."""
    fake_training.plan([{"event": "prepare", "done": 24, "total": 24}, REPORT])
    return fake_training


@pytest.fixture
def genres(tmp_path: Path) -> Path:
    root = tmp_path / "My genres"
    for genre in ("bebop", "fado"):
        (root / genre).mkdir(parents=True)
        for number in range(12):
            (root / genre / f"{number}.mp3").touch()
    return root


def opened(made: Bench) -> RetrainDialog:
    made.window.commands["retrain"].trigger()
    assert made.conductor.teaching.dialog is not None
    return made.conductor.teaching.dialog


def looked_at(made: Bench, qtbot: QtBot, genres: Path, *, until: str = "checked") -> RetrainDialog:
    made.ready()
    dialog = opened(made)
    with qtbot.waitSignal(getattr(dialog.form.checker, until), timeout=20_000):
        dialog.form.set_folder(str(genres))
    return dialog


def begun(made: Bench, qtbot: QtBot, genres: Path, how: str = "full") -> RetrainDialog:
    dialog = looked_at(made, qtbot, genres)
    dialog.form.how.choose(how)
    dialog.form.start.click()
    return dialog


def say(made: Bench, kind: str, **data: Any) -> None:
    made.post(TrainProgress("/run", kind, data))


def asked_of_player(made: Bench) -> tuple[str, tuple[Any, ...]]:
    """Return the last thing that was asked of the player."""
    return made.engine.player.log[-1]


def figures(accuracy: float) -> dict[str, float]:
    return {"accuracy": accuracy, "low": accuracy - 0.08, "high": accuracy + 0.08, "macro_f1": accuracy}


def end(made: Bench, new: float, old: float) -> None:
    say(made, "start", tracks={}, left_out=[{"path": "a.mp3", "reason": "damaged"}], left_out_count=3)
    row = {"label": "fado", "new_confidence": 0.7, "old_confidence": 0.4}
    predictions = [
        {**row, "path": "/m/both right.mp3", "new": "fado", "old": "fado"},
        {**row, "path": "/m/worse.mp3", "new": "rock", "old": "fado"},
        {**row, "path": "/m/better.mp3", "new": "fado", "old": "rock"},
    ]
    confusion = {"labels": ["fado", "rock"], "new": [[2, 1], [0, 4]], "old": [[2, 1], [3, 1]]}
    say(made, "done", metrics={}, predictions=predictions, confusion=confusion)
    scores = {"n": 125, "new": {"name": "My genres", **figures(new)}, "old": {"name": "genres-1", **figures(old)}}
    made.post(TrainFinished("/run", "/models/My genres", False, comparison=scores))


# Before it starts ----------------------------------------------------------------------------------


def test_nothing_starts_before_there_is_something_to_learn(bench: BenchMaker, qtbot: QtBot, tmp_path: Path) -> None:
    dialog = opened(bench([]))
    assert not dialog.form.start.isEnabled()
    assert not dialog.form.labels.buttons["add"].isEnabled()  # no model is in use that could be added to
    assert not dialog.form.how.buttons["quick"].isEnabled()
    (tmp_path / "one" / "bebop").mkdir(parents=True)
    (tmp_path / "one" / "bebop" / "a.mp3").touch()
    with qtbot.waitSignal(dialog.form.checker.looked, timeout=20_000):
        dialog.form.set_folder(str(tmp_path / "one"))
    assert not dialog.form.start.isEnabled()
    assert "at least two" in dialog.form.trouble.text()


def test_a_model_that_is_ready_later_can_be_added_to(bench: BenchMaker) -> None:
    made = bench([])
    form = opened(made).form
    assert form.labels.value() == "only"
    made.ready()
    assert (form.labels.value(), form.how.value()) == ("add", "quick")
    form.labels.choose("keep")
    made.ready("genres-2", "/models/genres-2")
    assert form.labels.value() == "keep"


def test_the_quick_choices_go_to_the_trainer(bench: BenchMaker, qtbot: QtBot, genres: Path) -> None:
    made = bench([])
    dialog = begun(made, qtbot, genres, "quick")
    request = made.engine.trainer.log[-1][1][0]
    assert (request.data, request.name, request.corrections) == (str(genres), "My genres", False)
    assert (request.init, request.labels, request.head_only) == ("/models/genres-1", "add", True)
    assert (request.epochs, request.batch_size, request.learning_rate) == (None, None, None)
    assert request.compare_with == "/models/genres-1"
    assert dialog.page() is dialog.progress
    assert not dialog.progress.curves.isVisible()
    say(made, "prepare", done=3, total=24)
    assert dialog.progress.line.text() == "Reading the tracks: 3 of 24"
    say(made, "hear", done=4, total=9)
    assert dialog.progress.line.text() == "Finishing the last layer: 4 of 9"
    say(made, "score", done=1, total=2)
    assert "1 of 2" in dialog.progress.line.text()


def test_the_full_choices_go_to_the_trainer(bench: BenchMaker, qtbot: QtBot, genres: Path) -> None:
    made = bench([])
    form = looked_at(made, qtbot, genres).form
    form.how.choose("full")
    assert not form.knobs.begin.isEnabled()
    form.labels.choose("only")
    form.knobs.begin.setCurrentIndex(form.knobs.begin.findData("nothing"))
    form.start.click()
    request = made.engine.trainer.log[-1][1][0]
    assert (request.epochs, request.batch_size, request.learning_rate, request.device) == (60, 32, 0.001, "auto")
    assert (request.init, request.labels, request.head_only) == ("", "", False)


def test_the_check_shows_what_will_be_left_out(bench: BenchMaker, qtbot: QtBot, genres: Path) -> None:
    made = bench([])
    form = looked_at(made, qtbot, genres).form
    line = form.check_line
    assert line.text.text() == ("Checked: 22 tracks to learn from; 1 left out, 1 in a genre that looks wrong.")
    assert [form.found.model().index(row, 1).data() for row in range(2)] == ["12", "10 of 12"]
    line.unfold.click()
    assert form.pane.currentWidget() is form.findings
    rows = [form.findings.model.line(row) for row in range(form.findings.model.rowCount())]
    assert [row.cells for row in rows if row] == [
        ("1", "Left out", "It is silent."),
        ("3", "Genre?", "Filed as bebop, and sounds like fado (80\N{NO-BREAK SPACE}%)"),
    ]
    line.unfold.click()
    assert form.pane.currentWidget() is form.found


def test_tab_goes_down_the_left_column_then_down_the_right(bench: BenchMaker, qtbot: QtBot, genres: Path) -> None:
    made = bench([])
    form = looked_at(made, qtbot, genres).form
    dialog = made.conductor.teaching.dialog
    assert dialog is not None
    dialog.activateWindow()
    qtbot.waitUntil(lambda: QApplication.focusWidget() is form.folder, timeout=5000)
    passed = []
    for _ in range(8):
        qtbot.keyClick(QApplication.focusWidget(), Qt.Key.Key_Tab)
        passed.append(QApplication.focusWidget())
    assert passed == [
        form.browse,
        form.browse_list,
        form.labels.buttons["add"],
        form.how.buttons["quick"],
        form.name,
        form.advanced,
        form.found,
        form.check_line.unfold,
    ]
    form.labels.buttons["add"].setFocus()
    qtbot.keyClick(form.labels.buttons["add"], Qt.Key.Key_Down)
    assert form.labels.value() == "only"


def test_data_that_cannot_be_learnt_from_stops_the_start(
    bench: BenchMaker, qtbot: QtBot, genres: Path, checked: FakeTraining
) -> None:
    checked.plan([{**REPORT, "tracks": 0, "labels": {}, "ok": False, "sentence": "No track can be read: try others."}])
    made = bench([])
    form = looked_at(made, qtbot, genres).form
    assert form.check_line.text.text() == "No track can be read: try others."
    assert not form.start.isEnabled()


def test_one_genre_is_enough_to_add_and_too_few_alone(
    bench: BenchMaker, qtbot: QtBot, genres: Path, checked: FakeTraining
) -> None:
    sentence = "The training data has one genre only (fado), and nothing to tell it from: add a second folder."
    note = {"path": "", "kind": "few", "sentence": "fado has tracks of one artist only."}
    checked.plan([{**REPORT, "tracks": 10, "labels": {"fado": 10}, "ok": False, "sentence": sentence,
                   "warnings": [note]}])  # fmt: skip
    made = bench([])
    form = looked_at(made, qtbot, genres).form
    assert form.check_line.text.text().startswith("Checked: 10 tracks to learn from")
    assert form.start.isEnabled()
    assert form.trouble.text() == "fado has tracks of one artist only."
    form.labels.choose("only")
    assert form.check_line.text.text() == sentence
    assert not form.start.isEnabled()


def test_the_check_can_be_skipped(bench: BenchMaker, qtbot: QtBot, genres: Path, checked: FakeTraining) -> None:
    checked.plan([{"event": "prepare", "done": 1, "total": 24}], waits=True)
    made = bench([])
    form = looked_at(made, qtbot, genres, until="progressed").form
    assert form.check_line.text.text() == "Checked 1 of 24 tracks"
    assert form.start.isEnabled()
    form.check_line.skip.click()
    assert form.check_line.text.text().startswith("Not checked")
    assert form.start.isEnabled()


def test_corrections_alone_need_no_folder(bench: BenchMaker, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    def write(reader: object, path: Path) -> dict[str, int]:
        from collections import Counter

        path.write_text("path,label,group\n")
        return Counter({"fado": 20})

    monkeypatch.setattr("mgc_desktop.engine.corrections.write_corrections_list", write)
    made = bench([])
    made.ready()
    form = opened(made).form
    with qtbot.waitSignal(form.checker.looked, timeout=20_000):
        form.source.buttons["corrections"].click()
    assert not form.folder.isEnabled()
    assert form.name.text() == "genres-1 corrected"
    assert form.summary.text() == "1 genre, 20 tracks"
    form.start.click()
    request = made.engine.trainer.log[-1][1][0]
    assert (request.data, request.corrections, request.labels) == ("", True, "add")


# While it runs -------------------------------------------------------------------------------------


def test_a_run_shows_its_curves(bench: BenchMaker, qtbot: QtBot, genres: Path) -> None:
    made = bench([])
    dialog = begun(made, qtbot, genres)
    say(made, "start", tracks={"train": 20, "valid": 2, "test": 2}, epochs=8, parameters=1, system="crnn", device="cpu")
    say(made, "prepare", done=3, total=24)
    assert "3 of 24" in dialog.progress.line.text()
    losses = {"train_loss": 2.0, "valid_loss": 1.9}
    say(made, "epoch", epoch=1, epochs=8, **losses, valid_accuracy=0.5, seconds_left=70, best=True)
    say(made, "epoch", epoch=2, epochs=8, train_loss=1.5, valid_loss=None, valid_accuracy=None, seconds_left=60)
    assert dialog.progress.curves.points()[0] == (1.0, 2.0, 1.9, 50.0)
    axis = EpochAxis("bottom")
    for epochs in (2, 3, 5, 60):
        ticks = [value for _, level in axis.tickValues(1, epochs, 300) for value in level]
        assert ticks
        assert all(value == int(value) for value in ticks)
    assert dialog.progress.line.text() == "Epoch 2 of 8, 1 min left"
    assert "epoch 2 of 8" in made.window.status.machine_text()
    dialog.progress.more.click()
    assert "epoch 1: training loss 2.000" in dialog.progress.log.toPlainText()
    say(made, "something new", x=1)


def test_a_run_that_goes_on_keeps_its_curves(bench: BenchMaker, qtbot: QtBot, genres: Path) -> None:
    made = bench([])
    dialog = begun(made, qtbot, genres)
    say(made, "history", rows=[{"epoch": n, "train_loss": 1.0} for n in (1, 2, 3)])
    say(made, "start", tracks={}, epochs=8)
    say(made, "epoch", epoch=4, epochs=8, train_loss=0.9)
    assert [point[0] for point in dialog.progress.curves.points()] == [1, 2, 3, 4]


def test_closing_the_window_keeps_the_run_without_a_question(bench: BenchMaker, qtbot: QtBot, genres: Path) -> None:
    made = bench([])
    begun(made, qtbot, genres)
    closed: list[bool] = []
    made.window.closed.connect(lambda: closed.append(True))
    made.window.close()
    assert closed == [True]
    assert not made.window.isVisible()


def test_an_unfinished_run_is_offered_gone_on_with_or_discarded(
    bench: BenchMaker, qtbot: QtBot, profile: Profile, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    for name in ("one", "two"):
        (profile.runs_dir / name / "checkpoint").mkdir(parents=True)
        keep_request(profile.runs_dir / name, TrainRequest("/music", name, epochs=60, init="/models/x", labels="add"))
        (profile.runs_dir / name / "checkpoint" / "checkpoint.json").write_text('{"epoch": 11}')
    made = bench([])
    qtbot.waitUntil(lambda: "unfinished" in made.window.status.machine_text(), timeout=5000)
    offer = opened(made).form.offer
    qtbot.waitUntil(offer.isVisible, timeout=5000)
    assert "was stopped after epoch 12 of 60, today" in offer.text.text()
    assert offer.more.isVisible()
    first = offer.text.text().split()[1]
    offer.discard.click()
    qtbot.waitUntil(lambda: offer.text.text().split()[1] != first, timeout=5000)
    assert not (profile.runs_dir / first).exists()
    offer.resume.click()
    request = made.engine.trainer.log[-1][1][0]
    assert (request.name, request.resume) == ("two" if first == "one" else "one", str(profile.runs_dir / request.name))
    assert request.init == "/models/x"
    made.post(TrainFinished(request.resume, "", True, resumable=True))


# What came of it -----------------------------------------------------------------------------------


def test_a_better_model_is_used_on_return(bench: BenchMaker, qtbot: QtBot, genres: Path) -> None:
    made = bench([])
    dialog = begun(made, qtbot, genres)
    end(made, 0.85, 0.55)
    assert dialog.page() is dialog.outcome
    assert dialog.outcome.headline.text().startswith("The new model is better")
    assert dialog.outcome.left_out.toPlainText() == "a.mp3: damaged\nand 2 more"
    assert dialog.outcome.use.isDefault()
    dialog.outcome.use.click()
    assert made.engine.used == ["/models/My genres"]
    assert not dialog.isVisible()


def test_both_matrices_stand_side_by_side_and_answer_the_keyboard(
    bench: BenchMaker, qtbot: QtBot, genres: Path
) -> None:
    made = bench([])
    outcome = begun(made, qtbot, genres).outcome
    end(made, 0.85, 0.55)
    new, old = outcome.scores.findChildren(ConfusionView)
    assert new.accessibleName() == "Confusion matrix of the new model"
    assert "Fado recognised: 2 of 3 tracks, mostly taken for Rock (1)" in new.accessibleDescription()
    assert "Rock recognised: 1 of 4 tracks" in old.accessibleDescription()
    assert new.mapTo(outcome, new.rect().topLeft()).y() == old.mapTo(outcome, old.rect().topLeft()).y()
    old.setFocus()
    qtbot.keyClick(old, Qt.Key.Key_Down)
    qtbot.keyClick(old, Qt.Key.Key_Left)
    assert outcome.scores.cell.text() == "Rock taken for Fado: 3 of 4 tracks"
    assert old.accessibleDescription() == "Rock taken for Fado: 3 of 4 tracks"
    qtbot.keyClick(old, Qt.Key.Key_Right)
    assert outcome.scores.cell.text() == "Rock recognised: 1 of 4 tracks"


def test_tracks_on_which_they_differ_are_played_from_the_keyboard(
    bench: BenchMaker, qtbot: QtBot, genres: Path
) -> None:
    made = bench([])
    outcome = begun(made, qtbot, genres).outcome
    end(made, 0.85, 0.55)
    outcome.tabs.setCurrentWidget(outcome.differing)
    tracks = outcome.differing
    lines = [tracks.model.line(row) for row in range(tracks.model.rowCount())]
    assert [line.cells for line in lines if line] == [
        ("better", "Fado", "Fado 70 %", "Rock 40 %", "New"),
        ("worse", "Fado", "Rock 70 %", "Fado 40 %", "In use"),
    ]
    qtbot.keyClick(tracks.table, Qt.Key.Key_Down)
    qtbot.keyClick(tracks.table, Qt.Key.Key_Return)
    assert asked_of_player(made) == ("play", ("/m/worse.mp3",))
    assert not made.engine.used  # Return played, and did not press Use It
    made.post(PlayerChanged(PlayState.PLAYING, "/m/worse.mp3"))
    assert tracks.play.text() == "Stop"
    qtbot.keyClick(tracks.table, Qt.Key.Key_Space)
    assert asked_of_player(made) == ("silence", ())
    made.post(PlayerChanged(PlayState.STOPPED, "/m/worse.mp3"))
    assert tracks.play.text() == "Play"
    made.post(PlayerChanged(PlayState.FAILED, "/m/worse.mp3", "No loudspeaker was found: connect one."))
    assert tracks.sentence.text() == "No loudspeaker was found: connect one."


def test_a_worse_model_is_said_to_be_so_and_not_used_on_return(bench: BenchMaker, qtbot: QtBot, genres: Path) -> None:
    made = bench([])
    dialog = begun(made, qtbot, genres)
    end(made, 0.40, 0.75)
    assert dialog.outcome.headline.text().startswith("The new model is worse")
    assert not dialog.outcome.use.isDefault()
    assert dialog.outcome.keep.isDefault()
    dialog.outcome.keep.click()
    assert made.engine.used == []


def test_discard_moves_to_the_trash(
    bench: BenchMaker, qtbot: QtBot, genres: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    model, run = tmp_path / "models" / "My genres", tmp_path / "runs" / "one"
    model.mkdir(parents=True)
    run.mkdir(parents=True)
    made = bench([])
    dialog = begun(made, qtbot, genres)
    made.post(TrainFinished(str(run), str(model), False))
    assert "no score" in dialog.outcome.notes.text()
    dialog.outcome.discard.click()
    qtbot.waitUntil(lambda: not model.exists() and not run.exists(), timeout=5000)
    assert genres.exists()


def test_without_a_held_out_track_there_is_no_score(bench: BenchMaker, qtbot: QtBot, genres: Path) -> None:
    made = bench([])
    outcome = begun(made, qtbot, genres).outcome
    nothing = {"accuracy": 0.0, "low": 0.0, "high": 1.0, "macro_f1": 0.0}
    scores = {"n": 0, "new": {"name": "My genres", **nothing}, "old": {"name": "genres-1", **nothing}}
    made.post(TrainFinished("/run", "/models/My genres", False, comparison=scores))
    assert outcome.headline.text().startswith("No track could be held out")
    assert not outcome.tabs.isVisible()
    assert outcome.keep.isDefault()


def test_cancel_and_failure_lose_nothing(bench: BenchMaker, qtbot: QtBot, genres: Path) -> None:
    made = bench([])
    dialog = begun(made, qtbot, genres)
    dialog.progress.cancel.click()
    assert made.engine.trainer.log[-1][0] == "cancel"
    made.post(TrainFinished("/run", "", True))
    assert dialog.outcome.headline.text() == "Cancelled"
    assert not dialog.outcome.differing.isVisible()
    assert not dialog.outcome.resume.isVisible()
    dialog.outcome.again.click()
    assert dialog.page() is dialog.form
    assert dialog.form.folder.text() == str(genres)
    made.post(TrainFinished("/run", "", False, "Training ran out of memory: choose a smaller batch.", "MemoryError"))
    assert dialog.outcome.notes.text() == "Training ran out of memory: choose a smaller batch."
    assert dialog.outcome.details.toPlainText() == "MemoryError"


def test_a_cancelled_run_can_be_gone_on_with_at_once(bench: BenchMaker, qtbot: QtBot, genres: Path) -> None:
    made = bench([])
    dialog = begun(made, qtbot, genres)
    say(made, "epoch", epoch=7, epochs=60, train_loss=1.0)
    made.post(TrainFinished("/run", "", True, resumable=True))
    assert "up to epoch 7 is kept" in dialog.outcome.notes.text()
    assert dialog.outcome.resume.isDefault()
    dialog.outcome.resume.click()
    request = made.engine.trainer.log[-1][1][0]
    assert (request.resume, request.data, request.epochs) == ("/run", str(genres), 60)
    assert dialog.page() is dialog.progress


def test_every_page_fits_the_least_window(bench: BenchMaker, qtbot: QtBot, genres: Path) -> None:
    made = bench([])
    dialog = begun(made, qtbot, genres)
    end(made, 0.85, 0.55)
    pages: list[QWidget] = [dialog.form, dialog.progress, dialog.outcome]
    for page in pages:
        least = page.minimumSizeHint()
        assert least.width() <= dialog.minimumWidth()
        assert least.height() <= dialog.minimumHeight()
    assert dialog.minimumWidth() < 1000
    assert dialog.minimumHeight() < 640
