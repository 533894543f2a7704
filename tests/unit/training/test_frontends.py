"""Front ends against librosa on synthesized sound, and what training asks of all of them.

Tolerances: rounding in float32, except where a bin can flip (roll-off) or one bin alone is a valley (contrast).
"""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from mgc_desktop.model.contract import self_test_clip
from tests import synth
from training.frontends.config import FrontendConfig
from training.frontends.handcrafted import Handcrafted, HandcraftedConfig
from training.frontends.log_mel import LogMel
from training.frontends.mel_mfcc import MelMfcc, MelMfccConfig
from training.frontends.mfcc import Mfcc, MfccConfig
from training.networks.typical import HANDCRAFTED_SPREAD, MFCC_SPREAD
from training.systems import SYSTEMS, System

Wave = NDArray[np.float32]
Rows = NDArray[np.float32]

RATE = MfccConfig.sample_rate
STFT: dict[str, Any] = {"n_fft": MfccConfig.n_fft, "hop_length": MfccConfig.hop}
MFCC, CHROMA, CONTRAST, ROLLOFF, CROSSINGS = slice(0, 13), slice(13, 25), slice(25, 32), slice(32, 33), slice(33, 34)
FRONTENDS = {(s.frontend, s.frontend_config): s for s in SYSTEMS.values()}.values()

every_frontend = pytest.mark.parametrize("system", FRONTENDS, ids=lambda s: s.name)


def sounds() -> dict[str, Wave]:
    hiss = synth.noise(4.0, RATE, level=0.003, seed=3)
    return {
        "song": np.clip(synth.song(4.0, RATE) + hiss, -1, 1),
        "chords": np.clip(synth.chords(4.0, RATE) + hiss, -1, 1),
        "noise": synth.noise(4.0, RATE, level=0.2),
    }


every_sound = pytest.mark.parametrize("sound", ["song", "chords", "noise"])


def rows(frontend: torch.nn.Module, wave: Wave) -> Rows:
    with torch.inference_mode():
        out: Rows = frontend(torch.from_numpy(np.ascontiguousarray(wave))[None])[0].numpy()
    return out


def librosa_mfcc(wave: Wave) -> Rows:
    """Return librosa's MFCC with its cut at 80 dB made frame by frame."""
    import librosa

    power = librosa.feature.melspectrogram(y=wave, sr=RATE, n_mels=MfccConfig.n_mels, **STFT)
    decibels = librosa.power_to_db(power, ref=1.0, top_db=None)
    cut = np.maximum(decibels, decibels.max(axis=0) - MfccConfig.range_db)
    out: Rows = librosa.feature.mfcc(S=cut, n_mfcc=MfccConfig.n_mfcc)
    return out


@every_sound
def test_mfcc_equal_librosas(sound: str) -> None:
    import librosa

    wave = sounds()[sound]
    ours = rows(Mfcc(MfccConfig()), wave)
    assert ours.shape == (13, 1 + len(wave) // MfccConfig.hop)
    assert np.abs(ours - librosa_mfcc(wave)).max() < 2e-3
    # Where nothing lies 80 dB below the loudest point, that is librosa's plain call.
    assert np.abs(ours - librosa.feature.mfcc(y=wave, sr=RATE, n_mfcc=MfccConfig.n_mfcc, **STFT)).max() < 2e-3


def test_mfcc_do_not_hang_on_the_loudest_point_of_the_clip() -> None:
    """librosa's do: behind a loud tone it sees nothing of a soft hiss."""
    import librosa

    hiss = synth.noise(2.0, RATE, level=1e-5)
    loud = synth.tone(86 * MfccConfig.hop / RATE, rate=RATE, level=0.9)  # whole frames, so that those of both agree
    wave = np.concatenate([loud, hiss])
    alone = rows(Mfcc(MfccConfig()), hiss)[:, -40:]
    assert np.abs(rows(Mfcc(MfccConfig()), wave)[:, -40:] - alone).max() < 0.1
    theirs = librosa.feature.mfcc(y=wave, sr=RATE, n_mfcc=MfccConfig.n_mfcc, **STFT)[:, -40:]
    assert np.abs(theirs - alone).max() > 10
    assert np.abs(rows(Mfcc(MfccConfig()), wave) - librosa_mfcc(wave)).max() < 0.5


def test_rounding_of_the_fourier_transform_stays_out_of_the_mfcc() -> None:
    """What is at nothing differs between processors; the self-test of a model wants the same logits on all."""
    frontend = Mfcc(MfccConfig())
    wave = torch.from_numpy(self_test_clip(RATE, 5.0, 7)[None])
    with torch.inference_mode():
        ours = frontend(wave)
        exact = frontend.double()(wave.double())
    assert (ours - exact).abs().max() < 2e-3


@every_sound
def test_hand_crafted_rows_equal_librosas(sound: str) -> None:
    import librosa

    wave = sounds()[sound]
    ours = rows(Handcrafted(HandcraftedConfig()), wave)
    assert ours.shape == (34, 1 + len(wave) // MfccConfig.hop)
    assert np.abs(ours[MFCC] - librosa_mfcc(wave)).max() < 2e-3
    chroma = librosa.feature.chroma_stft(y=wave, sr=RATE, tuning=0.0, **STFT)
    assert np.abs(ours[CHROMA] - chroma).max() < 1e-5
    contrast = np.abs(ours[CONTRAST] - librosa.feature.spectral_contrast(y=wave, sr=RATE, **STFT))
    assert np.median(contrast) < 1e-4  # dB
    assert contrast.max() < 0.1  # dB, where the valley is one bin near nothing
    bins = (ours[ROLLOFF] * 1000 - librosa.feature.spectral_rolloff(y=wave, sr=RATE, **STFT)) * STFT["n_fft"] / RATE
    assert np.abs(bins).max() < 1.01  # a sum that meets the threshold may do so a bin later
    assert np.abs(bins).mean() < 0.01
    crossings = librosa.feature.zero_crossing_rate(
        wave, frame_length=HandcraftedConfig.n_fft, hop_length=HandcraftedConfig.hop
    )
    assert np.abs(ours[CROSSINGS] - crossings).max() < 1e-6


def test_a_note_is_the_chroma_of_its_class() -> None:
    for at, hertz in ((0, 261.63), (4, 329.63), (9, 440.0)):  # C, E, A
        ours = rows(Handcrafted(HandcraftedConfig()), synth.tone(1.0, hertz, RATE))[CHROMA, 5:-5]
        assert (ours.argmax(axis=0) == at).all()


def test_bins_that_are_only_rounding_do_not_make_contrast() -> None:
    """A pure tone leaves bins at nothing, whose logarithm would differ on every device."""
    ours = rows(Handcrafted(HandcraftedConfig()), synth.tone(1.0, 1000.0, RATE))[CONTRAST]
    assert np.isfinite(ours).all()
    assert ours.max() <= 55.0 + 1e-3  # 110 dB: librosa takes magnitudes for powers, which halves its decibels


def test_mel_and_mfcc_stand_one_below_the_other() -> None:
    wave = sounds()["song"]
    config = MelMfccConfig()
    ours = rows(MelMfcc(config), wave)
    assert ours.shape == (128 + 13, 1 + len(wave) // config.hop)
    assert np.array_equal(ours[:128], rows(LogMel(config), wave))
    assert np.array_equal(ours[128:], rows(Mfcc(config), wave))


def made(system: System) -> torch.nn.Module:
    return system.frontend(system.frontend_config).eval()


def music(config: FrontendConfig, seconds: float) -> Wave:
    wave: Wave = synth.song(seconds, config.sample_rate) + synth.noise(seconds, config.sample_rate, 0.003)
    return wave


@every_frontend
def test_a_crop_of_the_features_is_the_features_of_the_crop(system: System) -> None:
    config, frontend = system.frontend_config, made(system)
    wave = music(config, 3.0)
    first, last, edge = 20, 80, config.n_fft // config.hop // 2 + 1
    whole = rows(frontend, wave)[:, first:last]
    part = rows(frontend, wave[first * config.hop : (last - 1) * config.hop])
    assert part.shape == whole.shape
    assert np.abs(whole - part)[:, edge:-edge].max() < 1e-3


@every_frontend
def test_what_is_cached_as_float16_is_as_good(system: System) -> None:
    config, frontend = system.frontend_config, made(system)
    loud = np.sign(synth.tone(1.0, 100.0, config.sample_rate)).astype(np.float32)
    # Where a row's spread on music is known, rounding has to be small beside it; a band of dB spreads over 15 dB.
    spread = {34: HANDCRAFTED_SPREAD, 13: MFCC_SPREAD, 141: (15.0,) * 128 + MFCC_SPREAD}
    for wave in (music(config, 3.0), loud, synth.silence(1.0, config.sample_rate)):
        out = rows(frontend, wave)
        kept = out.astype(np.float16).astype(np.float32)
        assert np.isfinite(kept).all()
        scale = np.array(spread.get(len(out), (15.0,) * len(out)))[:, None]
        assert (np.abs(kept - out) / scale).max() < 0.01


@every_frontend
def test_scripted_front_ends_equal_the_eager_ones(system: System) -> None:
    config, frontend = system.frontend_config, made(system)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        scripted = torch.jit.script(frontend)
    waves = torch.from_numpy(np.stack([music(config, 1.3), synth.noise(1.3, config.sample_rate, 0.1)]))
    with torch.inference_mode():
        eager = frontend(waves)
        assert eager.shape[2] == 1 + waves.shape[1] // config.hop
        assert torch.allclose(scripted(waves), eager, atol=1e-4)
        assert torch.allclose(torch.cat([frontend(wave[None]) for wave in waves]), eager, atol=1e-4)
