"""Which levels the colours stand for: fitted to the music, slowly and in whole steps."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

SPAN_DB = 60.0  # between the darkest and the brightest colour
_STEP_DB = 5.0
_LOUD_SHARE = 0.98  # of what is seen is darker than the brightest colours; going by the bass alone would dim the rest
_ABOVE_DB = 9.0
_TOPS_DB = (-60.0, 0.0)  # a silent room is not blown up to look like music
_LOWER_BY_DB = 10.0  # a range that follows each quiet bar would tell nothing about loudness


class LevelRange:
    """The range `low`..`high` in dB re full scale, which rises at once and falls with reserve.

    Parameters
    ----------
    high : float
        dB, until something was looked at.
    fixed : (float, float), optional
        A range that stays as it is, dB.
    """

    def __init__(self, high: float = -20.0, fixed: tuple[float, float] | None = None) -> None:
        self._fixed = fixed
        self.high = high if fixed is None else fixed[1]

    @property
    def low(self) -> float:
        return self.high - SPAN_DB if self._fixed is None else self._fixed[0]

    @property
    def is_fixed(self) -> bool:
        """Whether a person set it."""
        return self._fixed is not None

    def fit(self, columns: NDArray[np.float32]) -> bool:
        """Look at the last seconds, float32[k, bands] in dB; return whether the range changed."""
        if self._fixed is not None or not len(columns):
            return False
        rank = int(_LOUD_SHARE * (columns.size - 1))
        loud = float(np.partition(columns, rank, axis=None)[rank]) + _ABOVE_DB
        wanted = float(np.clip(_STEP_DB * np.ceil(loud / _STEP_DB), *_TOPS_DB))
        if wanted > self.high or wanted <= self.high - _LOWER_BY_DB:
            self.high = wanted
            return True
        return False
