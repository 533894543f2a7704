"""The commands beside `classify`, as processes: train, evaluate, devices, doctor."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from mgc_desktop.core.paths import Profile
from mgc_desktop.model.contract import read_info
from tests.model_folders import trust
from tests.synth import write_genre_folders

ROOT = Path(__file__).resolve().parents[2]
WAIT = 110.0


def command(*words: str | Path) -> list[str]:
    return [sys.executable, "-m", "mgc_desktop", *map(str, words)]


def run(*words: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command(*words), capture_output=True, text=True, cwd=ROOT, timeout=WAIT, check=False, env={**os.environ}
    )


@pytest.fixture(scope="module")
def genres(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_genre_folders(tmp_path_factory.mktemp("genres"), per_kind=4, seconds=2.0)


def test_train_then_evaluate(genres: Path, tmp_path: Path) -> None:
    words: list[str | Path] = [
        "train",
        genres,
        "--out",
        tmp_path / "run",
        "--profile",
        tmp_path / "profile",
        "--epochs",
        "1",
    ]
    done = run(*words, "--batch-size", "8", "--seed", "3", "--device", "cpu", "--name", "mine", "--json-progress")
    assert done.returncode == 0, done.stderr
    said = [json.loads(line) for line in done.stdout.splitlines()]
    assert said[-1]["event"] == "done"
    model = tmp_path / "run" / "model"
    assert read_info(model).name == "mine"
    scored = run("--profile", tmp_path / "profile", "evaluate", model, genres, "--json")
    assert scored.returncode == 0, scored.stderr
    figures = json.loads(scored.stdout)
    assert figures["n"] == 16
    assert figures["low"] <= figures["accuracy"] <= figures["high"]


@pytest.mark.skipif(os.name != "posix", reason="POSIX signals")
def test_an_interrupted_training_run_ends_in_order(genres: Path, tmp_path: Path) -> None:
    words: list[str | Path] = [
        "train",
        genres,
        "--out",
        tmp_path / "run",
        "--profile",
        tmp_path / "profile",
        "--epochs",
        "500",
    ]
    started = command(*words, "--device", "cpu", "--json-progress")
    with subprocess.Popen(started, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ROOT) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if json.loads(line)["event"] == "step":
                break
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=WAIT)
    assert process.returncode == 130, err
    assert json.loads(out.splitlines()[-1])["event"] == "cancelled"
    assert "Traceback" not in err


def test_training_on_nothing_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "one" / "only").mkdir(parents=True)
    done = run("train", tmp_path / "one", "--out", tmp_path / "run", "--profile", tmp_path / "profile")
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert done.stderr.strip()


def test_devices_are_listed_with_or_without_sound(tmp_path: Path) -> None:
    done = run("devices", "--profile", tmp_path)
    assert done.returncode == 0
    lines = done.stdout.splitlines()
    compute = lines.index("Compute devices:")
    assert lines[0] == "Audio inputs:"
    assert all(line.startswith("  ") for line in lines[1:compute])
    assert compute > 1  # "none" where there is none
    assert lines[compute + 1] == "  cpu"


@pytest.fixture(scope="module")
def healthy(tmp_path_factory: pytest.TempPathFactory, tiny_model: Path) -> Path:
    """Return a profile whose chosen model is a tiny one."""
    folder = tmp_path_factory.mktemp("doctor") / "profile"
    profile = Profile.open(folder)
    model = shutil.copytree(trust(profile, tiny_model), profile.models_dir / "tiny")
    profile.settings_file.write_text(json.dumps({"model": str(model)}))
    return folder


def findings(done: subprocess.CompletedProcess[str]) -> dict[str, tuple[str, str]]:
    parts = [line.split(maxsplit=1) for line in done.stdout.splitlines()[:-1]]
    return {rest[:19].strip(): (level, rest[20:]) for level, rest in parts}


def test_the_doctor_finds_all_well(healthy: Path) -> None:
    done = run("doctor", "--profile", healthy)
    assert done.returncode == 0, done.stdout
    assert done.stdout.splitlines()[-1] == "All is well."
    said = findings(done)
    for subject in ("program", "Python", "torch", "libsndfile", "FFmpeg", "PortAudio", "compute", "disk", "database"):
        assert said[subject][0] == "ok", subject
    assert said["model"][1].startswith("tiny (")
    assert said["self-test"][1].startswith("passed on ")
    assert " ms for a window of " in said["speed"][1]
    assert said["library"] == ("ok", str(healthy / "library.sqlite3"))
    assert said["audio input"][0] in ("ok", "warn")


def test_the_doctor_names_what_is_broken(healthy: Path, tmp_path: Path) -> None:
    profile = shutil.copytree(healthy, tmp_path / "profile")
    os.truncate(profile / "models" / "tiny" / "model.pt", 5000)
    (profile / "settings.json").write_text(json.dumps({"model": str(profile / "models" / "tiny")}))
    (profile / "library.sqlite3").write_bytes(b"this is no database" * 1000)
    done = run("doctor", "--profile", profile)
    assert done.returncode == 1
    said = findings(done)
    assert said["model"][0] == "FAIL"
    assert "truncated or altered" in said["model"][1]
    assert said["database"][0] == "FAIL"
    assert "damaged" in said["database"][1]
    assert done.stdout.splitlines()[-1].startswith("Something needs attention")
    assert "Traceback" not in done.stderr


def test_a_profile_that_cannot_be_made_is_code_2(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for verb in (["doctor"], ["classify", "x"]):
        done = run(*verb, "--profile", tmp_path / "file" / "profile")
        assert done.returncode == 2
        assert "could not be made" in done.stderr
        assert "Traceback" not in done.stderr
