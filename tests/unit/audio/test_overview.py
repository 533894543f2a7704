"""The picture of a whole track: levels, places, any length, and pieces that make no difference."""

from __future__ import annotations

import tracemalloc
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from mgc_desktop.audio.overview import Overview
from mgc_desktop.audio.track_stream import TrackStream
from mgc_desktop.core.errors import DecodeError
from mgc_desktop.core.mel import band_edges
from mgc_desktop.core.mel_picture import CODES_PER_DB, FLOOR_DB, LOWEST_HZ, N_MELS
from tests import synth


def levels(path: Path, columns: int = 256, at_a_time: float = 0.0) -> tuple[NDArray[np.float32], Overview]:
    """Return the picture in dB, (columns, bands)."""
    overview, found = Overview(str(path), columns), []
    while not overview.is_over:
        found.append(overview.go_on(at_a_time))
    overview.close()
    return (np.concatenate(found) / CODES_PER_DB + FLOOR_DB).astype(np.float32), overview


def band_of(hz: float) -> int:
    return int(np.argmin(np.abs(band_edges(N_MELS, LOWEST_HZ, 12_000.0)[1:-1] - hz)))


@pytest.mark.parametrize("name", ["a.wav", "a.flac", "a.mp3", "a.m4a", "a.opus"])
def test_a_tone_stands_in_its_band_at_its_level_and_in_its_place(tmp_path: Path, name: str) -> None:
    sound = np.concatenate([synth.tone(10.0, 1000.0, level=0.1), synth.silence(10.0)])
    picture, overview = levels(synth.write_audio(tmp_path / name, sound))
    assert len(picture) == overview.total == overview.done
    assert overview.duration == pytest.approx(20.0, abs=0.1)
    assert overview.column_seconds * len(picture) == pytest.approx(20.0, abs=0.2)
    half = len(picture) // 2
    assert picture[2 : half - 3].argmax(axis=1) == pytest.approx(band_of(1000.0), abs=1)
    assert picture[2 : half - 3].max(axis=1) == pytest.approx(-20.0, abs=1.5)
    assert picture[half + 3 :].max() < -70


def test_it_does_not_matter_in_how_many_pieces_it_is_made(tmp_path: Path) -> None:
    path = synth.write_audio(tmp_path / "a.ogg", synth.song(40.0))
    pieces, _ = levels(path)
    whole, _ = levels(path, at_a_time=60.0)
    assert (pieces == whole).all()
    assert len(whole) == pytest.approx(256, abs=2)


@pytest.mark.parametrize("seconds", [0.05, 0.4, 3.0])
def test_short_tracks(tmp_path: Path, seconds: float) -> None:
    picture, overview = levels(synth.write_audio(tmp_path / "a.wav", synth.tone(seconds, 500.0)), 2048)
    assert len(picture) == overview.total >= 1
    assert overview.column_seconds >= 0.0039
    assert picture.max() == pytest.approx(-6, abs=2)


def test_channels_in_opposite_phase_are_not_silent(tmp_path: Path) -> None:
    tone = synth.tone(20.0, 800.0)
    picture, _ = levels(synth.write_audio(tmp_path / "a.wav", np.stack([tone, -tone], axis=1)))
    assert picture[5:-5].max(axis=1).min() > -10


def test_a_truncated_file_shows_what_it_has(tmp_path: Path) -> None:
    path = synth.write_audio(tmp_path / "a.flac", synth.drums(30.0))
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    picture, _ = levels(path)
    assert picture.max() > -40


def test_nothing_to_show_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "a.mp3").write_bytes(bytes(4000))
    with pytest.raises(DecodeError, match=r"\.$"):
        levels(tmp_path / "a.mp3")


def test_half_an_hour_takes_no_more_memory_than_a_minute(tmp_path: Path) -> None:
    minute = synth.drums(60.0, 8000)
    peaks = []
    for name, count in (("short.wav", 1), ("long.wav", 30)):
        path = synth.write_audio(tmp_path / name, np.tile(minute, count), 8000)
        tracemalloc.start()
        picture, _ = levels(path, 512)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
        assert len(picture) == pytest.approx(512, abs=2)
    assert peaks[1] < 2 * peaks[0]


@pytest.mark.slow
def test_every_real_format_is_as_long_as_what_is_heard_of_it(real_formats: Path) -> None:
    told = {}
    for path in sorted(real_formats.iterdir()):
        try:
            picture, overview = levels(path, 512, at_a_time=1.0)
        except DecodeError:
            continue
        stream, heard = TrackStream(str(path), 44_100), 0
        while True:
            piece = stream.read(200_000)
            heard += len(piece.samples)
            if piece.is_last:
                break
        stream.close()
        told[path.name] = (overview.duration, heard / 44_100, len(picture) / overview.total)
    assert len(told) > 40
    for name, (duration, heard_seconds, share) in told.items():
        assert heard_seconds == pytest.approx(duration, abs=0.15), name
        assert share > 0.95, name
