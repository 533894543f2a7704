"""The conditions that a model is tried under: each does what it says, and the same to the same track."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from mgc_desktop.audio.decode import read_windows
from mgc_desktop.core.values import Samples
from mgc_desktop.core.windows import WindowRequest
from tests import synth
from training.data.conditions import (
    AS_IT_IS,
    CONDITIONS,
    Condition,
    as_mp3,
    condition_for,
    high_passed,
    read_under,
)
from training.data.sources import read_rooms, read_sounds

RATE = 12_000  # Hz
ROOT = Path(__file__).resolve().parents[3]
REQUEST = WindowRequest(RATE, 30.0, 15.0, 3, 1.0)
WavFactory = Callable[..., Path]


def db(out: Samples, before: Samples) -> float:
    return float(
        10 * np.log10(np.mean(np.square(out, dtype=np.float64)) / np.mean(np.square(before, dtype=np.float64)))
    )


def at(samples: Samples, frequency: float, rate: int = RATE) -> float:
    """Return the level of a tone, dB."""
    wave = np.exp(-2j * np.pi * frequency * np.arange(len(samples)) / rate)
    return float(20 * np.log10(abs(np.mean(samples * wave)) + 1e-9))


def heard(path: Path, condition: Condition) -> Samples:
    return read_under(str(path), REQUEST, condition).windows[0].samples


def test_as_it_is_it_is_what_the_program_hears(wav_file: WavFactory) -> None:
    path = str(wav_file(seconds=50.0))
    plain, same = read_windows(path, REQUEST), read_under(path, REQUEST, AS_IT_IS)
    assert len(plain.windows) == 3
    assert all(np.array_equal(a.samples, b.samples) for a, b in zip(plain.windows, same.windows, strict=True))
    assert plain.level_dbfs == same.level_dbfs


@pytest.mark.parametrize(("name", "seconds"), [("window-3s", 3.0), ("window-5s", 5.0), ("window-10s", 10.0)])
def test_a_short_window_is_the_middle_of_the_track(tmp_path: Path, name: str, seconds: float) -> None:
    parts = [synth.tone(length, hz) for length, hz in ((25.0, 300.0), (10.0, 600.0), (25.0, 900.0))]
    path = synth.write_audio(tmp_path / "a.wav", np.concatenate(parts))
    decoded = read_under(str(path), REQUEST, CONDITIONS[name])
    (window,) = decoded.windows
    assert len(window.samples) == seconds * RATE
    assert window.start == pytest.approx(30.0 - seconds / 2)
    assert at(window.samples, 600.0) > at(window.samples, 300.0) + 40
    assert at(window.samples, 600.0) > at(window.samples, 900.0) + 40


def test_softer_by_twenty_decibels_and_the_level_says_so(wav_file: WavFactory) -> None:
    path = wav_file()
    assert db(heard(path, CONDITIONS["gain"]), heard(path, AS_IT_IS)) == pytest.approx(-20, abs=0.01)
    soft, plain = (read_under(str(path), REQUEST, condition) for condition in (CONDITIONS["gain"], AS_IT_IS))
    assert soft.level_dbfs == pytest.approx(plain.level_dbfs - 20, abs=0.01)


def test_too_loud_is_cut_off(wav_file: WavFactory) -> None:
    out = heard(wav_file(kind="distorted"), Condition(gain_db=12.0))
    assert np.abs(out).max() == 1.0
    assert (np.abs(out) == 1.0).mean() > 0.1


def test_nothing_above_five_kilohertz(tmp_path: Path) -> None:
    path = synth.write_audio(tmp_path / "a.wav", synth.tone(4.0, 3000.0) * 0.5 + synth.tone(4.0, 5800.0) * 0.5)
    out, plain = heard(path, CONDITIONS["low-pass-5k"]), heard(path, AS_IT_IS)
    assert at(out, 3000.0) == pytest.approx(at(plain, 3000.0), abs=0.2)
    assert at(out, 5800.0) < at(plain, 5800.0) - 9


def test_a_high_pass_takes_what_is_under_it_and_nothing_above() -> None:
    low, high = synth.tone(4.0, 25.0, RATE), synth.tone(4.0, 1000.0, RATE)
    out = high_passed(low + high, RATE, 100.0)[RATE:-RATE]
    assert at(out, 25.0) == pytest.approx(at(low[RATE:-RATE], 25.0) - 24, abs=1)  # two octaves, 12 dB each
    assert at(out, 1000.0) == pytest.approx(at(high[RATE:-RATE], 1000.0), abs=0.1)


@pytest.mark.parametrize("kbits", [64, 128])
def test_an_mp3_is_one(kbits: int, monkeypatch: pytest.MonkeyPatch) -> None:
    import soundfile

    sizes: list[int] = []
    real_read = soundfile.read

    def read(file: object, *args: object, **kwargs: object) -> object:
        sizes.append(len(file.getvalue()))  # type: ignore[attr-defined]
        return real_read(file, *args, **kwargs)

    monkeypatch.setattr(soundfile, "read", read)
    song = synth.song(5.0, 44_100)
    out = as_mp3(song, 44_100, kbits)
    assert out.shape == song.shape
    assert 8 * sizes[0] / 5.0 == pytest.approx(1000 * kbits, rel=0.03)
    assert 0.9 < np.corrcoef(out[44_100:-44_100], song[44_100:-44_100])[0, 1] < 1.0


def test_an_mp3_is_decoded_to_the_rate_of_the_model(wav_file: WavFactory) -> None:
    path = wav_file(rate=48_000, seconds=5.0)
    out, plain = heard(path, CONDITIONS["mp3-64"]), heard(path, AS_IT_IS)
    assert len(out) == len(plain)
    assert abs(db(out, plain)) < 1.0


@pytest.fixture
def sounds(wav_file: WavFactory, tmp_path: Path) -> Path:
    """Return a list of rooms, noise and speech of two splits."""
    rows = ["path,kind,split"]
    for split in ("train", "test"):
        for kind, sound in (("rir", "drums"), ("noise", "noise"), ("speech", "chords")):
            wav_file(f"{kind}-{split}.wav", kind=sound, seconds=1.0)
            rows.append(f"{kind}-{split}.wav,{kind},{split}")
    path = tmp_path / "sounds.csv"
    path.write_text("\n".join(rows))
    return path


def test_the_microphone_gets_sounds_of_the_split_that_it_is_tried_on(sounds: Path) -> None:
    rooms = read_rooms([sounds], held_out=True)
    noises = read_sounds([sounds], room_responses=False, split="test", but="speech")
    assert [path.name for path in rooms] == ["rir-test.wav"]
    assert [path.name for path in read_rooms([sounds], held_out=False)] == ["rir-train.wav"]
    assert [path.name for path in noises] == ["noise-test.wav"]
    assert len(read_sounds([sounds], room_responses=True, split="")) == 2
    assert [path.name for path in read_sounds([sounds], room_responses=False)] == [
        "noise-train.wav",
        "speech-train.wav",
    ]


def test_a_third_of_the_rooms_is_kept_where_the_list_keeps_none(wav_file: WavFactory, tmp_path: Path) -> None:
    names = [f"room{i}.wav" for i in range(7)]
    for name in names:
        wav_file(name, kind="drums", seconds=0.2)
    (tmp_path / "rooms.csv").write_text("\n".join(["path,kind,split", *(f"{name},rir,train" for name in names)]))
    lists = [tmp_path / "rooms.csv"]
    learnt, kept = ([path.name for path in read_rooms(lists, held_out=held)] for held in (False, True))
    assert len(kept) == 2
    assert sorted([*learnt, *kept]) == names
    (tmp_path / "rooms.csv").write_text("path,kind\nroom3.wav,rir")
    assert read_rooms(lists, held_out=True) == read_rooms(lists, held_out=False)


def test_a_microphone_adds_its_room_and_noise(sounds: Path, wav_file: WavFactory) -> None:
    rooms, noises = ([sounds.with_name(f"{kind}-test.wav")] for kind in ("rir", "noise"))
    path = wav_file(kind="chords", seconds=6.0)
    condition = condition_for("microphone", path, rooms, noises)
    assert (condition.room, condition.noise, condition.snr_db) == (rooms[0], noises[0], 15.0)
    assert -20 <= condition.gain_db <= 6
    out = heard(path, replace(condition, gain_db=0.0))
    # White noise at 15 dB under the music is most of what lies over 3 kHz, where soft chords have nothing.
    spectrum = np.square(np.abs(np.fft.rfft(out)))
    above = spectrum[len(spectrum) // 2 :].sum() / spectrum.sum()
    assert 10 * np.log10(above) == pytest.approx(-15 - 3, abs=1.5)
    assert np.array_equal(out, heard(path, replace(condition, gain_db=0.0)))


def test_what_is_drawn_hangs_on_the_name_alone() -> None:
    rooms, noises = [Path(f"r{n}") for n in range(5)], [Path(f"n{n}") for n in range(5)]
    drawn = [condition_for("microphone", Path("a") / f"{n}.mp3", rooms, noises) for n in range(60)]
    again = [condition_for("microphone", Path("b/c") / f"{n}.mp3", rooms, noises) for n in range(60)]
    assert drawn == again
    assert {c.room for c in drawn} == set(rooms)
    assert {c.noise for c in drawn} == set(noises)
    gains = [c.gain_db for c in drawn]
    assert min(gains) < -15
    assert max(gains) > 2
    assert condition_for("gain", Path("a"), rooms, noises) == CONDITIONS["gain"]


def test_decoder_processes_import_little() -> None:
    words = (
        "import sys, training.data.conditions; print([m for m in ('torch', 'scipy', 'librosa') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", words], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
