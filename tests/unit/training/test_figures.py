"""Metrics, calibration and thresholds, against published values and by construction."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import softmax

from mgc_desktop.core.intervals import wilson
from training.calibrate import fit_temperature, fit_thresholds
from training.metrics import calibration_error_by_chance, confusion, expected_calibration_error, summarise


def test_wilson_agrees_with_the_published_examples() -> None:
    # Newcombe 1998, Statistics in Medicine 17:857, table I.
    assert wilson(81, 263) == pytest.approx((0.2553, 0.3662), abs=5e-5)
    assert wilson(15, 148) == pytest.approx((0.0624, 0.1605), abs=5e-5)
    assert wilson(0, 20) == pytest.approx((0.0, 0.1611), abs=5e-5)
    assert wilson(0, 0) == (0.0, 1.0)


def test_calibration_error_of_the_honest_and_of_the_boastful() -> None:
    rng = np.random.default_rng(0)
    confidence = rng.uniform(0, 1, 100_000)
    honest = rng.uniform(0, 1, confidence.size) < confidence
    assert expected_calibration_error(confidence, honest) < 0.01
    assert expected_calibration_error(np.full(10, 0.95), np.zeros(10, bool)) == pytest.approx(0.95)


def test_calibration_error_by_chance_is_that_of_exact_confidences() -> None:
    rng = np.random.default_rng(3)
    confidence = rng.uniform(0.3, 1, 125)
    drawn = [expected_calibration_error(confidence, rng.uniform(0, 1, 125) < confidence) for _ in range(3000)]
    mean, most = calibration_error_by_chance(confidence)
    assert mean == pytest.approx(np.mean(drawn), abs=0.002)
    assert most == pytest.approx(np.quantile(drawn, 0.95), abs=0.005)
    assert calibration_error_by_chance(np.repeat(confidence, 100))[0] == pytest.approx(mean / 10, rel=0.1)
    assert calibration_error_by_chance(np.ones(10)) == (0.0, 0.0)  # who is always sure, and right, is never off
    assert calibration_error_by_chance(np.zeros(0)) == (0.0, 0.0)


def test_summary_counts_what_is_outside_the_labels_as_wrong() -> None:
    result = summarise(["a", "a", "b", "b"], ["a", "_not_music", "b", "a"], np.array([0.9, 0.8, 0.7, 0.6]), ["a", "b"])
    assert (result["n"], result["accuracy"]) == (4, 0.5)
    assert result["recall"] == {"a": 0.5, "b": 0.5}
    assert result["low"] < 0.5 < result["high"]
    assert 0 < result["ece_by_chance"]["mean"] < result["ece_by_chance"]["most"] < 1
    assert confusion(["a", "b"], ["b", "b"], ["a", "b"]).tolist() == [[0, 1], [0, 1]]


def sample(n: int, spread: float, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Logits whose true probabilities are softmax(logits / spread)."""
    rng = np.random.default_rng(seed)
    logits = rng.normal(0, 3, (n, 4))
    p = softmax(logits / spread, axis=1)
    return logits, np.array([rng.choice(4, p=row) for row in p])


@pytest.mark.parametrize("spread", [0.5, 1.0, 2.0])
def test_temperature_is_found_again(spread: float) -> None:
    assert fit_temperature(*sample(4000, spread)) == pytest.approx(spread, rel=0.1)


def test_a_few_tracks_that_are_all_right_do_not_make_it_boast() -> None:
    logits = np.eye(3)[[0, 1, 2, 0, 1, 2]] * 4
    assert 0.5 < fit_temperature(logits, np.array([0, 1, 2, 0, 1, 2])) < 1.0


def test_without_validation_tracks_nothing_is_guessed() -> None:
    assert fit_temperature(np.zeros((0, 4)), np.zeros(0, int)) == 1.0
    assert fit_thresholds(np.zeros((0, 4)), np.zeros(0, int), 1.0, None)["unsure"] == 0.4


@pytest.mark.parametrize("spread", [0.3, 0.4])
def test_the_threshold_for_unsure_keeps_its_promise_on_fresh_tracks(spread: float) -> None:
    threshold = fit_thresholds(*sample(3000, spread), spread, None)["unsure"]
    logits, truth = sample(3000, spread, seed=1)
    p = softmax(logits / spread, axis=1)
    given = p.max(axis=1) >= threshold
    assert given.mean() > 0.3
    assert (p.argmax(axis=1) == truth)[given].mean() > 0.87


def test_even_a_weak_model_names_three_tracks_of_five() -> None:
    logits, truth = sample(3000, 3.0)
    threshold = fit_thresholds(logits, truth, 3.0, None)["unsure"]
    best = softmax(logits / 3.0, axis=1).max(axis=1)
    assert (best >= threshold).mean() == pytest.approx(0.6, abs=0.01)
    assert (softmax(sample(3000, 3.0, seed=1)[0] / 3.0, axis=1).max(axis=1) >= threshold).mean() > 0.55


def test_the_threshold_for_not_music_refuses_little_music() -> None:
    logits, truth = sample(3000, 1.0)
    threshold = fit_thresholds(logits, truth, 1.0, 3)["not_music"]
    music = softmax(logits[truth != 3], axis=1)[:, 3]
    assert 0.5 <= threshold <= 0.95
    assert (music > threshold).mean() <= 0.021
