"""Mel spectrograms as images of 128x128, with MFCC as a second input."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from training.networks.chunks import average, cut
from training.networks.level import Scaled, levelled
from training.networks.typical import MFCC_CENTRE, MFCC_SPREAD


@dataclass(frozen=True)
class CnnMelMfccConfig:
    chunk: int = 128  # frames: 2.97 s at 22.05 kHz and a hop of 512
    bands: int = 128  # the rows of the image; the rows after them are MFCC
    channels: tuple[int, ...] = (16, 32, 64, 128)  # of the image's blocks
    mfcc_channels: tuple[int, ...] = (32, 64)
    dense: int = 128
    # Only where no batch norm follows: the statistics of thinned inputs would be wrong for whole ones.
    dropout: float = 0.3  # after the last block of each branch
    head_dropout: float = 0.5
    range_db: float = 80.0


class CnnMelMfcc(nn.Module):
    """Rows (B, 128 + 13, T), dB and then MFCC, to logits (B, L): a branch for each, joined before the dense layer."""

    def __init__(self, n_labels: int, config: CnnMelMfccConfig | None = None) -> None:
        super().__init__()
        config = config or CnnMelMfccConfig()
        self.chunk = config.chunk
        self.bands = config.bands
        self.range_db = config.range_db
        self.image = _image(config)
        self.scaled = Scaled(MFCC_CENTRE, MFCC_SPREAD)
        self.curve = _curve(config)
        joined = config.channels[-1] + config.mfcc_channels[-1]
        self.dense = nn.Sequential(nn.Linear(joined, config.dense), nn.ReLU())
        self.dropout = nn.Dropout(config.head_dropout)
        self.output = nn.Linear(config.dense, n_labels)

    def embed(self, features: Tensor) -> Tensor:
        """Map rows (B, 128 + 13, T) to the input of the last layer, (B, dense)."""
        pieces = cut(features, self.chunk)
        image = self.image(levelled(pieces[:, : self.bands], self.range_db).unsqueeze(1))
        curve = self.curve(self.scaled(pieces[:, self.bands :]))
        joined = torch.cat([image.mean(dim=(2, 3)), curve.mean(dim=2)], dim=1)
        return average(self.dense(joined), features.shape[0])

    def head(self, embedding: Tensor) -> Tensor:
        """Map embeddings (B, dense) to logits (B, L)."""
        logits: Tensor = self.output(embedding)
        return logits

    def forward(self, features: Tensor) -> Tensor:
        return self.head(self.dropout(self.embed(features)))


def _image(config: CnnMelMfccConfig) -> nn.Sequential:
    layers: list[nn.Module] = []
    inputs = 1
    for outputs in config.channels:
        convolution = nn.Conv2d(inputs, outputs, 3, padding=1, bias=False)
        layers += [convolution, nn.BatchNorm2d(outputs), nn.ReLU(), nn.MaxPool2d(2)]
        inputs = outputs
    return nn.Sequential(*layers, nn.Dropout(config.dropout))


def _curve(config: CnnMelMfccConfig) -> nn.Sequential:
    layers: list[nn.Module] = []
    inputs = len(MFCC_CENTRE)
    for outputs in config.mfcc_channels:
        convolution = nn.Conv1d(inputs, outputs, 5, padding=2, bias=False)
        layers += [convolution, nn.BatchNorm1d(outputs), nn.ReLU(), nn.MaxPool1d(4)]
        inputs = outputs
    return nn.Sequential(*layers, nn.Dropout(config.dropout))
