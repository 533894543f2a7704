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
    """

    def __init__(self, network: nn.Module, echoes: int) -> None:
        super().__init__()
        self.network = network
        self.echo = nn.Linear(network.output.in_features, echoes)  # type: ignore[arg-type, union-attr]

    def forward(self, features: Tensor) -> Tensor:
        embedding = self.network.dropout(self.network.embed(features))  # type: ignore[operator]
        return torch.cat([self.network.head(embedding), self.echo(embedding)], dim=1)  # type: ignore[operator]
