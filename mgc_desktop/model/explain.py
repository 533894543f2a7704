"""Which times and bands a verdict rests on: parts of the sound are muffled in turn, and the model is asked again.

Occlusion (Zeiler and Fergus 2014, arXiv 1311.2901) of the model's own input, the waveform. It needs nothing of the
model but its answers, so that it works for every network.

A window is split into cells of time and frequency that add up to the window again: bands by a filter without delay,
times by fades. To muffle a cell is to take all but 1/30 of it away (30 dB), with the same soft edges: digital silence
in the middle of music is a thing that no model has heard, and noise in its place would be one more thing to hear.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mgc_desktop.core.mel_scale import hz_to_mel, mel_to_hz
from mgc_desktop.core.model_info import ModelInfo
from mgc_desktop.core.values import Samples

BANDS = 8  # equally wide on the mel scale
_COARSE_BANDS = 4
_KEPT = 10 ** (-30 / 20)  # of a muffled cell's amplitude
_FADE_SECONDS = 0.05
_EDGE_SHARE = 0.25  # of a band's width in mel that its edge takes
_WORTH_A_LOOK = 0.05  # of the strongest coarse cell: weaker ones are not looked into
_LEAST_SHARE = 0.05  # of an even share, that a part gets of what all miss
# (windows, times of a coarse cell, times of a fine one): the more windows, the less is asked about each of them.
_TIMES = ((2, 4, 16), (8, 2, 8), (1_000_000, 1, 4))


def log_odds(info: ModelInfo, logits: NDArray[np.floating], label: str) -> float:
    """Return the calibrated log-odds of a label, as the verdict rule has them: of the mean over windows.

    Parameters
    ----------
    logits : ndarray, shape (k, L)
        One row a window.
    """
    mean = np.asarray(logits, np.float64).reshape(-1, len(info.labels)).mean(axis=0) / info.temperature
    place = info.labels.index(label)
    if info.activation == "sigmoid":
        return float(mean[place])
    others = np.delete(mean, place)
    return float(mean[place] - others.max() - np.log(np.exp(others - others.max()).sum()))


def band_edges(sample_rate: int, bands: int = BANDS) -> tuple[float, ...]:
    """Return the edges of the bands in Hz, from 0 to half the rate: bands + 1."""
    places = np.linspace(0.0, hz_to_mel(sample_rate / 2), bands + 1)
    return tuple(mel_to_hz(place) for place in places.tolist())


class Cells:
    """A window, split into bands x times cells that add up to it.

    Parameters
    ----------
    window : float32[N]
    sample_rate : int
        Hz.
    times : int
        How many equal stretches there are.
    """

    def __init__(self, window: Samples, sample_rate: int, times: int) -> None:
        self._window = window
        self._parts = _split_bands(window, sample_rate)
        self._edges = np.linspace(0, len(window), times + 1).round().astype(int)
        shortest = int(np.diff(self._edges).min())
        self._fade = min(round(_FADE_SECONDS * sample_rate), shortest) // 2 * 2

    def muffled(self, bands: slice, times: slice) -> Samples:
        """Return the window with the cells of these bands and times muffled, float32[N]."""
        edges = self._edges
        start, end = int(edges[times.start]), int(edges[times.stop])
        half = self._fade // 2
        low, high = max(0, start - half), min(len(self._window), end + half)
        loss = np.ones(high - low, np.float32)
        if self._fade:
            rise = (0.5 - 0.5 * np.cos(np.pi * (np.arange(self._fade) + 0.5) / self._fade)).astype(np.float32)
            if start > 0:
                loss[: self._fade] *= rise
            if end < len(self._window):
                loss[-self._fade :] *= rise[::-1]
        out = self._window.copy()
        out[low:high] -= np.float32(1 - _KEPT) * loss * self._parts[bands, low:high].sum(axis=0)
        return out


def _split_bands(window: Samples, sample_rate: int) -> NDArray[np.float32]:
    """Return the window's bands, float32[BANDS, N]: they add up to it."""
    spectrum = np.fft.rfft(window)
    frequencies = np.fft.rfftfreq(len(window), 1 / sample_rate)
    edges = np.array(band_edges(sample_rate))
    width = _EDGE_SHARE * np.diff(edges)
    below = np.ones(len(frequencies))  # how much of each frequency lies above the lower edge
    parts = np.empty((BANDS, len(window)), np.float32)
    for band in range(BANDS):
        above = np.zeros(len(frequencies))
        if band < BANDS - 1:
            edge, reach = edges[band + 1], min(width[band], width[band + 1])
            above = 0.5 - 0.5 * np.cos(np.pi * np.clip((frequencies - edge) / reach + 0.5, 0.0, 1.0))
        parts[band] = np.fft.irfft(spectrum * (below - above), len(window))
        below = above
    return parts


class _Cell(NamedTuple):
    window: int
    bands: slice
    times: slice  # of the window


@dataclass(slots=True)
class _Coarse:
    cell: _Cell
    drop: float | None = None


class Occlusion:
    """Asks about one cell after the other, coarse ones first, and makes a map of the answers. No thread, no model.

    Ask for `next`, give the model's answer to `take`, and look at `weights` in between, until there is no next one.

    Parameters
    ----------
    windows : sequence of float32[N]
        As they were judged: one after the other in time.
    sample_rate : int
        Hz.
    logits : float32[k, L]
        What the model says of them as they are.
    score : callable
        What is explained, from the logits of all windows: see `log_odds`.

    Attributes
    ----------
    done : int
        Cells that were asked about.
    total : int
        All that will be, as far as is known now.
    times : int
        Columns of the map for each window.
    """

    def __init__(
        self,
        windows: Sequence[Samples],
        sample_rate: int,
        logits: NDArray[np.float32],
        score: Callable[[NDArray[np.float32]], float],
    ) -> None:
        self._windows, self._rate = windows, sample_rate
        self._logits, self._score = logits, score
        self._base = score(logits)
        count = len(windows)
        _, self._coarse_times, self.times = next(row for row in _TIMES if count <= row[0])
        self._weights = np.zeros((BANDS, count * self.times), np.float32)
        self._coarse = [_Coarse(cell) for window in range(count) for cell in self._coarse_cells(window)]
        self._split: tuple[int, Cells] | None = None  # one window at a time: its bands are eight times as large
        self.done = 0
        self.total = len(self._coarse) + count * BANDS * self.times
        self._last = 0.0
        self._order = self._go_on()

    @property
    def edges_hz(self) -> tuple[float, ...]:
        """Edges of the map's bands, lowest first."""
        return band_edges(self._rate)

    @property
    def weights(self) -> NDArray[np.float32]:
        """The map so far, float32[BANDS, windows * times], lowest band first.

        By how much the score falls without a cell: what supports it is above 0, what speaks against it below. What is
        not asked about yet is 0. The fine cells of a coarse one add up to what all of it is worth: what they miss
        singly, because each can stand in for another, they share by what they are worth singly.
        """
        return self._weights.copy()

    @property
    def coarse_is_done(self) -> bool:
        """Whether there is an answer for every place."""
        return self._coarse[-1].drop is not None

    def next(self) -> Samples | None:
        """Return the next window to be heard, or None where all was asked."""
        cell = next(self._order, None)
        if cell is None:
            return None
        self._asked = cell
        return self._cells(cell.window).muffled(cell.bands, cell.times)

    def take(self, logits: NDArray[np.float32]) -> None:
        """Take what the model says of the window that `next` gave, float32[L]."""
        changed = self._logits.copy()
        changed[self._asked.window] = logits
        self._last = self._base - self._score(changed)
        self.done += 1

    def _go_on(self) -> Iterator[_Cell]:
        for coarse in self._coarse:
            yield coarse.cell
            coarse.drop = self._last
            place = self._place(coarse.cell)
            self._weights[place] = self._last / self._weights[place].size
        for coarse in self._worth_a_look():
            yield from self._look_into(coarse)

    def _worth_a_look(self) -> list[_Coarse]:
        """Return the coarse cells to go on with, the strongest window first."""
        size = {id(coarse): abs(coarse.drop or 0.0) for coarse in self._coarse}
        least = _WORTH_A_LOOK * max(size.values())
        chosen = [coarse for coarse in self._coarse if size[id(coarse)] > least]
        by_window = {
            window: max((size[id(coarse)] for coarse in chosen if coarse.cell.window == window), default=0.0)
            for window in range(len(self._windows))
        }
        chosen.sort(key=lambda coarse: (-by_window[coarse.cell.window], coarse.cell.window, -size[id(coarse)]))
        self.total = len(self._coarse) + sum(self._weights[self._place(coarse.cell)].size for coarse in chosen)
        return chosen

    def _look_into(self, coarse: _Coarse) -> Iterator[_Cell]:
        cell, drops = coarse.cell, []
        for band in range(cell.bands.start, cell.bands.stop):
            for time in range(cell.times.start, cell.times.stop):
                yield _Cell(cell.window, slice(band, band + 1), slice(time, time + 1))
                drops.append(self._last)
        place = self._place(cell)
        self._weights[place] = _shared(np.array(drops), coarse.drop or 0.0).reshape(self._weights[place].shape)

    def _coarse_cells(self, window: int) -> Iterator[_Cell]:
        bands, times = BANDS // _COARSE_BANDS, self.times // self._coarse_times
        for time in range(self._coarse_times):
            for band in range(_COARSE_BANDS):
                yield _Cell(window, slice(band * bands, (band + 1) * bands), slice(time * times, (time + 1) * times))

    def _place(self, cell: _Cell) -> tuple[slice, slice]:
        first = cell.window * self.times
        return cell.bands, slice(first + cell.times.start, first + cell.times.stop)

    def _cells(self, window: int) -> Cells:
        if self._split is None or self._split[0] != window:
            self._split = window, Cells(self._windows[window], self._rate, self.times)
        return self._split[1]


def _shared(drops: NDArray[np.float64], whole: float) -> NDArray[np.float64]:
    """Return the drops of parts so that they add up to the drop of the whole."""
    shares = np.abs(drops) + _LEAST_SHARE * abs(whole) / len(drops)
    total = shares.sum()
    return drops + (whole - drops.sum()) * shares / total if total > 0 else drops
