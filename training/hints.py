"""What the convolutions of known teachers make of a picture: hints for the blocks of a network that learns from them.

Hints: Romero et al. 2015, arXiv 1412.6550. The teachers' mel bands are those of `LogMel`, so that they can be given any
piece of features that are at hand.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional

from training.foreign_teachers import ForeignTeacher

FINE, BROAD = "fine", "broad"
_FINE_POOLS = ((2, 2), (3, 3), (4, 4), (4, 4))  # bands and frames, Choi et al. 2016
_BROAD_POOLS = ((2, 4), (3, 4), (2, 5), (2, 4), (4, 4))  # Choi et al. 2017
_EDGE = 100  # frames at either end of the fine one's window, where its own statistics are of padding
_MARGIN_DB = 7.88238525390625  # of the broad one over the loudest point: the file's own `margin`


class TeacherBlocks(nn.Module):
    """The convolution blocks of a teacher: 3x3, ELU, max pooling. Use `blocks_of`.

    Parameters
    ----------
    weights, shifts : sequence of Tensor, shapes (C, inputs, 3, 3) and (C,)
        With the scale of the batch norm in them.
    pools : sequence of (int, int)
        Bands and frames.
    """

    def __init__(self, weights: Sequence[Tensor], shifts: Sequence[Tensor], pools: Sequence[tuple[int, int]]) -> None:
        super().__init__()
        # As parameters, so that they go to the device; they learn nothing.
        packed = [weight.contiguous(memory_format=torch.channels_last) for weight in weights]
        self.weights = nn.ParameterList([nn.Parameter(weight, requires_grad=False) for weight in packed])
        self.shifts = nn.ParameterList([nn.Parameter(shift, requires_grad=False) for shift in shifts])
        self.pools = list(pools)

    @property
    def channels(self) -> list[int]:
        return [len(shift) for shift in self.shifts]

    @property
    def strides(self) -> list[int]:
        """Return how many frames of the picture a frame of each block stands for."""
        frames, strides = 1, []
        for _, step in self.pools:
            frames *= step
            strides.append(frames)
        return strides

    def picture(self, features: Tensor, top: Tensor) -> Tensor:
        """Map dB (B, M, T) to what the first block sees, of the same shape; `top` is the window's loudest point."""
        raise NotImplementedError

    def forward(self, features: Tensor, top: Tensor) -> list[Tensor]:
        """Return what each block gives, (B, channels, bands, frames)."""
        x = self.picture(features, top).unsqueeze(1).contiguous(memory_format=torch.channels_last)
        maps = []
        for weight, shift, pool in zip(self.weights, self.shifts, self.pools, strict=True):
            # Pooled first, as ELU never turns two numbers around.
            x = functional.elu(
                functional.max_pool2d(functional.conv2d(x, weight, shift, padding=1), pool, ceil_mode=True)
            )
            maps.append(x)
        return maps


class FineBlocks(TeacherBlocks):
    """Those of the CRNN of Choi et al. 2016: twice the decibels, the upper 40 dB of them, by its own statistics."""

    def __init__(self, tensors: dict[str, Tensor]) -> None:
        count = len(_FINE_POOLS)
        weights = [tensors[f"w{i}"] * tensors[f"s{i}"].view(-1, 1, 1, 1) for i in range(1, count + 1)]
        super().__init__(weights, [tensors[f"h{i}"] for i in range(1, count + 1)], _FINE_POOLS)
        self.scale = float(tensors["s0"][_EDGE:-_EDGE].median())
        self.shift = float(tensors["b0"][_EDGE:-_EDGE].median())

    def picture(self, features: Tensor, top: Tensor) -> Tensor:
        decibels = torch.maximum(2.0 * features, 2.0 * top - 80.0)
        return (decibels + 32.0) / 17.0 * self.scale + self.shift


class BroadBlocks(TeacherBlocks):
    """Those of the compact CNN of Choi et al. 2017: decibels below a point somewhat over the loudest."""

    def __init__(self, tensors: dict[str, Tensor]) -> None:
        count = len(_BROAD_POOLS)
        weights = [tensors[f"w{i + 1}"] * tensors["s"][i].view(-1, 1, 1, 1) for i in range(count)]
        super().__init__(weights, list(tensors["b"]), _BROAD_POOLS)

    def picture(self, features: Tensor, top: Tensor) -> Tensor:
        return (features - top - _MARGIN_DB).clamp(-80.0, 0.0)


def blocks_of(teachers: Sequence[ForeignTeacher]) -> dict[str, TeacherBlocks]:
    """Return the blocks of those teachers whose inside is known, as "fine" and "broad"."""
    makers: dict[str, type[FineBlocks] | type[BroadBlocks]] = {FINE: FineBlocks, BROAD: BroadBlocks}
    found: dict[str, TeacherBlocks] = {}
    for teacher in teachers:
        if teacher.about is not None and teacher.about.blocks:
            found[teacher.about.blocks] = makers[teacher.about.blocks](teacher.tensors)
    return found
