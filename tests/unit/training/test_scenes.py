"""Scenes: the same from the same seed, music beside music, and as worn as asked; what is mixed and equalised."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from mgc_desktop.core.model_info import NOT_MUSIC_LABEL
from mgc_desktop.core.values import Samples
from tests import synth
from training.data.items import Item
from training.data.scenes import Scene, Wear, scenes_of
from training.data.variants import NONE, Change
from training.data.waveform import changed, equalised, mixed

RATE = 12_000  # Hz
ITEMS = [Item(Path(f"{i}.wav"), NOT_MUSIC_LABEL if i % 4 == 3 else "jazz", str(i), "train") for i in range(40)]


def rms(samples: Samples) -> float:
    return float(np.sqrt(np.mean(np.square(samples, dtype=np.float64))))


def test_the_first_scene_of_a_track_is_the_track() -> None:
    scenes = scenes_of(ITEMS, 3, seed=1)
    assert len(scenes) == 3 * len(ITEMS)
    assert [scene.item for scene in scenes[: len(ITEMS)]] == ITEMS
    assert all(scene.content == NONE and scene.share == 1.0 for scene in scenes[: len(ITEMS)])
    assert all(scene.content != NONE for scene in scenes[len(ITEMS) :])


def test_the_same_seed_gives_the_same_scenes_and_noise_changes_nothing_else() -> None:
    first = scenes_of(ITEMS, 4, seed=1)
    assert first == scenes_of(ITEMS, 4, seed=1)
    assert first != scenes_of(ITEMS, 4, seed=2)
    noisy = scenes_of(ITEMS, 4, 1, [Path("rain.wav")], [Path("hall.flac")])
    assert [scene.content for scene in noisy] == [scene.content for scene in first]
    assert [scene.worn.equal for scene in noisy] == [scene.worn.equal for scene in first]
    assert {scene.worn.noise for scene in noisy} == {None, Path("rain.wav")}
    assert {scene.worn.room for scene in noisy} == {None, Path("hall.flac")}


def test_music_is_mixed_with_music_and_noise_with_noise() -> None:
    wear = Wear(mix_share=1.0, mix_db=(3.0, 3.0))
    for scene in scenes_of(ITEMS, 2, 1, wear=wear)[len(ITEMS) :]:
        assert scene.partner is not None
        assert scene.content.mix == scene.partner.path
        assert (scene.partner.label == NOT_MUSIC_LABEL) == (scene.item.label == NOT_MUSIC_LABEL)
        assert scene.share == pytest.approx(0.666, abs=0.002)  # 3 dB are twice the power


def test_what_is_worn_keeps_its_content() -> None:
    for scene in scenes_of(ITEMS, 3, 1, [Path("rain.wav")], [Path("hall.flac")]):
        same = ("pitch", "speed", "mix", "mix_db", "mix_start")
        assert [getattr(scene.worn, name) for name in same] == [getattr(scene.content, name) for name in same]
        assert len(scene.worn.equal) == Wear().equal_points


def test_a_faster_scene_is_a_faster_record() -> None:
    scene = next(s for s in scenes_of(ITEMS, 2, 1, wear=Wear(mix_share=0.0)) if s.content.speed > 1.05)
    tone = synth.tone(2.0, 440.0, RATE)
    out = changed(tone, RATE, scene.content)
    spectrum = np.abs(np.fft.rfft(out[2000:-2000] * np.hanning(len(out) - 4000), 1 << 18))
    assert len(out) == round(len(tone) / scene.content.speed)
    assert np.argmax(spectrum) * RATE / (1 << 18) == pytest.approx(440.0 * scene.content.speed, rel=1e-3)


def test_a_partner_lies_as_far_under_the_track_as_asked() -> None:
    low, high = 0.3 * synth.tone(2.0, 300.0, RATE), synth.tone(1.5, 2000.0, RATE)
    out = mixed(low, high, 6.0)
    assert rms(out) == pytest.approx(rms(low), rel=1e-3)
    power = np.square(np.abs(np.fft.rfft(out)))
    split = round(1000.0 * len(out) / RATE)
    assert 10 * np.log10(power[:split].sum() / power[split:].sum()) == pytest.approx(6.0, abs=0.1)


def test_an_equaliser_raises_what_it_is_told_to() -> None:
    noise = synth.noise(4.0, RATE, seed=1)
    assert rms(equalised(noise, RATE, (6.0, 6.0)) / rms(noise)) == pytest.approx(10 ** (6 / 20), rel=0.01)
    low, high = synth.tone(2.0, 100.0, RATE), synth.tone(2.0, 2000.0, RATE)
    out = equalised(low + high, RATE, (), high_pass=400.0)
    assert rms(out - high) < 0.01 * rms(high)


def test_what_names_a_change_tells_mixtures_apart() -> None:
    digests = {Path("a"): "1", Path("b"): "2", Path("copy of a"): "1"}
    keys = [
        Change(mix=Path(name), mix_db=db).key(digests.__getitem__) for name, db in (("a", 3.0), ("b", 3.0), ("a", 4.0))
    ]
    assert len(set(keys)) == 3
    assert Change(mix=Path("copy of a"), mix_db=3.0).key(digests.__getitem__) == keys[0]
    assert Change(mix=Path("a")).sounds() == (Path("a"),)


def test_a_scene_alone_is_all_its_own() -> None:
    assert Scene(ITEMS[0], NONE, NONE).share == 1.0
