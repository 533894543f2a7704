"""Any values that a genre field can hold come back exactly as they went in; damaged files never come to harm."""

from __future__ import annotations

import os
import random
from pathlib import Path

import mutagen.id3
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from mgc_desktop.core.errors import TagError
from mgc_desktop.library.identity import payload_digest
from mgc_desktop.library.tags.genre import read_genre
from mgc_desktop.library.tags.state import state_of
from mgc_desktop.library.tags.values import GENRE_NAMES, check_values, from_id3, to_id3
from mgc_desktop.library.tags.write import WriteOptions, commit, prepare_write
from tests.unit.library.tags import tagging

_ID3 = (".mp3", ".aac", ".tta", ".wav", ".aiff", ".dsf")
_letters = st.characters(exclude_categories=["Cs"], exclude_characters=[*map(chr, range(32)), "\x7f"])
_short = [
    " ",
    "  a  ",
    ";",
    "a;b",
    "a/b",
    "R&B",
    "a\\b",
    "a, b",
    "(17)",
    "((",
    "(RX)",
    "17",
    "\ufeff",
    "\ufffe",
    "ÿ",
    "þÿ",
]
_longer = [
    "x" * 10_000,
    "夜" * 3_400,
    "🎷" * 2_500,
    "genre=x",
    "=",
    "\x85",
    "\u2028",
    "\uff21" * 300,
    "é" * 127,
    "a" * 254,
]
_odd = st.sampled_from([*_short, *_longer])
_values = st.lists(st.text(_letters, min_size=1, max_size=40) | _odd, max_size=6)


@pytest.fixture(autouse=True)
def no_waiting_for_the_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    """What reaches the disk is not what is looked at here, and costs most of the time."""
    monkeypatch.setattr(os, "fsync", lambda _: None)


def round_trip(folder: Path, extension: str, values: list[str], content: bytes) -> None:
    """Write, read back, undo; or be refused in a sentence, where there is nothing to do or ID3 reads a number."""
    path = folder / f"song{extension}"
    path.write_bytes(content)
    had = read_genre(str(path)).values
    refused = tuple(values) == had or (extension in _ID3 and not all(map(exact, values)))
    if refused:
        with pytest.raises(TagError, match=r"genre already|number of a list"):
            prepare_write(str(path), tuple(values), None, WriteOptions())
        assert path.read_bytes() == content
        assert tagging.alone(path)
        return
    prepared = prepare_write(str(path), tuple(values), state_of(str(path)), WriteOptions())
    commit(prepared)
    assert read_genre(str(path)).values == tuple(values)
    tagging.undo(path, prepared)
    assert path.read_bytes() == content


def exact(value: str) -> bool:
    try:
        return from_id3(to_id3([value])) == (value,)
    except TagError:
        return False


def try_values(folder: Path, extension: str, examples: int) -> int:
    """Try so many cases, and return how many there were."""
    contents = [tagging.plain(extension), tagging.full(extension)]
    tried = 0

    @settings(max_examples=examples, suppress_health_check=list(HealthCheck), database=None)
    @given(_values, st.sampled_from(contents))
    @example(["x" * 10_000, "y;z"], contents[1])
    @example([], contents[1])
    def cases(values: list[str], content: bytes) -> None:
        nonlocal tried
        round_trip(folder, extension, values, content)
        tried += 1

    cases()
    return tried


@pytest.mark.parametrize("extension", tagging.FORMATS)
def test_values_come_back_exactly(tmp_path: Path, extension: str) -> None:
    assert try_values(tmp_path, extension, 20) >= 20


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("extension", tagging.FORMATS)
def test_values_come_back_exactly_in_500_cases(tmp_path: Path, extension: str) -> None:
    assert try_values(tmp_path, extension, 500) >= 500


@pytest.mark.parametrize("version", [2, 3, 4])
@pytest.mark.parametrize("flags", [0, 0x80])
def test_values_in_older_id3(tmp_path: Path, version: int, flags: int) -> None:
    assert try_older_id3(tmp_path, version, flags, 10) >= 10


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("version", [2, 3, 4])
@pytest.mark.parametrize("flags", [0, 0x80])
def test_values_in_older_id3_in_500_cases(tmp_path: Path, version: int, flags: int) -> None:
    assert try_older_id3(tmp_path, version, flags, 500) >= 500


def try_older_id3(folder: Path, version: int, flags: int, examples: int) -> int:
    """Try so many cases in ID3v2.`version`, and return how many there were."""
    from tests.unit.library.tags.test_id3_surgery import OTHERS, tag

    tried = 0
    content = tag(version, [*OTHERS, ("TCON", b"\0Jazz")], flags=flags, padding=bytes(300)) + tagging.plain(".mp3")

    @settings(max_examples=examples, suppress_health_check=list(HealthCheck), database=None)
    @given(_values)
    def cases(values: list[str]) -> None:
        nonlocal tried
        tried += 1
        round_trip(folder, ".mp3", values, content)
        if values and all(map(exact, values)):
            path = folder / "song.mp3"
            tagging.write(path, *values)
            read = mutagen.id3.ID3(path)
            assert str(read["TIT2"]) == "Title"
            assert [frame[4:7] for frame in read.unknown_frames] or version != 4

    cases()
    return tried


@given(st.text(_letters, min_size=1, max_size=12) | _odd | st.sampled_from(GENRE_NAMES))
def test_id3_texts_and_values(value: str) -> None:
    check_values([value])
    if exact(value):
        assert from_id3(to_id3([value, "Rock"])) == (value, "Rock")
    else:
        assert value.isdigit() or value in ("RX", "CR")


def damaged(content: bytes, seed: int) -> bytes:
    """Return a file with bytes changed, cut out or doubled, mostly where its tags are."""
    generator = random.Random(seed)
    data = bytearray(content)
    for _ in range(generator.choice((1, 1, 2, 5, 20))):
        size = len(data)
        near = generator.choice((min(size, 64), min(size, 400), size))
        at = generator.randrange(near) if generator.random() < 0.7 else size - 1 - generator.randrange(near)
        kind = generator.random()
        if kind < 0.6:
            data[at] = generator.choice((0, 0xFF, 0x7F, 0x80, generator.randrange(256)))
        elif kind < 0.75:
            del data[at : at + generator.randrange(1, 40)]
        elif kind < 0.9:
            data[at:at] = data[at : at + generator.randrange(1, 40)]
        else:
            del data[at:]
        if not data:
            return b"\0"
    return bytes(data)


def damage(folder: Path, extension: str, seeds: range) -> int:
    """Write into damaged files: the write works and can be taken back, or the file stays; nothing else is raised.

    Returns how many there were.
    """
    path = folder / f"song{extension}"
    for seed in seeds:
        content = damaged(tagging.full(extension), seed)
        path.write_bytes(content)
        try:
            done = tagging.write(path, "Hip-Hop", "Ünïcode 夜曲")
        except TagError:
            assert path.read_bytes() == content, seed
        else:
            tagging.undo(path, done)
            assert path.read_bytes() == content, seed
        assert tagging.alone(path), seed
    return len(seeds)


@pytest.mark.parametrize("extension", tagging.FORMATS)
def test_damaged_files_come_to_no_harm(tmp_path: Path, extension: str) -> None:
    assert damage(tmp_path, extension, range(8)) == 8


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("extension", tagging.FORMATS)
def test_a_thousand_damaged_files_come_to_no_harm(tmp_path: Path, extension: str) -> None:
    assert damage(tmp_path, extension, range(1000)) == 1000


@pytest.mark.parametrize("extension", [".dsf", ".wma", ".m4a"])
def test_absurd_sizes_lead_nowhere(tmp_path: Path, extension: str) -> None:
    path = tmp_path / f"song{extension}"
    content = tagging.full(extension)
    for at in range(4, 80):
        path.write_bytes(content[:at] + b"\xff" * 8 + content[at + 8 :])
        assert len(payload_digest(str(path))) == 32
