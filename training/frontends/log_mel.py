"""Log-mel front end: raw waveform to decibels."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from training.frontends.config import FrontendConfig
from training.torchaudio_cpu import import_torchaudio

AMIN = 1e-10  # power that stands for silence: -100 dB


@dataclass(frozen=True)
class LogMelConfig(FrontendConfig):
    """Choi et al. 2016 (arXiv 1609.04243): 12 kHz, 512/256, 96 bands, 29.12 s = 1366 frames."""

    sample_rate: int = 12_000  # Hz
    n_fft: int = 512  # samples; the window is as long
    hop: int = 256  # samples
    window_seconds: float = 29.12
    min_seconds: float = 1.0
    n_mels: int = 96  # bands


class LogMel(nn.Module):
    """Mel power spectrogram in dB re full scale, as `librosa.feature.melspectrogram` and `power_to_db(ref=1)` give it.

    Slaney's mel scale and norm, centred frames padded with zeros; torchaudio's own defaults are 42 dB off.
    """

    def __init__(self, config: LogMelConfig) -> None:
        super().__init__()
        self.floor = AMIN
        self.mel = import_torchaudio().transforms.MelSpectrogram(
            sample_rate=config.sample_rate,
            n_fft=config.n_fft,
            win_length=config.n_fft,
            hop_length=config.hop,
            n_mels=config.n_mels,
            power=2.0,
            center=True,
            pad_mode="constant",
            norm="slaney",
            mel_scale="slaney",
        )

    def forward(self, waveform: Tensor) -> Tensor:
        """Map waveforms (B, N) in -1..1 to dB (B, M, 1 + N // hop)."""
        return 10.0 * torch.log10(torch.clamp(self.mel(waveform), min=self.floor))
