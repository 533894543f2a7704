"""A small network for much hearing: narrow where the picture is large, wide where it is small."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from training.networks.crnn import conv_blocks
from training.networks.level import levelled


@dataclass(frozen=True)
class CrnnWideConfig:
    channels: tuple[int, ...] = (24, 48, 96, 128, 192)
    # Time is taken down by four at once: what later blocks cost is halved, and 85 ms are short for music.
    pool_bands: tuple[int, ...] = (2, 2, 2, 3, 4)
    pool_frames: tuple[int, ...] = (4, 2, 2, 2, 1)
    gru: int = 96  # units of each of the two layers
    dropout: float = 0.05  # after each block
    head_dropout: float = 0.2
    range_db: float = 80.0  # below the loudest point of a window by more than this: floor


class CrnnWide(nn.Module):
    """Features (B, M, T) in dB to logits (B, L); any T from 32 frames on.

    Five convolution blocks and two GRU layers. The last layer is given the mean and peak over time of what the GRU
    says, and the mean of what every block gives (Choi et al. 2017, arXiv 1703.09179): some genres are told by timbre,
    which early blocks know, others by what happens in time.
    """

    def __init__(self, n_labels: int, config: CrnnWideConfig | None = None) -> None:
        super().__init__()
        config = config or CrnnWideConfig()
        self.range_db = config.range_db
        self.blocks = conv_blocks(config.channels, config.pool_bands, config.pool_frames, config.dropout)
        inputs = config.channels[-1]
        self.gru = nn.GRU(inputs, config.gru, num_layers=2, batch_first=True)
        self.dropout = nn.Dropout(config.head_dropout)
        self.output = nn.Linear(2 * config.gru + sum(config.channels), n_labels)

    @torch.jit.export
    def embed(self, features: Tensor) -> Tensor:
        """Map features (B, M, T) to the input of the last layer, (B, 2 * gru + all channels)."""
        x = levelled(features, self.range_db).unsqueeze(1)
        parts: list[Tensor] = []
        for block in self.blocks:
            x = block(x)
            parts.append(x.mean(dim=(2, 3)).float())
        steps = x.mean(dim=2).transpose(1, 2).float()  # (B, steps, channels); one band is left
        out, _ = self.gru(steps)
        parts += [out.mean(dim=1), out.amax(dim=1)]
        return torch.cat(parts, dim=1)

    @torch.jit.export
    def head(self, embedding: Tensor) -> Tensor:
        """Map embeddings (B, E) to logits (B, L)."""
        logits: Tensor = self.output(embedding)
        return logits

    def forward(self, features: Tensor) -> Tensor:
        return self.head(self.dropout(self.embed(features)))
