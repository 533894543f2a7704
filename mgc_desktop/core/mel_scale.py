"""Slaney's mel scale: linear up to 1 kHz, logarithmic above (Auditory Toolbox, version 2, 1998).

Without numpy, so that axes can be drawn before it is loaded.
"""

from __future__ import annotations

import math

_HZ_PER_MEL = 200.0 / 3
_KNEE_HZ = 1000.0
_KNEE_MEL = _KNEE_HZ / _HZ_PER_MEL
_LOG_STEP = math.log(6.4) / 27.0


def hz_to_mel(hz: float) -> float:
    """Return the place of a frequency (Hz) on the scale."""
    if hz < _KNEE_HZ:
        return hz / _HZ_PER_MEL
    return _KNEE_MEL + math.log(hz / _KNEE_HZ) / _LOG_STEP


def mel_to_hz(mel: float) -> float:
    """Return the frequency (Hz) of a place on the scale."""
    if mel < _KNEE_MEL:
        return mel * _HZ_PER_MEL
    return _KNEE_HZ * math.exp(_LOG_STEP * (mel - _KNEE_MEL))
