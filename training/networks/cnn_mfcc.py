"""A small CNN on 13 MFCC of 3 s: the network of many published notebooks on GTZAN."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor, nn

from training.networks.chunks import average, cut
from training.networks.level import Scaled
from training.networks.typical import MFCC_CENTRE, MFCC_SPREAD


@dataclass(frozen=True)
class CnnMfccConfig:
    chunk: int = 130  # frames: 3 s at 22.05 kHz and a hop of 512
    channels: tuple[int, ...] = (32, 32, 32)
    dense: int = 64
    dropout: float = 0.3


class CnnMfcc(nn.Module):
    """MFCC (B, 13, T) to logits (B, L): three blocks of convolution, ReLU, pooling, batch norm; dense; averaged."""

    def __init__(self, n_labels: int, config: CnnMfccConfig | None = None) -> None:
        super().__init__()
        config = config or CnnMfccConfig()
        self.chunk = config.chunk
        self.scaled = Scaled(MFCC_CENTRE, MFCC_SPREAD)
        layers: list[nn.Module] = []
        inputs, rows, frames = 1, len(MFCC_CENTRE), config.chunk
        for outputs in config.channels:
            convolution = nn.Conv2d(inputs, outputs, 3, padding=1)
            layers += [convolution, nn.ReLU(), nn.MaxPool2d(2, ceil_mode=True), nn.BatchNorm2d(outputs)]
            inputs, rows, frames = outputs, (rows + 1) // 2, (frames + 1) // 2
        self.blocks = nn.Sequential(*layers)
        self.dense = nn.Sequential(nn.Linear(inputs * rows * frames, config.dense), nn.ReLU())
        self.dropout = nn.Dropout(config.dropout)
        self.output = nn.Linear(config.dense, n_labels)

    def embed(self, features: Tensor) -> Tensor:
        """Map MFCC (B, 13, T) to the input of the last layer, (B, dense)."""
        pieces = self.scaled(cut(features, self.chunk))
        return average(self.dense(self.blocks(pieces.unsqueeze(1)).flatten(1)), features.shape[0])

    def head(self, embedding: Tensor) -> Tensor:
        """Map embeddings (B, dense) to logits (B, L)."""
        logits: Tensor = self.output(embedding)
        return logits

    def forward(self, features: Tensor) -> Tensor:
        return self.head(self.dropout(self.embed(features)))
