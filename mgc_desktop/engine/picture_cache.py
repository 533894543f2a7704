"""Pictures of tracks on the disk, by what the audio is: a track that was moved or tagged is known.

A file each, written beside and renamed, so that it is whole or not there; what was not looked at for longest goes.
Anything that is wrong with one means that the picture is made again.
"""

from __future__ import annotations

import contextlib
import os
import struct
import zlib
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mgc_desktop.core.mel_picture import N_MELS

MOST_BYTES = 128 << 20  # some thousand pictures
_HEAD = struct.Struct("<8sIddd")
_MAGIC = b"mgcpic1\n"  # another number where the columns come to mean something else
_MOST_COLUMNS = 1 << 16
_SAVES_BETWEEN_TRIMS = 32
_ENDING = ".pic"


@dataclass(frozen=True, slots=True)
class CachedPicture:
    """A whole picture; see `mgc_desktop.engine.events.TrackPictureReady`."""

    codes: NDArray[np.uint8]  # (columns, bands)
    column_seconds: float
    duration: float
    highest_hz: float


class PictureCache:
    """One folder of pictures. Used by one process at a time; another one harms nothing.

    Parameters
    ----------
    folder : str
        Made with the first picture.
    """

    def __init__(self, folder: str) -> None:
        self._folder = folder
        self._saves = 0

    def load(self, name: str) -> CachedPicture | None:
        """Return the picture called `name`, or None where there is none that is sound."""
        path = self._path(name)
        try:
            with open(path, "rb") as file:
                data = file.read(_HEAD.size + _MOST_COLUMNS * N_MELS)
            magic, columns, column_seconds, duration, highest_hz = _HEAD.unpack_from(data)
            if magic != _MAGIC or not 0 < columns <= _MOST_COLUMNS:
                return None
            unpacker = zlib.decompressobj()
            body = unpacker.decompress(data[_HEAD.size :], columns * N_MELS + 1)
            if not unpacker.eof or len(body) != columns * N_MELS:
                return None
        except (OSError, ValueError, struct.error, zlib.error):
            return None
        with contextlib.suppress(OSError):
            os.utime(path)  # looked at now
        codes = np.frombuffer(body, np.uint8).reshape(columns, N_MELS)
        return CachedPicture(codes, column_seconds, duration, highest_hz)

    def save(self, name: str, picture: CachedPicture) -> None:
        """Keep a picture; a full or read-only disk costs nothing but the picture."""
        path = self._path(name)
        head = _HEAD.pack(_MAGIC, len(picture.codes), picture.column_seconds, picture.duration, picture.highest_hz)
        try:
            os.makedirs(os.path.dirname(path), exist_ok=True)
            beside = f"{path}.{os.getpid()}"
            with open(beside, "wb") as file:
                file.write(head + zlib.compress(picture.codes.tobytes(), 1))
            os.replace(beside, path)
        except OSError:
            return
        if self._saves % _SAVES_BETWEEN_TRIMS == 0:
            self.trim()
        self._saves += 1

    def trim(self, most_bytes: int = MOST_BYTES) -> None:
        """Remove what was not looked at for longest, until the rest takes no more than nine tenths of the limit."""
        found: list[tuple[float, int, str]] = []
        for folder, _, names in os.walk(self._folder):
            for name in names:
                with contextlib.suppress(OSError):
                    state = os.stat(os.path.join(folder, name))
                    found.append((state.st_mtime, state.st_size, os.path.join(folder, name)))
        total = sum(size for _, size, _ in found)
        if total <= most_bytes:
            return
        for _, size, path in sorted(found):
            if total <= 0.9 * most_bytes:
                return
            with contextlib.suppress(OSError):
                os.remove(path)
                total -= size

    def _path(self, name: str) -> str:
        return os.path.join(self._folder, name[:2], name + _ENDING)
