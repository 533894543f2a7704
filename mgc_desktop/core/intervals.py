"""The interval that belongs to a share of a few tracks."""

from __future__ import annotations

import math

_Z = 1.959963984540054  # 95 %


def wilson(hits: float, n: int) -> tuple[float, float]:
    """Return the ends of the 95 % score interval of `hits` in `n` (Wilson 1927), 0..1; of none, all is possible."""
    if n <= 0:
        return 0.0, 1.0
    share = hits / n
    middle = (share + _Z**2 / (2 * n)) / (1 + _Z**2 / n)
    half = _Z * math.sqrt(share * (1 - share) / n + _Z**2 / (4 * n**2)) / (1 + _Z**2 / n)
    return max(0.0, middle - half), min(1.0, middle + half)
