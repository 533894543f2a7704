"""Log-mel bands with MFCC below them: an image, and a second input beside it."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from training.frontends.log_mel import LogMel
from training.frontends.mfcc import Cepstrum, MfccConfig


@dataclass(frozen=True)
class MelMfccConfig(MfccConfig):
    """22.05 kHz, 2048/512, 128 bands and 13 coefficients."""


class MelMfcc(nn.Module):
    """Rows 0 to n_mels - 1 are dB as of `LogMel`, the n_mfcc rows after them are MFCC as of `Mfcc`."""

    def __init__(self, config: MelMfccConfig) -> None:
        super().__init__()
        self.log_mel = LogMel(config)
        self.cepstrum = Cepstrum(config)

    def forward(self, waveform: Tensor) -> Tensor:
        """Map waveforms (B, N) in -1..1 to rows (B, n_mels + n_mfcc, 1 + N // hop)."""
        decibels: Tensor = self.log_mel(waveform)
        return torch.cat([decibels, self.cepstrum(decibels)], dim=1)
