"""Decoding onward: pieces that make the whole, jumps, odd files, and a file that is let go of."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from mgc_desktop.audio import track_stream
from mgc_desktop.audio.track_stream import Piece, PieceRequest, TrackStream, read_piece
from mgc_desktop.core.errors import DecodeError
from tests import synth


@pytest.fixture(autouse=True)
def closed() -> Iterator[None]:
    yield
    track_stream.let_go()


def pieces(path: Path, rate: int, frames: int, start: int = 0) -> list[Piece]:
    found: list[Piece] = []
    while not found or not found[-1].is_last:
        found.append(read_piece(PieceRequest(str(path), rate, frames, start)))
        start = found[-1].start + len(found[-1].samples)
    return found


def joined(found: list[Piece]) -> NDArray[np.float32]:
    return np.concatenate([piece.samples for piece in found])


def test_pieces_make_the_whole(tmp_path: Path) -> None:
    sound = synth.stereo(synth.song(5.3))
    found = pieces(synth.write_audio(tmp_path / "a.wav", sound), synth.RATE, 30_000)
    assert [piece.start for piece in found] == [30_000 * place for place in range(len(found))]
    assert [piece.is_last for piece in found] == [False] * (len(found) - 1) + [True]
    assert found[0].duration == pytest.approx(5.3)
    np.testing.assert_allclose(joined(found), sound, atol=1e-4)


@pytest.mark.parametrize("name", ["a.flac", "a.ogg", "a.mp3", "a.opus", "a.m4a", "a.wv", "a.mka"])
def test_at_another_rate_there_is_no_seam_in_any_format(tmp_path: Path, name: str) -> None:
    path = synth.write_audio(tmp_path / name, synth.tone(6.0, 441.0, rate=48_000), 48_000)
    found = pieces(path, 44_100, 50_000)
    sound = joined(found)[4000:-4000, 0]
    assert sound.size == pytest.approx(6 * 44_100 - 8000, abs=4000)
    bend = np.abs(np.diff(sound, 2))  # a sine has none; a seam is a corner
    assert bend.max() < 2.5 * np.percentile(bend, 90)


def test_a_jump_goes_where_it_says_and_on_from_there(tmp_path: Path) -> None:
    sound = np.concatenate([synth.tone(1.0, 300.0 + 100 * step) for step in range(8)])
    path = synth.write_audio(tmp_path / "a.mp3", sound)
    for second in (5, 2, 7, 0):
        piece = read_piece(PieceRequest(str(path), synth.RATE, synth.RATE, second * synth.RATE))
        spectrum = np.abs(np.fft.rfft(piece.samples[4000:-4000, 0]))
        assert np.argmax(spectrum) * synth.RATE / (synth.RATE - 8000) == pytest.approx(300 + 100 * second, abs=5)


def test_an_excerpt_begins_before_the_middle(tmp_path: Path) -> None:
    path = str(synth.write_audio(tmp_path / "a.wav", synth.drums(20.0)))
    assert read_piece(PieceRequest(path, 8000, 100, None, 4.0)).start == 8 * 8000
    assert read_piece(PieceRequest(path, 8000, 100, None, 45.0)).start == 0


def test_many_channels_become_one_and_what_is_too_loud_is_held(tmp_path: Path) -> None:
    surround = np.stack([synth.tone(1.0)] * 6, axis=1)
    assert joined(pieces(synth.write_audio(tmp_path / "a.wav", surround), 22_050, 5000)).shape[1] == 1
    loud = synth.write_audio(tmp_path / "loud.wav", synth.tone(1.0, level=4.0), subtype="FLOAT")
    assert np.abs(joined(pieces(loud, 44_100, 5000))).max() == 1.0


def test_a_file_that_breaks_off_gives_what_it_has(tmp_path: Path) -> None:
    path = synth.write_audio(tmp_path / "a.flac", synth.drums(12.0))
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    seconds = sum(len(piece.samples) for piece in pieces(path, 44_100, 44_100)) / 44_100
    assert 1.0 < seconds < 11.0


@pytest.mark.parametrize("data", [b"", os.urandom(3000), b"ID3\x04\x00\x00\x00\x00\x00\x00" + bytes(500)])
def test_what_is_no_audio_is_a_sentence_and_is_closed(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "a.mp3").write_bytes(data)
    with pytest.raises(DecodeError, match=r"\.$"):
        read_piece(PieceRequest(str(tmp_path / "a.mp3"), 44_100, 1000, 0))
    assert not open_files(tmp_path)


def test_a_track_is_let_go_of(tmp_path: Path) -> None:
    path = synth.write_audio(tmp_path / "a.m4a", synth.drums(3.0))
    read_piece(PieceRequest(str(path), 44_100, 1000, 0))
    assert open_files(tmp_path) or not sys.platform.startswith("linux")
    track_stream.let_go()
    assert not open_files(tmp_path)


def test_behind_the_end_there_is_nothing(tmp_path: Path) -> None:
    stream = TrackStream(str(synth.write_audio(tmp_path / "a.wav", synth.drums(2.0))), 44_100)
    stream.jump(10 * 44_100)
    piece = stream.read(1000)
    assert (len(piece.samples), piece.is_last) == (0, True)
    stream.close()


def open_files(folder: Path) -> list[str]:
    """Return what this process has open in a folder (Linux; elsewhere nothing)."""
    found = []
    for number in os.listdir("/proc/self/fd") if sys.platform.startswith("linux") else ():
        try:
            target = os.readlink(f"/proc/self/fd/{number}")
        except OSError:
            continue
        if target.startswith(str(folder)):
            found.append(target)
    return found
