"""The table of a comparison, from results that are known."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest

from training.table import as_csv, as_markdown, leaks_of, rows_of

NONE = {"n": 0, "right": 0, "before": 0}  # tracks that could be heard under a condition


def fold(protocol: str, right: int, n: int, seed: int = 1) -> dict[str, Any]:
    return {
        "system": "cnn_mfcc",
        "seed": seed,
        "protocol": protocol,
        "truth": ["jazz", "rock"] * (n // 2),
        "said": ["jazz", "rock"] * (right // 2) + ["rock", "jazz"] * ((n - right) // 2),
        "confidence": [right / n] * n,
        "pieces": {"right": right * 8, "n": n * 10},
        "parameters": 1000,
        "epochs": 10,
        "train_seconds": 30.0,
        "inference_ms": 5.0,
    }


@pytest.fixture
def rows() -> list[dict[str, Any]]:
    results = [fold("grouped-kfold", 20, 40), fold("grouped-kfold", 28, 40), fold("segment-random", 360, 400)]
    return rows_of(results)


def test_folds_are_pooled(rows: list[dict[str, Any]]) -> None:
    honest, leaky = rows
    assert (honest["n"], honest["accuracy"], honest["folds"]) == (80, 0.6, 2)
    assert honest["low"] == pytest.approx(0.4904, abs=1e-3)  # statsmodels' proportion_confint(48, 80, method="wilson")
    assert honest["high"] == pytest.approx(0.7005, abs=1e-3)
    assert (honest["precision"], honest["recall"], honest["macro_f1"]) == (0.6, 0.6, 0.6)
    assert honest["train_seconds"] == 60
    assert not honest["leaky"]
    assert leaky["leaky"]
    assert leaky["claim"] == 0.77


def test_the_leak_is_said_in_points(rows: list[dict[str, Any]]) -> None:
    (sentence,) = leaks_of(rows)
    assert "90.0 % of pieces with" in sentence
    assert "48.0 % of pieces under grouped-kfold: +42 points" in sentence  # pieces beside pieces, not beside tracks
    assert "(published: 77.0 %)" in sentence
    assert leaks_of(rows[:1]) == leaks_of(rows[1:]) == []


def test_the_table_names_what_leaks(rows: list[dict[str, Any]]) -> None:
    text = as_markdown(rows, ["about"])
    assert text.startswith("about\n")
    assert "| cnn_mfcc | grouped-kfold | 80 | 60.0 % [49.0, 70.0]" in text
    assert "segment-random (LEAKY)" in text
    assert text.count("- `") == 2
    columns = [line.count("|") for line in text.splitlines() if line.startswith("|")]
    assert len(set(columns)) == 1
    parsed = list(csv.DictReader(io.StringIO(as_csv(rows))))
    assert [row["accuracy"] for row in parsed] == ["0.6", "0.9"]


def test_seeds_are_averaged_and_their_spread_is_said() -> None:
    (row,) = rows_of([fold("given", right, 40, seed) for seed, right in enumerate((20, 24, 28))])
    assert (row["n"], row["accuracy"], row["seeds"], row["spread"]) == (40, 0.6, 3, 0.1)
    assert "± 10.0 over 3 seeds" in as_markdown([row], [])


def test_conditions_are_a_table_of_their_own() -> None:
    plain = fold("given", 20, 40)
    counts = [{"n": 40, "right": 18, "before": 20}, {"n": 39, "right": 20, "before": 28}]
    tried = [
        fold("grouped-kfold", right, 40) | {"conditions": {"gain": count, "mp3-64": NONE}}
        for right, count in zip((20, 28), counts, strict=True)
    ]
    rows = rows_of([plain, *tried])
    assert "conditions" not in rows[0]
    assert rows[1]["conditions"] == {"gain": {"accuracy": round(38 / 79, 4), "points": round(-100 * 10 / 79, 2)}}
    text = as_markdown(rows, [])
    assert "| system | protocol | as they are | gain |" in text
    assert "| cnn_mfcc | grouped-kfold | 60.0 % | 48.1 % (-12.7) |" in text
    assert text.count("| cnn_mfcc | given |") == 1
    assert [row["gain"] for row in csv.DictReader(io.StringIO(as_csv(rows)))] == ["", "0.481"]
    assert "under conditions" not in as_markdown(rows[:1], [])
