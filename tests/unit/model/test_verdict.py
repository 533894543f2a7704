"""The verdict rule."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mgc_desktop.core.model_info import NOT_MUSIC_LABEL, ModelInfo, Thresholds
from mgc_desktop.core.values import VerdictKind
from mgc_desktop.model.verdict import error_verdict, judge, probabilities

LABELS = ("jazz", "metal", "rock", NOT_MUSIC_LABEL)


def info(tmp_path, *, labels=LABELS, activation="softmax", temperature=1.0, unsure=0.5, not_music=0.6):
    return ModelInfo(
        folder=tmp_path,
        name="m",
        labels=labels,
        activation=activation,
        sample_rate=12_000,
        window_seconds=29.12,
        min_seconds=1.0,
        temperature=temperature,
        thresholds=Thresholds(unsure, not_music, -60.0),
        system="crnn",
        sha256="0" * 64,
    )


@pytest.fixture
def model(tmp_path):
    return info(tmp_path)


def test_a_clear_winner_is_a_genre(model):
    verdict = judge(model, np.array([[0.0, 5.0, 1.0, 0.0]]), -20.0)
    assert verdict.kind is VerdictKind.GENRE
    assert (verdict.label, verdict.runner_up) == ("metal", "rock")
    assert verdict.confidence == pytest.approx(np.exp(5) / np.exp([0, 5, 1, 0]).sum())
    assert verdict.reason == ""


def test_close_rivals_are_unsure_and_both_are_named(model):
    verdict = judge(model, np.array([[0.0, 1.0, 0.9, 0.0]]), -20.0)
    assert verdict.kind is VerdictKind.UNSURE
    assert verdict.label == "metal"
    assert verdict.reason == "between metal and rock"


def test_speech_and_noise_are_not_music_and_the_best_genre_comes_second(model):
    verdict = judge(model, np.array([[0.0, 1.0, 0.0, 5.0]]), -20.0)
    assert verdict.kind is VerdictKind.NOT_MUSIC
    assert (verdict.label, verdict.runner_up) == (NOT_MUSIC_LABEL, "metal")
    assert verdict.confidence == verdict.probabilities[NOT_MUSIC_LABEL]


@pytest.mark.parametrize("level", [-60.01, -200.0, float("-inf")])
def test_quieter_than_the_threshold_is_silence_whatever_the_model_says(model, level):
    verdict = judge(model, np.array([[0.0, 9.0, 0.0, 0.0]]), level)
    assert verdict.kind is VerdictKind.SILENCE
    assert verdict.label is None
    assert set(verdict.probabilities) == set(LABELS)


def test_windows_are_averaged_as_logits_before_the_activation(model):
    logits = np.array([[4.0, 0.0, 0.0, 0.0], [0.0, 2.0, 0.0, 0.0]])
    p = probabilities(model, logits)
    expected = np.exp([2.0, 1.0, 0.0, 0.0])
    assert p == pytest.approx(expected / expected.sum())


def test_temperature_softens(tmp_path):
    logits = np.array([[3.0, 0.0, 0.0, 0.0]])
    assert probabilities(info(tmp_path, temperature=2.0), logits)[0] < probabilities(info(tmp_path), logits)[0]


def test_sigmoid_labels_stand_alone(tmp_path):
    model = info(tmp_path, labels=("jazz", "rock"), activation="sigmoid")
    assert probabilities(model, np.array([[0.0, 2.0]])) == pytest.approx([0.5, 1 / (1 + np.exp(-2.0))])


@given(st.lists(st.floats(-500, 500), min_size=4, max_size=4), st.floats(0.1, 10))
def test_probabilities_add_up_to_one_for_any_logits(tmp_path_factory, logits, temperature):
    p = probabilities(info(tmp_path_factory.getbasetemp(), temperature=temperature), np.array([logits]))
    assert np.isfinite(p).all()
    assert p.sum() == pytest.approx(1.0)


def test_an_error_carries_its_sentence():
    verdict = error_verdict("m", "It is empty.")
    assert verdict.kind is VerdictKind.ERROR
    assert verdict.reason == "It is empty."
