"""FLAC files that are written piece by piece: whole or not there, and what was recorded comes back."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from mgc_desktop.audio.long_flac import FlacWriter, blocks, facts, write_flac
from mgc_desktop.core.errors import DecodeError
from tests import synth

RATE = 44100
_STEP = 2.0**-23  # of 24 bit


@pytest.mark.parametrize("rate", [8000, 44100, 192000])
def test_what_was_written_comes_back(tmp_path: Path, rate: int) -> None:
    wave = synth.song(3.0, rate)
    writer = FlacWriter(tmp_path / "a.flac", rate)
    for at in range(0, len(wave), 7001):
        writer.write(wave[at : at + 7001])
    writer.write_silence(rate)
    assert not (tmp_path / "a.flac").exists()  # it is not whole yet
    writer.close()
    writer.discard()  # harmless
    assert facts(tmp_path / "a.flac") == (len(wave) + rate, rate)
    read = np.concatenate(list(blocks(tmp_path / "a.flac")))
    assert np.abs(read[: len(wave)] - wave).max() <= _STEP
    assert not read[len(wave) :].any()
    part = np.concatenate(list(blocks(tmp_path / "a.flac", 1000, 5000)))
    assert np.array_equal(part, read[1000:5000])
    assert [path.name for path in tmp_path.iterdir()] == ["a.flac"]


def test_what_is_too_loud_is_clipped_and_does_not_wrap(tmp_path: Path) -> None:
    write_flac(tmp_path / "loud.flac", np.array([2.0, -2.0, 1.0, -1.0] * 100, np.float32), RATE)
    read = np.concatenate(list(blocks(tmp_path / "loud.flac")))
    assert read[:4] == pytest.approx([1.0, -1.0, 1.0, -1.0], abs=1e-6)


def test_a_full_disk_leaves_nothing_behind(tmp_path: Path, mount: Callable[..., None]) -> None:
    small = tmp_path / "small"
    small.mkdir()
    mount("-t", "tmpfs", "-o", "size=200k", "tmpfs", str(small))
    with pytest.raises(OSError, match="No space left"):
        write_flac(small / "a.flac", synth.noise(20.0), synth.RATE)
    assert list(small.iterdir()) == []


def test_a_damaged_file_is_told(tmp_path: Path) -> None:
    (tmp_path / "bad.flac").write_bytes(b"fLaC" + bytes(100))
    with pytest.raises(DecodeError, match="damaged"):
        facts(tmp_path / "bad.flac")
    with pytest.raises(DecodeError, match="damaged, or gone"):
        list(blocks(tmp_path / "none.flac"))
