"""What every network does first: take the level out, and bring rows to a common scale."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn


def levelled(decibels: Tensor, range_db: float) -> Tensor:
    """Take the mean level out of dB (B, M, T), floored at `range_db` below the loudest point; 20 dB become 1.

    A quiet microphone and a loud master then look alike: silence is judged by level, not by the network.
    """
    floor = torch.amax(decibels, dim=(1, 2), keepdim=True) - range_db
    x = torch.maximum(decibels, floor)
    return (x - x.mean(dim=(1, 2), keepdim=True)) / 20.0


class Scaled(nn.Module):
    """Rows (B, M, T) of any unit to a common scale, learnt from the data: batch norm over each row.

    The first row is a level (the first MFCC), whose mean over the window is taken out. The rough centre and spread of
    each row on music come before the norm, so that a short run does not spend its steps on finding them.

    Parameters
    ----------
    centre, spread : sequence of float, length M
        In the rows' own units.
    """

    def __init__(self, centre: Sequence[float], spread: Sequence[float]) -> None:
        super().__init__()
        self.register_buffer("centre", torch.tensor(centre)[None, :, None], persistent=False)
        self.register_buffer("spread", torch.tensor(spread)[None, :, None], persistent=False)
        self.centre: Tensor
        self.spread: Tensor
        self.norm = nn.BatchNorm1d(len(centre))

    def forward(self, rows: Tensor) -> Tensor:
        level = rows[:, :1]
        rows = torch.cat([level - level.mean(dim=2, keepdim=True), rows[:, 1:]], dim=1)
        out: Tensor = self.norm((rows - self.centre) / self.spread)
        return out
