"""Runs that start from a model, learn from another, or run on two processes; systems side by side."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import load_file

from mgc_desktop.core.paths import Profile
from mgc_desktop.model.contract import read_info
from tests import synth
from tests.teacher_files import make_teacher
from training.__main__ import main
from training.data.tracks import Track
from training.learner import Learner, Validation

ROOT = Path(__file__).resolve().parents[2]
SMALL = ["--epochs", "3", "--batch-size", "8", "--device", "cpu", "--json-progress"]
Train = Callable[..., list[dict[str, Any]]]


def make_tracks(root: Path, kinds: tuple[str, ...], n: int, seconds: float = 3.0) -> Path:
    for kind in kinds:
        (root / kind).mkdir(parents=True, exist_ok=True)
        for seed in range(n):
            synth.write_audio(root / kind / f"{kind}{seed}.wav", synth.KINDS[kind](seconds, 12000, seed=seed), 12000)
    return root


@pytest.fixture(scope="module")
def profile_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("profile")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_tracks(tmp_path_factory.mktemp("genres"), ("drums", "chords"), 8)


@pytest.fixture
def train(profile_dir: Path, capfd: pytest.CaptureFixture[str]) -> Train:
    def run(*words: object, code: int = 0) -> list[dict[str, Any]]:
        assert main([*map(str, words), "--profile", str(profile_dir)]) == code
        return [json.loads(line) for line in capfd.readouterr().out.splitlines()]

    return run


@pytest.fixture(scope="module")
def model(folder: Path, profile_dir: Path) -> Path:
    out = profile_dir / "first"
    assert main(["train", str(folder), "--out", str(out), "--profile", str(profile_dir), *SMALL]) == 0
    return out / "model"


@pytest.mark.timeout(120)
def test_a_new_genre_in_seconds(train: Train, model: Path, tmp_path: Path) -> None:
    new = make_tracks(tmp_path / "new", ("distorted",), 8)
    events = train(
        "train", new, "--init", model, "--head-only", "--out", tmp_path / "run", "--compare-with", model,
        "--json-progress", "--device", "cpu",
    )  # fmt: skip
    start, done = (next(e for e in events if e["event"] == name) for name in ("start", "done"))
    assert start["labels"] == ["chords", "drums", "distorted"]
    assert start["epochs"] == 0
    assert not any(e["event"] == "epoch" for e in events)
    assert done["metrics"]["recall"] == {"distorted": 1.0}
    assert done["comparison"]["unknown_labels"] == ["distorted"]
    remembered = done["comparison"]["remembered"]
    assert remembered["n"] == 2
    assert remembered["new"] >= remembered["old"]
    assert {row["new"] for row in done["predictions"]} == {"distorted"}
    before, after = (load_file(path / "weights.safetensors") for path in (model, tmp_path / "run" / "model"))
    assert all(np.array_equal(before[k], after[k]) for k in before if not k.startswith("output."))
    assert read_info(tmp_path / "run" / "model").made_with["from"] == "first"


@pytest.mark.timeout(120)
def test_going_on_from_a_model(train: Train, model: Path, folder: Path, tmp_path: Path) -> None:
    events = train("train", folder, "--init", model, "--out", tmp_path / "run", *SMALL)
    first = next(e for e in events if e["event"] == "epoch")
    began = json.loads((model.parent / "history.json").read_text())
    assert first["train_loss"] < began[0]["train_loss"]
    sentence = train(
        "train", make_tracks(tmp_path / "new", ("distorted",), 3), "--init", model, "--out", tmp_path / "b", *SMALL,
        code=1,
    )[-1]["sentence"]  # fmt: skip
    assert "no tracks of chords, drums, which a full run would forget" in sentence


@pytest.mark.timeout(120)
def test_a_model_teaches_another_what_nobody_labelled(train: Train, model: Path, folder: Path, tmp_path: Path) -> None:
    loose = make_tracks(tmp_path / "loose", ("drums", "chords"), 12)
    events = train(
        "train", folder, "--distil", model, "--unlabelled", loose, "--variants", 1, "--out", tmp_path / "run", *SMALL
    )  # fmt: skip
    steps = next(e for e in events if e["event"] == "step")["steps"]
    assert steps == -(-(12 + 24) // 8)  # 12 of 16 to learn from with a label, 24 without
    assert events[-1]["event"] == "done"
    assert events[-1]["metrics"]["n"] == 2  # what nobody labelled is in no score
    for name in ("predictions.csv", "confusion.csv", "curves.png", "history.json", "run.json"):
        assert (tmp_path / "run" / name).stat().st_size > 0


@pytest.mark.timeout(120)
def test_several_genres_a_track(train: Train, folder: Path, tmp_path: Path) -> None:
    rows = ["path,label,group"]
    for seed in range(8):
        both = synth.drums(3.0, 12000, seed=seed) * 0.5 + synth.chords(3.0, 12000, seed=seed) * 0.5
        synth.write_audio(folder / f"both{seed}.wav", both, 12000)
        rows.append(f"both{seed}.wav,drums; chords,{seed}")
        rows += [f"{kind}/{kind}{seed}.wav,{kind},{kind}{seed}" for kind in ("drums", "chords")]
    (folder / "list.csv").write_text("\n".join(rows), "utf-8")
    train("train", folder / "list.csv", "--multi-label", "--out", tmp_path / "run", *SMALL)
    info = read_info(tmp_path / "run" / "model")
    assert info.activation == "sigmoid"
    assert info.labels == ("chords", "drums")


@pytest.mark.timeout(120)
def test_systems_side_by_side(train: Train, folder: Path, tmp_path: Path) -> None:
    words = ["compare", folder, "--systems", "cnn_mfcc,rnn_mfcc", "--folds", 2, "--epochs", 2, "--device", "cpu"]
    words += ["--protocols", "grouped-kfold,segment-random", "--out", tmp_path / "out", "--json-progress"]
    events = train(*words)
    rows = events[-1]["rows"]
    assert [(row["system"], row["protocol"]) for row in rows] == [
        (system, protocol) for system in ("cnn_mfcc", "rnn_mfcc") for protocol in ("grouped-kfold", "segment-random")
    ]
    assert all(row["n"] == 16 and row["folds"] == 2 for row in rows if row["protocol"] == "grouped-kfold")
    assert all(0 <= row["low"] <= row["accuracy"] <= row["high"] <= 1 for row in rows)
    assert "LEAKY" in (tmp_path / "out" / "table.md").read_text("utf-8")
    assert len(list((tmp_path / "out" / "folds").iterdir())) == 8
    again = train(*words)
    assert not any(e["event"] == "epoch" for e in again)  # what is there is not done again
    assert again[-1]["rows"] == rows


@pytest.mark.timeout(180)
def test_two_processes_learn_one_model(folder: Path, profile_dir: Path, tmp_path: Path) -> None:
    words = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2", "-m", "training"]
    words += ["train", str(folder), "--out", str(tmp_path / "run"), "--profile", str(profile_dir), *SMALL]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, timeout=170, check=False)
    assert done.returncode == 0, done.stderr
    events = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    assert sum(e["event"] == "epoch" for e in events) == 3  # told once, not by each
    assert events[-1]["event"] == "done"
    run = json.loads((tmp_path / "run" / "run.json").read_text())
    assert run["processes"] == 2
    assert run["digests"][0] == run["digests"][1]
    assert Profile.open(profile_dir).trusted_file.exists()
    # One process takes the run up again.
    assert main(["train", str(folder), "--out", str(tmp_path / "run"), "--profile", str(profile_dir), "--resume",
                 "--epochs", "4", *SMALL[2:]]) == 0  # fmt: skip
    assert len(json.loads((tmp_path / "run" / "history.json").read_text())) == 4


@pytest.fixture
def worse(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every look at the validation tracks be worse than the one before."""
    looks, validate = count(1), Learner.validate

    def look(learner: Learner, tracks: Sequence[Track]) -> Validation:
        return replace(validate(learner, tracks), loss=float(next(looks)))

    monkeypatch.setattr(Learner, "validate", look)


def kept_epochs(events: list[dict[str, Any]]) -> list[int]:
    return [event["epoch"] for event in events if event["event"] == "epoch" and event["best"]]


@pytest.mark.timeout(120)
@pytest.mark.usefixtures("worse")
def test_what_foreign_teachers_say_is_learnt(
    train: Train, folder: Path, tmp_path: Path, profile_dir: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    def probed(*words: object) -> list[dict[str, Any]]:
        data, model, file, digest = map(str, words)
        assert main(["probe", data, "--model", model, "--teachers", file, "--trust-teacher", digest,
                     "--json", "--write", "--profile", str(profile_dir)]) == 0  # fmt: skip
        rows: list[dict[str, Any]] = json.loads(capfd.readouterr().out.splitlines()[-1])["rows"]
        return rows

    teacher = tmp_path / "teacher.pt"
    sha256 = make_teacher(teacher)
    words = ["train", folder, "--teachers", teacher, "--scenes", "2", "--system", "crnn_pair", "--steps", "3"]
    refused = train(*words, "--out", tmp_path / "refused", *SMALL, code=1)
    assert refused[-1]["event"] == "error"
    assert f"--trust-teacher {sha256}" in refused[-1]["sentence"]
    events = train(*words, "--trust-teacher", sha256, "--out", tmp_path / "run", *SMALL)
    assert [e["step"] for e in events if e["event"] == "step"][-1] <= 3
    assert events[-1]["event"] == "done"
    assert kept_epochs(events) == [1, 2, 3]  # each in the place of the one before
    info = read_info(tmp_path / "run" / "model")
    assert info.labels == ("chords", "drums")
    assert f"--trust-teacher {sha256}" in info.made_with["command"]
    assert "--teachers" in info.made_with["command"]
    assert not any("echo" in name for name in load_file(tmp_path / "run" / "model" / "weights.safetensors"))
    # What is remembered for quick retraining are the tracks, not their mixtures with others.
    memory = load_file(tmp_path / "run" / "model" / "memory.safetensors")
    (start,) = [e for e in events if e["event"] == "start"]
    learnt = start["tracks"]["train"] + start["tracks"]["valid"]
    assert int((memory["held_out"] == 0).sum()) == learnt
    figures = probed(folder, tmp_path / "run" / "model", teacher, sha256)
    assert [(row["model"], row["last_layer"], row["n"]) for row in figures] == [("run", "as it is made", learnt)]
    whole = figures[0]["kinds"]["whole"]
    assert whole["low"] <= whole["accuracy"] <= whole["high"]
    assert info.metrics["left_out"]["kinds"] == figures[0]["kinds"]  # the run has told them already
    assert "### With artists left out" in (tmp_path / "run" / "model" / "card.md").read_text("utf-8")
    assert read_info(tmp_path / "run" / "model").metrics["left_out"] == info.metrics["left_out"]
    assert "10 s" not in figures[0]["kinds"]  # no track is that long
    # Labels taught the last layer alone, so that every track could be judged without its artist.
    assert info.made_with["last_layer"]["verdicts"] == 4 * learnt
    assert 0 <= info.made_with["last_layer"]["accuracy"] <= 1


@pytest.mark.usefixtures("worse")
def test_without_teachers_the_last_layer_is_what_the_epochs_left(train: Train, folder: Path, tmp_path: Path) -> None:
    """Labels have taught the blocks, too: nobody could judge a track as if its artist had not been heard."""
    events = train("train", folder, "--system", "crnn_pair", "--steps", "3", "--out", tmp_path / "run", *SMALL)
    assert events[-1]["event"] == "done"
    assert kept_epochs(events) == [1]
    (start,) = [e for e in events if e["event"] == "start"]
    assert read_info(tmp_path / "run" / "model").made_with["last_layer"] == {}
    memory = load_file(tmp_path / "run" / "model" / "memory.safetensors")
    assert int((memory["held_out"] == 0).sum()) == start["tracks"]["train"]


def test_teachers_and_other_ways_to_learn_exclude_each_other(
    train: Train, folder: Path, model: Path, tmp_path: Path
) -> None:
    events = train(
        "train", folder, "--teachers", tmp_path / "t.pt", "--distil", model, "--out", tmp_path / "run",
        "--json-progress", code=2,
    )  # fmt: skip
    assert events[-1]["event"] == "error"
    assert "leave one of them out" in events[-1]["sentence"]
