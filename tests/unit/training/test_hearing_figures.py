"""What is counted of a hearing, on hearings that are made up so that every count is known."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from mgc_desktop.core.intervals import wilson
from mgc_desktop.core.model_info import NOT_MUSIC_LABEL, ModelInfo, Thresholds
from mgc_desktop.model.verdict import judge, silence_verdict
from training.data.items import Item
from training.figures import figures, of_other_music, under_condition, with_excerpts
from training.figures_text import figures_text
from training.score import Heard, Hearing

INFO = ModelInfo(
    Path("model"), "m", ("jazz", "rock", NOT_MUSIC_LABEL), "softmax", 12_000, 29.12, 1.0, 1.0,
    Thresholds(0.6, 0.5, -60.0), "crnn", "0" * 64,
)  # fmt: skip


def heard(truth: str, said: str, p: float, *, name: str = "", source: str = "", kind: str = "") -> Heard:
    """Return a track that was heard as `said` with probability `p`; what is left goes to the others alike."""
    rest = (1 - p) / 2
    probabilities = np.array([p if label == said else rest for label in INFO.labels])
    item = Item(Path(name or f"{truth}-{said}-{p}"), truth, "g", "test", source=source, kind=kind)
    logits = np.log(probabilities)
    verdict = silence_verdict(INFO) if said == "silence" else judge(INFO, logits[None], -20.0)
    return Heard(item, verdict, logits)


def hearing(*rows: Heard) -> Hearing:
    return Hearing(INFO, rows, ())


TRACKS = hearing(
    heard("rock", "rock", 0.95, source="a"),
    heard("rock", "rock", 0.75, source="a"),
    heard("rock", "jazz", 0.85, source="a"),
    heard("rock", "jazz", 0.5, source="b"),
    heard("jazz", "jazz", 0.65, source="b"),
    heard("jazz", NOT_MUSIC_LABEL, 0.9, source="b"),
    heard("jazz", "silence", 0.9),
    heard(NOT_MUSIC_LABEL, NOT_MUSIC_LABEL, 0.8, kind="speech"),
    heard(NOT_MUSIC_LABEL, "rock", 0.55, kind="speech"),
    heard(NOT_MUSIC_LABEL, "rock", 0.9, kind="noise"),
)


def test_music_that_is_refused_is_wrong_and_counted() -> None:
    found = figures(TRACKS)
    assert (found["n"], found["accuracy"]) == (7, round(3 / 7, 4))
    assert found["refused_music"] == {"n": 2, "share": round(2 / 7, 4)}
    assert found["recall"] == {"jazz": round(1 / 3, 4), "rock": 0.5}


def test_the_matrix_has_what_is_no_music_at_its_end() -> None:
    assert figures(TRACKS)["confusion"] == {
        "labels": ["jazz", "rock", NOT_MUSIC_LABEL],
        "counts": [[1, 0, 2], [2, 2, 0], [0, 2, 1]],
    }
    assert figures(hearing(heard("rock", "rock", 0.9)))["confusion"] == {"labels": ["rock"], "counts": [[1]]}


def test_more_is_right_where_less_is_said() -> None:
    found = figures(TRACKS)
    points = {point["threshold"]: point for point in found["risk_coverage"]}
    assert list(points) == [0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9]
    assert (points[0.3]["n"], points[0.3]["accuracy"]) == (5, 0.6)
    assert (points[0.7]["n"], points[0.7]["accuracy"], points[0.7]["coverage"]) == (3, round(2 / 3, 4), round(3 / 7, 4))
    assert (points[0.9]["n"], points[0.9]["accuracy"]) == (1, 1.0)
    assert found["given"] == {key: value for key, value in points[0.6].items() if key != "threshold"}
    assert (found["given"]["low"], found["given"]["high"]) == pytest.approx(wilson(3, 4), abs=1e-4)


def test_sources_and_kinds_each_by_itself() -> None:
    found = figures(TRACKS)
    assert {name: (row["n"], row["accuracy"]) for name, row in found["sources"].items()} == {
        "a": (3, round(2 / 3, 4)),
        "b": (3, round(1 / 3, 4)),
    }
    assert found["kinds"] == {"noise": {"n": 1, "refused": 0.0}, "speech": {"n": 2, "refused": 1.0}}
    assert found["not_music"] == {"n": 3, "refused": round(2 / 3, 4)}
    assert not {"sources", "kinds", "not_music"} & set(figures(hearing(heard("rock", "rock", 0.9))))


def test_a_condition_is_compared_on_the_same_tracks() -> None:
    clean = hearing(*(heard("rock", "rock", 0.9, name=name) for name in "abcd"), heard("rock", "jazz", 0.9, name="e"))
    changed = hearing(
        heard("rock", "rock", 0.9, name="a"),
        heard("rock", "jazz", 0.9, name="b"),
        heard("rock", NOT_MUSIC_LABEL, 0.9, name="c"),
        heard("rock", "rock", 0.9, name="e"),
        heard("rock", "rock", 0.9, name="of which nothing is known"),
    )
    found = under_condition(clean, changed)
    assert (found["n"], found["accuracy"]) == (4, 0.5)
    assert (found["lost"], found["won"], found["points"]) == (2, 1, -25.0)
    assert found["refused"] == 0.25


def test_other_music_beside_what_is_wrong_of_its_own() -> None:
    other = hearing(
        heard("folk", "rock", 0.9),
        heard("folk", "rock", 0.7),
        heard("folk", "jazz", 0.7),
        heard("folk", "jazz", 0.4),
        heard("folk", NOT_MUSIC_LABEL, 0.9),
    )
    found = of_other_music(other, TRACKS)
    assert (found["n"], found["given"], found["given_share"]) == (5, 3, 0.6)
    assert list(found["most"].items()) == [("rock", 2), ("jazz", 1)]
    assert (found["in_genre_n"], found["in_genre_wrong_share"]) == (7, round(1 / 7, 4))


def test_excerpts_add_to_the_recall_of_their_genres_alone() -> None:
    excerpts = hearing(*(heard("jazz", said, 0.9, name=f"{i}") for i, said in enumerate(("jazz", "jazz", "rock"))))
    found = with_excerpts(TRACKS, excerpts)
    assert list(found) == ["jazz"]
    assert (found["jazz"]["n"], found["jazz"]["accuracy"]) == (6, 0.5)
    assert (found["jazz"]["low"], found["jazz"]["high"]) == pytest.approx(wilson(3, 6), abs=1e-4)


def test_everything_is_json_and_can_be_read_in_a_terminal() -> None:
    found = figures(TRACKS) | {
        "conditions": {"gain": under_condition(TRACKS, TRACKS)},
        "other_music": of_other_music(hearing(heard("folk", "rock", 0.9)), TRACKS),
        "also": with_excerpts(TRACKS, hearing(heard("jazz", "jazz", 0.9))),
        "timing": {
            "window_ms": 31.4, "cpu_ms": 55.0, "window_seconds": 29.12, "threads": 2, "device": "cpu",
            "model_bytes": 2_000_000, "alone_and_in_batch": 2e-6, "batch": 8,
        },
    }  # fmt: skip
    text = figures_text(json.loads(json.dumps(found)))
    chance = found["ece_by_chance"]
    for line in (
        "accuracy      0.429 [0.158, 0.750] (95 %, Wilson)",
        f"ECE           {found['ece']:.3f} (exact confidences on as many tracks: {chance['mean']:.3f}, in 95 of 100 up "
        f"to {chance['most']:.3f})",
        "  jazz        0.33 [0.06, 0.79] of 3, with short excerpts 2 of 4 [0.15, 0.85]",
        "  gain            0.429 [0.158, 0.750] of 7, +0.0 points (0 lost, 0 won, 28.6% refused)",
        "other music   100.0% of 1 given a genre (rock 1)",
        "in a batch    logits of a track differ by 2.0e-06 at most",
    ):
        assert line in text.splitlines()


def test_nothing_heard_has_figures_too() -> None:
    found = figures(hearing())
    assert (found["n"], found["accuracy"], found["given"]["coverage"]) == (0, 0.0, 0.0)
    assert "accuracy      0.000" in figures_text(found)
