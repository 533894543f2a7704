"""Decoding: the right samples from the right place, whatever the format, the name and the damage."""

from __future__ import annotations

import math
import os
import socket
import struct
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mgc_desktop.audio.decode import AUDIO_EXTENSIONS, level_dbfs, load_audio, read_windows
from mgc_desktop.core.errors import DecodeError
from mgc_desktop.core.values import DecodedFile
from mgc_desktop.core.windows import WindowRequest
from tests import synth

WavFactory = Callable[..., Path]
LOSSLESS = [".wav", ".flac", ".aiff", ".au", ".mka", ".wv", ".tta"]
LOSSY = [".ogg", ".opus", ".mp3", ".m4a", ".mp4", ".aac", ".wma", ".ac3"]
needs_posix = pytest.mark.skipif(sys.platform == "win32", reason="POSIX files")


def windows_of(path: Path | str, count: int = 3, seconds: float = 2.0, least: float = 0.5) -> DecodedFile:
    return read_windows(str(path), WindowRequest(12000, seconds, seconds, count, least))


def sweep(seconds: float, rate: int, low: float = 300.0, high: float = 3300.0) -> synth.Samples:
    """Return a tone whose frequency tells the time: it rises linearly from `low` to `high` Hz."""
    t = np.arange(round(seconds * rate)) / rate
    phase = 2 * np.pi * (low * t + (high - low) * t**2 / (2 * seconds))
    return (0.5 * np.sin(phase)).astype(np.float32)


def frequency(samples: synth.Samples, rate: int) -> float:
    """Return the strongest frequency in Hz."""
    spectrum = np.abs(np.fft.rfft(samples * np.hanning(samples.size)))
    return float(np.argmax(spectrum) * rate / samples.size)


# Where windows lie


# What is in them


@pytest.mark.parametrize("extension", LOSSLESS + LOSSY)
@pytest.mark.parametrize("channels", [1, 2])
def test_every_format_gives_the_right_place(tmp_path: Path, extension: str, channels: int) -> None:
    seconds, rate = 24.0, 44100
    samples = sweep(seconds, rate)
    path = synth.write_audio(
        tmp_path / f"sweep{extension}", synth.stereo(samples, 2) if channels == 2 else samples, rate
    )
    decoded = windows_of(path, count=4)
    assert decoded.duration == pytest.approx(seconds, abs=0.1)
    assert decoded.channels == channels
    assert decoded.sample_rate == (48000 if extension == ".opus" else rate)
    assert [round(window.start) for window in decoded.windows] == [2, 8, 14, 20]
    for window in decoded.windows:
        assert window.samples.shape == (24000,)
        assert window.samples.dtype == np.float32
        for offset in (0.0, 1.6):
            piece = window.samples[round(offset * 12000) : round((offset + 0.4) * 12000)]
            expected = 300 + 3000 * (window.start + offset + 0.2) / seconds
            # 12 Hz are 0.1 s: the delay of encoders is not always told.
            assert frequency(piece, 12000) == pytest.approx(expected, abs=12)
    level = 20 * math.log10(0.5 / math.sqrt(2) * (0.95 if channels == 2 else 1))
    assert decoded.level_dbfs == pytest.approx(level, abs=0.7)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    frames=st.integers(1, 60_000),
    channels=st.integers(1, 8),
    rate=st.sampled_from([4000, 8000, 12000, 22050, 44100, 48000, 96000, 192000]),
    kind=st.sampled_from([(".wav", "PCM_16"), (".wav", "PCM_24"), (".wav", "FLOAT"), (".flac", "PCM_16")]),
    seed=st.integers(0, 1000),
)
def test_lossless_files_come_back_as_they_were(
    tmp_path: Path, frames: int, channels: int, rate: int, kind: tuple[str, str], seed: int
) -> None:
    samples = np.random.default_rng(seed).uniform(-0.9, 0.9, (frames, channels)).astype(np.float32)
    path = synth.write_audio(tmp_path / f"any{kind[0]}", samples, rate, subtype=kind[1])
    loaded, loaded_rate = load_audio(path, sample_rate=None)
    assert loaded_rate == rate
    assert loaded.shape == (frames,)
    np.testing.assert_allclose(loaded, samples.mean(axis=1), atol=2e-4)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    seconds=st.floats(0.05, 9.0),
    rate=st.sampled_from([8000, 11025, 12000, 44100, 48000, 96000]),
    window=st.floats(0.3, 4.0),
    count=st.integers(1, 5),
)
def test_windows_have_the_exact_length(tmp_path: Path, seconds: float, rate: int, window: float, count: int) -> None:
    path = synth.write_wav(tmp_path / "any.wav", synth.noise(seconds, rate), rate)
    if seconds < 0.2:
        with pytest.raises(DecodeError, match="holds only"):
            windows_of(path, count, window, least=0.25)
        return
    decoded = windows_of(path, count, window, least=0.1)
    expected = round(min(window, decoded.duration) * 12000)
    assert all(abs(w.samples.size - expected) <= 1 for w in decoded.windows)
    assert all(w.samples.size <= round(window * 12000) for w in decoded.windows)
    assert all(w.start + w.samples.size / 12000 <= decoded.duration + 2e-3 for w in decoded.windows)


def test_a_stretch_is_the_same_as_that_part_of_the_whole(tmp_path: Path) -> None:
    path = synth.write_audio(tmp_path / "song.flac", synth.song(6.0, 44100), 44100)
    whole, _ = load_audio(path, sample_rate=None)
    part, rate = load_audio(path, sample_rate=None, offset=2.0, seconds=1.5)
    assert rate == 44100
    np.testing.assert_array_equal(part, whole[2 * 44100 : round(3.5 * 44100)])
    resampled, rate = load_audio(path, sample_rate=12000, offset=5.0, seconds=10.0)
    assert (resampled.size, rate) == (12000, 12000)


def test_resampling_keeps_what_fits_and_drops_the_rest(tmp_path: Path) -> None:
    path = synth.write_wav(tmp_path / "in.wav", synth.tone(3.0, 1000.0, 44100), 44100)
    (window,) = windows_of(path, 1, 3.0).windows
    assert frequency(window.samples, 12000) == pytest.approx(1000, abs=1)
    assert level_dbfs(window.samples[1200:-1200]) == pytest.approx(20 * math.log10(0.5 / math.sqrt(2)), abs=0.05)
    path = synth.write_wav(tmp_path / "above.wav", synth.tone(3.0, 9000.0, 44100), 44100)
    (window,) = windows_of(path, 1, 3.0).windows
    assert level_dbfs(window.samples[1200:-1200]) < -90  # nothing is folded down from above 6 kHz


# Channels, levels, odd samples


def test_channels_are_mixed_in_equal_parts(tmp_path: Path) -> None:
    parts = np.stack([synth.tone(1.0, 200.0 * (i + 1), 44100, level=0.1 * (i + 1)) for i in range(6)], axis=1)
    path = synth.write_audio(tmp_path / "surround.flac", parts, 44100)
    loaded, _ = load_audio(path, sample_rate=None)
    np.testing.assert_allclose(loaded, parts.mean(axis=1), atol=1e-4)


def test_channels_in_opposite_phase_are_still_heard(tmp_path: Path) -> None:
    song = synth.song(2.0, 44100)
    path = synth.write_wav(tmp_path / "inverted.wav", np.stack([song, -song], axis=1), 44100)
    loaded, _ = load_audio(path, sample_rate=None)
    np.testing.assert_allclose(loaded, song, atol=1e-4)


def test_digital_silence_is_data(tmp_path: Path) -> None:
    path = synth.write_audio(tmp_path / "silence.flac", synth.silence(5.0))
    decoded = windows_of(path)
    assert decoded.level_dbfs == float("-inf")
    assert not any(window.samples.any() for window in decoded.windows)


def test_level_is_that_of_the_loudest_window(tmp_path: Path) -> None:
    song = np.concatenate([synth.tone(4.0, level=0.01), synth.tone(4.0, level=0.5), synth.silence(4.0)])
    decoded = windows_of(synth.write_wav(tmp_path / "steps.wav", song))
    assert decoded.level_dbfs == pytest.approx(20 * math.log10(0.5 / math.sqrt(2)), abs=0.1)


def test_peaks_above_full_scale_are_kept_and_impossible_values_are_not(tmp_path: Path) -> None:
    samples = synth.tone(2.0, 440.0, 12000, level=4.0)
    samples[100], samples[200], samples[300], samples[400] = np.nan, np.inf, -np.inf, 1e30
    path = synth.write_wav(tmp_path / "float.wav", samples, 12000, subtype="FLOAT")
    (window,) = windows_of(path, 1, 2.0).windows
    assert np.isfinite(window.samples).all()
    assert np.abs(window.samples).max() == 8.0
    assert (window.samples[[100, 200, 300]] == 0).all()
    np.testing.assert_array_equal(window.samples[500:], samples[500:])


# Length


def test_a_short_track_gives_one_window_of_all_there_is(wav_file: WavFactory) -> None:
    decoded = windows_of(wav_file("short.wav", seconds=1.2), seconds=29.12)
    assert [window.start for window in decoded.windows] == [0.0]
    assert decoded.windows[0].samples.size == 14400


def test_a_track_shorter_than_the_least_is_refused_in_one_sentence(wav_file: WavFactory) -> None:
    with pytest.raises(DecodeError, match=r"holds only 0\.4 s of audio; at least 1\.0 s"):
        windows_of(wav_file("blip.wav", seconds=0.4), least=1.0)


def test_a_stretch_behind_the_end_is_refused(wav_file: WavFactory) -> None:
    with pytest.raises(DecodeError, match="ends before"):
        load_audio(wav_file(seconds=2.0), sample_rate=12000, offset=5.0)


@pytest.mark.parametrize("extension", [".wav", ".flac", ".ogg", ".opus", ".mp3", ".aac", ".wma", ".mka", ".tta", ".wv"])
def test_a_truncated_file_gives_what_it_has(tmp_path: Path, extension: str) -> None:
    seconds = 20.0
    path = synth.write_audio(tmp_path / f"whole{extension}", sweep(seconds, 44100), 44100)
    content = path.read_bytes()
    path.write_bytes(content[: len(content) * 6 // 10])
    decoded = windows_of(path)
    assert 0.4 * seconds < decoded.duration < 0.8 * seconds
    for window in decoded.windows:
        assert window.start + window.samples.size / 12000 <= decoded.duration + 0.01
        expected = 300 + 3000 * (window.start + 0.2) / seconds
        assert frequency(window.samples[:4800], 12000) == pytest.approx(expected, abs=12)


def test_a_variable_rate_mp3_without_a_length_is_heard_to_its_end(tmp_path: Path) -> None:
    """libsndfile takes its length for a fraction of what it is."""
    loud, quiet = synth.noise(10.0, 44100, level=0.3), synth.tone(30.0, 440.0, 44100, level=0.001)
    path = tmp_path / "vbr.mp3"
    with path.open("wb") as file:
        soundfile.write(
            *(file, np.concatenate([loud, quiet]), 44100),
            format="MP3", subtype="MPEG_LAYER_III", bitrate_mode="VARIABLE", compression_level=0.3,
        )  # fmt: skip
    content = path.read_bytes()
    start = content.index(b"\xff\xfb", 8)  # the second frame: the first is the Xing header
    assert b"Xing" in content[:start]
    path.write_bytes(content[start:])
    with soundfile.SoundFile(path) as naive:
        assert naive.frames / 44100 < 35
    assert windows_of(path).duration == pytest.approx(40.0, abs=0.2)


# Names and extensions


@pytest.mark.parametrize("name", ["a.mp3", "a.wav", "a.flac", "a.txt", "a", "a.ogg"])
def test_extensions_do_not_matter(tmp_path: Path, name: str) -> None:
    source = synth.write_audio(tmp_path / "source.flac", synth.song(3.0))
    source.rename(tmp_path / name)
    assert windows_of(tmp_path / name).duration == pytest.approx(3.0, abs=0.01)


@needs_posix
@pytest.mark.parametrize("extension", [".wav", ".m4a"])
@pytest.mark.parametrize(
    "name",
    [
        "été 夜曲 🎷 “quote” #1 [100%]",
        "with\nnewline\tand tab",
        "-rf",
        "concat:other",
        "http:example",
        "é" * 122,  # 244 bytes
        os.fsdecode(b"not utf-8 \xff\xfe"),
    ],
)
def test_any_name_opens(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, extension: str) -> None:
    source = synth.write_audio(tmp_path / f"source{extension}", synth.song(2.0))
    monkeypatch.chdir(tmp_path)
    os.rename(source, name + extension)
    decoded = windows_of(name + extension)
    assert decoded.path == name + extension
    assert decoded.duration == pytest.approx(2.0, abs=0.1)


def test_extensions_are_lower_case_with_a_dot() -> None:
    assert {".mp3", ".flac", ".m4a", ".wma", ".ape", ".wv", ".opus", ".aiff"} <= AUDIO_EXTENSIONS
    assert all(extension.startswith(".") and extension == extension.lower() for extension in AUDIO_EXTENSIONS)


# What is no audio file


@pytest.mark.parametrize("content", [b"", b"\0" * 4096, b"just some words\n" * 99, b"ID3\x04\0\0\0\0\0\0"])
def test_what_is_no_audio_is_told_in_one_sentence(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "no.mp3"
    path.write_bytes(content)
    with pytest.raises(DecodeError) as caught:
        windows_of(path)
    assert "\n" not in caught.value.sentence
    assert ("is empty" if not content else "No audio could be read") in caught.value.sentence


MAGIC = [b"", b"RIFF\xff\xff\xff\xffWAVEfmt ", b"fLaC", b"OggS\0\2", b"ID3\4\0\0\0\0\1\0", b"\xff\xfb\x90\x00"]
MAGIC += [b"FORM\0\0\xff\xffAIFF", b"\0\0\0\x20ftypM4A ", b"MAC \x96\x0f", b"wvpk", b"TTA1", b"\x1a\x45\xdf\xa3"]


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(magic=st.sampled_from(MAGIC), size=st.integers(0, 20_000), seed=st.integers(0, 1 << 30))
def test_random_bytes_are_refused(tmp_path: Path, magic: bytes, size: int, seed: int) -> None:
    path = tmp_path / "random.mp3"
    path.write_bytes(magic + np.random.default_rng(seed).bytes(size))
    with pytest.raises(DecodeError):
        windows_of(path, seconds=29.12, least=1.0)


@pytest.mark.parametrize(
    "playlist",
    [
        "#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:10,\nfile://{target}\n#EXT-X-ENDLIST\n",
        "#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:10,\nhttp://127.0.0.1:9/a.ts\n#EXT-X-ENDLIST\n",
        "ffconcat version 1.0\nfile '{target}'\n",
    ],
)
def test_a_playlist_in_disguise_opens_nothing_else(tmp_path: Path, wav_file: WavFactory, playlist: str) -> None:
    path = tmp_path / "list.mp3"
    path.write_text(playlist.format(target=wav_file("target.wav")), encoding="utf-8")
    with pytest.raises(DecodeError, match="No audio"):
        windows_of(path)


def wav_header(channels: int, rate: int, bits: int = 16, data_size: int = 4000) -> bytes:
    block = channels * bits // 8
    body = struct.pack("<4sIHHIIHH", b"fmt ", 16, 1, channels, rate, rate * block & 0xFFFFFFFF, block & 0xFFFF, bits)
    return b"RIFF" + struct.pack("<I", 36 + data_size) + b"WAVE" + body + b"data" + struct.pack("<I", data_size)


@pytest.mark.parametrize(
    ("channels", "rate"), [(65535, 44100), (255, 44100), (0, 44100), (2, 0), (2, 7), (2, 4_000_000_000), (64, 768_001)]
)
def test_headers_that_no_music_has_are_refused(tmp_path: Path, channels: int, rate: int) -> None:
    path = tmp_path / "hostile.wav"
    path.write_bytes(wav_header(channels, rate, data_size=0x7FFFFFF0) + bytes(4000))
    with pytest.raises(DecodeError):
        windows_of(path)


def test_a_header_that_promises_hours_costs_nothing(tmp_path: Path) -> None:
    flac = synth.write_audio(tmp_path / "long.flac", synth.song(3.0, 44100), 44100)
    content = bytearray(flac.read_bytes())
    content[21] |= 0x0F  # the number of samples: 36 bits from here on
    content[22:26] = b"\xff\xff\xff\xff"
    flac.write_bytes(content)
    assert windows_of(flac, seconds=29.12).duration == pytest.approx(3.0, abs=0.1)


# What is no regular file


def test_a_missing_file_and_a_folder(tmp_path: Path) -> None:
    with pytest.raises(DecodeError, match="not there"):
        windows_of(tmp_path / "gone.mp3")
    with pytest.raises(DecodeError, match=r"no regular file|may not be read"):
        windows_of(tmp_path)
    with pytest.raises(DecodeError, match="could not be opened"):
        windows_of("nul\0byte.mp3")


@needs_posix
@pytest.mark.timeout(20)
def test_pipes_sockets_devices_and_bad_links_are_refused_at_once(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.wav")
    (tmp_path / "dangling.wav").symlink_to(tmp_path / "nowhere.wav")
    (tmp_path / "loop.wav").symlink_to(tmp_path / "loop.wav")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(os.path.relpath(tmp_path / "s"))
        for name in ("pipe.wav", "loop.wav", "s", "/dev/zero"):
            with pytest.raises(DecodeError, match="no regular file"):
                windows_of(tmp_path / name)
    with pytest.raises(DecodeError, match="link leads nowhere"):
        windows_of(tmp_path / "dangling.wav")


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read everything")
def test_an_unreadable_file(wav_file: WavFactory) -> None:
    path = wav_file()
    path.chmod(0)
    with pytest.raises(DecodeError, match="may not be read"):
        windows_of(path)


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
def test_no_file_stays_open(tmp_path: Path, wav_file: WavFactory) -> None:
    good = [wav_file("a.wav"), wav_file("b.m4a"), wav_file("c.opus")]
    bad = tmp_path / "bad.mp3"
    bad.write_bytes(b"\xff\xfb\x90\x00" + bytes(5000))
    for path in good:
        windows_of(path)
    before = os.listdir("/proc/self/fd")
    for _ in range(3):
        for path in good:
            windows_of(path)
        with pytest.raises(DecodeError):
            windows_of(bad)
        with pytest.raises(DecodeError):
            windows_of(good[0], least=100.0)
    assert len(os.listdir("/proc/self/fd")) == len(before)
