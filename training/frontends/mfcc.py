"""Mel-frequency cepstral coefficients: raw waveform to the cosine transform of its log-mel bands."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from training.frontends.log_mel import LogMel, LogMelConfig
from training.torchaudio_cpu import import_torchaudio


@dataclass(frozen=True)
class MfccConfig(LogMelConfig):
    """librosa's defaults, which the published systems on GTZAN took: 22.05 kHz, 2048/512, 13 of 128 bands."""

    sample_rate: int = 22_050  # Hz
    n_fft: int = 2048  # samples
    hop: int = 512  # samples
    n_mels: int = 128  # bands
    n_mfcc: int = 13
    range_db: float = 80.0  # bands further below the loudest one of their frame count as that far below


class Cepstrum(nn.Module):
    """The first coefficients of the orthonormal DCT-II of each frame: dB (B, bands, T) to (B, n_mfcc, T).

    librosa's `power_to_db` cuts at 80 dB below the loudest point of the clip, so that a frame hangs on what comes
    minutes later. Here the cut is below the loudest band of each frame: a crop of the features is what a crop of the
    sound gives, and bands that hold nothing but the rounding of the Fourier transform stay out of every coefficient.
    """

    def __init__(self, config: MfccConfig) -> None:
        super().__init__()
        basis: Tensor = import_torchaudio().functional.create_dct(config.n_mfcc, config.n_mels, norm="ortho")
        self.register_buffer("basis", basis.t().contiguous(), persistent=False)
        self.basis: Tensor
        self.range_db = config.range_db

    def forward(self, decibels: Tensor) -> Tensor:
        floor = decibels.amax(dim=1, keepdim=True) - self.range_db
        return torch.matmul(self.basis, torch.maximum(decibels, floor))


class Mfcc(nn.Module):
    """`librosa.feature.mfcc`, but for the cut at 80 dB: see `Cepstrum`."""

    def __init__(self, config: MfccConfig) -> None:
        super().__init__()
        self.log_mel = LogMel(config)
        self.cepstrum = Cepstrum(config)

    def forward(self, waveform: Tensor) -> Tensor:
        """Map waveforms (B, N) in -1..1 to coefficients (B, n_mfcc, 1 + N // hop)."""
        out: Tensor = self.cepstrum(self.log_mel(waveform))
        return out
