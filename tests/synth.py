"""A small synthesizer: music-like audio that the tests compute, so that they run on any machine.

Everything is mono float32 in -1..1 unless `channels` says otherwise, and the same for the same seed.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Samples = NDArray[np.float32]
RATE = 22050  # Hz; cheap to make, and unlike any model's rate, so that resampling is always tested


def _times(seconds: float, rate: int) -> NDArray[np.float64]:
    return np.arange(round(seconds * rate)) / rate


def tone(seconds: float, frequency: float = 440.0, rate: int = RATE, level: float = 0.5) -> Samples:
    """Return a sine of `frequency` Hz with peak `level`."""
    return (level * np.sin(2 * np.pi * frequency * _times(seconds, rate))).astype(np.float32)


def silence(seconds: float, rate: int = RATE) -> Samples:
    return np.zeros(round(seconds * rate), np.float32)


def noise(seconds: float, rate: int = RATE, level: float = 0.1, seed: int = 0) -> Samples:
    """Return white Gaussian noise of RMS `level`."""
    generator = np.random.default_rng(seed)
    wave: Samples = np.clip(level * generator.standard_normal(round(seconds * rate)), -1, 1).astype(np.float32)
    return wave


def _hit(rate: int, kind: str, generator: np.random.Generator) -> Samples:
    t = _times(0.25, rate)
    if kind == "kick":
        wave = np.sin(2 * np.pi * (45 * t + 12 * (1 - np.exp(-30 * t)))) * np.exp(-12 * t)
    elif kind == "snare":
        wave = (0.6 * generator.standard_normal(t.size) + 0.4 * np.sin(2 * np.pi * 190 * t)) * np.exp(-18 * t)
    else:
        wave = np.diff(generator.standard_normal(t.size + 1)) * np.exp(-60 * t) * 0.4
    out: Samples = (0.6 * wave).astype(np.float32)
    return out


def drums(seconds: float, rate: int = RATE, bpm: float = 120.0, seed: int = 0) -> Samples:
    """Return kick on one and three, snare on two and four, hats on the eighths."""
    generator = np.random.default_rng(seed)
    out = np.zeros(round(seconds * rate) + rate, np.float32)
    eighth = 30.0 / bpm
    for step in range(int(seconds / eighth)):
        at = round(step * eighth * rate)
        names = ["hat"] if step % 2 else ["kick" if step % 4 == 0 else "snare", "hat"]
        for name in names:
            hit = _hit(rate, name, generator)
            out[at : at + hit.size] += hit
    return np.clip(out[: round(seconds * rate)], -1, 1)


def chords(seconds: float, rate: int = RATE, bpm: float = 60.0, seed: int = 0) -> Samples:
    """Return soft sustained triads that change every two beats."""
    generator = np.random.default_rng(seed)
    t = _times(seconds, rate)
    out = np.zeros(t.size)
    length = max(1, round(2 * 60.0 / bpm * rate))
    for start in range(0, t.size, length):
        part = t[start : start + length]
        root = 110.0 * 2 ** (generator.integers(0, 12) / 12)
        envelope = np.hanning(part.size + 2)[1:-1]
        for interval in (0, 4, 7, 12):
            frequency = root * 2 ** (interval / 12)
            for harmonic in (1, 2, 3):
                out[start : start + length] += envelope * np.sin(2 * np.pi * frequency * harmonic * part) / harmonic**2
    return (0.12 * out).astype(np.float32)


def distorted(seconds: float, rate: int = RATE, bpm: float = 160.0, seed: int = 0) -> Samples:
    """Return fast power chords through a hard clipper, over drums."""
    generator = np.random.default_rng(seed)
    t = _times(seconds, rate)
    steps = (t * bpm / 30).astype(int)
    roots = 82.4 * 2 ** (generator.integers(0, 8, int(steps.max(initial=0)) + 1) / 12)
    phase = 2 * np.pi * np.cumsum(roots[steps]) / rate
    wave = np.tanh(8 * (np.sin(phase) + np.sin(1.5 * phase)))
    out: Samples = np.clip(0.35 * wave + 0.5 * drums(seconds, rate, bpm, seed), -1, 1).astype(np.float32)
    return out


def song(seconds: float, rate: int = RATE, seed: int = 0) -> Samples:
    """Return drums and chords together: something a genre model takes for music."""
    out: Samples = np.clip(0.6 * drums(seconds, rate, 120, seed) + chords(seconds, rate, 60, seed), -1, 1)
    return out


# Kinds of "music" that a tiny network tells apart within seconds of training.
KINDS: Mapping[str, Callable[..., Samples]] = {"drums": drums, "chords": chords, "distorted": distorted, "noise": noise}


def stereo(samples: Samples, channels: int = 2) -> Samples:
    """Return (frames, channels): the same signal everywhere, a little softer to the right."""
    return np.stack([samples * (1 - 0.1 * index) for index in range(channels)], axis=1).astype(np.float32)


_SOUNDFILE_FORMATS = {
    ".wav": ("WAV", "PCM_16"),
    ".flac": ("FLAC", "PCM_16"),
    ".ogg": ("OGG", "VORBIS"),
    ".opus": ("OGG", "OPUS"),
    ".mp3": ("MP3", "MPEG_LAYER_III"),
    ".aiff": ("AIFF", "PCM_16"),
    ".au": ("AU", "PCM_16"),
}
_RATES = {".opus": (8000, 12000, 16000, 24000, 48000), ".ac3": (32000, 48000, 44100)}  # all that these can hold
_AV_FORMATS = {
    ".m4a": ("ipod", "aac"),
    ".mp4": ("mp4", "aac"),
    ".aac": ("adts", "aac"),
    ".mka": ("matroska", "flac"),
    ".wma": ("asf", "wmav2"),
    ".wv": ("wv", "wavpack"),
    ".tta": ("tta", "tta"),
    ".ac3": ("ac3", "ac3"),
    ".oga": ("ogg", "flac"),
}


def write_audio(path: str | os.PathLike[str], samples: Samples, rate: int = RATE, subtype: str | None = None) -> Path:
    """Write (frames,) or (frames, channels) in the format that the extension names."""
    target = Path(path)
    extension = target.suffix.lower()
    rates = _RATES.get(extension)
    if rates and rate not in rates:
        import soxr

        samples, rate = soxr.resample(samples, rate, rates[-1]), rates[-1]
    if extension in _SOUNDFILE_FORMATS:
        import soundfile  # here, so that tests without files pay nothing for it

        container, default = _SOUNDFILE_FORMATS[extension]
        channels = samples.shape[1] if samples.ndim > 1 else 1
        with (
            target.open("wb") as file,
            soundfile.SoundFile(file, "w", rate, channels, subtype or default, format=container) as sound,
        ):
            for at in range(0, len(samples), 1 << 16):  # libsndfile's Vorbis crashes over minutes in one piece
                sound.write(samples[at : at + (1 << 16)])
    else:
        _write_with_av(target, samples, rate, *_AV_FORMATS[extension])
    return target


def write_wav(path: str | os.PathLike[str], samples: Samples, rate: int = RATE, subtype: str = "PCM_16") -> Path:
    """Write a WAV whatever the name's extension says."""
    import soundfile

    target = Path(path)
    with target.open("wb") as file:
        soundfile.write(file, samples, rate, subtype=subtype, format="WAV")
    return target


def _write_with_av(target: Path, samples: Samples, rate: int, container: str, codec: str) -> None:
    import av

    planes = np.ascontiguousarray(samples.reshape(samples.shape[0], -1).T)
    layout = {1: "mono", 2: "stereo", 6: "5.1"}[planes.shape[0]]
    with target.open("wb") as file, av.open(file, "w", format=container) as output:
        stream = output.add_stream(codec, rate=rate, layout=layout)
        assert isinstance(stream, av.AudioStream)
        stream.bit_rate = 64_000 * planes.shape[0]
        whole = av.AudioFrame.from_ndarray(planes, format="fltp", layout=layout)
        whole.sample_rate = rate
        whole.pts = 0
        fifo = av.AudioFifo()
        resampler = av.AudioResampler(stream.format, layout, rate)
        for part in resampler.resample(whole) + resampler.resample(None):
            fifo.write(part)
        size = stream.codec_context.frame_size or 1024
        while (frame := fifo.read(size, partial=True)) is not None:
            assert isinstance(frame, av.AudioFrame)
            output.mux(stream.encode(frame))
        output.mux(stream.encode(None))


def write_genre_folders(
    folder: str | os.PathLike[str], per_kind: int = 6, seconds: float = 6.0, rate: int = RATE, extension: str = ".wav"
) -> Path:
    """Write a folder of genre folders, one a kind of `KINDS`, as `train` takes it."""
    root = Path(folder)
    for kind, make in KINDS.items():
        (root / kind).mkdir(parents=True, exist_ok=True)
        for index in range(per_kind):
            write_audio(root / kind / f"{kind}-{index:02d}{extension}", make(seconds, rate, seed=index), rate)
    return root
