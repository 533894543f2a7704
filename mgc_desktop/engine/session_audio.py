"""The sound of a session on the disk: parts of half a minute that survive a crash, joined to one file in the end.

What is being recorded goes into a raw file that grows, and is on the disk every other second; each half minute becomes
a FLAC file. So a crash costs the last seconds, and never what was whole.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from io import FileIO
from pathlib import Path

import numpy as np

from mgc_desktop.audio.long_flac import FlacWriter, blocks, facts, write_flac
from mgc_desktop.core.errors import DecodeError
from mgc_desktop.core.values import Samples

PART_SECONDS = 30.0
SYNC_SECONDS = 2.0  # of sound that a crash may cost
WHOLE = "sound.flac"
_RAW = ".raw"


@dataclass(frozen=True, slots=True)
class Part:
    """A part of the sound: its first frame on the axis of the recording, and Hz."""

    first: int
    sample_rate: int
    path: Path


class SoundKeeper:
    """Writes what is recorded into a folder. One thread uses it.

    Parameters
    ----------
    folder : Path
        Of the session; made where there is none.
    sample_rate : int
        Hz.

    Raises
    ------
    OSError
        Every method: the disk is full, or the folder may not be written. What was written before stays.
    """

    def __init__(self, folder: Path, sample_rate: int) -> None:
        self._folder, self._rate = folder, sample_rate
        folder.mkdir(parents=True, exist_ok=True)
        self._raw: FileIO | None = None
        self._raw_path = folder
        self._first = self._next = 0  # frames of the part that grows
        self._synced = 0

    def write(self, samples: Samples, first: int) -> None:
        """Add what was recorded from frame `first` on; where that is not where the last ended, a new part begins."""
        if self._raw is not None and first != self._next:
            self.finish_part()
        longest = round(PART_SECONDS * self._rate)
        while len(samples):
            if self._raw is None:
                self._begin(first)
            assert self._raw is not None
            taken = samples[: self._first + longest - self._next]
            _write_all(self._raw, taken.astype("<f4").tobytes())
            self._next += len(taken)
            first, samples = self._next, samples[len(taken) :]
            if self._next - self._first >= longest:
                self.finish_part()
        if self._raw is not None and self._next - self._synced >= SYNC_SECONDS * self._rate:
            self._sync()

    def finish_part(self) -> None:
        """Make a FLAC file of the part that grows; nothing where there is none."""
        if self._raw is None:
            return
        self._sync()
        path = self._raw_path
        self._raw.close()
        self._raw = None
        _convert(path)

    def abandon(self) -> None:
        """Let go of the file that grows, as a crash does: `recover` finds what is in it."""
        if self._raw is not None:
            with contextlib.suppress(OSError):
                self._raw.close()
            self._raw = None

    def _begin(self, first: int) -> None:
        self._first = self._next = self._synced = first
        self._raw_path = self._folder / f"{first:015}-{self._rate}{_RAW}"
        self._raw = self._raw_path.open("wb", buffering=0)

    def _sync(self) -> None:
        assert self._raw is not None
        os.fsync(self._raw.fileno())
        self._synced = self._next


def _write_all(file: FileIO, data: bytes) -> None:
    left = memoryview(data)
    while left:
        left = left[file.write(left) :]


def keep_stretch(folder: Path, samples: Samples, first: int, sample_rate: int) -> None:
    """Write a stretch of the recording as parts of its own.

    Raises
    ------
    OSError
    """
    longest = round(PART_SECONDS * sample_rate)
    for at in range(0, len(samples), longest):
        write_flac(folder / f"{first + at:015}-{sample_rate}.flac", samples[at : at + longest], sample_rate)


def recover(folder: Path) -> None:
    """Make a FLAC file of what a crash left half written; a full disk leaves it for the next time.

    Raises
    ------
    OSError
    """
    for path in folder.glob("*.part"):
        path.unlink()
    for path in sorted(folder.glob(f"*{_RAW}")):
        _convert(path)


def _convert(raw: Path) -> None:
    target, rate = raw.with_suffix(".flac"), int(raw.stem.split("-")[1])
    if not target.exists():
        data = raw.read_bytes()
        samples = np.frombuffer(data[: len(data) // 4 * 4], "<f4")
        if len(samples):
            write_flac(target, samples, rate)
    raw.unlink()


def parts(folder: Path) -> list[Part]:
    """Return the parts that are there, in order."""
    found = []
    for path in folder.glob("*-*.flac"):
        first, _, rate = path.stem.partition("-")
        if first.isdigit() and rate.isdigit():
            found.append(Part(int(first), int(rate), path))
    return sorted(found, key=lambda part: part.first)


def join(folder: Path, first: int, end: int | None = None) -> Iterator[None]:
    """Make `WHOLE` of the parts, silence in the place of what is not there; a step a part. Then the parts go.

    Parameters
    ----------
    first, end : int, int or None
        The frames that the whole is to have; None: as far as there is sound.

    Raises
    ------
    OSError
        The parts stay.
    """
    found = parts(folder)
    if not found:
        return
    writer = FlacWriter(folder / WHOLE, found[0].sample_rate)
    try:
        for part in found:
            _add(writer, part, first, end)
            yield
        if end is not None:
            writer.write_silence(end - first - writer.frames)
        writer.close()
    finally:
        writer.discard()
    for part in found:
        part.path.unlink()


def _add(writer: FlacWriter, part: Part, first: int, end: int | None) -> None:
    here = first + writer.frames
    writer.write_silence(part.first - here)
    skipped = max(0, here - part.first)
    length = None if end is None else max(0, end - part.first)
    try:
        for block in blocks(part.path, skipped, length):
            writer.write(block)
    except DecodeError:  # a disk that failed: silence stands for it
        return


def read_span(folder: Path, kept_from: float, start: float, end: float) -> tuple[Samples, int]:
    """Return a span of a session's sound, whole or in parts; s since listening began.

    Returns
    -------
    samples : float32[n]
        Empty where nothing is kept of it.
    sample_rate : int
        Hz; 0 where there is no sound.

    Raises
    ------
    DecodeError
    """
    whole = folder / WHOLE
    if whole.is_file():
        rate = facts(whole)[1]
        offset = round(kept_from * rate)
        return _read(whole, max(0, round(start * rate) - offset), round(end * rate) - offset), rate
    pieces, rate = [], 0
    for part in parts(folder):
        rate = part.sample_rate
        first, last = round(start * rate) - part.first, round(end * rate) - part.first
        if last > 0 and first < round(PART_SECONDS * rate):
            pieces.append(_read(part.path, max(0, first), last))
    return (np.concatenate(pieces) if pieces else np.empty(0, np.float32)), rate


def _read(path: Path, start: int, end: int) -> Samples:
    found = list(blocks(path, start, end))
    return np.concatenate(found) if found else np.empty(0, np.float32)
