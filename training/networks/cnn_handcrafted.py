"""A CNN over time on features that were designed by hand, scaled inside the model."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from training.networks.chunks import average, cut
from training.networks.level import Scaled
from training.networks.typical import HANDCRAFTED_CENTRE, HANDCRAFTED_SPREAD


@dataclass(frozen=True)
class CnnHandcraftedConfig:
    chunk: int = 130  # frames: 3 s at 22.05 kHz and a hop of 512
    channels: tuple[int, ...] = (64, 96, 128)
    kernel: int = 5  # frames
    dropout: float = 0.3  # after the last block, and before the last layer; not before a batch norm


class CnnHandcrafted(nn.Module):
    """Rows (B, 34, T) to logits (B, L).

    The rows have no order that a kernel could slide along, so each is a channel and the convolutions run over time.
    """

    def __init__(self, n_labels: int, config: CnnHandcraftedConfig | None = None) -> None:
        super().__init__()
        config = config or CnnHandcraftedConfig()
        self.chunk = config.chunk
        self.scaled = Scaled(HANDCRAFTED_CENTRE, HANDCRAFTED_SPREAD)
        layers: list[nn.Module] = []
        inputs = len(HANDCRAFTED_CENTRE)
        for outputs in config.channels:
            convolution = nn.Conv1d(inputs, outputs, config.kernel, padding=config.kernel // 2, bias=False)
            layers += [convolution, nn.BatchNorm1d(outputs), nn.ReLU(), nn.MaxPool1d(2)]
            inputs = outputs
        self.blocks = nn.Sequential(*layers, nn.Dropout(config.dropout))
        self.dropout = nn.Dropout(config.dropout)
        self.output = nn.Linear(2 * inputs, n_labels)

    def embed(self, features: Tensor) -> Tensor:
        """Map rows (B, 34, T) to the input of the last layer, (B, 2 * channels): mean and peak over time."""
        x = self.blocks(self.scaled(cut(features, self.chunk)))
        return average(torch.cat([x.mean(dim=2), x.amax(dim=2)], dim=1), features.shape[0])

    def head(self, embedding: Tensor) -> Tensor:
        """Map embeddings (B, 2 * channels) to logits (B, L)."""
        logits: Tensor = self.output(embedding)
        return logits

    def forward(self, features: Tensor) -> Tensor:
        return self.head(self.dropout(self.embed(features)))
