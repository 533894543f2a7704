"""The same music as it reaches a model in life: by a microphone, in short pieces, as a small mp3. Imports no torch."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import soundfile
import soxr

from mgc_desktop.audio.decode import level_dbfs, read_windows
from mgc_desktop.core.errors import DecodeError
from mgc_desktop.core.values import AudioWindow, DecodedFile, Samples
from mgc_desktop.core.windows import WindowRequest
from training.data.waveform import in_noise, in_room, low_passed, sound

SEED = 1  # of what is drawn for each track; one for all models, so that they can be compared
MICROPHONE = "microphone"
_GAIN_DB = (-20.0, 6.0)  # from a whisper to a little too loud
_MP3_RATE = 44_100  # Hz; what most mp3 files have, whatever the model hears
_MP3_LEVELS = (320.0, 32.0)  # kbit/s that libsndfile's compression levels 0 and 1 stand for at that rate
_HIGH_PASS_ORDER = 2  # 12 dB an octave, as the coupling of a small microphone


@dataclass(frozen=True, slots=True)
class Condition:
    """What is done to the sound of a track before it is heard, in this order; by default nothing.

    Attributes
    ----------
    seconds : float or None
        s of the middle of the track; the rest is not heard.
    mp3_kbits : int or None
        kbit/s of the mp3 file that it is encoded to, and decoded from.
    room : Path or None
        Room response to play it in.
    noise : Path or None
        Sound in the background, repeated where it is shorter.
    snr_db : float
        dB of the music over the background, both as RMS.
    noise_start : float
        Where in the background to begin, as a share of it.
    high_pass, low_pass : float or None
        Hz under which, and above which, little is left.
    gain_db : float
        dB; what then lies over full scale is cut off.
    """

    seconds: float | None = None
    mp3_kbits: int | None = None
    room: Path | None = None
    noise: Path | None = None
    snr_db: float = 15.0
    noise_start: float = 0.0
    high_pass: float | None = None
    low_pass: float | None = None
    gain_db: float = 0.0


AS_IT_IS = Condition()
CONDITIONS: Mapping[str, Condition] = {
    MICROPHONE: Condition(high_pass=100.0, low_pass=6000.0),  # and a room, a noise and a gain for each track
    "window-10s": Condition(seconds=10.0),
    "window-5s": Condition(seconds=5.0),
    "window-3s": Condition(seconds=3.0),
    "mp3-64": Condition(mp3_kbits=64),
    "low-pass-5k": Condition(low_pass=5000.0),
    "gain": Condition(gain_db=-20.0),
}


def condition_for(name: str, path: Path, rooms: Sequence[Path] = (), noises: Sequence[Path] = ()) -> Condition:
    """Return what a track of that name gets; the same wherever it lies and whatever other tracks there are.

    Parameters
    ----------
    name : str
        One of `CONDITIONS`; the microphone needs rooms and noises.
    """
    condition = CONDITIONS[name]
    if name != MICROPHONE:
        return condition
    digest = hashlib.sha256(path.name.encode("utf-8", "surrogateescape")).digest()
    rng = np.random.default_rng((SEED, int.from_bytes(digest[:8], "big")))
    which_room, which_noise, start = rng.random(3)
    return replace(
        condition,
        room=rooms[int(which_room * len(rooms))],
        noise=noises[int(which_noise * len(noises))],
        noise_start=float(start),
        gain_db=float(rng.uniform(*_GAIN_DB)),
    )


def read_under(path: str, request: WindowRequest, condition: Condition) -> DecodedFile:
    """Return the windows of a track as they sound under a condition; runs in a decoder process.

    Raises
    ------
    DecodeError
        Where the track, the room or the noise cannot be read.
    """
    if condition == AS_IT_IS:
        return read_windows(path, request)
    rate = request.sample_rate
    if condition.seconds is not None:
        request = replace(request, window_seconds=condition.seconds, several_seconds=condition.seconds, count=1)
    if condition.mp3_kbits is not None:
        request = replace(request, sample_rate=_MP3_RATE)
    decoded = read_windows(path, request)
    windows = tuple(AudioWindow(w.start, _under(w.samples, rate, condition)) for w in decoded.windows)
    return replace(decoded, windows=windows, level_dbfs=max(level_dbfs(window.samples) for window in windows))


def _under(samples: Samples, rate: int, condition: Condition) -> Samples:
    """Change a window of `rate` Hz, or of `_MP3_RATE` where it is encoded first."""
    out = samples
    if condition.mp3_kbits is not None:
        out = np.asarray(soxr.resample(as_mp3(out, _MP3_RATE, condition.mp3_kbits), _MP3_RATE, rate), np.float32)
    if condition.room is not None:
        out = in_room(out, sound(condition.room, rate))
    if condition.noise is not None:
        out = in_noise(out, sound(condition.noise, rate), condition.snr_db, condition.noise_start)
    if condition.high_pass is not None:
        out = high_passed(out, rate, condition.high_pass)
    if condition.low_pass is not None:
        out = low_passed(out, rate, condition.low_pass)
    if condition.gain_db:
        out = np.clip(out * np.float32(10 ** (condition.gain_db / 20)), -1, 1)
    return out


def high_passed(samples: Samples, sample_rate: int, cut: float) -> Samples:
    """Take away what is under `cut` Hz, as a Butterworth filter does, without its delays."""
    size = 1 << (len(samples) + sample_rate - 1).bit_length()  # a second of room for the ringing
    frequencies = np.fft.rfftfreq(size, 1 / sample_rate)
    gain = 1 / np.sqrt(1 + (cut / np.maximum(frequencies, 1e-6)) ** (2 * _HIGH_PASS_ORDER))
    return np.asarray(np.fft.irfft(np.fft.rfft(samples, size) * gain, size)[: len(samples)], np.float32)


def as_mp3(samples: Samples, sample_rate: int, kbits: int) -> Samples:
    """Return what is left of mono sound in an mp3 file of `kbits` kbit/s; as long as before.

    Raises
    ------
    DecodeError
        Where the sound library cannot write such files.
    """
    best, worst = _MP3_LEVELS
    level = (best - kbits) / (best - worst)
    file = io.BytesIO()
    try:
        with soundfile.SoundFile(
            file, "w", sample_rate, 1, "MPEG_LAYER_III", format="MP3", bitrate_mode="CONSTANT", compression_level=level
        ) as stream:
            stream.write(np.clip(samples, -1, 1))
        file.seek(0)
        out, _ = soundfile.read(file, len(samples), dtype="float32", fill_value=0.0)
    except (soundfile.SoundFileError, RuntimeError, ValueError) as error:
        raise DecodeError(
            "No mp3 file could be written to try the model on: leave the condition mp3-64 out, or install libsndfile "
            "1.1 or newer.",
            str(error),
        ) from error
    return np.asarray(out, np.float32)
