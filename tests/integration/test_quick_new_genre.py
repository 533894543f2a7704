"""Twenty corrected tracks of a genre that the shipped model never saw, and the last layer learnt anew."""

from __future__ import annotations

import csv
import json
import sys
import time
from pathlib import Path

import pytest

from mgc_desktop.engine.choice import shipped_model
from training.__main__ import main

GENRE, LEARNT = "electronic", 20


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_a_genre_from_twenty_corrections_in_under_a_minute(
    real_data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with (real_data / "other_music.csv").open(newline="", encoding="utf-8") as stream:
        rows = [row for row in csv.DictReader(stream) if row["label"] == GENRE]
    corrections = tmp_path / "corrections.csv"
    with corrections.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream)
        writer.writerow(["path", "label", "group", "split"])
        for i, row in enumerate(rows):
            split = "train" if i < LEARNT else "test"
            writer.writerow([real_data / row["path"], GENRE, row["group"], split])
    model = str(shipped_model())
    words = ["train", "--library", str(corrections), "--init", model, "--compare-with", model, "--head-only"]
    began = time.monotonic()
    assert main([*words, "--out", str(tmp_path / "run"), "--profile", str(tmp_path), "--json-progress"]) == 0
    seconds = time.monotonic() - began
    done = json.loads(capsys.readouterr().out.splitlines()[-1])
    recall, remembered = done["metrics"]["recall"][GENRE], done["comparison"]["remembered"]
    sys.stderr.write(
        f"\n{GENRE}: {recall:.2f} of {done['metrics']['n']} held-out tracks recognised after {LEARNT}; the old genres "
        f"{remembered['old']:.3f} -> {remembered['new']:.3f} on {remembered['n']} tracks; {seconds:.0f} s\n"
    )
    assert recall >= 0.4
    assert remembered["new"] >= remembered["old"] - 0.02
    assert seconds < 60
