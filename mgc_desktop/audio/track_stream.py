"""A track decoded onward, piece by piece and without a seam: for the ear, and for a picture of the whole of it.

Everything here opens untrusted bytes: the program calls it in limited processes (`mgc_desktop.core.pool`) only.
`read_piece` keeps the track open in its process from one piece to the next, until `let_go`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import soxr
from numpy.typing import NDArray

from mgc_desktop.audio.decode import readers_for
from mgc_desktop.audio.source import NO_AUDIO, HeaderLiesError, Sink, Source, open_audio, tamed
from mgc_desktop.core.errors import DecodeError

_BLOCK_SECONDS = 1.0  # decoded and resampled at a time


@dataclass(frozen=True, slots=True)
class PieceRequest:
    """Which piece of a track to decode.

    Attributes
    ----------
    path : str
    rate : int
        Hz that the piece is to have.
    frames : int
        Its length.
    start : int or None
        Frame, at `rate`, that it begins with; None: where an excerpt from the middle of the track begins.
    excerpt_seconds : float
        s of that excerpt.
    """

    path: str
    rate: int
    frames: int
    start: int | None
    excerpt_seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece as it was decoded: (n, 1) or (n, 2) float32 in -1..1."""

    start: int  # frames, at the rate that was asked for
    samples: NDArray[np.float32]
    duration: float  # s, of the whole track
    is_last: bool  # nothing comes after it


class Stereo:
    """A `Sink` for one or two channels; what has more is mixed to one."""

    def __init__(self, frames: int, channels: int) -> None:
        self.wanted = frames
        self.filled = 0
        self._out = np.empty((frames, channels), np.float32)

    @property
    def missing(self) -> int:
        return self.wanted - self.filled

    def push(self, block: NDArray[np.float32]) -> None:
        block = block[: self.missing]
        if block.shape[1] not in (1, self._out.shape[1]):
            block = block.mean(axis=1, keepdims=True)
        self._out[self.filled : self.filled + len(block)] = block
        self.filled += len(block)

    def samples(self) -> NDArray[np.float32]:
        return tamed(self._out[: self.filled])


class OpenTrack:
    """An open file behind whichever reader can read it; goes over to the next one where a reader gives up.

    Raises
    ------
    DecodeError
        Where no reader can.
    """

    def __init__(self, path: str) -> None:
        self._file = open_audio(path)
        self._makers = list(readers_for(self._file))
        self._trouble = DecodeError(NO_AUDIO)
        self.source: Source
        try:
            self._open_next()
        except DecodeError:
            self._file.close()
            raise

    @property
    def duration(self) -> float:
        """s."""
        return self.source.frames / self.source.sample_rate

    def read(self, start: int, into: Sink) -> None:
        """Fill `into` with frames from `start` on; fewer where the track ends before.

        Raises
        ------
        HeaderLiesError
            Where another reader has taken over: begin anew with an empty sink.
        DecodeError
            Where none is left.
        """
        try:
            self.source.read(start, into)
        except (HeaderLiesError, DecodeError) as error:
            if isinstance(error, DecodeError):
                self._trouble = error
            self.source.close()
            self._open_next()
            raise HeaderLiesError(str(error)) from error

    def close(self) -> None:
        self.source.close()
        self._file.close()

    def _open_next(self) -> None:
        while self._makers:
            make = self._makers.pop(0)
            try:
                self.source = make(self._file)
                return
            except DecodeError as error:
                # The first reader to have got as far as the audio knows best what is wrong with it.
                self._trouble = error if self._trouble.sentence == NO_AUDIO else self._trouble
            except HeaderLiesError as error:
                self._trouble = DecodeError(self._trouble.sentence, str(error))
        raise self._trouble


class TrackStream:
    """A track at a wanted rate, in one or two channels, read on from wherever the last piece ended.

    Parameters
    ----------
    path : str
    rate : int
        Hz.

    Raises
    ------
    DecodeError
    """

    def __init__(self, path: str, rate: int) -> None:
        self.path, self.rate = path, rate
        self._track = OpenTrack(path)
        self.jump(0)

    @property
    def duration(self) -> float:
        """s."""
        return self._track.duration

    def jump(self, start: int) -> None:
        """Go on from frame `start`, at the rate asked for."""
        source = self._track.source
        self.at = start
        self._channels = 2 if source.channels == 2 else 1
        self._source_at = round(start * source.sample_rate / self.rate)
        self._resampler = (
            soxr.ResampleStream(source.sample_rate, self.rate, self._channels)
            if source.sample_rate != self.rate
            else None
        )
        self._ready = np.empty((0, self._channels), np.float32)
        self._ended = self._source_at >= source.frames

    def read(self, frames: int) -> Piece:
        """Return the next piece, shorter at the end of the track.

        Raises
        ------
        DecodeError
            Where the track cannot be decoded from here on.
        """
        while len(self._ready) < frames and not self._ended:
            try:
                block = self._block()
            except HeaderLiesError:
                self.jump(self.at)  # with the reader that took over
                continue
            self._ready = np.concatenate([self._ready, block]) if len(self._ready) else block
        start, samples = self.at, self._ready[:frames]
        self._ready = self._ready[len(samples) :]
        self.at += len(samples)
        is_last = self._ended and not len(self._ready)
        return Piece(start, np.clip(samples, -1.0, 1.0), self.duration, is_last)

    def _block(self) -> NDArray[np.float32]:
        sink = Stereo(round(_BLOCK_SECONDS * self._track.source.sample_rate), self._channels)
        self._track.read(self._source_at, sink)
        self._source_at += sink.filled
        self._ended = sink.missing > 0
        samples = sink.samples()
        if self._resampler is None:
            return samples
        resampled: NDArray[np.float32] = self._resampler.resample_chunk(samples, last=self._ended)
        return resampled.reshape(-1, self._channels)

    def close(self) -> None:
        self._track.close()


_open: list[TrackStream] = []  # the one that this process reads; a worker does one thing at a time


def read_piece(request: PieceRequest) -> Piece:
    """Return a piece of a track; it costs no seek where it follows the last one.

    Raises
    ------
    DecodeError
    """
    stream = _open[0] if _open else None
    if stream is None or (stream.path, stream.rate) != (request.path, request.rate):
        let_go()
        stream = TrackStream(request.path, request.rate)
        _open.append(stream)
    start = request.start
    if start is None:
        start = round(max(0.0, (stream.duration - request.excerpt_seconds) / 2) * request.rate)
    if start != stream.at:
        stream.jump(start)
    try:
        return stream.read(request.frames)
    except DecodeError:
        let_go()  # its readers are used up
        raise


def let_go() -> None:
    """Close the track that this process has open, so that it can be moved, written or taken away."""
    while _open:
        _open.pop().close()
