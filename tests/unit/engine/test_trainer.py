"""The trainer with the real training program: whole runs, and runs that are cancelled, killed or refused."""

from __future__ import annotations

import json
import time
from pathlib import Path

import psutil
import pytest

from mgc_desktop.core.errors import TrainingError
from mgc_desktop.core.paths import Profile
from mgc_desktop.engine.events import TrainFinished, TrainProgress
from mgc_desktop.engine.own_models import free_folder, install_model, safe_name
from mgc_desktop.engine.trainer import LOG_FILE, Trainer, TrainRequest
from mgc_desktop.model.contract import read_info
from mgc_desktop.model.trust import TrustStore
from tests.events import Events
from tests.synth import write_genre_folders

RUN_SECONDS = 100.0


@pytest.fixture(scope="module")
def genres(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_genre_folders(tmp_path_factory.mktemp("genres"), per_kind=4, seconds=2.0)


def training_processes() -> list[psutil.Process]:
    return [child for child in psutil.Process().children(recursive=True) if "training" in child.cmdline()]


def test_a_run_ends_with_a_model_among_the_profiles_own(
    trainer: Trainer, events: Events, profile: Profile, genres: Path
) -> None:
    trainer.start(TrainRequest(str(genres), "My Genres", epochs=1, batch_size=8, seed=1, device="cpu"))
    with pytest.raises(TrainingError, match="under way"):
        trainer.start(TrainRequest(str(genres), "Another"))
    finished = events.wait(TrainFinished, timeout=RUN_SECONDS)
    assert (finished.cancelled, finished.sentence, finished.resumable) == (False, "", False)
    assert Path(finished.model) == profile.models_dir / "My Genres"
    info = read_info(Path(finished.model))
    assert info.name == "My Genres"
    assert set(info.labels) == {"drums", "chords", "distorted", "noise"}
    assert TrustStore(profile.trusted_file).knows(info.sha256)
    kinds = [progress.kind for progress in events.of(TrainProgress)]
    assert kinds[0] == "prepare"
    assert kinds[-1] == "done"
    assert {"start", "step", "epoch"} <= set(kinds)
    assert (Path(finished.run_dir) / LOG_FILE).is_file()


def test_a_cancelled_run_says_so_and_leaves_no_process(trainer: Trainer, events: Events, genres: Path) -> None:
    trainer.start(TrainRequest(str(genres), "cut short", epochs=500, batch_size=4, device="cpu"))
    events.wait(TrainProgress, where=lambda progress: progress.kind == "step", timeout=RUN_SECONDS)
    trainer.cancel()
    trainer.cancel()
    finished = events.wait(TrainFinished)
    assert finished.cancelled
    assert (finished.model, finished.sentence) == ("", "")
    assert events.of(TrainProgress)[-1].kind == "cancelled"
    assert training_processes() == []


def test_a_run_that_does_not_listen_is_killed(profile: Profile, events: Events, genres: Path) -> None:
    trainer = Trainer(profile, events, grace_seconds=0.5)
    trainer.start(TrainRequest(str(genres), "deaf", epochs=500, device="cpu"))
    events.wait(TrainProgress, timeout=RUN_SECONDS)
    (process,) = [child for child in training_processes() if child.ppid() == psutil.Process().pid]
    process.suspend()
    began = time.monotonic()
    trainer.cancel()
    assert events.wait(TrainFinished).cancelled
    assert time.monotonic() - began < 10.0
    trainer.stop()
    assert training_processes() == []


def test_a_run_that_is_killed_is_a_sentence_and_the_next_can_start(
    trainer: Trainer, events: Events, genres: Path, tmp_path: Path
) -> None:
    trainer.start(TrainRequest(str(genres), "killed", epochs=500, device="cpu"))
    events.wait(TrainProgress, timeout=RUN_SECONDS)
    for process in training_processes():
        process.kill()
    finished = events.wait(TrainFinished)
    assert not finished.cancelled
    assert "killed by signal 9" in finished.sentence
    assert finished.run_dir in finished.sentence
    trainer.start(TrainRequest(str(tmp_path / "nothing here"), "next"))
    assert "nothing here" in events.wait(TrainFinished, 2).sentence


def test_data_that_is_not_there_is_the_training_programs_sentence(
    trainer: Trainer, events: Events, tmp_path: Path, profile: Profile
) -> None:
    trainer.start(TrainRequest(str(tmp_path / "no such folder"), "x"))
    finished = events.wait(TrainFinished)
    assert "no such folder" in finished.sentence
    assert finished.model == ""
    assert list(profile.models_dir.iterdir()) == []


def test_stop_ends_a_run_in_bounded_time(trainer: Trainer, events: Events, genres: Path) -> None:
    trainer.start(TrainRequest(str(genres), "stopped", epochs=500, device="cpu"))
    began = time.monotonic()
    trainer.stop(timeout=2.0)
    assert time.monotonic() - began < 6.0
    assert training_processes() == []
    assert events.of(TrainFinished)[-1].cancelled


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("My Genres", "My Genres"),
        ("../../etc/passwd", "etc-passwd"),
        ("a/b\\c:d*?", "a-b-c-d"),
        ("", "model"),
        ("...", "model"),
        ("Käse 夜", "Käse 夜"),
        ("x" * 300, "x" * 60),
    ],
)
def test_names_become_folders(name: str, safe: str) -> None:
    assert safe_name(name) == safe


def test_a_taken_name_gets_a_number(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a-2").mkdir()
    assert free_folder(tmp_path, "a") == tmp_path / "a-3"


def test_a_model_is_installed_whole_or_not_at_all(tmp_path: Path) -> None:
    source = tmp_path / "run" / "model"
    source.mkdir(parents=True)
    (source / "model.json").write_text(json.dumps({"name": "n"}))
    models = tmp_path / "models"
    assert install_model(source, models, "n") == models / "n"
    assert install_model(source, models, "n") == models / "n-2"
    with pytest.raises(OSError, match="missing"):
        install_model(tmp_path / "missing", models, "m")
    assert sorted(path.name for path in models.iterdir()) == ["n", "n-2"]
