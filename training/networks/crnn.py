"""The reference network: five convolution blocks, two GRU layers, dense. After Choi et al. 2016 (arXiv 1609.04243)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn


@dataclass(frozen=True)
class CrnnConfig:
    channels: tuple[int, ...] = (32, 48, 64, 64, 64)
    # Pooling takes 96 bands down to 1 and 32 frames (0.68 s) to 1, so that a window of 1 s still leaves a step.
    pool_bands: tuple[int, ...] = (2, 2, 2, 3, 4)
    pool_frames: tuple[int, ...] = (2, 2, 2, 2, 2)
    gru: int = 64  # units of each of the two layers
    dropout: float = 0.1  # after each block
    head_dropout: float = 0.3
    range_db: float = 80.0  # below the loudest point of a window by more than this: floor


class ConvBlock(nn.Module):
    """3x3 convolution, batch norm, max pooling, ELU, dropout.

    ELU never turns two numbers around: after pooling it gives the same, of a quarter of the numbers or fewer.
    """

    def __init__(self, inputs: int, outputs: int, pool: tuple[int, int], dropout: float) -> None:
        super().__init__()
        self.conv = nn.Conv2d(inputs, outputs, 3, padding=1, bias=False)
        self.norm = nn.BatchNorm2d(outputs)
        self.activation = nn.ELU()
        # Rounding up keeps the last frames of a short window.
        self.pool = nn.MaxPool2d(pool, ceil_mode=True)
        self.dropout = nn.Dropout(dropout)

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.dropout(self.activation(self.pool(self.norm(self.conv(x)))))
        return out


def conv_blocks(
    channels: Sequence[int], pool_bands: Sequence[int], pool_frames: Sequence[int], dropout: float, pictures: int = 1
) -> nn.Sequential:
    """Return a block for each number of channels; the first is given so many pictures."""
    inputs = (pictures, *channels[:-1])
    pools = zip(pool_bands, pool_frames, strict=True)
    return nn.Sequential(*(ConvBlock(*made, dropout) for made in zip(inputs, channels, pools, strict=True)))


class Crnn(nn.Module):
    """Features (B, M, T) in dB to logits (B, L); any T from 32 frames on.

    The level of a window is taken out first (dB minus their mean), so that a quiet microphone and a loud master
    look alike; silence is judged by level, not by the network.
    """

    def __init__(self, n_labels: int, config: CrnnConfig | None = None) -> None:
        super().__init__()
        config = config or CrnnConfig()
        self.range_db = config.range_db
        self.blocks = conv_blocks(config.channels, config.pool_bands, config.pool_frames, config.dropout)
        inputs = config.channels[-1]
        self.gru = nn.GRU(inputs, config.gru, num_layers=2, batch_first=True)
        self.dropout = nn.Dropout(config.head_dropout)
        self.output = nn.Linear(2 * config.gru, n_labels)

    def normalise(self, features: Tensor) -> Tensor:
        floor = torch.amax(features, dim=(1, 2), keepdim=True) - self.range_db
        x = torch.maximum(features, floor)
        return (x - x.mean(dim=(1, 2), keepdim=True)) / 20.0

    @torch.jit.export
    def embed(self, features: Tensor) -> Tensor:
        """Map features (B, M, T) to the input of the last layer, (B, 2 * gru)."""
        x = self.blocks(self.normalise(features).unsqueeze(1))
        steps = x.mean(dim=2).transpose(1, 2)  # (B, steps, channels); one band is left
        out, _ = self.gru(steps.float())
        # Mean and peak over time say the same for any length, where the last state alone would favour the end.
        return torch.cat([out.mean(dim=1), out.amax(dim=1)], dim=1)

    @torch.jit.export
    def head(self, embedding: Tensor) -> Tensor:
        """Map embeddings (B, E) to logits (B, L)."""
        logits: Tensor = self.output(embedding)
        return logits

    def forward(self, features: Tensor) -> Tensor:
        return self.head(self.dropout(self.embed(features)))
