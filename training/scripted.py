"""The module that is exported: everything from raw audio to logits, as TorchScript."""

from __future__ import annotations

import warnings
from typing import Any

import torch
from torch import Tensor, nn


class Listener(nn.Module):
    """Front end and network behind the four methods of the model contract."""

    def __init__(self, frontend: nn.Module, network: nn.Module) -> None:
        super().__init__()
        self.frontend = frontend
        self.network = network

    @torch.jit.export
    def features(self, waveform: Tensor) -> Tensor:
        """Map audio (B, N) in -1..1 to what the network sees, (B, M, T)."""
        out: Tensor = self.frontend(waveform)
        return out

    @torch.jit.export
    def embed(self, waveform: Tensor) -> Tensor:
        """Map audio (B, N) to the input of the last layer, (B, E)."""
        out: Tensor = self.network.embed(self.frontend(waveform))  # type: ignore[operator]
        return out

    @torch.jit.export
    def head(self, embedding: Tensor) -> Tensor:
        """Map embeddings (B, E) to logits (B, L)."""
        out: Tensor = self.network.head(embedding)  # type: ignore[operator]
        return out

    def forward(self, waveform: Tensor) -> Tensor:
        """Map audio (B, N) to logits (B, L)."""
        return self.head(self.embed(waveform))


def script(frontend: nn.Module, network: nn.Module) -> Any:
    """Return the scripted `Listener` in evaluation mode, on the CPU. The only place that scripts."""
    with warnings.catch_warnings():
        # TorchScript is the contract; PyTorch says at each call that it prefers torch.export.
        warnings.simplefilter("ignore", DeprecationWarning)
        return torch.jit.script(Listener(frontend, network).cpu().eval())
