"""FLAC files that are written piece by piece, and read in stretches: what is recorded, never what is from elsewhere."""

from __future__ import annotations

import contextlib
import io
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np

from mgc_desktop.core.errors import DecodeError
from mgc_desktop.core.values import Samples

if TYPE_CHECKING:
    import soundfile

_SUBTYPE = "PCM_24"  # of a sound card with 16 bit the other 8 are empty, and cost nothing
_BLOCK = 1 << 18  # frames


class _Target(io.RawIOBase):
    """A file that remembers why it could not be written: libsndfile hears of no reason."""

    def __init__(self, path: Path) -> None:
        self.file = path.open("wb+", buffering=0)  # so that a seek has nothing to write, and so cannot fail
        self.error: OSError | None = None

    def write(self, data: object) -> int:
        assert isinstance(data, bytes)
        left = memoryview(data)
        try:
            while left and self.error is None:
                left = left[self.file.write(left) :]
        except OSError as error:
            self.error = error
        return len(data)

    def read(self, size: int = -1) -> bytes:
        return self.file.read(size)

    def seek(self, place: int, whence: int = 0) -> int:
        return self.file.seek(place, whence)

    def tell(self) -> int:
        return self.file.tell()


class FlacWriter:
    """Writes one mono FLAC file; it stands under its name once it is whole and on the disk.

    Parameters
    ----------
    path : Path
    sample_rate : int
        Hz.
    tags : Mapping[str, str]
        What the file says of itself: any of title, artist, comment, date, software, genre.

    Raises
    ------
    OSError
        Every method: the disk is full, or the folder may not be written.
    """

    def __init__(self, path: Path, sample_rate: int, tags: Mapping[str, str] = MappingProxyType({})) -> None:
        import soundfile  # here: a window is painted before libsndfile is loaded

        self.path = path
        self._part = path.with_name(f"{path.name}.part")
        self._target = _Target(self._part)
        self._sound: soundfile.SoundFile | None = soundfile.SoundFile(
            self._target, "w", samplerate=sample_rate, channels=1, format="FLAC", subtype=_SUBTYPE
        )
        for name, text in tags.items():
            setattr(self._sound, name, text)
        self.frames = 0

    def write(self, samples: Samples) -> None:
        """Add samples, float32[n] in -1..1; what is beyond is clipped."""
        assert self._sound is not None
        for at in range(0, len(samples), _BLOCK):
            block = samples[at : at + _BLOCK]
            self._sound.write(np.clip(block, -1.0, 1.0 - 2.0**-23))
            self.frames += len(block)
            self._check()

    def write_silence(self, frames: int) -> None:
        silence = np.zeros(min(frames, _BLOCK), np.float32)
        while frames > 0:
            self.write(silence[:frames])
            frames -= len(silence)

    def close(self) -> None:
        """Finish the file, and put it in its place."""
        assert self._sound is not None
        self._sound.close()
        self._sound = None
        self._check()
        try:
            os.fsync(self._target.file.fileno())
        finally:
            self._target.file.close()
        os.replace(self._part, self.path)
        sync_folder(self.path.parent)

    def discard(self) -> None:
        """Leave nothing behind; harmless after `close`."""
        if self._sound is not None:
            self._sound.close()
            self._sound = None
        if not self._target.file.closed:
            self._target.error = None
            with contextlib.suppress(OSError):  # what could not be written is not wanted any more
                self._target.file.close()
            self._part.unlink(missing_ok=True)

    def _check(self) -> None:
        if self._target.error is not None:
            raise self._target.error


def write_flac(path: Path, samples: Samples, sample_rate: int) -> None:
    """Write one mono file, whole or not at all.

    Raises
    ------
    OSError
    """
    writer = FlacWriter(path, sample_rate)
    try:
        writer.write(samples)
        writer.close()
    finally:
        writer.discard()


def blocks(path: Path, start: int = 0, end: int | None = None) -> Iterator[Samples]:
    """Yield the frames start..end of a file of ours in blocks, float32.

    Raises
    ------
    DecodeError
        Where it is gone or damaged.
    """
    import soundfile  # here: a window is painted before libsndfile is loaded

    try:
        with soundfile.SoundFile(path) as sound:
            left = (sound.frames if end is None else min(end, sound.frames)) - start
            sound.seek(min(start, sound.frames))
            while left > 0 and len(block := sound.read(min(left, _BLOCK), dtype="float32", always_2d=True)):
                left -= len(block)
                yield block[:, 0]
    except (soundfile.SoundFileError, RuntimeError, OSError) as error:
        raise DecodeError(f"“{path}” could not be read: it is damaged, or gone.", str(error)) from error


def facts(path: Path) -> tuple[int, int]:
    """Return how many frames a file of ours has, and its sample rate.

    Raises
    ------
    DecodeError
    """
    import soundfile  # here: a window is painted before libsndfile is loaded

    try:
        info = soundfile.info(str(path))
    except (soundfile.SoundFileError, RuntimeError, OSError) as error:
        raise DecodeError(f"“{path}” could not be read: it is damaged, or gone.", str(error)) from error
    return int(info.frames), int(info.samplerate)


def sync_folder(folder: Path) -> None:
    """Have the names in a folder on the disk, where the system can do that."""
    if os.name != "posix":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
