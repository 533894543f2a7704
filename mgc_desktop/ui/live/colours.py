"""Colour maps of the spectrogram: perceptually even, and readable without seeing red or green."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

# Every sixteenth colour of the published maps (magma and viridis: van der Walt and Smith 2015; cividis: Nuñez,
# Anderton and Renslow 2018; all public domain). What lies between differs by a few 255ths from the full tables.
_ANCHORS = {
    "magma": "000004 0a0822 1d1147 36106b 51127c 6a1c81 832681 9c2e7f b73779 cf4070 e55064 f4695c fb8761 fea571 "
    "fec287 fde0a1 fcfdbf",
    "viridis": "440154 48186a 472d7b 424086 3b528b 33638d 2c728e 26828e 21918c 1f9f88 27ad81 3dbc74 5cc863 81d34d "
    "aadc32 d5e21a fde725",
    "cividis": "00204d 002c69 06366e 2d426c 414d6b 52596c 61646f 6f7073 7d7c78 8b8779 9b9477 aca174 bcaf6f cebc68 "
    "e0cb5e f2da50 ffea46",
    "grey": "000000 ffffff",
}
COLOUR_MAPS = tuple(_ANCHORS)


def colour_table(name: str) -> NDArray[np.uint32]:
    """Return 256 colours from quiet to loud as 0xffRRGGBB, uint32[256].

    Raises
    ------
    KeyError
        Where there is no map of that name.
    """
    anchors = np.array([list(bytes.fromhex(word)) for word in _ANCHORS[name].split()], np.float64)
    places = np.linspace(0, 255, len(anchors))
    red, green, blue = (np.interp(np.arange(256), places, channel).round().astype(np.uint32) for channel in anchors.T)
    table: NDArray[np.uint32] = np.uint32(0xFF000000) | red << np.uint32(16) | green << np.uint32(8) | blue
    return table
