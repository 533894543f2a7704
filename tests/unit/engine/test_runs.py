"""Runs that were cut short: what was asked is kept, and the newest is offered first."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from mgc_desktop.core.errors import LibraryError
from mgc_desktop.core.paths import Profile
from mgc_desktop.engine.events import TrainFinished, TrainProgress
from mgc_desktop.engine.runs import REQUEST_FILE, keep_request, past_epochs, unfinished_runs, whole_epochs
from mgc_desktop.engine.train_request import TrainRequest
from mgc_desktop.engine.trainer import Trainer
from mgc_desktop.library.reader import Reader
from mgc_desktop.library.store import FoundFile, Store
from tests.events import Events
from tests.fake_training import FakeTraining, fake_training

__all__ = ["fake_training"]

REQUEST = TrainRequest("/music", "My genres", epochs=60, init="/models/genres-1", labels="add")


def checkpoint(run: Path, epoch: int) -> None:
    """Write what a run leaves after whole epochs; `epoch` counts from 0, as the checkpoint does."""
    (run / "checkpoint").mkdir(exist_ok=True)
    (run / "checkpoint" / "checkpoint.json").write_text(json.dumps({"epoch": epoch}))
    rows = [{"epoch": n + 1, "train_loss": 1.0} for n in range(epoch + 2)]
    (run / "history.json").write_text(json.dumps(rows))


def test_unfinished_runs_are_found_newest_first(tmp_path: Path) -> None:
    for number, name in enumerate(("old", "new", "done", "odd", "damaged")):
        (tmp_path / name).mkdir()
        if name in ("old", "new"):
            keep_request(tmp_path / name, REQUEST)
            os.utime(tmp_path / name / REQUEST_FILE, (number, number))
    (tmp_path / "odd" / REQUEST_FILE).write_text('{"name": 3, "data": []}')
    (tmp_path / "damaged" / REQUEST_FILE).write_text("{")
    (tmp_path / "a file").write_text("")
    checkpoint(tmp_path / "new", 11)
    found = unfinished_runs(tmp_path)
    assert [(Path(run.folder).name, run.epoch) for run in found] == [("new", 12), ("old", 0)]
    assert found[0].request.resume == str(tmp_path / "new")
    assert found[0].request.labels == "add"
    assert unfinished_runs(tmp_path / "nowhere") == []


def test_only_epochs_that_the_checkpoint_holds_are_past(tmp_path: Path) -> None:
    checkpoint(tmp_path, 2)
    assert whole_epochs(tmp_path) == 3
    assert [row["epoch"] for row in past_epochs(tmp_path)] == [1, 2, 3]
    (tmp_path / "checkpoint" / "checkpoint.json").write_text("[]")
    assert (whole_epochs(tmp_path), past_epochs(tmp_path)) == (0, [])


@pytest.mark.parametrize(
    "data", [{}, {"data": "/m"}, {"data": "/m", "name": "x", "epochs": "60"}, {"data": "/m", "name": "x", "seed": True}]
)
def test_a_request_of_another_shape_is_refused(data: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"is|missing"):
        TrainRequest.from_dict(data)


def test_a_request_comes_back_as_it_was_and_passes_over_what_it_does_not_know() -> None:
    assert TrainRequest.from_dict({**REQUEST.as_dict(), "from a later version": 1}) == REQUEST


def test_the_choices_become_words(
    trainer: Trainer, events: Events, fake_training: FakeTraining, profile: Profile
) -> None:
    fake_training.plan([{"event": "error", "sentence": "Enough."}], code=1)
    trainer.start(TrainRequest("/m", "x", init="/models/a", labels="keep", head_only=True, compare_with="/models/b"))
    assert events.wait(TrainFinished).sentence == "Enough."
    words = fake_training.words()
    assert words[:2] == ["train", os.path.abspath("/m")]
    assert [fake_training.option(name) for name in ("--init", "--labels", "--compare-with")] == [
        "/models/a", "keep", "/models/b",
    ]  # fmt: skip
    assert "--head-only" in words
    assert not {"--resume", "--epochs", "--lr", "--batch-size", "--library"} & set(words)
    assert unfinished_runs(profile.runs_dir) == []


def test_a_cancelled_run_is_kept_and_goes_on_with_the_same_choices(
    trainer: Trainer, events: Events, fake_training: FakeTraining, profile: Profile
) -> None:
    fake_training.plan([{"event": "start"}], waits=True)
    trainer.start(REQUEST)
    first = events.wait(TrainProgress).run_dir
    checkpoint(Path(first), 4)
    trainer.cancel()
    finished = events.wait(TrainFinished)
    assert (finished.cancelled, finished.resumable, finished.run_dir) == (True, True, first)
    (unfinished,) = unfinished_runs(profile.runs_dir)
    assert (unfinished.epoch, unfinished.request.name) == (5, "My genres")
    trainer.start(unfinished.request)
    events.wait(TrainFinished, 1)
    past = events.wait(TrainProgress, where=lambda event: event.kind == "history")
    assert len(past.data["rows"]) == 5
    assert past.run_dir == first
    events.wait(TrainProgress, 2, where=lambda event: event.kind == "start")
    assert "--resume" in fake_training.words()
    assert fake_training.option("--out") == first
    assert fake_training.option("--init") == "/models/genres-1"


def test_a_run_that_ends_with_the_program_is_kept(
    events: Events, fake_training: FakeTraining, profile: Profile
) -> None:
    fake_training.plan([{"event": "start"}], waits=True)
    trainer = Trainer(profile, events)
    trainer.start(REQUEST)
    events.wait(TrainProgress)
    trainer.stop()
    assert [run.request.name for run in unfinished_runs(profile.runs_dir)] == ["My genres"]


def test_a_run_that_is_done_is_offered_no_more(
    trainer: Trainer, events: Events, fake_training: FakeTraining, profile: Profile, tmp_path: Path
) -> None:
    model = tmp_path / "model"
    model.mkdir()
    paths = [f"/music/{'long name ' * 20}{number}.flac" for number in range(12_000)]
    fake_training.plan([{"event": "done", "model": str(model), "predictions": [{"path": path} for path in paths]}])
    trainer.start(REQUEST)
    finished = events.wait(TrainFinished)
    assert (finished.model, finished.resumable) == (str(profile.models_dir / "My genres"), False)
    assert len(events.of(TrainProgress)[-1].data["predictions"]) == 12_000
    assert unfinished_runs(profile.runs_dir) == []


def test_corrections_are_written_into_the_run(
    events: Events, fake_training: FakeTraining, profile: Profile, tmp_path: Path
) -> None:
    store = Store(profile.library_file)
    fake_training.plan([{"event": "error", "sentence": "Enough."}], code=1)
    trainer = Trainer(profile, events, lambda: Reader(profile.library_file))
    try:
        trainer.start(TrainRequest("", "corrected", corrections=True))
        assert "was corrected" in events.wait(TrainFinished).sentence
        track = tmp_path / "a.flac"
        track.touch()
        store.correct(store.add_files([FoundFile(str(track), 1, 1)], "").new_ids, "fado")
        trainer.start(TrainRequest("", "corrected", corrections=True))
        assert events.wait(TrainFinished, 2).sentence == "Enough."
        words = fake_training.words()
        assert words[1] == "--library"
        assert f"{track},fado" in Path(words[2]).read_text("utf-8")
    finally:
        trainer.stop()
        store.close()


def test_what_the_check_found_fit_is_learnt_from_also_when_it_goes_on(
    trainer: Trainer, events: Events, fake_training: FakeTraining, tmp_path: Path
) -> None:
    clean = tmp_path / "clean.csv"
    clean.write_text("path,label\n/a.mp3,fado\n")
    fake_training.plan([{"event": "start"}], waits=True)
    trainer.start(TrainRequest("/m", "x", clean=str(clean), corrections=True))
    run = Path(events.wait(TrainProgress).run_dir)
    kept = run / "data.csv"
    assert fake_training.words()[:3] == ["train", "--library", str(kept)]
    trainer.cancel()
    events.wait(TrainFinished)
    clean.unlink()  # the next check wrote another
    trainer.start(TrainRequest("/m", "x", clean=str(clean), corrections=True, resume=str(run)))
    events.wait(TrainProgress, 2, where=lambda event: event.kind == "start")
    assert fake_training.words()[:3] == ["train", "--library", str(kept)]
    assert kept.read_text() == "path,label\n/a.mp3,fado\n"


def test_a_profile_that_cannot_be_written_is_a_sentence(
    trainer: Trainer, events: Events, profile: Profile, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / REQUEST_FILE).write_text("somebody's own")
    profile.runs_dir.write_text("in the way")
    trainer.start(REQUEST)
    finished = events.wait(TrainFinished)
    assert "could not be started" in finished.sentence
    assert (finished.run_dir, finished.resumable) == ("", False)
    assert (tmp_path / REQUEST_FILE).exists()


def test_without_a_library_there_are_no_corrections(trainer: Trainer, events: Events) -> None:
    trainer.start(TrainRequest("", "corrected", corrections=True))
    assert "no library" in events.wait(TrainFinished).sentence


def test_a_library_that_cannot_be_read_is_its_sentence(profile: Profile, events: Events) -> None:
    def broken() -> Reader:
        raise LibraryError("The library is damaged: put it back.")

    trainer = Trainer(profile, events, broken)
    trainer.start(TrainRequest("", "corrected", corrections=True))
    assert events.wait(TrainFinished).sentence == "The library is damaged: put it back."
    trainer.stop()
