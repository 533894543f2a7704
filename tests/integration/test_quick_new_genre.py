"""Corrected tracks of genres that the shipped model never saw, and the last layer learnt anew."""

from __future__ import annotations

import csv
import json
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from mgc_desktop.engine.choice import shipped_model
from training.__main__ import main

GENRE, LEARNT = "electronic", 20
RARE = ("ambient", "latin", "rnb")  # 8 to 12 tracks of each
PARTS = 3  # of the artists; each is tried by what the others taught

Row = dict[str, str]


def rows_of(real_data: Path, genre: str) -> list[Row]:
    with (real_data / "other_music.csv").open(newline="", encoding="utf-8") as stream:
        return [row for row in csv.DictReader(stream) if row["label"] == genre]


def retrained(
    real_data: Path, folder: Path, rows: list[Row], tested: Sequence[bool], capsys: pytest.CaptureFixture[str]
) -> dict[str, Any]:
    """Return what quick retraining says in the end; `tested` says which rows are not learnt."""
    folder.mkdir()
    corrections = folder / "corrections.csv"
    with corrections.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream)
        writer.writerow(["path", "label", "group", "split"])
        for row, held_out in zip(rows, tested, strict=True):
            split = "test" if held_out else "train"
            writer.writerow([real_data / row["path"], row["label"], row["group"], split])
    model = str(shipped_model())
    words = ["train", "--library", str(corrections), "--init", model, "--compare-with", model, "--head-only"]
    profile = str(folder.parent / "profile")
    assert main([*words, "--out", str(folder / "run"), "--profile", profile, "--json-progress"]) == 0
    done: dict[str, Any] = json.loads(capsys.readouterr().out.splitlines()[-1])
    return done


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_a_genre_from_twenty_corrections_in_under_a_minute(
    real_data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    began = time.monotonic()
    rows = rows_of(real_data, GENRE)
    done = retrained(real_data, tmp_path / GENRE, rows, [i >= LEARNT for i in range(len(rows))], capsys)
    seconds = time.monotonic() - began
    recall, remembered = done["metrics"]["recall"][GENRE], done["comparison"]["remembered"]
    sys.stderr.write(
        f"\n{GENRE}: {recall:.2f} of {done['metrics']['n']} held-out tracks recognised after {LEARNT}; the old genres "
        f"{remembered['old']:.3f} -> {remembered['new']:.3f} on {remembered['n']} tracks; {seconds:.0f} s\n"
    )
    assert recall >= 0.4
    assert remembered["new"] >= remembered["old"] - 0.02
    assert seconds < 60


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_genres_of_some_eight_tracks_are_said_at_all(
    real_data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    recognised, tried, lost, said = 0.0, 0, [], []
    for genre in RARE:
        rows = rows_of(real_data, genre)
        artists = sorted({row["group"] for row in rows})
        right, n = 0.0, 0
        for part in range(PARTS):
            tested = [row["group"] in artists[part::PARTS] for row in rows]
            done = retrained(real_data, tmp_path / f"{genre}-{part}", rows, tested, capsys)
            right, n = right + done["metrics"]["recall"][genre] * done["metrics"]["n"], n + done["metrics"]["n"]
            lost.append(done["comparison"]["remembered"]["old"] - done["comparison"]["remembered"]["new"])
        said.append(f"{genre} {right:.0f} of {n}")
        recognised, tried = recognised + right, tried + n
    sys.stderr.write(
        f"\nrecognised, each learnt from the other artists: {', '.join(said)}; the old genres lose "
        f"{100 * sum(lost) / len(lost):.1f} points, {100 * max(lost):.1f} at most\n"
    )
    assert recognised >= 0.2 * tried
    assert sum(lost) / len(lost) <= 0.02
