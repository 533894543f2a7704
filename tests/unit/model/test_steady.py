"""How steady a sound is, and what becomes of the logits of one in which nothing changes."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from mgc_desktop.core.model_info import NOT_MUSIC_LABEL, ModelInfo, Thresholds
from mgc_desktop.core.values import Samples
from mgc_desktop.model.steady import STEADY_DB, allow_for_steadiness, change_db
from mgc_desktop.model.verdict import probabilities
from tests import synth

RATE = 12_000  # Hz
INFO = ModelInfo(
    Path("model"), "m", ("blues", "rock", NOT_MUSIC_LABEL), "softmax", RATE, 30.0, 1.0, 0.8,
    Thresholds(0.5, 0.5, -60.0), "crnn", "0" * 64,
)  # fmt: skip
LOGITS = np.array([[3.0, 1.0, -4.0]], np.float32)


def hum(seconds: float, noise: float = 0.001) -> Samples:
    tones = (synth.tone(seconds, hz, RATE, level) for hz, level in ((50, 0.1), (100, 0.05), (150, 0.03), (250, 0.01)))
    return sum(tones, synth.noise(seconds, RATE, noise))


@pytest.mark.parametrize("seconds", [3.0, 12.0, 29.0])
def test_machines_are_steady_and_music_is_not(seconds: float) -> None:
    for sound in (hum(seconds), hum(seconds, 0.02), synth.noise(seconds, RATE), synth.tone(seconds, 440, RATE)):
        assert change_db(sound, RATE) < STEADY_DB
    for make in (synth.song, synth.chords, synth.drums, synth.distorted):
        assert change_db(make(seconds, RATE), RATE) > 1.5 * STEADY_DB


def test_a_melody_at_one_loudness_is_not_steady() -> None:
    notes = [synth.tone(0.5, 220.0 * 2 ** (step / 12), RATE) for step in (0, 4, 7, 12, 7, 4)]
    assert change_db(np.concatenate(notes), RATE) > 5


@pytest.mark.parametrize("beat", [0.5, 0.365, 0.25, 60 / 128])
def test_a_loop_that_repeats_exactly_is_not_steady(beat: float) -> None:
    kick = (synth.tone(beat, 60.0, RATE) * np.exp(-18 * np.arange(round(beat * RATE)) / RATE)).astype(np.float32)
    loop = np.tile(kick, round(12.0 / beat)) + synth.tone(len(kick) * round(12.0 / beat) / RATE, 110.0, RATE, 0.1)
    assert change_db(loop[: 12 * RATE], RATE) > 1.5 * STEADY_DB


def test_short_sound_is_left_to_the_model() -> None:
    assert change_db(hum(2.0), RATE) == math.inf
    assert np.array_equal(allow_for_steadiness(INFO, hum(2.0)[None], LOGITS), LOGITS)


def test_nothing_at_all_is_steady() -> None:
    assert change_db(synth.silence(4.0, RATE), RATE) == 0.0


@pytest.mark.parametrize("activation", ["softmax", "sigmoid"])
def test_what_is_steady_is_taken_for_no_music(activation: str) -> None:
    info = replace(INFO, activation=activation)
    windows = np.stack([hum(4.0), synth.song(4.0, RATE)])
    logits = allow_for_steadiness(info, windows, np.repeat(LOGITS, 2, axis=0))
    assert probabilities(info, logits[:1])[2] == pytest.approx(0.95, abs=1e-4)
    assert np.array_equal(logits[0, :2], LOGITS[0, :2])
    assert np.array_equal(logits[1], LOGITS[0])


def test_a_model_that_is_surer_stays_so() -> None:
    sure = np.array([[0.0, 0.0, 9.0]], np.float32)
    assert np.array_equal(allow_for_steadiness(INFO, hum(4.0)[None], sure), sure)


def test_silence_and_models_without_the_label_are_left_alone() -> None:
    soft = (hum(4.0) * 0.001).astype(np.float32)[None]
    assert np.array_equal(allow_for_steadiness(INFO, soft, LOGITS), LOGITS)
    genres = replace(INFO, labels=("blues", "rock", "pop"))
    assert np.array_equal(allow_for_steadiness(genres, hum(4.0)[None], LOGITS), LOGITS)
