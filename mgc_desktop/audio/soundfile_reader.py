"""Reading through libsndfile: wav, aiff, flac, ogg, mp3 and their relatives."""

from __future__ import annotations

import os
from io import FileIO

import numpy as np
import soundfile

from mgc_desktop.audio.source import BLOCK_VALUES, MAX_SECONDS, NO_AUDIO, HeaderLiesError, Mixdown, Sink, check_header
from mgc_desktop.core.errors import DecodeError

# libsndfile raises its own error; the others come from sizes that a damaged header makes absurd.
_FAILURES = (soundfile.SoundFileError, RuntimeError, ValueError, OverflowError, TypeError, OSError)


# libsndfile measures PCM by the file's size; an MP3's end is far to seek (`mp3_length_is_known` judges it).
_SEEKS_AT_ONCE = ("FLAC", "OGG")


class _Onward(soundfile.SoundFile):  # type: ignore[misc] # it has no type information
    """Reads on without a seek: the base class seeks after each read, which in an MP3 leaves a click there."""

    def seekable(self) -> bool:
        return False


class SoundfileSource:
    """A `Source` on libsndfile.

    Parameters
    ----------
    file : FileIO
        Read from its beginning; stays open when this is closed.

    Raises
    ------
    DecodeError
        Where libsndfile does not know the content, or it is damaged.
    HeaderLiesError
        Where the length in the header cannot be trusted.
    """

    def __init__(self, file: FileIO) -> None:
        file.seek(0)
        try:
            self._sound = _open(file)
        except _FAILURES as error:
            raise DecodeError(NO_AUDIO, f"libsndfile: {error}") from error
        try:
            check_header(self._sound.samplerate, self._sound.channels)
            self.sample_rate: int = self._sound.samplerate
            self.channels: int = self._sound.channels
            self.frames: int = self._sound.frames
            if not 0 < self.frames <= MAX_SECONDS * self.sample_rate:
                raise HeaderLiesError(f"{self.frames} frames")
            self._at = 0  # frame that is read next
            self._block = np.empty((max(1, BLOCK_VALUES // self.channels), self.channels), np.float32)
            if self._sound.format in _SEEKS_AT_ONCE:
                self._check_end()
        except (DecodeError, HeaderLiesError):
            self.close()
            raise

    def _check_end(self) -> None:
        """Raise HeaderLiesError where the last tenth of a second is not there (1 to 3 ms)."""
        length = min(self.frames, self.sample_rate // 10)
        self.read(self.frames - length, Mixdown(length))

    def read(self, start: int, into: Sink) -> None:
        expected = min(into.wanted, self.frames - start)
        place, self._at = self._at, -1  # unknown where reading fails
        try:
            if start != place:
                self._sound.seek(start)
            while into.missing and (block := self._sound.read(out=self._block[: into.missing])).shape[0]:
                into.push(block)
        except _FAILURES as error:
            raise HeaderLiesError(str(error)) from error
        self._at = start + into.filled
        # A lossy codec may stop a frame or two early; more is a file that was cut off.
        if into.filled < expected - min(self.sample_rate // 10, expected // 2):
            raise HeaderLiesError(f"{into.filled} of {expected} frames from {start}")

    def close(self) -> None:
        self._sound.close()


def _open(file: FileIO) -> soundfile.SoundFile:
    # By descriptor the bytes need no way through Python (a seventh of the time of an MP3). On Windows a library with a
    # C run-time of its own cannot use ours.
    if os.name == "nt":
        return _Onward(file, closefd=False)
    # A descriptor of its own, to be closed by libsndfile: 1.2.0, which Debian 12 has, closes one that it may not close
    # when it does not know the content.
    return _Onward(os.dup(file.fileno()), closefd=True)


def mp3_length_is_known(file: FileIO) -> bool:
    """Whether an MP3 says how long it is, in a Xing, Info or VBRI header that agrees with the file's size.

    libsndfile guesses the length of others from the first frames, and reads no further than its guess: of a 240 s
    track of variable bit rate without the header it sees 101 s.
    """
    start = _skip_id3v2(file)
    head = file.read(4096)
    size = file.seek(0, 2)
    if (at := head.find(b"VBRI")) >= 0:
        claimed = int.from_bytes(head[at + 10 : at + 14], "big")
    else:
        at = max(head.find(b"Xing"), head.find(b"Info"))
        if at < 0 or not head[at + 7] & 1:  # bit 0: the number of frames is given
            return False
        if not head[at + 7] & 2:  # bit 1: so is the number of bytes
            return True
        claimed = int.from_bytes(head[at + 12 : at + 16], "big")
    return abs(claimed - (size - start)) <= 0.05 * size + 65536  # tags may follow the audio


def _skip_id3v2(file: FileIO) -> int:
    start = 0
    while True:
        file.seek(start)
        head = file.read(10)
        if len(head) < 10 or head[:3] != b"ID3":
            file.seek(start)
            return start
        start += 10 + sum((byte & 127) << shift for byte, shift in zip(head[6:], (21, 14, 7, 0), strict=True))
