"""Networks that look at a few seconds: cut a longer window, and average over the pieces."""

from __future__ import annotations

import torch
from torch import Tensor


def cut(features: Tensor, size: int) -> Tensor:
    """Cut (B, M, T) into pieces of `size` frames, (B * n, M, size).

    The last piece ends where the window ends, so it may lap over the one before. What is shorter than a piece is
    repeated until it fills one.
    """
    batch, rows, frames = features.shape
    if frames < size:
        again = (size + frames - 1) // frames
        return features.repeat(1, 1, again)[:, :, :size]
    n = (frames + size - 1) // size
    pieces: list[Tensor] = []
    for k in range(n):
        start = min(k * size, frames - size)
        pieces.append(features[:, :, start : start + size])
    return torch.stack(pieces, dim=1).reshape(batch * n, rows, size)


def average(embeddings: Tensor, batch: int) -> Tensor:
    """Average the embeddings of pieces (B * n, E) over each window, (B, E)."""
    return embeddings.reshape(batch, -1, embeddings.shape[1]).mean(dim=1)
