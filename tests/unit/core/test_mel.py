"""Mel filters and columns against librosa, the reference of the field."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mgc_desktop.core.mel import SILENT_POWER, MelStream, full_scale_power, mel_filterbank, picture_filters
from mgc_desktop.core.mel_scale import hz_to_mel, mel_to_hz
from tests import synth

librosa = pytest.importorskip("librosa")

_SETTINGS = [
    (12_000, 512, 96, 0.0, 6000.0),
    (22_050, 2048, 128, 0.0, 11_025.0),
    (44_100, 2048, 128, 40.0, 12_000.0),
    (48_000, 1024, 64, 30.0, 16_000.0),
]


@pytest.mark.parametrize("norm", ["slaney", None])
@pytest.mark.parametrize(("rate", "n_fft", "bands", "low", "high"), _SETTINGS)
def test_filters_are_those_of_librosa(rate: int, n_fft: int, bands: int, low: float, high: float, norm) -> None:
    ours = mel_filterbank(rate, n_fft, bands, low, high, norm)
    theirs = librosa.filters.mel(sr=rate, n_fft=n_fft, n_mels=bands, fmin=low, fmax=high, norm=norm)
    assert ours.dtype == np.float32
    assert ours.shape == (bands, n_fft // 2 + 1)
    np.testing.assert_allclose(ours, theirs, atol=1e-6, rtol=1e-6)


@pytest.mark.parametrize(("rate", "n_fft", "bands", "low", "high"), _SETTINGS[2:])
def test_filters_of_a_picture_are_the_same_where_bands_are_wide(
    rate: int, n_fft: int, bands: int, low: float, high: float
) -> None:
    usual = mel_filterbank(rate, n_fft, bands, low, high, None)
    bins, weights, starts = picture_filters(rate, n_fft, bands, low, high)
    ours = np.zeros_like(usual)
    ours[np.repeat(np.arange(bands), np.diff([*starts, len(bins)])), bins] = weights
    centres = np.argmax(usual, axis=1) * rate / n_fft
    wide = centres > 2500.0
    np.testing.assert_allclose(ours[wide], usual[wide], atol=1e-5)
    assert wide.sum() > bands / 4


@pytest.mark.parametrize("n_fft", [512, 2048, 8192])
@pytest.mark.parametrize("rate", [8000, 44_100, 192_000])
def test_no_band_of_a_picture_is_empty(rate: int, n_fft: int) -> None:
    bins, weights, starts = picture_filters(rate, n_fft, 256, 40.0, min(24_000.0, rate / 2))
    assert np.all(np.add.reduceat(weights, starts) > 0.49)
    assert weights.max() <= 1.0
    assert 0 <= bins.min() <= bins.max() <= n_fft // 2


@given(hz=st.floats(0, 100_000))
def test_the_scale_is_that_of_librosa_and_goes_back(hz: float) -> None:
    assert hz_to_mel(hz) == pytest.approx(float(librosa.hz_to_mel(hz)), rel=1e-9)
    assert mel_to_hz(hz_to_mel(hz)) == pytest.approx(hz, rel=1e-9, abs=1e-9)


@pytest.mark.parametrize("norm", ["slaney", None])
@pytest.mark.parametrize(("rate", "n_fft", "bands", "low", "high"), _SETTINGS)
@pytest.mark.parametrize("hop", [256, 735])
def test_columns_are_those_of_librosa(
    rate: int, n_fft: int, bands: int, low: float, high: float, hop: int, norm
) -> None:
    sound = synth.song(1.5, rate)
    power = librosa.feature.melspectrogram(
        y=sound, sr=rate, n_fft=n_fft, hop_length=hop, n_mels=bands, fmin=low, fmax=high, center=False, power=2.0,
        norm=norm,
    )  # fmt: skip
    reference = full_scale_power(n_fft)
    theirs = librosa.power_to_db(power, ref=reference, amin=SILENT_POWER * reference, top_db=None)
    ours = MelStream(rate, n_fft, hop, bands, low, high, norm).push(sound)
    assert ours.dtype == np.float32
    assert ours.shape == theirs.shape
    loud = theirs > -100  # far below, float32 spectra differ by more than the sound
    np.testing.assert_allclose(ours[loud], theirs[loud], atol=0.01)
    assert loud.mean() > 0.5


@given(cuts=st.lists(st.integers(0, 3000), max_size=12), hop=st.sampled_from([100, 512, 700]))
def test_pieces_give_the_same_columns_as_the_whole(cuts: list[int], hop: int) -> None:
    sound = synth.noise(0.5, 16_000, seed=1)
    whole = MelStream(16_000, 512, hop, 40, 40.0, 8000.0).push(sound)
    stream = MelStream(16_000, 512, hop, 40, 40.0, 8000.0)
    places = [0, *sorted(min(cut, len(sound)) for cut in cuts), len(sound)]
    parts = [stream.push(sound[start:end]) for start, end in pairwise(places)]
    np.testing.assert_array_equal(np.concatenate(parts, axis=1), whole)


def test_a_tone_of_full_scale_is_0_db_in_its_band() -> None:
    rate, n_fft = 44_100, 2048
    frequency = round(1000 * n_fft / rate) * rate / n_fft  # in the middle of a bin
    edges = librosa.mel_frequencies(n_mels=130, fmin=40, fmax=12_000)
    band = int(np.argmin(np.abs(edges[1:-1] - frequency)))
    columns = MelStream(rate, n_fft, 735, 128, 40.0, 12_000.0, None).push(synth.tone(0.5, frequency, rate, 1.0))
    assert columns.argmax(axis=0).tolist() == [band] * columns.shape[1]
    assert -1.5 < columns.max() <= 0.01


def test_digital_silence_is_finite() -> None:
    columns = MelStream(16_000, 512, 256, 40, 40.0, 8000.0).push(synth.silence(0.2, 16_000))
    assert np.all(columns == pytest.approx(10 * math.log10(SILENT_POWER)))


def test_after_a_reset_nothing_of_before_is_left() -> None:
    sound = synth.noise(0.1, 16_000, seed=2)
    stream = MelStream(16_000, 512, 256, 40, 40.0, 8000.0)
    stream.push(synth.tone(0.02, 300.0, 16_000))
    stream.reset()
    fresh = MelStream(16_000, 512, 256, 40, 40.0, 8000.0)
    np.testing.assert_array_equal(stream.push(sound), fresh.push(sound))
