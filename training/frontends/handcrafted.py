"""What was designed by hand before networks learnt their own features: timbre, pitch class, contrast, brightness."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import torch
from torch import Tensor, nn

from training.frontends.log_mel import AMIN
from training.frontends.mfcc import Cepstrum, MfccConfig
from training.torchaudio_cpu import import_torchaudio

_TINY = 1.2e-38  # the smallest normal float32: below it a frame of chroma is left as it is


@dataclass(frozen=True)
class HandcraftedConfig(MfccConfig):
    """librosa's defaults at 22.05 kHz, 2048/512."""

    n_chroma: int = 12
    contrast_bands: int = 6  # octaves from `contrast_lowest` on; what is below them is one band more
    contrast_lowest: float = 200.0  # Hz
    contrast_share: float = 0.02  # of a band's bins that are its peak, and its valley
    rolloff: float = 0.85  # of the magnitude lies below


class Chroma(nn.Module):
    """`librosa.feature.chroma_stft(tuning=0)`: power by pitch class (C first), loudest class 1.

    Gaussians around each semitone, narrower than one, weighted around octave 5 (Ellis 2007, "Chroma feature analysis
    and synthesis").
    """

    def __init__(self, config: HandcraftedConfig) -> None:
        super().__init__()
        classes = config.n_chroma
        bins = torch.arange(1, config.n_fft // 2 + 2, dtype=torch.float64)
        semitones = classes * torch.log2(bins * config.sample_rate / config.n_fft / 27.5)  # over A0
        semitones = torch.cat([semitones[:1] - 1.5 * classes, semitones])  # 0 Hz: an octave and a half below
        width = semitones.diff().clamp(min=1.0)
        semitones = semitones[:-1]
        away = torch.remainder(semitones - torch.arange(classes)[:, None] + classes / 2, classes) - classes / 2
        bumps = torch.exp(-0.5 * (2 * away / width) ** 2)
        bumps = bumps / bumps.norm(dim=0, keepdim=True)
        bumps = bumps * torch.exp(-0.5 * ((semitones / classes - 5.0) / 2.0) ** 2)
        bank = bumps.roll(-3 * (classes // 12), dims=0).float()  # from A to C
        self.register_buffer("bank", bank.contiguous(), persistent=False)
        self.bank: Tensor
        self.tiny = _TINY

    def forward(self, power: Tensor) -> Tensor:
        chroma = torch.matmul(self.bank, power)
        peak = chroma.amax(dim=1, keepdim=True)
        return chroma / torch.where(peak < self.tiny, torch.ones_like(peak), peak)


class Contrast(nn.Module):
    """`librosa.feature.spectral_contrast` without its cut at 80 dB: peak over valley of each octave, dB.

    Jiang et al. 2002, "Music type classification by spectral contrast feature". Bins more than 110 dB below the
    loudest of their frame tell of the rounding of the Fourier transform, another one on every device: they count as
    110 dB below.
    """

    def __init__(self, config: HandcraftedConfig) -> None:
        super().__init__()
        hertz = torch.arange(config.n_fft // 2 + 1) * config.sample_rate / config.n_fft
        edges = [0.0] + [config.contrast_lowest * 2.0**k for k in range(config.contrast_bands + 1)]
        self.bands: list[tuple[int, int, int]] = []  # first bin, end, how many are peak and valley
        for k, (low, high) in enumerate(pairwise(edges)):
            inside = torch.nonzero((hertz >= low) & (hertz <= high)).flatten()
            top = k == config.contrast_bands
            begin = int(inside[0]) - (k > 0)  # each band takes a bin of the one below
            end = len(hertz) if top else int(inside[-1]) + 1
            count = max(1, round(config.contrast_share * (end - begin)))
            self.bands.append((begin, end if top else end - 1, count))  # and leaves its last to the next
        self.floor = AMIN
        self.depth = 10 ** (-110 / 20)

    def forward(self, magnitude: Tensor) -> Tensor:
        x = torch.maximum(magnitude, self.depth * magnitude.amax(dim=1, keepdim=True))
        rows: list[Tensor] = []
        for first, last, count in self.bands:
            band = x[:, first:last]
            valley = band.topk(count, dim=1, largest=False)[0].mean(dim=1)
            peak = band.topk(count, dim=1)[0].mean(dim=1)
            rows.append(10.0 * torch.log10(peak.clamp(min=self.floor) / valley.clamp(min=self.floor)))
        return torch.stack(rows, dim=1)


class Rolloff(nn.Module):
    """`librosa.feature.spectral_rolloff`, in kHz: below it lies `rolloff` of a frame's magnitude."""

    def __init__(self, config: HandcraftedConfig) -> None:
        super().__init__()
        self.share = config.rolloff
        self.kilohertz = config.sample_rate / config.n_fft / 1000.0  # of one bin

    def forward(self, magnitude: Tensor) -> Tensor:
        below = magnitude.cumsum(dim=1)
        short = below < self.share * below[:, -1:]
        return short.sum(dim=1, keepdim=True) * self.kilohertz


class ZeroCrossings(nn.Module):
    """`librosa.feature.zero_crossing_rate`: changes of sign a sample, 0 to 1; the ends are held for half a frame."""

    def __init__(self, config: HandcraftedConfig) -> None:
        super().__init__()
        self.size = config.n_fft
        self.hop = config.hop
        self.threshold = 1e-10  # what is no larger has no sign

    def forward(self, waveform: Tensor) -> Tensor:
        half = self.size // 2
        padded = nn.functional.pad(waveform.unsqueeze(1), (half, half), mode="replicate")
        negative = padded < -self.threshold
        change = (negative[:, :, 1:] != negative[:, :, :-1]).to(waveform.dtype)
        # A frame of n samples holds n - 1 steps; librosa divides by n.
        return nn.functional.avg_pool1d(change, self.size - 1, self.hop) * ((self.size - 1) / self.size)


class Handcrafted(nn.Module):
    """Rows: MFCC, chroma, spectral contrast, roll-off (kHz), zero-crossing rate; scaling them is the network's."""

    def __init__(self, config: HandcraftedConfig) -> None:
        super().__init__()
        transforms = import_torchaudio().transforms
        self.floor = AMIN
        self.spectrum = transforms.Spectrogram(
            n_fft=config.n_fft, hop_length=config.hop, power=2.0, center=True, pad_mode="constant"
        )
        self.mel = transforms.MelScale(
            n_mels=config.n_mels,
            sample_rate=config.sample_rate,
            n_stft=config.n_fft // 2 + 1,
            norm="slaney",
            mel_scale="slaney",
        )
        self.cepstrum = Cepstrum(config)
        self.chroma = Chroma(config)
        self.contrast = Contrast(config)
        self.rolloff = Rolloff(config)
        self.crossings = ZeroCrossings(config)

    def forward(self, waveform: Tensor) -> Tensor:
        """Map waveforms (B, N) in -1..1 to rows (B, n_mfcc + n_chroma + contrast_bands + 3, 1 + N // hop)."""
        power: Tensor = self.spectrum(waveform)
        magnitude = power.sqrt()
        decibels = 10.0 * torch.log10(torch.clamp(self.mel(power), min=self.floor))
        timbre = [self.cepstrum(decibels), self.chroma(power), self.contrast(magnitude)]
        brightness = [self.rolloff(magnitude), self.crossings(waveform)]
        return torch.cat(timbre + brightness, dim=1)
