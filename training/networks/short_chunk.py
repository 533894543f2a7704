"""Short-chunk CNN with residual blocks, after Won et al. 2020 (arXiv 2006.00751)."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import torch
from torch import Tensor, nn

from training.networks.chunks import average, cut
from training.networks.level import levelled


@dataclass(frozen=True)
class ShortChunkConfig:
    chunk: int = 231  # frames: 3.69 s at 16 kHz and a hop of 256
    width: int = 32  # channels of the first block; the paper has 128, sixteen times the weights and the work
    widths: tuple[int, ...] = (1, 1, 2, 2, 2, 2, 4)  # of each block, times `width`; each halves bands and frames
    dropout: float = 0.5
    range_db: float = 80.0


class Residual(nn.Module):
    """Two 3x3 convolutions with batch norm, the first by steps of two, added to a third that leads past them."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.first = nn.Conv2d(inputs, outputs, 3, stride=2, padding=1, bias=False)
        self.first_norm = nn.BatchNorm2d(outputs)
        self.second = nn.Conv2d(outputs, outputs, 3, padding=1, bias=False)
        self.second_norm = nn.BatchNorm2d(outputs)
        self.past = nn.Conv2d(inputs, outputs, 3, stride=2, padding=1, bias=False)
        self.past_norm = nn.BatchNorm2d(outputs)

    def forward(self, x: Tensor) -> Tensor:
        out = self.second_norm(self.second(torch.relu(self.first_norm(self.first(x)))))
        return torch.relu(out + self.past_norm(self.past(x)))


class ShortChunk(nn.Module):
    """Features (B, 128, T) in dB to logits (B, L): seven blocks on each 3.69 s, the peak over time, dense; averaged."""

    def __init__(self, n_labels: int, config: ShortChunkConfig | None = None) -> None:
        super().__init__()
        config = config or ShortChunkConfig()
        self.chunk = config.chunk
        self.range_db = config.range_db
        widths = [1, *(config.width * width for width in config.widths)]
        self.blocks = nn.Sequential(*(Residual(a, b) for a, b in pairwise(widths)))
        size = widths[-1]
        self.dense = nn.Sequential(nn.Linear(size, size, bias=False), nn.BatchNorm1d(size), nn.ReLU())
        self.dropout = nn.Dropout(config.dropout)
        self.output = nn.Linear(size, n_labels)

    def embed(self, features: Tensor) -> Tensor:
        """Map features (B, 128, T) to the input of the last layer, (B, 4 * width)."""
        pieces = levelled(cut(features, self.chunk), self.range_db)
        peaks = self.blocks(pieces.unsqueeze(1)).amax(dim=(2, 3))
        return average(self.dense(peaks), features.shape[0])

    def head(self, embedding: Tensor) -> Tensor:
        """Map embeddings (B, 4 * width) to logits (B, L)."""
        logits: Tensor = self.output(embedding)
        return logits

    def forward(self, features: Tensor) -> Tensor:
        return self.head(self.dropout(self.embed(features)))
