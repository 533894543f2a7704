"""Fingerprints: the same recording is found again whatever was done to it, and other music is not."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest
import soundfile
import soxr

from mgc_desktop.audio.decode import load_audio
from mgc_desktop.core.values import Samples
from tests import synth
from training.data.fingerprint import STEP_SECONDS, Fingerprint, find_matches, fingerprint
from training.data.spectrum import HOP, N_MELS, SAMPLE_RATE, mel_power

LOW_QUALITY = 0.9  # libsndfile's word for some 56 kbit/s


def tune(seconds: float, seed: int) -> Samples:
    """Return music whose chords, rhythm and tempo go by the seed, at the rate of fingerprints."""
    rng = np.random.default_rng(seed)
    bpm = float(rng.uniform(70, 170))
    music = synth.chords(seconds, SAMPLE_RATE, bpm, seed) + 0.5 * synth.drums(seconds, SAMPLE_RATE, bpm, seed)
    return np.clip(music + synth.noise(seconds, SAMPLE_RATE, 0.002, seed), -1, 1).astype(np.float32)


def of(samples: Samples) -> Fingerprint:
    return fingerprint(mel_power(samples))


def as_mp3(samples: Samples, rate: int, path: Path) -> Samples:
    """Return what is left of it after mp3 at 56 kbit/s."""
    words = {"bitrate_mode": "CONSTANT", "compression_level": LOW_QUALITY}
    with soundfile.SoundFile(path, "w", rate, 1, format="MP3", subtype="MPEG_LAYER_III", **words) as stream:
        stream.write(samples)
    assert path.stat().st_size * 8 / (len(samples) / rate) < 66_000
    return load_audio(path, sample_rate=SAMPLE_RATE)[0]


def test_the_spectrogram_is_that_of_the_reference_front_end() -> None:
    import torch

    from training.frontends.log_mel import LogMel, LogMelConfig

    config = LogMelConfig()
    assert (config.sample_rate, config.hop, config.n_mels) == (SAMPLE_RATE, HOP, N_MELS)
    samples = tune(3.0, 1)
    ours = 10 * np.log10(np.maximum(mel_power(samples), 1e-10)).T
    theirs = LogMel(config)(torch.from_numpy(samples[None]))[0].numpy()
    np.testing.assert_allclose(ours, theirs, atol=0.02)


@pytest.mark.parametrize("shift", [0.0, 5.0, 5.0131, -3.337])
def test_a_copy_in_mp3_quieter_and_cut_elsewhere_is_found(tmp_path: Path, shift: float) -> None:
    original = tune(20.0, 1)
    wide = soxr.resample(original, SAMPLE_RATE, 44_100)
    copy = as_mp3(0.3 * wide[round(abs(shift) * 44_100) :], 44_100, tmp_path / "copy.mp3")
    tracks = [original, copy] if shift >= 0 else [copy, original]
    (match,) = find_matches([of(samples) for samples in tracks])
    assert (match.a, match.b) == (0, 1)
    assert match.shift == pytest.approx(shift, abs=STEP_SECONDS)
    assert match.overlap == pytest.approx(20 - abs(shift), abs=1.0)
    assert match.difference < 0.2


def test_a_piece_of_two_seconds_and_a_half_is_found() -> None:
    original = tune(20.0, 2)
    (match,) = find_matches([of(original), of(original[8 * SAMPLE_RATE : round(10.5 * SAMPLE_RATE)])])
    assert match.shift == pytest.approx(8.0, abs=STEP_SECONDS)


def test_other_music_and_what_is_none_is_not_paired() -> None:
    others = [tune(15.0, seed) for seed in range(3, 15)]
    none = [synth.noise(15.0, SAMPLE_RATE, seed=seed) for seed in range(2)]
    empty = [np.zeros(15 * SAMPLE_RATE, np.float32)] * 2 + [np.zeros(100, np.float32)] * 2
    assert find_matches([of(samples) for samples in (*others, *none, *empty)]) == []
    assert find_matches([]) == []


def test_long_silence_in_common_is_nothing_in_common() -> None:
    pause = np.zeros(12 * SAMPLE_RATE, np.float32)
    first, second = (np.concatenate([tune(2.0, seed), pause]) for seed in (20, 21))
    assert find_matches([of(first), of(second)]) == []


def test_real_tracks_of_one_artist_are_not_paired_and_copies_are(real_data: Path, tmp_path: Path) -> None:
    with (real_data / "tracks.csv").open(newline="", encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    artist = max({row["group"] for row in rows}, key=lambda name: sum(row["group"] == name for row in rows))
    chosen = [real_data / row["path"] for row in rows if row["group"] == artist][:6]
    tracks = [load_audio(path, sample_rate=SAMPLE_RATE)[0] for path in chosen]
    copies = []
    for i, path in enumerate(chosen[:3]):
        samples, rate = load_audio(path, sample_rate=None)
        copies.append(as_mp3(0.4 * np.clip(samples, -1, 1)[5 * rate :], rate, tmp_path / f"{i}.mp3"))
    matches = find_matches([of(samples) for samples in (*tracks, *copies)])
    assert sorted((match.a, match.b) for match in matches) == [(0, 6), (1, 7), (2, 8)]


@pytest.mark.slow
def test_no_two_of_all_the_real_tracks_are_paired_but_those_that_are_one(real_data: Path) -> None:
    with (real_data / "tracks.csv").open(newline="", encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    prints = [of(load_audio(real_data / row["path"], sample_rate=SAMPLE_RATE)[0]) for row in rows]
    # The list was freed of repetitions before: any pair would be a false one.
    assert find_matches(prints) == []
