"""`prepare` from the command line: JSON for programs, a report for people, one sentence where it cannot."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.synth import write_genre_folders

ROOT = Path(__file__).resolve().parents[2]
WAIT = 100.0


def command(*words: str | Path) -> list[str]:
    return [sys.executable, "-m", "mgc_desktop", "prepare", *map(str, words)]


def run(*words: str | Path) -> subprocess.CompletedProcess[str]:
    env = {**os.environ, "COLUMNS": "100"}
    return subprocess.run(command(*words), capture_output=True, text=True, cwd=ROOT, timeout=WAIT, check=False, env=env)


@pytest.fixture(scope="module")
def genres(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = write_genre_folders(tmp_path_factory.mktemp("genres"), per_kind=2, seconds=2.0)
    shutil.rmtree(root / "chords")  # a chord of the synthesizer is soon the same as another
    shutil.copy(root / "drums/drums-00.wav", root / "noise/[odd] name.wav")
    (root / "drums/damaged.mp3").write_bytes(b"no music")
    return root


def test_a_program_gets_lines_of_json(genres: Path, tmp_path: Path) -> None:
    done = run(genres, "--json", "--json-progress", "--out", tmp_path / "out")
    assert (done.returncode, done.stderr) == (0, "")
    *steps, report = [json.loads(line) for line in done.stdout.splitlines()]
    assert steps[0] == {"event": "prepare", "done": 0, "total": 8}
    assert steps[-1] == {"event": "prepare", "done": 8, "total": 8}
    assert (report["ok"], report["tracks"], report["found"]) == (True, 5, 8)
    assert report["labels"] == {"distorted": 2, "drums": 1, "noise": 2}
    assert [(d["kind"], d["across"]) for d in report["duplicates"]] == [("exact", ["labels"])]
    assert {Path(row["path"]).name for row in report["left_out"]} == {"damaged.mp3", "drums-00.wav", "[odd] name.wav"}
    assert json.loads((tmp_path / "out/report.json").read_text()) == report
    assert (tmp_path / "out/report.md").read_text("utf-8").startswith("# Data report")
    again = run("--library", tmp_path / "out/clean.csv", "--json")
    assert json.loads(again.stdout)["left_out"] == []
    assert json.loads(again.stdout)["tracks"] == 5


def test_a_person_gets_a_report(genres: Path) -> None:
    done = run(genres)
    assert done.returncode == 0
    assert "5 tracks with 3 labels can be learnt from; 3 are left out." in done.stdout
    assert "[odd] name.wav" in done.stdout
    assert "one of the labels is wrong" in done.stdout
    assert "Traceback" not in done.stderr


def test_what_cannot_be_checked_is_one_sentence(tmp_path: Path) -> None:
    done = run(tmp_path / "none")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.strip().endswith("name a folder of genre folders, or a CSV file.")
    said = json.loads(run(tmp_path / "none", "--json").stdout)
    assert (said["ok"], said["tracks"], said["warnings"]) == (False, 0, [])
    assert run().returncode == 2


@pytest.mark.skipif(os.name != "posix", reason="POSIX signals")
def test_an_interrupt_ends_it_in_order(genres: Path) -> None:
    with subprocess.Popen(
        command(genres, "--json-progress"), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ROOT
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()
        process.send_signal(signal.SIGINT)
        assert process.wait(WAIT) == 130
        assert "Traceback" not in process.stderr.read()
