"""Real files in every container, tag layout and kind of damage: each behaves as its README says."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from mgc_desktop.audio.decode import load_audio, read_windows
from mgc_desktop.core.errors import DecodeError
from mgc_desktop.core.values import Samples
from mgc_desktop.core.windows import WindowRequest

REQUEST = WindowRequest(12000, 29.12, 14.56, 3, 1.0)

# name: (s that can be decoded, Hz, channels)
EXPECTED = {
    "mp3_cbr128_notags.mp3": (10, 44100, 2),
    "mp3_vbr_id3v1only.mp3": (15, 44100, 2),
    "mp3_id3v23_genre_number.mp3": (10, 32000, 2),
    "mp3_id3v24_multigenre_utf8.mp3": (10, 44100, 2),
    "mp3_id3v22.mp3": (10, 32000, 2),
    "mp3_apev2_and_id3_conflict.mp3": (15, 32000, 2),
    "mp3_artwork_jpeg_png.mp3": (10, 44100, 2),
    "mp3_chapters.mp3": (15, 24000, 2),
    "mp3_mpeg2_22k_mono.mp3": (15, 22050, 1),
    "mp3_named.flac": (10, 44100, 2),
    "mp3_named.wav": (10, 32000, 2),
    "mp3_truncated.mp3": (6.8, 44100, 2),
    "mp3_junk_in_front.mp3": (10, 44100, 2),
    "mp3_two_id3v2.mp3": (10, 44100, 2),
    "flac16_artwork_replaygain.flac": (5, 44100, 2),
    "flac_with_id3v2_in_front.flac": (5, 44100, 1),
    "flac24_96k.flac": (5, 96000, 1),
    "flac_5_1.flac": (5, 22050, 6),
    "flac_truncated.flac": (2.4, 44100, 2),
    "oggflac.oga": (5, 44100, 1),
    "vorbis_q4.ogg": (15, 44100, 2),
    "opus_64k.opus": (15, 48000, 2),
    "webm_opus.webm": (15, 48000, 2),
    "vorbis.mka": (15, 44100, 2),
    "m4a_aac.m4a": (15, 44100, 2),
    "m4a_alac.m4a": (5, 44100, 2),
    "aac_adts.aac": (15, 44100, 2),
    "m4a_moov_at_end.m4a": (10, 44100, 2),
    "aiff_id3.aiff": (5, 44100, 1),
    "wav16_riff_info.wav": (5, 44100, 2),
    "wav16_id3_and_info.wav": (5, 44100, 1),
    "wav8_22k_mono.wav": (10, 22050, 1),
    "wav24_48k.wav": (5, 48000, 1),
    "wav32float.wav": (5, 32000, 1),
    "wav16_8k_mono.wav": (10, 8000, 1),
    "wav_mulaw_8k.wav": (10, 8000, 1),
    "wav_bad_data_size.wav": (2.27, 44100, 2),
    "au16.au": (5, 22050, 1),
    "wma_v2.wma": (15, 44100, 2),
    "wavpack.wv": (5, 44100, 1),
    "tta.tta": (5, 44100, 1),
    "mp2.mp2": (15, 44100, 2),
    "ac3.ac3": (10, 44100, 2),
    "video_with_music.mp4": (15, 44100, 2),
    "digital_silence.flac": (10, 44100, 2),
    "Käse & 夜曲 \u2013 “quote” #1 [100%].mp3": (10, 44100, 2),
}
REFUSED = {
    "empty.mp3": "is empty",
    "text_named.mp3": "No audio",
    "id3_tag_only.mp3": "No audio",
    "too_short_0_4s.mp3": r"holds only 0\.4 s",
}
# The same piece in other formats: their envelopes must agree, wherever a window lies.
SAME_PIECE = {
    "mp3_vbr_id3v1only.mp3": ("vorbis_q4.ogg", "opus_64k.opus", "webm_opus.webm", "vorbis.mka", "m4a_aac.m4a",
                              "aac_adts.aac", "wma_v2.wma", "mp2.mp2", "video_with_music.mp4", "mp3_chapters.mp3"),
    "flac16_artwork_replaygain.flac": ("m4a_alac.m4a", "wavpack.wv", "tta.tta", "oggflac.oga", "wav16_riff_info.wav",
                                       "aiff_id3.aiff", "au16.au", "flac_truncated.flac"),
}  # fmt: skip


@pytest.mark.parametrize("name", EXPECTED)
def test_every_real_format_is_read(real_formats: Path, name: str) -> None:
    seconds, rate, channels = EXPECTED[name]
    path = str(real_formats / name)
    decoded = read_windows(path, REQUEST)
    assert decoded.duration == pytest.approx(seconds, abs=0.11)
    assert (decoded.sample_rate, decoded.channels) == (rate, channels)
    (window,) = decoded.windows
    assert window.samples.size / 12000 == pytest.approx(seconds, abs=0.11)
    if name == "digital_silence.flac":
        assert decoded.level_dbfs == float("-inf")
    else:
        assert -30 < decoded.level_dbfs < 0


@pytest.mark.parametrize("name", REFUSED)
def test_what_holds_no_music_is_refused(real_formats: Path, name: str) -> None:
    with pytest.raises(DecodeError, match=REFUSED[name]):
        read_windows(str(real_formats / name), REQUEST)


def test_the_table_is_complete(real_formats: Path) -> None:
    names = {entry.name for entry in real_formats.iterdir()} - {"README.md"}
    assert names == set(EXPECTED) | set(REFUSED)


def test_peaks_above_full_scale_survive(real_formats: Path) -> None:
    samples, _ = load_audio(str(real_formats / "wav32float.wav"), sample_rate=None)
    assert 4 < np.abs(samples).max() < 8


def _likeness(one: Samples, other: Samples, most: int) -> float:
    """Return the highest correlation of two stretches, shifted against each other by at most `most` samples."""
    spectrum = np.fft.rfft(one, 2 * one.size) * np.conj(np.fft.rfft(other, 2 * one.size))
    products = np.fft.irfft(spectrum)
    best = max(products[: most + 1].max(), products[-most:].max())
    return float(best / np.linalg.norm(one) / np.linalg.norm(other))


@pytest.mark.parametrize(("reference", "other"), [(a, b) for a, others in SAME_PIECE.items() for b in others])
@pytest.mark.parametrize("offset", [0.2, 1.1])
def test_formats_agree_about_what_is_where(real_formats: Path, reference: str, other: str, offset: float) -> None:
    one, _ = load_audio(str(real_formats / reference), sample_rate=12000, offset=offset, seconds=1.2)
    two, _ = load_audio(str(real_formats / other), sample_rate=12000, offset=offset, seconds=1.2)
    # Encoders begin some hundredths of a second late, and not all say so.
    assert _likeness(one, two, most=720) > 0.9
