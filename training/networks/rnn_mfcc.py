"""Two LSTM layers on 13 MFCC of 3 s."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor, nn

from training.networks.chunks import average, cut
from training.networks.level import Scaled
from training.networks.typical import MFCC_CENTRE, MFCC_SPREAD


@dataclass(frozen=True)
class RnnMfccConfig:
    chunk: int = 130  # frames: 3 s at 22.05 kHz and a hop of 512
    units: int = 64  # of each of the two layers
    dense: int = 64
    dropout: float = 0.3


class RnnMfcc(nn.Module):
    """MFCC (B, 13, T) to logits (B, L): the state after the last frame of each 3 s, dense; averaged."""

    def __init__(self, n_labels: int, config: RnnMfccConfig | None = None) -> None:
        super().__init__()
        config = config or RnnMfccConfig()
        self.chunk = config.chunk
        self.scaled = Scaled(MFCC_CENTRE, MFCC_SPREAD)
        self.lstm = nn.LSTM(len(MFCC_CENTRE), config.units, num_layers=2, batch_first=True)
        self.dense = nn.Sequential(nn.Linear(config.units, config.dense), nn.ReLU())
        self.dropout = nn.Dropout(config.dropout)
        self.output = nn.Linear(config.dense, n_labels)

    def embed(self, features: Tensor) -> Tensor:
        """Map MFCC (B, 13, T) to the input of the last layer, (B, dense)."""
        steps = self.scaled(cut(features, self.chunk)).transpose(1, 2)
        states, _ = self.lstm(steps.float())
        return average(self.dense(states[:, -1]), features.shape[0])

    def head(self, embedding: Tensor) -> Tensor:
        """Map embeddings (B, dense) to logits (B, L)."""
        logits: Tensor = self.output(embedding)
        return logits

    def forward(self, features: Tensor) -> Tensor:
        return self.head(self.dropout(self.embed(features)))
