"""Whole training runs as processes: learn, stop, resume, compare, and say in one sentence what is wrong."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import load_file

from mgc_desktop.core.paths import Profile
from mgc_desktop.model.contract import read_info
from mgc_desktop.model.trust import TrustStore
from tests import synth

ROOT = Path(__file__).resolve().parents[2]
SMALL = ["--epochs", "6", "--batch-size", "8", "--device", "cpu", "--json-progress"]


def command(*words: object) -> list[str]:
    return [sys.executable, "-m", "training", *map(str, words)]


def run(*words: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command(*words), cwd=ROOT, capture_output=True, text=True, timeout=110, check=False)


def events(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two genres that anyone can tell apart, and an unreadable file in one of them."""
    root = tmp_path_factory.mktemp("genres")
    for seed in range(8):
        for kind in ("drums", "chords"):
            target = root / kind / f"{seed}.wav"
            target.parent.mkdir(exist_ok=True)
            synth.write_audio(target, synth.KINDS[kind](4.0, synth.RATE, seed=seed), synth.RATE)
    (root / "drums" / "broken.mp3").write_bytes(os.urandom(5000))
    return root


@pytest.fixture(scope="module")
def profile_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("profile")


@pytest.fixture(scope="module")
def trained(folder: Path, profile_dir: Path) -> tuple[Path, list[dict[str, Any]]]:
    out = profile_dir / "run"
    done = run("train", folder, "--out", out, "--profile", profile_dir, "--name", "two", *SMALL)
    assert done.returncode == 0, done.stderr
    return out, events(done.stdout)


@pytest.mark.timeout(180)
def test_a_run_tells_its_story_and_learns(trained: tuple[Path, list[dict[str, Any]]]) -> None:
    _, story = trained
    kinds = [event["event"] for event in story]
    assert kinds[-1] == "done"
    start = next(event for event in story if event["event"] == "start")
    assert start["labels"] == ["chords", "drums"]
    assert start["tracks"] == {"train": 12, "valid": 2, "test": 2}
    assert start["left_out_count"] == 1
    assert start["left_out"][0]["path"].endswith("broken.mp3")
    epochs = [event for event in story if event["event"] == "epoch"]
    assert [event["epoch"] for event in epochs] == [1, 2, 3, 4, 5, 6]
    assert epochs[-1]["train_loss"] < epochs[0]["train_loss"]
    assert story[-1]["metrics"]["n"] == 2


def test_the_model_folder_keeps_the_contract(trained: tuple[Path, list[dict[str, Any]]], profile_dir: Path) -> None:
    out, story = trained
    info = read_info(Path(story[-1]["model"]))
    assert {path.name for path in info.folder.iterdir()} == {
        "model.pt", "weights.safetensors", "model.json", "card.md", "confusion.png", "memory.safetensors",
    }  # fmt: skip
    assert info.name == "two"
    assert info.metrics["test"]["n"] == 2
    assert TrustStore(Profile.open(profile_dir).trusted_file).knows(info.sha256)
    assert (info.folder / "confusion.png").read_bytes().startswith(b"\x89PNG")
    assert "Command:" in (info.folder / "card.md").read_text()
    run_record = json.loads((out / "run.json").read_text())
    assert run_record["recipe"]["lr"] == 1e-3
    assert run_record["recipe"]["batch_size"] == 8


def test_evaluate_gives_the_same_figures(
    trained: tuple[Path, list[dict[str, Any]]], folder: Path, profile_dir: Path
) -> None:
    out, _ = trained
    done = run("evaluate", out / "model", folder, "--json", "--profile", profile_dir)
    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout)
    assert result["n"] == 16
    assert result["accuracy"] >= 0.75
    assert len(result["unreadable"]) == 1
    text = run("evaluate", out / "model", folder, "--profile", profile_dir).stdout
    assert f"accuracy      {result['accuracy']:.3f}" in text


def test_same_seed_same_weights_and_both_models_on_the_same_tracks(
    trained: tuple[Path, list[dict[str, Any]]], folder: Path, profile_dir: Path
) -> None:
    out, story = trained
    again = profile_dir / "again"
    done = run("train", folder, "--out", again, "--profile", profile_dir, "--compare-with", out / "model", *SMALL)
    assert done.returncode == 0, done.stderr
    first, second = (load_file(path / "model" / "weights.safetensors") for path in (out, again))
    assert all(np.array_equal(first[key], second[key]) for key in first)
    comparison = events(done.stdout)[-1]["comparison"]
    assert comparison["n"] == 2
    assert comparison["new"]["accuracy"] == comparison["old"]["accuracy"] == story[-1]["metrics"]["accuracy"]


@pytest.fixture
def process(folder: Path, profile_dir: Path, tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    words = command("train", folder, "--out", tmp_path / "run", "--profile", profile_dir, *SMALL)
    with subprocess.Popen(words, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as child:
        yield child
        child.kill()


def read_until(child: subprocess.Popen[str], kind: str) -> None:
    assert child.stdout is not None
    for line in child.stdout:
        if json.loads(line)["event"] == kind:
            return
    pytest.fail(f"no {kind} event")


@pytest.mark.timeout(180)
@pytest.mark.parametrize(
    "number",
    # That a run ends in order when it is asked to is also shown by tests of the command line.
    [pytest.param(signal.SIGTERM, id="asked", marks=pytest.mark.slow), pytest.param(signal.SIGKILL, id="killed")],
)
def test_a_stopped_run_goes_on_and_ends_where_it_would_have_ended(
    process: subprocess.Popen[str],
    number: signal.Signals,
    trained: tuple[Path, list[dict[str, Any]]],
    folder: Path,
    profile_dir: Path,
    tmp_path: Path,
) -> None:
    read_until(process, "epoch")
    read_until(process, "epoch")
    process.send_signal(number)
    rest = process.communicate(timeout=60)[0]
    if number == signal.SIGTERM:
        assert process.returncode == 130
        assert events(rest)[-1] == {"event": "cancelled", "resumable": True}
    done = run("train", folder, "--out", tmp_path / "run", "--profile", profile_dir, "--resume", *SMALL)
    assert done.returncode == 0, done.stderr
    assert events(done.stdout)[-1]["event"] == "done"
    whole, resumed = (load_file(path / "model" / "weights.safetensors") for path in (trained[0], tmp_path / "run"))
    assert all(np.array_equal(whole[key], resumed[key]) for key in whole)


def error_of(*words: object) -> tuple[int, str]:
    done = run(*words, "--json-progress")
    last = events(done.stdout)[-1]
    assert last["event"] == "error"
    assert "Traceback" not in done.stderr
    assert "\n" not in last["sentence"]
    return done.returncode, last["sentence"]


def test_faults_are_sentences(tmp_path: Path, profile_dir: Path) -> None:
    common = ["--out", tmp_path / "run", "--profile", profile_dir]
    assert error_of("train", tmp_path / "none", *common)[0] == 1
    (tmp_path / "one" / "rock").mkdir(parents=True)
    synth.write_audio(tmp_path / "one" / "rock" / "a.wav", synth.drums(4.0), synth.RATE)
    assert "one genre only" in error_of("train", tmp_path / "one", *common)[1]
    (tmp_path / "one" / "jazz").mkdir()
    (tmp_path / "one" / "jazz" / "bad.wav").write_bytes(b"not audio at all")
    assert "one genre only" in error_of("train", tmp_path / "one", *common)[1]
    code, sentence = error_of("train", tmp_path / "one", *common, "--system", "oracle")
    assert (code, "oracle" in sentence) == (2, True)


def test_wrong_usage_is_2() -> None:
    assert run("train").returncode == 2
    assert run("train", "x", "--out", "y", "--epochs", "0").returncode == 2
