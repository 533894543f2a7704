"""One run on several processes: PyTorch's own engine under ``torchrun``; alone, every function is a plain call."""

from __future__ import annotations

import os
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import TypeVar

import torch
from torch import distributed, nn
from torch.nn.parallel import DistributedDataParallel

from mgc_desktop.core.errors import TrainingError

_T = TypeVar("_T")
# The first process exports and scores while the others wait for it.
_PATIENCE = timedelta(hours=12)


@dataclass(frozen=True, slots=True)
class World:
    """This process among those of the run. `rank` counts from 0, and 0 alone writes and reports."""

    rank: int = 0
    size: int = 1

    @property
    def first(self) -> bool:
        return self.rank == 0

    def wait(self) -> None:
        """Return when every process has come here."""
        if self.size > 1:
            distributed.barrier()

    def any(self, flag: bool) -> bool:
        """Return whether the flag is up in one process or more, the same answer in each."""
        return flag if self.size == 1 else any(self.gather(flag))

    def gather(self, value: _T) -> list[_T]:
        """Return the value of every process, in the order of ranks, in each."""
        if self.size == 1:
            return [value]
        values: list[_T | None] = [None] * self.size
        distributed.all_gather_object(values, value)
        return [value for value in values if value is not None]

    def share(self, value: _T) -> _T:
        """Return the first process's value in each."""
        if self.size == 1:
            return value
        box: list[_T] = [value]
        distributed.broadcast_object_list(box, src=0)
        return box[0]

    def wrap(self, network: nn.Module, device: torch.device) -> nn.Module:
        """Return the module to train through: gradients are averaged over the processes."""
        if self.size == 1:
            return network
        devices = [device] if device.type == "cuda" else None
        return DistributedDataParallel(network, device_ids=devices, forward_sync_buffers=False)

    def average_buffers(self, network: nn.Module) -> None:
        """Give each process the mean of the running statistics: each has seen its own share of the batches."""
        if self.size == 1:
            return
        for buffer in network.buffers():
            if buffer.is_floating_point():
                distributed.all_reduce(buffer)
                buffer /= self.size


@contextmanager
def joined_world() -> Generator[World, None, None]:
    """Join the processes that ``torchrun`` started, and leave them at the end; gloo on the CPU, NCCL on GPUs.

    Raises
    ------
    TrainingError
        Where the processes do not find each other.
    """
    size = int(os.environ.get("WORLD_SIZE", "1"))
    if size == 1:
        yield World()
        return
    try:
        distributed.init_process_group("nccl" if torch.cuda.is_available() else "gloo", timeout=_PATIENCE)
    except (RuntimeError, ValueError) as error:
        raise TrainingError(
            "The processes of the run did not find each other: start them with torchrun, and look after its address.",
            str(error),
        ) from error
    world = World(distributed.get_rank(), size)
    try:
        yield world
        # The first process exports and scores while the others have nothing left to do: all leave together.
        world.wait()
    finally:
        distributed.destroy_process_group()


def local_device(device: torch.device) -> torch.device:
    """Return the GPU of this process where the run has several; other devices stay as they are."""
    if device.type != "cuda" or "LOCAL_RANK" not in os.environ:
        return device
    mine = torch.device("cuda", int(os.environ["LOCAL_RANK"]))
    torch.cuda.set_device(mine)
    return mine
