"""Reading through PyAV (FFmpeg): everything that libsndfile does not know, or gave up on."""

from __future__ import annotations

from collections.abc import Iterator
from io import FileIO
from typing import Any

import av
import numpy as np
from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream
from numpy.typing import NDArray

from mgc_desktop.audio.source import MAX_CHANNELS, MAX_SECONDS, NO_AUDIO, Sink, check_header
from mgc_desktop.core.errors import DecodeError

_FAILURES = (av.FFmpegError, OSError, ValueError, RuntimeError, OverflowError, TypeError, IndexError)

# Containers of sound only. What is not named here is not even probed: playlists (HLS, DASH, concat) would open
# other files and addresses, and picture or subtitle formats only add to what a hostile file can reach.
_CONTAINERS = (
    "aac,ac3,aiff,amr,ape,asf,asf_o,au,avi,caf,dsf,dts,dtshd,eac3,flac,flv,iff,matroska,webm,"
    "mov,mp4,m4a,3gp,3g2,mj2,mp3,mpc,mpc8,mpeg,mpegts,nut,ogg,oma,rm,rso,shn,spdif,tak,truehd,"
    "tta,voc,w64,wav,wsaud,wv,xwma"
)
_PREROLL = 0.12  # s decoded before a window and thrown away: codecs need a running start (Opus asks for 0.08)
_TAIL = 5.0  # s before the announced end where the search for the real end begins
_BATCH_VALUES = 1 << 15  # codecs hand out some 1,000 values at a time: converted together they cost half
_MAX_DAMAGED = 1000  # broken packets skipped before giving up


class AvSource:
    """A `Source` on FFmpeg's libraries.

    Parameters
    ----------
    file : FileIO
        Read from its beginning; stays open when this is closed.

    Raises
    ------
    DecodeError
        Where there is no audio that FFmpeg can decode.
    """

    def __init__(self, file: FileIO) -> None:
        file.seek(0)
        try:
            self._container = av.open(
                file,
                mode="r",
                metadata_errors="replace",
                options={"format_whitelist": _CONTAINERS, "protocol_whitelist": ""},
            )
        except _FAILURES as error:
            raise DecodeError(NO_AUDIO, f"FFmpeg: {error}") from error
        try:
            self._stream = self._best_stream()
            check_header(self.sample_rate, self.channels)
            self.frames = self._real_frames()
            # Where the next block comes from, and which frame it begins with; nothing before the first read.
            self._onward: Iterator[NDArray[np.float32]] | None = None
            self._at = 0
            self._rest = np.empty((0, self.channels), np.float32)
        except _FAILURES as error:
            self.close()
            raise DecodeError(NO_AUDIO, f"FFmpeg: {error}") from error
        except DecodeError:
            self.close()
            raise

    def _best_stream(self) -> AudioStream:
        stream = self._container.streams.best("audio")
        if not isinstance(stream, AudioStream):
            raise DecodeError("The file holds no sound; choose another.", f"FFmpeg: {self._container.format.name}")
        context = stream.codec_context
        if context is None:
            raise DecodeError("The sound in the file is protected, or in a format unknown here; convert it first.")
        context.thread_count = 1  # several files are decoded side by side already
        self.sample_rate = int(context.sample_rate or 0)
        self.channels = int(context.layout.nb_channels if context.layout else 0)
        self._origin = stream.start_time or 0
        return stream

    def _real_frames(self) -> int:
        """Find where the last packet ends: headers of truncated, raw and some ASF files announce something else."""
        end = 0.0
        announced = (self._container.duration or 0) / av.time_base
        if announced > 2 * _TAIL and self._seek(announced - _TAIL):
            end = self._end_of_packets()
        if not end:
            self._seek(0.0)
            end = self._end_of_packets()
        if not 0 < end <= MAX_SECONDS:
            raise DecodeError(NO_AUDIO, f"FFmpeg: {end} s of packets, {announced} s announced")
        return int(end * self.sample_rate)

    def _end_of_packets(self) -> float:
        last = None
        try:
            for packet in self._container.demux(self._stream):
                if packet.pts is not None:
                    last = max(last or 0, packet.pts + (packet.duration or 0))
        except _FAILURES:
            pass  # the file breaks off here: what came before counts
        return self._seconds(last) if last is not None else 0.0

    def _seconds(self, timestamp: int) -> float:
        base = self._stream.time_base
        return float((timestamp - self._origin) * base) if base else 0.0

    def _seek(self, seconds: float) -> bool:
        base = self._stream.time_base
        try:
            self._container.seek(self._origin + int(seconds / base) if base else 0, stream=self._stream)
        except _FAILURES:
            return False
        return True

    def read(self, start: int, into: Sink) -> None:
        if self._onward is None or start != self._at:
            self._jump(start)
        while into.missing and self._onward is not None:
            if not self._rest.size:
                following = next(self._onward, None)
                if following is None:
                    return
                self._rest = following
            piece = self._rest[: into.missing]
            into.push(piece)
            self._rest = self._rest[len(piece) :]
            self._at += len(piece)

    def _jump(self, start: int) -> None:
        self._onward = None
        wanted_from = start / self.sample_rate
        if not self._seek(max(0.0, wanted_from - _PREROLL)) and not self._seek(0.0):
            raise DecodeError(NO_AUDIO, "FFmpeg: the file cannot be read from any point but its beginning")
        self._at, self._rest, self._onward = start, self._rest[:0], self._blocks_from(start)

    def _blocks_from(self, start: int) -> Iterator[NDArray[np.float32]]:
        skip: int | None = None
        for block, begins in self._blocks():
            if skip is None:
                skip = max(0, start - round(begins * self.sample_rate))
            dropped = min(skip, block.shape[0])
            skip -= dropped
            if dropped < block.shape[0]:
                yield block[dropped:]

    def _blocks(self) -> Iterator[tuple[NDArray[np.float32], float]]:
        """Yield (n, channels) float32 and where it begins in s, from the point that was sought."""
        batch: list[AudioFrame] = []
        values, begins = 0, 0.0
        for frame in self._frames():
            if frame.sample_rate != self.sample_rate or not 1 <= frame.layout.nb_channels <= MAX_CHANNELS:
                break  # a stream that changes its rate goes on as another track
            if batch and (values > _BATCH_VALUES or not _alike(frame, batch[0])):
                yield _as_float(batch), begins
                begins += sum(part.samples for part in batch) / self.sample_rate
                batch, values = [], 0
            if not batch and frame.pts is not None:
                begins = self._seconds(frame.pts)
            batch.append(frame)
            values += frame.samples * frame.layout.nb_channels
        if batch:
            yield _as_float(batch), begins

    def _frames(self) -> Iterator[AudioFrame]:
        damaged = 0
        packets = self._container.demux(self._stream)
        while True:
            try:
                packet = next(packets)
                frames = packet.decode()
            except StopIteration:
                return
            except EOFError:
                return
            except _FAILURES as error:
                damaged += 1
                if damaged > _MAX_DAMAGED:
                    raise DecodeError(NO_AUDIO, f"FFmpeg: {error}") from error
                continue
            yield from (frame for frame in frames if isinstance(frame, AudioFrame))

    def close(self) -> None:
        self._container.close()


def _alike(one: AudioFrame, other: AudioFrame) -> bool:
    return one.format.name == other.format.name and one.layout.nb_channels == other.layout.nb_channels


def _as_float(frames: list[AudioFrame]) -> NDArray[np.float32]:
    """Return (n, channels) float32 of frames in whatever sample format their codec makes."""
    raw = np.concatenate([frame.to_ndarray() for frame in frames], axis=1)
    values: NDArray[Any] = raw.T if frames[0].format.is_planar else raw.reshape(-1, frames[0].layout.nb_channels)
    kind, size = values.dtype.kind, values.dtype.itemsize
    out: NDArray[np.float32] = values.astype(np.float32, copy=False)
    if kind == "u":
        out = (out - np.float32(128)) / np.float32(128)
    elif kind == "i":
        out = out * np.float32(2.0 ** (1 - 8 * size))
    return out
