"""Every system of the table learns real music: two genres, few tracks, small settings."""

from __future__ import annotations

import csv
from dataclasses import replace
from pathlib import Path

import pytest

from mgc_desktop.core.paths import Profile
from training.compare import CompareOptions, Comparing
from training.report import SilentReporter
from training.systems import SYSTEMS
from training.table import rows_of

GENRES = ("classical", "metal")
EPOCHS = {
    "crnn": 24,
    "crnn_levelled": 20,
    "crnn_pair": 20,
    "cnn_melmfcc": 20,
    "cnn_lstm": 20,
    "short_chunk": 24,
}  # the others need fewer
LEARNT, TRIED = 12, 10  # tracks of each genre


@pytest.fixture(scope="module")
def music(real_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    with (real_data / "tracks.csv").open(newline="", encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    path = tmp_path_factory.mktemp("list") / "list.csv"
    with path.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream)
        writer.writerow(["path", "label", "group", "split"])
        for genre in GENRES:
            for split, n in (("train", LEARNT), ("test", TRIED)):
                chosen = [row for row in rows if row["label"] == genre and row["split"] == split][:n]
                writer.writerows([real_data / row["path"], genre, row["group"], split] for row in chosen)
    return path


@pytest.fixture(scope="module")
def profile(tmp_path_factory: pytest.TempPathFactory) -> Profile:
    return Profile.open(tmp_path_factory.mktemp("profile"))


@pytest.mark.timeout(180)
@pytest.mark.parametrize("name", SYSTEMS)
def test_a_system_learns_real_music(
    name: str, music: Path, profile: Profile, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    system = SYSTEMS[name]
    chunk = max(system.recipe.crop_seconds[0], 3.0)
    recipe = replace(
        system.recipe.crop_for(chunk),
        max_track_seconds=10.0,
        batch_size=12,
        epochs=EPOCHS.get(name, 14),
        ema=0.9,
        mixup=0.0,
        variants=0,
        steps=0,
    )
    monkeypatch.setitem(SYSTEMS, name, replace(system, recipe=recipe))
    options = CompareOptions((), tmp_path, profile, (name,), ("given",), library=(music,), device="cpu")
    (row,) = rows_of(Comparing(options, SilentReporter(), lambda: False).run())
    assert row["n"] == TRIED * len(GENRES)
    assert row["low"] > 1 / len(GENRES), row  # chance, and clearly so
