"""Where rows of features lie on music: rounded mean and spread over 290 tracks of ten genres, 22.05 kHz, 2048/512.

They only bring rows of different units near each other: what a model uses is learnt by its batch norm.
"""

from __future__ import annotations

MFCC_CENTRE = (0.0, 120.0, -15.0, 35.0, -5.0, 15.0, -10.0, 10.0, -10.0, 10.0, -10.0, 5.0, -5.0)  # the first: levelled
MFCC_SPREAD = (70.0, 55.0, 40.0, 30.0, 25.0, 20.0, 20.0, 15.0, 15.0, 15.0, 12.0, 10.0, 10.0)

_CHROMA_CENTRE, _CHROMA_SPREAD = (0.4,) * 12, (0.3,) * 12
_CONTRAST_CENTRE = (16.0, 15.0, 18.0, 18.0, 19.0, 19.0, 40.0)  # dB
_CONTRAST_SPREAD = (4.5, 4.0, 4.5, 4.0, 4.0, 4.0, 6.5)
_BRIGHTNESS_CENTRE, _BRIGHTNESS_SPREAD = (4.0, 0.1), (2.0, 0.07)  # roll-off in kHz, zero-crossing rate

HANDCRAFTED_CENTRE = MFCC_CENTRE + _CHROMA_CENTRE + _CONTRAST_CENTRE + _BRIGHTNESS_CENTRE
HANDCRAFTED_SPREAD = MFCC_SPREAD + _CHROMA_SPREAD + _CONTRAST_SPREAD + _BRIGHTNESS_SPREAD
