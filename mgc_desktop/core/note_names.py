"""What musicians call a frequency: the nearest note of equal temperament, and how far from it."""

from __future__ import annotations

import math

A4_HZ = 440.0  # ISO 16
_A4_NUMBER = 69  # MIDI
_NAMES = ("C", "C♯", "D", "D♯", "E", "F", "F♯", "G", "G♯", "A", "A♯", "B")


def nearest_note(hz: float) -> tuple[str, int]:
    """Return the note nearest to a frequency, with its octave, and the distance from it.

    Parameters
    ----------
    hz : float
        Above 0.

    Returns
    -------
    name : str
        `A4` is 440 Hz, `C4` the middle C.
    cents : int
        -50 to 50, hundredths of a semitone.

    Examples
    --------
    >>> nearest_note(443.0)
    ('A4', 12)
    """
    place = _A4_NUMBER + 12 * math.log2(hz / A4_HZ)
    number = round(place)
    return f"{_NAMES[number % 12]}{number // 12 - 1}", round(100 * (place - number))
