"""Two processes that learn together reach what one reaches, on real music."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).resolve().parents[2]
GENRES = ("classical", "hiphop", "jazz", "metal")
SEEDS = (1, 2, 3)
TOGETHER = ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]


def write_list(real_data: Path, path: Path) -> Path:
    """Write the tracks of `GENRES` whose split is train or valid as a list, with absolute paths."""
    with (real_data / "tracks.csv").open(newline="", encoding="utf-8") as stream:
        rows = [row for row in csv.DictReader(stream) if row["label"] in GENRES and row["split"] != "test"]
    with path.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream)
        writer.writerow(["path", "label", "group", "split"])
        writer.writerows([real_data / row["path"], row["label"], row["group"], row["split"]] for row in rows)
    return path


def best_accuracy(listed: Path, out: Path, profile: Path, starter: list[str], seed: int) -> float:
    """Train one run and return its best accuracy on the validation tracks."""
    words = [sys.executable, *starter, "-m", "training", "train", "--library", str(listed), "--out", str(out)]
    words += ["--profile", str(profile), "--system", "cnn_mfcc", "--epochs", "40", "--seed", str(seed)]
    words += ["--device", "cpu", "--json-progress"]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, timeout=600, check=False)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    return max(float(epoch["valid_accuracy"]) for epoch in json.loads((out / "history.json").read_text()))


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_two_processes_score_as_one_does(real_data: Path, tmp_path: Path) -> None:
    listed = write_list(real_data, tmp_path / "list.csv")
    scores = {
        name: [
            best_accuracy(listed, tmp_path / f"{name}-{seed}", tmp_path / "profile", starter, seed) for seed in SEEDS
        ]
        for name, starter in (("one", []), ("two", TOGETHER))
    }
    means = {name: float(np.mean(values)) for name, values in scores.items()}
    noise = float(np.mean([np.std(values, ddof=1) for values in scores.values()]))
    sys.stdout.write(f"by seed, one process {scores['one']}, two {scores['two']}; seeds differ by {noise:.3f}\n")
    assert abs(means["one"] - means["two"]) <= max(2 * noise, 0.05)
