"""Saving sound: what was heard is in the file, to the sample; what cannot be written leaves nothing behind."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
import soundfile

from mgc_desktop.core.errors import SaveError
from mgc_desktop.core.recording import Gap, Recording
from mgc_desktop.core.ring import AudioRing
from mgc_desktop.engine.save_sound import save_sound
from tests import synth
from tests.small_files import small_files

__all__ = ["small_files"]

_RATE = 44_100  # Hz
_FINEST = 2.0**-23  # of 24 bit


def _recorded(seconds: float, kept: float = 60.0, rate: int = _RATE) -> Recording:
    ring = AudioRing(kept, rate)
    ring.write(synth.song(seconds, rate))
    return Recording(ring, "Microphone")


def test_a_span_is_saved_to_the_sample(tmp_path: Path) -> None:
    recording, path = _recorded(6.0), tmp_path / "span.flac"
    assert save_sound(recording, 1.5, 4.0, str(path), tags={"title": "Jazz", "date": "2026-11-22"}) == 2.5
    samples, rate = soundfile.read(path, dtype="float32")
    heard, _ = recording.ring.read(round(1.5 * _RATE), 4 * _RATE)
    assert rate == _RATE
    np.testing.assert_allclose(samples, np.clip(heard, -1, 1), atol=1.01 * _FINEST)
    with soundfile.SoundFile(path) as sound:
        assert (sound.format, sound.subtype, sound.channels) == ("FLAC", "PCM_24", 1)
        assert (sound.title, sound.date) == ("Jazz", "2026-11-22")
    assert os.listdir(tmp_path) == ["span.flac"]


@pytest.mark.parametrize("rate", [8_000, 96_000, 192_000])
def test_every_rate_of_an_input_is_kept(tmp_path: Path, rate: int) -> None:
    path = tmp_path / "all.flac"
    save_sound(_recorded(1.0, rate=rate), 0.0, 1.0, str(path))
    assert (soundfile.info(path).samplerate, soundfile.info(path).frames) == (rate, rate)


def test_a_gap_is_silence_of_its_length(tmp_path: Path) -> None:
    ring = AudioRing(60.0, _RATE)
    ring.write(synth.tone(1.0, rate=_RATE))
    ring.skip(_RATE // 2)
    ring.write(synth.tone(1.0, rate=_RATE))
    recording = Recording(ring, "Microphone", gaps=(Gap(_RATE, 3 * _RATE // 2),))
    path = tmp_path / "gap.flac"
    assert save_sound(recording, 0.0, 2.5, str(path)) == 2.5
    samples, _ = soundfile.read(path, dtype="float32")
    assert not samples[_RATE : 3 * _RATE // 2].any()
    assert abs(samples[:_RATE]).max() > 0.4
    assert abs(samples[3 * _RATE // 2 :]).max() > 0.4


def test_what_is_no_longer_kept_is_left_out(tmp_path: Path) -> None:
    recording, path = _recorded(6.0, kept=2.0), tmp_path / "rest.flac"
    assert save_sound(recording, 0.0, 6.0, str(path)) == pytest.approx(2.0)
    heard, _ = recording.ring.read_last(2 * _RATE)
    samples, _ = soundfile.read(path, dtype="float32")
    np.testing.assert_allclose(samples, np.clip(heard, -1, 1), atol=1.01 * _FINEST)
    with pytest.raises(SaveError, match="no longer kept"):
        save_sound(recording, 0.0, 3.0, str(tmp_path / "gone.flac"))
    assert os.listdir(tmp_path) == ["rest.flac"]


def test_recording_may_go_on_meanwhile(tmp_path: Path) -> None:
    recording, path = _recorded(8.0, kept=8.0), tmp_path / "on.flac"
    more = synth.noise(0.5, _RATE)

    def record(share: float) -> bool:
        recording.ring.write(more)  # the oldest half second is forgotten with each block that is written
        return True

    # Blocks of 2 s are read faster than half a second is forgotten: only the first block loses anything.
    assert save_sound(recording, 0.0, 8.0, str(path), going_on=record) == pytest.approx(7.5)
    samples, _ = soundfile.read(path, dtype="float32")
    heard = np.clip(synth.song(8.0, _RATE)[_RATE // 2 :], -1, 1)
    np.testing.assert_allclose(samples, heard, atol=1.01 * _FINEST)


def test_a_file_that_was_there_is_replaced_at_the_end_only(tmp_path: Path) -> None:
    recording, path = _recorded(6.0), tmp_path / "old.flac"
    path.write_bytes(b"old")
    with pytest.raises(SaveError, match="ended before"):
        save_sound(recording, 0.0, 6.0, str(path), going_on=lambda share: share < 0.5)
    assert path.read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["old.flac"]
    save_sound(recording, 0.0, 6.0, str(path))
    assert soundfile.info(path).frames == 6 * _RATE


def test_a_full_disk_is_one_sentence_and_nothing_is_left(tmp_path: Path, small_files: None) -> None:
    ring = AudioRing(60.0, _RATE)
    ring.write(synth.noise(10.0, _RATE))
    with pytest.raises(SaveError) as caught:
        save_sound(Recording(ring, "Microphone"), 0.0, 10.0, str(tmp_path / "big.flac"))
    assert caught.value.sentence == (
        "“big.flac” could not be written (File too large); see that there is room and that the folder may be written, "
        "or choose another."
    )
    assert os.listdir(tmp_path) == []


def test_a_folder_that_is_gone_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(SaveError, match="No such file or directory"):
        save_sound(_recorded(1.0), 0.0, 1.0, str(tmp_path / "gone" / "a.flac"))
