"""Softmax regression: a linear layer fitted to what it is to say, by L-BFGS."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from training.threads import torch_threads

_STEPS = 300  # at most: it stops where it has arrived


def fit_layer(
    layer: nn.Linear, vectors: NDArray[np.float32], targets: NDArray[np.float32], weights: NDArray[np.float64], c: float
) -> None:
    """Fit a layer in place, pulled towards the weights that it begins with.

    Parameters
    ----------
    layer : nn.Linear
        D to L, on the CPU.
    vectors : ndarray, shape (n, D)
    targets : ndarray, shape (n, L)
        Probabilities.
    weights : ndarray, shape (n,)
    c : float
        What a weight of one counts beside half the squared distance from where the layer began.
    """
    x, y = torch.from_numpy(vectors), torch.from_numpy(targets)
    total = float(weights.sum())
    w = torch.from_numpy((weights / total).astype(np.float32))
    before = layer.weight.detach().clone()
    optimizer = torch.optim.LBFGS(layer.parameters(), max_iter=_STEPS, line_search_fn="strong_wolfe")

    def closure() -> Tensor:
        optimizer.zero_grad()
        loss = (functional.cross_entropy(layer(x), y, reduction="none") * w).sum()
        loss = loss + (layer.weight - before).square().sum() / (2 * c * total)
        loss.backward()
        return loss

    # Two threads take 0.13 s for what one does in 0.20; where a core has other work they wait for each other, 3 s.
    with torch_threads(1):
        optimizer.step(closure)


def scaled_layer(
    vectors: NDArray[np.float32], targets: NDArray[np.float32], weights: NDArray[np.float64], c: float
) -> nn.Linear:
    """Return a layer fitted from zero, where every number of the vectors counts alike, however large it is.

    Parameters
    ----------
    vectors, targets, weights, c
        See `fit_layer`; c is of the scaled numbers.
    """
    centre, spread = vectors.mean(axis=0), vectors.std(axis=0) + 1e-6
    layer = nn.Linear(vectors.shape[1], targets.shape[1])
    nn.init.zeros_(layer.weight)
    nn.init.zeros_(layer.bias)
    fit_layer(layer, (vectors - centre) / spread, targets, weights, c)
    with torch.no_grad():
        layer.weight.div_(torch.from_numpy(spread))
        layer.bias.sub_(layer.weight @ torch.from_numpy(centre))
    return layer
