"""Changes to the sound itself: each does what it says, on sounds of which that can be computed."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from mgc_desktop.core.errors import DecodeError
from mgc_desktop.core.values import Samples
from tests import synth
from training.data.items import Item
from training.data.middle import load_middle
from training.data.variants import NONE, Change, Variety, changes_for
from training.data.waveform import bent, changed, in_noise, in_room, low_passed

RATE = 12_000  # Hz
ROOT = Path(__file__).resolve().parents[3]
WavFactory = Callable[..., Path]


def peak(samples: Samples, rate: int = RATE) -> float:
    """Return the frequency of the highest point of the spectrum, Hz, away from the ends."""
    inner = samples[rate // 8 : -rate // 8]
    spectrum = np.abs(np.fft.rfft(inner * np.hanning(inner.size), 1 << 18))
    return float(np.argmax(spectrum)) * rate / (1 << 18)


def db(ratio: float) -> float:
    return float(20 * np.log10(ratio))


def rms(samples: Samples) -> float:
    return float(np.sqrt(np.mean(np.square(samples, dtype=np.float64))))


@pytest.mark.parametrize("pitch", [-3.0, -0.5, 1.0, 2.0, 7.0])
@pytest.mark.parametrize("speed", [0.8, 1.0, 1.25])
@pytest.mark.parametrize("frequency", [220.0, 1234.0])
def test_pitch_and_speed_are_changed_each_without_the_other(pitch: float, speed: float, frequency: float) -> None:
    tone = synth.tone(3.0, frequency, RATE)
    out = bent(tone, pitch, speed)
    assert out.dtype == np.float32
    assert len(out) == round(len(tone) / speed)
    assert peak(out) == pytest.approx(frequency * 2 ** (pitch / 12), rel=1e-3)
    assert abs(db(rms(out[2000:-2000]) / rms(tone))) < 1.5


def test_what_is_not_bent_stays_as_it_is() -> None:
    song = synth.song(2.0, RATE)
    assert np.array_equal(bent(song, 0.0, 1.0), song)
    assert np.array_equal(changed(song, RATE, NONE), song)


def test_beats_stay_on_the_beat_when_they_are_faster() -> None:
    beats = np.zeros(4 * RATE, np.float32)
    for at in range(RATE // 2, 4 * RATE, RATE // 2):
        beats[at - 120 : at + 120] = synth.noise(0.02, RATE, seed=at)
    energy = np.square(bent(beats, 0.0, 1.25))
    step = round(RATE / 2 / 1.25)
    for at in range(step, len(energy) - step, step):
        around = energy[at - step // 2 : at + step // 2]
        centre = float(np.average(np.arange(around.size), weights=around)) - step // 2
        assert abs(centre) < 0.02 * RATE  # 20 ms


@pytest.mark.parametrize("snr_db", [0.0, 10.0, 25.0])
def test_noise_lies_as_far_under_the_music_as_asked(snr_db: float) -> None:
    song = synth.song(3.0, RATE)
    out = in_noise(song, synth.noise(1.0, RATE, level=0.01), snr_db, start=0.3)  # shorter, so that it is repeated
    assert db(rms(song) / rms(out - song)) == pytest.approx(snr_db, abs=0.5)
    assert len(out) == len(song)


def test_a_room_convolves_and_keeps_length_and_level() -> None:
    response = np.zeros(3000, np.float32)
    response[[100, 1300, 2500]] = 0.8, -0.4, 0.2  # sound after 100 samples, then two echoes
    song = synth.song(2.0, RATE)
    out = in_room(song, response)
    expected = song.astype(np.float64)
    expected[1200:] -= 0.5 * song[:-1200]
    expected[2400:] += 0.25 * song[:-2400]
    assert len(out) == len(song)
    assert rms(out) == pytest.approx(rms(song), rel=1e-4)
    assert np.corrcoef(out, expected)[0, 1] > 0.99999


def test_a_low_pass_takes_what_is_above_and_nothing_below() -> None:
    low, high = synth.tone(2.0, 500.0, RATE), synth.tone(2.0, 4000.0, RATE)
    out = low_passed(low + high, RATE, 2000.0)
    assert rms(low_passed(high, RATE, 2000.0)[500:-500]) < 0.01 * rms(high)
    assert np.abs(out - low)[500:-500].max() < 0.01
    assert rms(low_passed(low, RATE, 500.0)[500:-500]) == pytest.approx(rms(low) / np.sqrt(2), rel=0.01)  # -3 dB there


def test_all_at_once_from_files(wav_file: WavFactory) -> None:
    track = wav_file("track.wav", seconds=4.0, kind="chords")
    noise, room = wav_file("noise.wav", kind="noise", seconds=1.0), wav_file("room.wav", kind="drums", seconds=0.5)
    change = Change(pitch=1.0, speed=1.1, room=room, noise=noise, snr_db=10.0, low_pass=3000.0)
    out = load_middle(str(track), RATE, 30.0, 1.0, change)
    assert len(out) == pytest.approx(4.0 / 1.1 * RATE, abs=2)
    assert np.isfinite(out).all()
    assert np.array_equal(out, load_middle(str(track), RATE, 30.0, 1.0, change))
    assert len(load_middle(str(track), RATE, 2.0, 1.0, Change(speed=0.8))) == 2 * RATE  # no longer than asked for


def test_the_middle_of_a_long_track_is_taken(tmp_path: Path) -> None:
    parts = [synth.tone(4.0, f, synth.RATE) for f in (300.0, 600.0, 900.0)]
    for name in ("a.wav", "a.mp3"):
        path = synth.write_audio(tmp_path / name, np.concatenate(parts), synth.RATE)
        out = load_middle(str(path), RATE, 3.0, 1.0)
        assert len(out) == 3 * RATE
        assert peak(out) == pytest.approx(600.0, rel=1e-3)


def test_what_cannot_be_used_is_named_in_a_sentence(wav_file: WavFactory, tmp_path: Path) -> None:
    track, bad = wav_file("track.wav", seconds=1.2), tmp_path / "bad.wav"
    bad.write_bytes(b"no sound in here")
    silent = synth.write_audio(tmp_path / "silent.wav", synth.silence(1.0))
    for noise, why in ((bad, "could not be used: "), (silent, "is silent"), (tmp_path / "gone.wav", "could not be")):
        with pytest.raises(DecodeError) as caught:
            load_middle(str(track), RATE, 30.0, 1.0, Change(noise=noise))
        assert str(noise) in caught.value.sentence
        assert why in caught.value.sentence
    with pytest.raises(DecodeError, match="when played faster"):
        load_middle(str(track), RATE, 30.0, 1.0, Change(speed=1.5))


def item(name: str, folder: str = "rock") -> Item:
    return Item(Path(folder) / name, "rock", name, "train")


def test_changes_depend_on_the_track_and_the_seed_alone() -> None:
    variety = Variety(count=3)
    noises, rooms = [Path("n1.wav"), Path("n2.wav")], [Path("r.wav")]
    tracks = [item(f"{number}.mp3") for number in range(40)]
    all_of_them = changes_for(tracks, variety, 1, noises, rooms)
    assert len(all_of_them) == len(set(all_of_them)) == 120
    assert all_of_them == changes_for(tracks, variety, 1, noises, rooms)
    assert set(changes_for(tracks[5:9], variety, 1, noises, rooms)) <= set(all_of_them)
    elsewhere = changes_for([item("7.mp3", "other")], variety, 1, noises, rooms)
    assert [change for _, change in elsewhere] == [c for path, c in all_of_them if path.name == "7.mp3"]
    assert not set(all_of_them) & set(changes_for(tracks, variety, 2, noises, rooms))


def test_changes_stay_within_what_was_asked() -> None:
    variety = Variety(count=5, pitch=1.5, speed=0.1, noise_share=0.5, room_share=0.5, low_pass_share=0.5)
    changes = [c for _, c in changes_for([item(f"{n}.mp3") for n in range(60)], variety, 3, [Path("n")], [Path("r")])]
    assert max(abs(c.pitch) for c in changes) <= 1.5
    assert max(abs(c.speed - 1) for c in changes) <= 0.1
    for share in (c.noise is not None for c in changes), (c.room is not None for c in changes):
        assert 0.4 < np.mean(list(share)) < 0.6
    assert all(5 <= c.snr_db <= 25 for c in changes)
    assert {c.noise for _, c in changes_for([item("a.mp3")], variety, 3)} == {None}


def test_a_change_is_known_by_what_is_in_its_sounds() -> None:
    contents = {Path("a"): "1", Path("b"): "1", Path("c"): "2"}
    keys = {path: Change(noise=path).key(contents.__getitem__) for path in contents}
    assert keys[Path("a")] == keys[Path("b")] != keys[Path("c")]
    assert NONE.key(contents.__getitem__) == ""
    assert Change(pitch=0.1).key(contents.__getitem__) != Change(pitch=0.2).key(contents.__getitem__)


def test_decoder_processes_import_little() -> None:
    words = "import sys, training.data.middle; print([m for m in ('torch', 'scipy', 'librosa') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", words], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
