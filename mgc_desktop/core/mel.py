"""Mel filters and a mel spectrogram of a stream, with numpy alone; equal to librosa's (Slaney's scale)."""

from __future__ import annotations

import math
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from mgc_desktop.core.mel_scale import hz_to_mel, mel_to_hz
from mgc_desktop.core.values import Samples

Norm = Literal["slaney"] | None
PackedFilters = tuple[NDArray[np.intp], NDArray[np.float32], NDArray[np.intp]]  # bins, weights, start of each band

SILENT_POWER = 1e-12  # -120 dB: under the noise of any microphone, above zero for the logarithm


def band_edges(n_mels: int, fmin: float, fmax: float) -> NDArray[np.float64]:
    """Return the edges of overlapping bands in Hz, float64[n_mels + 2]; band m peaks at edge m + 1."""
    places = np.linspace(hz_to_mel(fmin), hz_to_mel(fmax), n_mels + 2)
    return np.array([mel_to_hz(place) for place in places.tolist()])


def mel_filterbank(
    sample_rate: int, n_fft: int, n_mels: int, fmin: float, fmax: float, norm: Norm = "slaney"
) -> NDArray[np.float32]:
    """Return triangular mel filters, float32[n_mels, n_fft // 2 + 1].

    Parameters
    ----------
    sample_rate : int
        Hz.
    n_fft : int
        Length of the Fourier transform, samples.
    n_mels : int
    fmin, fmax : float
        Lowest and highest edge, Hz.
    norm : "slaney" or None
        Triangles of equal area (white noise looks flat), or of height one (a tone shows its own level).
    """
    bins = np.fft.rfftfreq(n_fft, 1.0 / sample_rate)
    edges = band_edges(n_mels, fmin, fmax)
    # Between edges k and k + 1, band k rises and band k - 1 falls; no other band is heard there.
    interval = np.searchsorted(edges, bins, side="right") - 1
    filters = np.zeros((n_mels, len(bins)), np.float32)
    inside = np.flatnonzero((interval >= 0) & (interval <= n_mels))
    band = interval[inside]
    share = (bins[inside] - edges[band]) / (edges[band + 1] - edges[band])
    area = 2.0 / (edges[2:] - edges[:-2]) if norm == "slaney" else np.ones(n_mels)
    rises, falls = band < n_mels, band > 0
    filters[band[rises], inside[rises]] = share[rises] * area[band[rises]]
    filters[band[falls] - 1, inside[falls]] = (1.0 - share[falls]) * area[band[falls] - 1]
    return filters


def full_scale_power(n_fft: int) -> float:
    """Return the power that a sine of full scale has in its bin of a Hann-windowed transform: 0 dB here."""
    return float(hann(n_fft).sum() / 2) ** 2


def hann(length: int) -> NDArray[np.float64]:
    """Return a periodic Hann window, float64[length]."""
    return 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(length) / length)


def picture_filters(sample_rate: int, n_fft: int, n_mels: int, fmin: float, fmax: float) -> PackedFilters:
    """Return mel filters of height one that are never narrower than the transform resolves.

    Where bands are closer than bins, a triangle between two bins would be empty: a black line across the picture.
    Such a band is read between its neighbouring bins instead. All others are those of `mel_filterbank`.
    """
    spacing = sample_rate / n_fft
    edges = (band_edges(n_mels, fmin, fmax) / spacing).tolist()  # bins
    chosen, weights = [], []
    for below, peak, above in zip(edges[:-2], edges[1:-1], edges[2:], strict=True):
        left, right = max(peak - below, 1.0), max(above - peak, 1.0)
        bins = np.arange(max(0, math.ceil(peak - left)), min(n_fft // 2, math.floor(peak + right)) + 1)
        away = bins - peak
        chosen.append(bins)
        weights.append(np.maximum(0.0, 1.0 - np.maximum(away / right, away / -left)).astype(np.float32))
    starts = np.cumsum([0, *(len(bins) for bins in chosen[:-1])])
    return np.concatenate(chosen), np.concatenate(weights), starts.astype(np.intp)


class MelBands:
    """Windows of sound to powers of mel bands: what a stream and a picture have in common.

    Parameters
    ----------
    n_fft : int
        Samples.
    filters : PackedFilters
    """

    def __init__(self, n_fft: int, filters: PackedFilters) -> None:
        self.n_fft = n_fft
        self._scale = np.float32(n_fft**2 / full_scale_power(n_fft))
        self._window = hann(n_fft).astype(np.float32)
        self._bins, self._weights, self._starts = filters

    def power(self, samples: Samples, hop: int, count: int) -> NDArray[np.float32]:
        """Return the power of `count` columns re a sine of full scale, float32[count, n_mels].

        Parameters
        ----------
        samples : float32[n]
            Column t covers t * hop .. t * hop + n_fft.
        hop : int
            Samples.
        """
        if count == 1:  # as in most frames of a display, where making the view would take a third of the time
            frames = samples[np.newaxis, : self.n_fft]
        else:
            frames = np.lib.stride_tricks.sliding_window_view(samples, self.n_fft)[: count * hop : hop]
        # By this norm the factor is a float32, and so is all; the usual one, an integer, turns NumPy to float64.
        spectra = np.fft.rfft(frames * self._window, norm="forward")
        power = np.square(spectra.real)
        power += np.square(spectra.imag)
        weighted = power.take(self._bins, axis=1)
        weighted *= self._weights
        bands: NDArray[np.float32] = np.add.reduceat(weighted, self._starts, axis=1)
        bands *= self._scale
        return bands


class MelStream:
    """Turns samples that arrive in pieces of any size into mel columns, each computed once.

    Column t covers the samples t * hop .. t * hop + n_fft, as librosa's ``center=False`` does.

    Parameters
    ----------
    sample_rate : int
        Hz.
    n_fft, hop : int
        Samples.
    n_mels : int
    fmin, fmax : float
        Hz.
    norm : "slaney" or None
        See `mel_filterbank`.
    """

    def __init__(
        self, sample_rate: int, n_fft: int, hop: int, n_mels: int, fmin: float, fmax: float, norm: Norm = "slaney"
    ) -> None:
        self.sample_rate = sample_rate
        self.n_fft = n_fft
        self.hop = hop
        self.n_mels = n_mels
        self._bands = MelBands(n_fft, _packed(mel_filterbank(sample_rate, n_fft, n_mels, fmin, fmax, norm)))
        self._pending = np.zeros(0, np.float32)
        self._skip = 0  # samples to leave out where the hop is longer than the transform

    def reset(self) -> None:
        """Forget the samples that wait for their column, after a gap in the stream."""
        self._pending = self._pending[:0]
        self._skip = 0

    def push(self, samples: Samples) -> NDArray[np.float32]:
        """Take the next samples and return the columns that are complete now.

        Parameters
        ----------
        samples : float32[n]

        Returns
        -------
        float32[n_mels, k]
            Power in dB re a sine of full scale; k is 0 where no column is complete yet.
        """
        return to_decibels(self.push_power(samples)).T

    def push_power(self, samples: Samples) -> NDArray[np.float32]:
        """Take the next samples and return the power of the columns that are complete now, float32[k, n_mels]."""
        skipped = min(self._skip, len(samples))
        self._skip -= skipped
        pending = np.concatenate([self._pending, samples[skipped:]])
        count = (len(pending) - self.n_fft) // self.hop + 1 if len(pending) >= self.n_fft else 0
        used = count * self.hop
        self._skip += max(0, used - len(pending))
        self._pending = pending[used:]
        if not count:
            return np.empty((0, self.n_mels), np.float32)
        return self._bands.power(pending, self.hop, count)


def to_decibels(power: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return power in dB re full scale, not below -120."""
    decibels: NDArray[np.float32] = 10 * np.log10(np.maximum(power, np.float32(SILENT_POWER)))
    return decibels


def _packed(filters: NDArray[np.float32]) -> PackedFilters:
    """Return bins, weights and the start of each band, for a sum that skips the zeros.

    A matrix product would start the threads of BLAS sixty times a second, for a hundredth of the numbers.
    """
    chosen = [row.nonzero()[0] if row.any() else np.zeros(1, np.intp) for row in filters]
    weights = [row[bins] for row, bins in zip(filters, chosen, strict=True)]
    starts = np.cumsum([0, *(len(bins) for bins in chosen[:-1])])
    return np.concatenate(chosen), np.concatenate(weights), starts.astype(np.intp)
