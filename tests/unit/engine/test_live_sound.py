"""Sound at the model's rate, resampled piece by piece as if it were whole; and its level."""

from __future__ import annotations

import math

import numpy as np
import pytest

from mgc_desktop.core.ring import AudioRing
from mgc_desktop.core.values import Samples
from mgc_desktop.engine.live_level import LevelTrack, Presence
from mgc_desktop.engine.live_sound import ModelSound, resampled
from tests import synth

_WANTED = 12_000  # Hz


@pytest.mark.parametrize("rate", [8000, 12_000, 22_050, 44_100, 48_000, 96_000])
def test_pieces_give_what_the_whole_gives(rate: int) -> None:
    whole = (synth.song(9.0, 48_000) if rate == 48_000 else synth.song(9.0, rate)).astype(np.float32)
    ring = AudioRing(20.0, rate)
    sound = ModelSound(ring, _WANTED, 6.0)
    step = round(0.37 * rate)
    for start in range(0, len(whole), step):
        ring.write(whole[start : start + step])
        window = sound.window(0, ring.frames, 5.0)
    expected = resampled(whole, rate, _WANTED)[: len(whole) * _WANTED // rate][-5 * _WANTED :]
    assert len(window) == 5 * _WANTED
    assert window.dtype == np.float32
    np.testing.assert_allclose(window, expected, atol=2e-3)


def test_a_window_does_not_reach_back_over_its_start() -> None:
    ring = AudioRing(20.0, 44_100)
    sound = ModelSound(ring, _WANTED, 10.0)
    ring.write(np.concatenate([synth.silence(4.0, 44_100), synth.tone(4.0, 440.0, 44_100)]))
    window = sound.window(4 * 44_100, ring.frames, 10.0)
    assert len(window) == 4 * _WANTED
    assert np.sqrt(np.mean(window**2)) == pytest.approx(0.5 / math.sqrt(2), rel=0.02)


@pytest.mark.parametrize("seconds", [12.0, 40.0])
def test_after_a_long_time_without_question_or_lapped(seconds: float) -> None:
    ring = AudioRing(20.0, 44_100)
    sound = ModelSound(ring, _WANTED, 6.0)
    ring.write(synth.tone(2.0, 440.0, 44_100))
    sound.window(0, ring.frames, 5.0)
    whole = synth.song(seconds, 44_100)
    ring.write(whole)
    window = sound.window(0, ring.frames, 5.0)
    expected = resampled(whole, 44_100, _WANTED)[-5 * _WANTED :]
    assert len(window) == 5 * _WANTED
    # The two are cut at other places: as music they are the same.
    assert np.sqrt(np.mean(window**2)) == pytest.approx(np.sqrt(np.mean(expected**2)), rel=0.01)


@pytest.mark.parametrize("rate", [8000, 44_100, 48_000, 96_000])
def test_resampling_keeps_the_pitch(rate: int) -> None:
    samples = resampled(synth.tone(1.0, 1234.0, rate), rate, _WANTED)
    assert samples.dtype == np.float32
    assert len(samples) == pytest.approx(_WANTED, abs=2)
    spectrum = np.abs(np.fft.rfft(samples * np.hanning(len(samples))))
    assert np.argmax(spectrum) == pytest.approx(1234, abs=1)


def _track(*parts: Samples) -> tuple[LevelTrack, list[tuple[float, Presence]]]:
    """Feed the parts in tenths of a second; return the track, and when it changed its mind."""
    ring = AudioRing(60.0, synth.RATE)
    track = LevelTrack(ring, 0)
    changes = []
    whole = np.concatenate(parts)
    step = synth.RATE // 10
    for start in range(0, len(whole), step):
        ring.write(whole[start : start + step])
        if track.update(-60.0):
            changes.append((ring.frames / synth.RATE, track.presence))
    return track, changes


def test_sound_is_there_soon_and_silence_only_when_it_lasts() -> None:
    track, changes = _track(synth.song(3.0), synth.silence(1.5), synth.song(3.0), synth.silence(3.0), synth.song(2.0))
    assert [presence for _, presence in changes] == [Presence.SOUND, Presence.SILENCE, Presence.SOUND]
    began, ended, again = (at for at, _ in changes)
    assert began < 0.5
    assert ended == pytest.approx(7.5 + LevelTrack.SILENCE_SECONDS, abs=0.35)  # drums fade out before
    assert again == pytest.approx(10.5 + 0.3, abs=0.25)
    assert track.since / synth.RATE == pytest.approx(10.5, abs=0.15)


def test_a_level_at_the_threshold_does_not_flutter() -> None:
    edge = synth.noise(20.0, level=10 ** (-60.0 / 20.0))
    _, changes = _track(synth.silence(3.0), edge)
    assert len(changes) <= 2


def test_the_level_is_the_last_second_s() -> None:
    track, _ = _track(synth.silence(2.0), synth.tone(1.0, level=0.1))
    assert track.level_dbfs == pytest.approx(-23.0, abs=0.2)
    silent, _ = _track(synth.silence(1.0))
    assert silent.level_dbfs == -math.inf


def test_music_after_a_pause_is_found() -> None:
    track, _ = _track(synth.song(5.0), synth.silence(0.6), synth.tone(2.0))
    assert track.after_pause(4 * synth.RATE, -60.0) / synth.RATE == pytest.approx(5.6, abs=0.11)
    assert track.after_pause(6 * synth.RATE, -60.0) == 6 * synth.RATE
