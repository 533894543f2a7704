"""Two stacks of convolutions side by side, one fine in time, one broad, and a GRU: made to be taught."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from training.networks.crnn import conv_blocks


@dataclass(frozen=True)
class Stack:
    """Channels of the blocks of a stack, and by how much each takes bands and frames down."""

    channels: tuple[int, ...]
    pool_bands: tuple[int, ...]
    pool_frames: tuple[int, ...]


@dataclass(frozen=True)
class CrnnPairConfig:
    # The grids of Choi et al. 2016 and 2017, so that block by block the same can be asked of both. The first two
    # blocks are three quarters as wide as there: they cost most.
    fine: Stack = Stack((48, 96, 128, 128), (2, 3, 4, 4), (2, 3, 4, 4))
    broad: Stack = Stack((32, 32, 32, 32, 32), (2, 3, 2, 2, 4), (4, 4, 5, 4, 4))
    gru: int = 64  # units of each of the two layers
    summary: int = 256  # numbers that a window comes down to
    head_dropout: float = 0.1
    far_db: float = 80.0  # below the loudest point of a window by more than this: floor
    near_db: float = 40.0  # the same, of the picture that shows what is loud alone
    levels_bands: bool = False  # a fourth picture, in which no loudspeaker or equaliser shows


class CrnnPair(nn.Module):
    """Features (B, M, T) in dB to logits (B, L); any T from 32 frames on.

    Both stacks see three pictures: levelled by the window's mean, by its loudest point, and what is loud alone; and
    a fourth where the configuration says so, in which each band has lost its own mean. The mean of what every block
    gives (Choi et al. 2017, arXiv 1703.09179), and mean, peak and end of what two GRU layers say over the fine stack,
    come down to a summary, which the last layer is given.
    """

    def __init__(self, n_labels: int, config: CrnnPairConfig | None = None) -> None:
        super().__init__()
        config = config or CrnnPairConfig()
        self.far_db, self.near_db, self.levels_bands = config.far_db, config.near_db, config.levels_bands
        pictures = 4 if config.levels_bands else 3
        self.fine = _blocks(config.fine, pictures)
        self.broad = _blocks(config.broad, pictures)
        self.gru = nn.GRU(config.fine.channels[-1], config.gru, num_layers=2, batch_first=True)
        self.summary = nn.Linear(3 * config.gru + sum(config.fine.channels + config.broad.channels), config.summary)
        self.dropout = nn.Dropout(config.head_dropout)
        self.output = nn.Linear(config.summary, n_labels)

    def pictures(self, features: Tensor, top: Tensor, mean: Tensor) -> Tensor:
        """Map dB (B, M, T) to pictures (B, 3 or 4, M, T).

        Parameters
        ----------
        top, mean : Tensor, shape (B, 1, 1)
            Of the window, `levels`; what is learnt from may be a piece of it.
        """
        far = torch.minimum(torch.maximum(features, top - self.far_db), top)
        near = torch.maximum(far, top - self.near_db)
        pictures = [(far - mean) / 20.0, (far - top) / 20.0 + 2.0, (near - top) / 10.0 + 2.0]
        if self.levels_bands:
            pictures.append((far - far.mean(dim=2, keepdim=True)) / 15.0)
        return torch.stack(pictures, dim=1)

    def levels(self, features: Tensor) -> tuple[Tensor, Tensor]:
        """Return the loudest point of each window, dB, and the mean of what is not far below it."""
        top = torch.amax(features, dim=(1, 2), keepdim=True)
        return top, torch.maximum(features, top - self.far_db).mean(dim=(1, 2), keepdim=True)

    def maps(self, pictures: Tensor) -> tuple[list[Tensor], list[Tensor]]:
        """Return what every block of the fine and of the broad stack gives, each (B, channels, bands, frames)."""
        fine: list[Tensor] = []
        x = pictures
        for block in self.fine:
            x = block(x)
            fine.append(x)
        broad: list[Tensor] = []
        x = pictures
        for block in self.broad:
            x = block(x)
            broad.append(x)
        return fine, broad

    @torch.jit.export
    def embed(self, features: Tensor) -> Tensor:
        """Map features (B, M, T) to the input of the last layer, (B, summary)."""
        top, mean = self.levels(features)
        fine, broad = self.maps(self.pictures(features, top, mean))
        # One band is left of the fine stack.
        out, _ = self.gru(fine[-1].mean(dim=2).transpose(1, 2).float())
        parts = [x.mean(dim=(2, 3)).float() for x in fine + broad]
        parts += [out.mean(dim=1), out.amax(dim=1), out[:, -1]]
        summary: Tensor = self.summary(torch.cat(parts, dim=1))
        return summary

    @torch.jit.export
    def head(self, embedding: Tensor) -> Tensor:
        """Map embeddings (B, E) to logits (B, L)."""
        logits: Tensor = self.output(embedding)
        return logits

    def forward(self, features: Tensor) -> Tensor:
        return self.head(self.dropout(self.embed(features)))


def levelled_pair(n_labels: int) -> CrnnPair:
    """Return one that sees the fourth picture."""
    return CrnnPair(n_labels, CrnnPairConfig(levels_bands=True))


def _blocks(stack: Stack, pictures: int) -> nn.Sequential:
    return conv_blocks(stack.channels, stack.pool_bands, stack.pool_frames, dropout=0.0, pictures=pictures)
