"""What a file says of itself for the details of a track: year, format, bit rate; never an exception."""

from __future__ import annotations

import os
from pathlib import Path

import mutagen
import pytest

from mgc_desktop.core.track_facts import TrackFacts
from mgc_desktop.library.tags.facts import read_facts
from tests import synth


@pytest.mark.parametrize(
    ("name", "kind", "bits"),
    [
        ("a.mp3", "MP3", 0),
        ("a.flac", "FLAC", 16),
        ("a.ogg", "Ogg Vorbis", 0),
        ("a.opus", "Opus", 0),
        ("a.m4a", "AAC", 0),
        ("a.wma", "WMA", 0),
        ("a.wav", "WAV", 16),
        ("a.aiff", "AIFF", 16),
        ("a.wv", "WavPack", None),
        ("a.mka", "MKA", 0),
    ],
)
def test_formats(tmp_path: Path, name: str, kind: str, bits: int | None) -> None:
    path = synth.write_audio(tmp_path / name, synth.stereo(synth.drums(2.0)))
    facts = read_facts(str(path))
    assert facts.format == kind
    assert facts.bits == bits if bits is not None else facts.bits > 0  # as its encoder likes
    assert facts.size == path.stat().st_size
    if kind != "MKA":
        assert facts.channels == 2
    if kind in ("MP3", "Ogg Vorbis", "WMA", "FLAC", "WAV"):
        assert facts.bit_rate > 8000


@pytest.mark.parametrize(
    ("name", "key", "value", "year"),
    [
        ("a.mp3", "date", "1999-03-01", "1999"),
        ("a.flac", "date", "2004", "2004"),
        ("a.ogg", "date", "recorded 12/1987", "1987"),
        ("a.m4a", "date", "2011-01-01T00:00:00Z", "2011"),
        ("a.flac", "date", "19994", ""),
        ("a.flac", "date", "yesterday", ""),
    ],
)
def test_years(tmp_path: Path, name: str, key: str, value: str, year: str) -> None:
    path = synth.write_audio(tmp_path / name, synth.drums(1.0))
    tags = mutagen.File(path, easy=True)
    if tags.tags is None:
        tags.add_tags()
    tags[key] = value
    tags["album"] = "Salt"
    tags.save()
    facts = read_facts(str(path))
    assert (facts.year, facts.tags.album) == (year, "Salt")


@pytest.mark.parametrize("data", [b"", os.urandom(2000), b"fLaC" + bytes(40), b"ID3\x04\x00\x00\x7f\x7f\x7f\x7f"])
def test_damage_leaves_fields_empty(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "a.flac").write_bytes(data)
    facts = read_facts(str(tmp_path / "a.flac"))
    assert facts.format in ("FLAC", "MP3")
    assert facts.year == ""
    assert read_facts(str(tmp_path / "gone.xyz")) == TrackFacts(format="XYZ")
