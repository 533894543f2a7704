"""Occlusion finds the cause that was planted: models whose answer depends on one band at one time."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from mgc_desktop.core.model_info import ModelInfo, Thresholds
from mgc_desktop.core.values import Samples
from mgc_desktop.model.explain import BANDS, Cells, Occlusion, band_edges, log_odds
from mgc_desktop.model.verdict import probabilities
from tests import synth

RATE = 12_000  # Hz

Logits = NDArray[np.float32]


def info(activation: str = "softmax", temperature: float = 1.0) -> ModelInfo:
    thresholds = Thresholds(0.5, 0.5, -60.0)
    labels = ("blues", "metal", "rock")
    return ModelInfo(
        Path("model"), "m", labels, activation, RATE, 10.0, 1.0, temperature, thresholds, "synthetic", "0" * 64
    )


def level(window: Samples, low: float, high: float, start: float, end: float) -> float:
    """Return the level of a band between two moments, dB."""
    part = window[round(start * RATE) : round(end * RATE)]
    power = np.abs(np.fft.rfft(part * np.hanning(len(part)))) ** 2
    hz = np.fft.rfftfreq(len(part), 1 / RATE)
    return float(10 * np.log10(power[(hz >= low) & (hz < high)].mean() + 1e-9))


def explained(
    windows: list[Samples], model: Callable[[Samples, int], list[float]], label: str = "metal"
) -> tuple[Occlusion, int]:
    """Return an explanation that was asked to its end, and how many windows the model heard for it.

    Parameters
    ----------
    model : callable
        Logits of a window and its number.
    """
    about = info()
    numbers = {id(window): number for number, window in enumerate(windows)}
    base = np.array([model(window, numbers[id(window)]) for window in windows], np.float32)
    occlusion = Occlusion(windows, RATE, base, lambda logits: log_odds(about, logits, label))
    asked = 0
    while (window := occlusion.next()) is not None:
        asked += 1
        whole = [np.array_equal(window, original) for original in windows]
        assert not any(whole), "nothing was muffled"
        number = min(range(len(windows)), key=lambda place: _distance(window, windows[place]))
        occlusion.take(np.array(model(window, number), np.float32))
    return occlusion, asked


def _distance(one: Samples, other: Samples) -> float:
    return float(np.square(one - other).sum()) if len(one) == len(other) else np.inf


def test_the_cells_of_a_window_add_up_to_it() -> None:
    window = synth.song(3.0, RATE)
    cells = Cells(window, RATE, 4)
    muffled = cells.muffled(slice(0, BANDS), slice(0, 4))
    assert np.abs(muffled - window * 10 ** (-30 / 20)).max() < 1e-5
    parts = sum(
        (
            window - cells.muffled(slice(band, band + 1), slice(time, time + 1))
            for band in range(BANDS)
            for time in range(4)
        ),
        start=np.zeros_like(window),
    )
    assert np.abs(parts - (window - muffled)).max() < 1e-4


@pytest.mark.parametrize("hz", [150.0, 850.0, 4000.0])
def test_what_is_muffled_is_thirty_decibels_softer_and_the_rest_as_it_was(hz: float) -> None:
    window = synth.tone(4.0, hz, RATE)
    edges = band_edges(RATE)
    band = int(np.searchsorted(edges, hz) - 1)
    out = Cells(window, RATE, 4).muffled(slice(band, band + 1), slice(1, 2))
    inside, before = out[int(1.1 * RATE) : int(1.9 * RATE)], out[: int(0.9 * RATE)]
    assert 20 * np.log10(np.abs(inside).max() / 0.5) == pytest.approx(-30.0, abs=1.5)
    assert np.abs(before - window[: len(before)]).max() < 0.01
    assert np.abs(np.diff(out)).max() < 1.05 * np.abs(np.diff(window)).max()  # no click at the edges


def test_bands_are_equally_wide_in_mel_and_reach_from_nothing_to_half_the_rate() -> None:
    edges = band_edges(RATE)
    assert len(edges) == BANDS + 1
    assert edges[0] == 0.0
    assert edges[-1] == pytest.approx(RATE / 2)
    assert all(np.diff(edges) > 0)
    assert np.diff(edges)[-1] > 3 * np.diff(edges)[0]


@pytest.mark.parametrize(("start", "low", "high"), [(2.0, 1100.0, 1500.0), (6.5, 3000.0, 4000.0), (0.5, 0.0, 300.0)])
def test_the_planted_cause_is_found(start: float, low: float, high: float) -> None:
    def model(window: Samples, _: int) -> list[float]:
        return [0.0, level(window, low, high, start, start + 1.0) / 10, 0.0]

    occlusion, asked = explained([synth.noise(10.0, RATE, seed=3)], model)
    weights = occlusion.weights
    assert weights.shape == (BANDS, occlusion.times)
    band, time = np.unravel_index(int(np.argmax(weights)), weights.shape)
    edges = np.array(occlusion.edges_hz)
    assert edges[band] < high
    assert edges[band + 1] > low
    assert start - 10 / occlusion.times < time * 10 / occlusion.times < start + 1.0
    elsewhere = [row for row in range(BANDS) if edges[row] > high or edges[row + 1] < low]
    assert weights.max() > 10 * np.abs(weights[elsewhere]).max()
    assert weights.min() > -0.1 * weights.max()
    assert (occlusion.done, occlusion.total) == (asked, asked)
    assert asked < 16 + BANDS * occlusion.times  # what does not matter is not looked into


def test_what_speaks_against_a_label_is_below_nothing() -> None:
    def model(window: Samples, _: int) -> list[float]:
        high, low = level(window, 2500, 6000, 0, 10), level(window, 0, 400, 0, 10)
        return [0.0, low / 10 - high / 10, 0.0]

    occlusion, _ = explained([synth.noise(10.0, RATE)], model)
    by_band = occlusion.weights.sum(axis=1)
    assert by_band[0] > 0.1
    assert by_band[-2:].sum() < -0.1
    assert np.abs(by_band[2:5]).max() < 0.1 * by_band[0]


def test_fine_cells_add_up_to_what_their_coarse_cell_is_worth() -> None:
    """Either half of the window is enough for this model, so that no fine cell alone matters to it."""

    def model(window: Samples, _: int) -> list[float]:
        return [0.0, max(level(window, 1000, 2000, k, k + 1) for k in range(10)) / 5, 0.0]

    window = synth.noise(10.0, RATE, level=0.001)
    window[2 * RATE : 2 * RATE + 5 * RATE // 8] += synth.tone(5 / 8, 1400.0, RATE)
    occlusion, _ = explained([window], model)
    start = occlusion.weights[:, : occlusion.times // 2].sum()
    assert start > 1.0
    assert start == pytest.approx(occlusion.weights.sum(), rel=0.1)


def test_several_windows_share_one_map_and_the_right_one_lights_up() -> None:
    windows = [synth.noise(4.0, RATE, seed=seed) for seed in range(3)]

    def model(window: Samples, number: int) -> list[float]:
        return [0.0, level(window, 1000, 2000, 0, 4) / 10 if number == 1 else 0.0, 0.0]

    occlusion, _ = explained(windows, model)
    weights = occlusion.weights
    assert weights.shape == (BANDS, 3 * occlusion.times)
    by_window = weights.reshape(BANDS, 3, occlusion.times).sum(axis=(0, 2))
    assert by_window[1] > 0.1
    assert np.abs(by_window[[0, 2]]).max() < 1e-6


def test_a_first_map_is_there_before_the_fine_one() -> None:
    def model(window: Samples) -> NDArray[np.float32]:
        return np.array([0.0, level(window, 1000, 2000, 0, 5) / 10, 0.0], np.float32)

    window = synth.noise(5.0, RATE)
    occlusion = Occlusion([window], RATE, model(window)[None], lambda logits: log_odds(info(), logits, "metal"))
    assert not occlusion.weights.any()
    while not occlusion.coarse_is_done:
        asked = occlusion.next()
        assert asked is not None
        if occlusion.done < 16:
            occlusion.take(model(asked))
    assert occlusion.done == 16
    coarse = occlusion.weights
    assert coarse.any()
    assert np.array_equal(coarse[:, 0:4].std(axis=1), np.zeros(BANDS))  # 4 fine columns of one coarse cell


def test_a_model_that_nothing_changes_has_an_empty_map() -> None:
    occlusion, asked = explained([synth.noise(2.0, RATE)], lambda window, number: [0.0, 1.0, 0.0])
    assert not occlusion.weights.any()
    assert asked == occlusion.total == 16


@pytest.mark.parametrize("temperature", [1.0, 0.5])
def test_log_odds_are_those_of_the_calibrated_probability(temperature: float) -> None:
    logits = np.array([[0.3, 2.0, -1.0], [1.0, 1.5, 0.0]], np.float32)
    for activation in ("softmax", "sigmoid"):
        about = info(activation, temperature)
        p = probabilities(about, logits)[1]
        assert log_odds(about, logits, "metal") == pytest.approx(np.log(p / (1 - p)))
