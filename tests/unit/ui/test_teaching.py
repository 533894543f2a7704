"""Model > Retrain from the choice of a folder to the switch, on a fake trainer."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pytestqt.qtbot import QtBot

from mgc_desktop.engine.events import TrainFinished, TrainProgress
from mgc_desktop.ui.models.curves import EpochAxis
from mgc_desktop.ui.models.retrain_dialog import RetrainDialog
from tests.unit.ui.conftest import Bench, BenchMaker


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


def begun(made: Bench, qtbot: QtBot, genres: Path) -> RetrainDialog:
    made.ready()
    dialog = opened(made)
    with qtbot.waitSignal(dialog.form.checker.checked, timeout=20_000):
        dialog.form.set_folder(str(genres))
    dialog.form.start.click()
    return dialog


def say(made: Bench, kind: str, **data: Any) -> None:
    made.post(TrainProgress("/run", kind, data))


def figures(accuracy: float) -> dict[str, float]:
    return {"accuracy": accuracy, "low": accuracy - 0.08, "high": accuracy + 0.08, "macro_f1": accuracy}


def end(made: Bench, new: float, old: float) -> None:
    say(made, "start", tracks={}, left_out=[{"path": "a.mp3", "reason": "damaged"}], left_out_count=3)
    say(made, "done", metrics={})
    scores = {"n": 125, "new": {"name": "My genres", **figures(new)}, "old": {"name": "genres-1", **figures(old)}}
    made.post(TrainFinished("/run", "/models/My genres", False, comparison=scores))


def test_nothing_starts_before_there_is_something_to_learn(bench: BenchMaker, qtbot: QtBot, tmp_path: Path) -> None:
    dialog = opened(bench([]))
    assert not dialog.form.start.isEnabled()
    (tmp_path / "one" / "bebop").mkdir(parents=True)
    (tmp_path / "one" / "bebop" / "a.mp3").touch()
    with qtbot.waitSignal(dialog.form.checker.checked, timeout=20_000):
        dialog.form.set_folder(str(tmp_path / "one"))
    assert not dialog.form.start.isEnabled()
    assert "at least two" in dialog.form.trouble.text()


def test_the_choices_go_to_the_trainer(bench: BenchMaker, qtbot: QtBot, genres: Path) -> None:
    made = bench([])
    dialog = begun(made, qtbot, genres)
    request = made.engine.trainer.log[-1][1][0]
    assert (request.data, request.name) == (str(genres), "My genres")
    assert (request.epochs, request.batch_size, request.learning_rate, request.device) == (60, 32, 0.001, "auto")
    assert request.compare_with == "/models/genres-1"
    assert dialog.page() is dialog.progress


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
    say(made, "something new", x=1)


def test_a_better_model_is_used_on_return(bench: BenchMaker, qtbot: QtBot, genres: Path) -> None:
    made = bench([])
    dialog = begun(made, qtbot, genres)
    end(made, 0.85, 0.55)
    assert dialog.page() is dialog.outcome
    assert dialog.outcome.headline.text().startswith("The new model is better")
    assert dialog.outcome.details.toPlainText() == "a.mp3: damaged\nand 2 more"
    assert dialog.outcome.use.isDefault()
    dialog.outcome.use.click()
    assert made.engine.used == ["/models/My genres"]
    assert not dialog.isVisible()


def test_a_worse_model_is_said_to_be_so_and_not_used_on_return(
    bench: BenchMaker, qtbot: QtBot, genres: Path
) -> None:
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
    model = tmp_path / "models" / "My genres"
    model.mkdir(parents=True)
    made = bench([])
    dialog = begun(made, qtbot, genres)
    made.post(TrainFinished("/run", str(model), False))
    assert "no score" in dialog.outcome.notes.text()
    dialog.outcome.discard.click()
    qtbot.waitUntil(lambda: not model.exists(), timeout=5000)
    assert genres.exists()


def test_cancel_and_failure_lose_nothing(bench: BenchMaker, qtbot: QtBot, genres: Path) -> None:
    made = bench([])
    dialog = begun(made, qtbot, genres)
    dialog.progress.cancel.click()
    assert made.engine.trainer.log[-1][0] == "cancel"
    made.post(TrainFinished("/run", "", True))
    assert dialog.outcome.headline.text() == "Cancelled"
    dialog.outcome.again.click()
    assert dialog.page() is dialog.form
    assert dialog.form.folder.text() == str(genres)
    made.post(TrainFinished("/run", "", False, "Training ran out of memory: choose a smaller batch.", "MemoryError"))
    assert dialog.outcome.notes.text() == "Training ran out of memory: choose a smaller batch."
    assert dialog.outcome.details.toPlainText() == "MemoryError"


def test_closing_while_a_run_is_under_way_asks_first(bench: BenchMaker, qtbot: QtBot, genres: Path) -> None:
    made = bench([])
    begun(made, qtbot, genres)
    closed: list[bool] = []
    made.window.closed.connect(lambda: closed.append(True))
    made.window.close()
    question = made.conductor.teaching.question
    assert question is not None
    assert question.isVisible()
    assert question.defaultButton().text() == "Keep the Window Open"
    assert made.window.isVisible()
    question.defaultButton().click()
    assert made.window.isVisible()
    assert closed == []
    made.window.close()
    next(button for button in question.buttons() if "Cancel Teaching" in button.text()).click()
    assert made.engine.trainer.log[-1][0] == "cancel"
    assert closed == [True]
