"""The card of a model: what was measured is said, in words and with intervals, and nothing else."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from mgc_desktop.core.model_info import NOT_MUSIC_LABEL, ModelInfo, Thresholds
from training.card import write_card
from training.card_text import card_text

INFO = ModelInfo(
    Path("model"), "songs", ("disco", "jazz", "rock", NOT_MUSIC_LABEL), "softmax", 12_000, 29.12, 1.0, 0.8,
    Thresholds(0.45, 0.5, -60.0), "crnn", "0" * 64,
    data={
        "fingerprint": "0123456789abcdef0123", "licences": "see the sources", "tracks": {"train": 90, "valid": 10},
        "sources": [{"name": "shelf", "tracks": 80, "licence": "CC BY 4.0"}, {"name": "rain", "tracks": 10}],
    },
    made_with={"parameters": 1234, "epochs_run": 7, "seed": 3, "date": "2026-11-22", "command": "python3 run.py train"},
)  # fmt: skip
METRICS: dict[str, Any] = {
    "split": "test", "n": 32, "accuracy": 0.75, "low": 0.5789, "high": 0.8675, "macro_f1": 0.7, "macro_recall": 0.71,
    "ece": 0.04, "ece_by_chance": {"mean": 0.031, "most": 0.062}, "recall": {"disco": 0.5, "jazz": 0.4, "rock": 0.9},
    "given": {"n": 20, "coverage": 0.625, "accuracy": 0.9, "low": 0.699, "high": 0.972},
}  # fmt: skip
MORE: dict[str, Any] = {
    "confusion": {
        "labels": ["disco", "jazz", "rock", NOT_MUSIC_LABEL],
        "counts": [[1, 0, 1, 0], [0, 4, 4, 2], [1, 0, 18, 1], [0, 0, 3, 7]],
    },
    "refused_music": {"n": 3, "share": 0.0938},
    "not_music": {"n": 10, "refused": 0.7},
    "kinds": {"speech": {"n": 10, "refused": 0.7}},
    "sources": {"shelf": {"n": 32, "accuracy": 0.75, "low": 0.5789, "high": 0.8675}},
    "risk_coverage": [{"threshold": 0.8, "n": 10, "coverage": 0.3125, "accuracy": 1.0, "low": 0.7225, "high": 1.0}],
    "conditions": {"mp3-64": {"n": 32, "accuracy": 0.72, "low": 0.54, "high": 0.84, "points": -3.1}},
    "other_music": {
        "n": 8, "given": 2, "given_share": 0.25, "most": {"rock": 2}, "in_genre_wrong_share": 0.2, "in_genre_n": 32
    },
    "also": {"disco": {"n": 12, "accuracy": 0.75, "low": 0.468, "high": 0.911}},
    "timing": {
        "window_ms": 31.4, "cpu_ms": 55.0, "window_seconds": 29.12, "threads": 2, "device": "cpu",
        "model_bytes": 2_000_000, "alone_and_in_batch": 2e-6, "batch": 8,
    },
}  # fmt: skip


def test_all_that_was_measured_is_said() -> None:
    lines = card_text(INFO, METRICS | MORE).splitlines()
    assert [line for line in lines if line.startswith("#")] == [
        "# songs",
        "## What it is worth (test split, 32 tracks)",
        "### By genre",
        "### By source",
        "### Under other conditions",
        "### How sure it has to be",
        "### What is no music, and other music",
        "## Where it is weak, and what it takes for what",
        "## What it was trained on, and under which licences",
        "## How it was made",
    ]
    for line in (
        "| accuracy | 0.750 [0.579, 0.868] |",
        "| expected calibration error | 0.040; exact confidences would be off by 0.031 on so few, in 95 of 100 up to "
        "0.062 |",
        "| music refused as *not music* or *silence* | 3 of 32 tracks |",
        "| disco | 2 | 0.50 [0.09, 0.91] | 0.75 [0.47, 0.91] of 12 |",
        "| rock | 20 | 0.90 [0.70, 0.97] |  |",
        "| shelf | 32 | 0.750 [0.579, 0.868] |",
        "| mp3 at 64 kbit/s | 0.720 [0.540, 0.840] | -3.1 |",
        "| **0.45** (as shipped) | 62% | 0.90 [0.70, 0.97] |",
        "| 0.80 | 31% | 1.00 [0.72, 1.00] |",
        "| speech | 10 | 0.70 [0.40, 0.89] |",
        "| music of other genres | 8 | 0.75 [0.41, 0.93] |",
        "What it is taken for: rock (2).",
        "Weak on jazz (recall 0.40 on 10 tracks).",
        "- Of 10 tracks of jazz, 4 were taken for rock.",
        "- Of 10 clips of speech and noise, 3 were taken for rock.",
        "- Of 10 tracks of jazz, 2 were refused as no music.",
        "There are hardly any tracks of disco to try it on: see the intervals.",
        "90 tracks to learn from, 10 to choose by.",
        "| shelf | 80 | CC BY 4.0 |",
        "| rain | 10 | not stated in the list |",
        "7 epochs, seed 3, 2026-11-22.",
        "Command: `python3 run.py train`.",
        "`model.pt` has 2.0 MB; a window of 29.12 s takes 31 ms on 2 cores (cpu), 55 ms of processor time.",
        "![Confusion matrix](confusion.png)",
    ):
        assert line in lines, line


def test_tables_have_as_many_cells_as_columns() -> None:
    columns = 0
    for line in card_text(INFO, METRICS | MORE).splitlines():
        if line.startswith("|---"):
            assert line.count("|") == columns
        columns = line.count("|")
        assert columns != 1


@pytest.mark.parametrize("left_out", sorted(MORE))
def test_what_was_not_measured_is_left_out(left_out: str) -> None:
    text = card_text(INFO, METRICS | {key: value for key, value in MORE.items() if key != left_out})
    assert text != card_text(INFO, METRICS | MORE)
    assert "\n\n\n" not in text


def test_a_model_of_which_little_is_known() -> None:
    text = card_text(replace(INFO, data={}, made_with={}), METRICS)
    assert "| jazz |  | 0.40 |" in text
    assert "trained on" not in text
    assert "![" not in text
    nothing = METRICS | {"n": 0, "recall": {}}
    assert "how good it is cannot be said" in card_text(replace(INFO, data={}, made_with={}), nothing)


def test_names_cannot_break_a_table() -> None:
    text = card_text(INFO, METRICS | {"recall": {"a|b\nc": 0.9}})
    assert "| a\\|b c |" in text


def test_the_folder_gets_card_and_picture(tmp_path: Path) -> None:
    write_card(replace(INFO, folder=tmp_path), METRICS | MORE)
    assert (tmp_path / "card.md").read_text("utf-8") == card_text(replace(INFO, folder=tmp_path), METRICS | MORE)
    assert (tmp_path / "confusion.png").read_bytes().startswith(b"\x89PNG")
