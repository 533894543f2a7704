"""A network that learns, beside its labels, to say what its teachers say: only what it learns by that is kept."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class Echoing(nn.Module):
    """Logits and echoes of a network, (B, L + D), from one embedding.

    Parameters
    ----------
    network : nn.Module
        With `embed`, `dropout`, `head`, and a last layer `output`.
    echoes : int
        D, numbers of the teachers; they have a layer of their own, which no model carries.
    reach : float
        How much of the gradient of the logits goes on below the last layer, 0 to 1.
    """

    def __init__(self, network: nn.Module, echoes: int, reach: float = 1.0) -> None:
        super().__init__()
        self.network = network
        self.reach = reach
        self.echo = nn.Linear(network.output.in_features, echoes)  # type: ignore[arg-type, union-attr]

    def forward(self, features: Tensor) -> Tensor:
        embedding = self.network.dropout(self.network.embed(features))  # type: ignore[operator]
        judged = embedding.detach().lerp(embedding, self.reach)
        return torch.cat([self.network.head(judged), self.echo(embedding)], dim=1)  # type: ignore[operator]
