"""The network while it learns: optimizer, rate, averaged weights, one epoch, validation."""

from __future__ import annotations

import contextlib
import hashlib
import math
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from itertools import islice
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional
from torch.optim.swa_utils import AveragedModel

from mgc_desktop.core.errors import TrainingError
from training.checkpoint import optimizer_tensors, restore_optimizer
from training.data.batches import TrainBatches, validation_batches
from training.data.tracks import Track, hard_targets, one_of_each
from training.distributed import World
from training.echo import Echoing
from training.recipe import Recipe
from training.stop import Stopped
from training.systems import System


@dataclass(frozen=True, slots=True)
class Validation:
    loss: float
    accuracy: float
    logits: NDArray[np.float32]  # (n, L)
    targets: NDArray[np.int64]  # (n,)


class Learner:
    """One network in training. One thread uses it.

    Attributes
    ----------
    steady_norms : bool
        Batch norm stays as it is when an epoch begins.

    Parameters
    ----------
    should_stop : callable
        Asked between two steps.
    activation : str
        "softmax" learns one genre a track (cross-entropy), "sigmoid" several (binary cross-entropy).
    echoes : int
        Numbers of teachers that it learns to say beside the labels.
    world : World
        The processes that learn together; each has the same network after each step.
    """

    def __init__(
        self,
        system: System,
        labels: Sequence[str],
        recipe: Recipe,
        device: torch.device,
        should_stop: Callable[[], bool] = lambda: False,
        *,
        activation: str = "softmax",
        echoes: int = 0,
        world: World | None = None,
    ) -> None:
        torch.manual_seed(recipe.seed)
        self.labels = list(labels)
        self.recipe = recipe
        self.device = device
        self.activation = activation
        self.steady_norms = False
        self._world = world or World()
        self._config = system.frontend_config
        self._should_stop = should_stop
        network = system.network(len(labels))
        if echoes:
            network = Echoing(network, echoes, recipe.label_reach)
        network = network.to(device)
        if device.type == "cpu":
            network = network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.network = network
        self._through = self._world.wrap(network, device)
        self.averaged = AveragedModel(network, multi_avg_fn=_moving_average(recipe.ema), use_buffers=True)
        self.optimizer = torch.optim.AdamW(network.parameters(), lr=recipe.lr, weight_decay=recipe.weight_decay)
        self._bfloat16 = _use_bfloat16(recipe.precision, device)

    def start_from(self, state: dict[str, Tensor]) -> None:
        """Begin with these weights; the average begins with them too."""
        _alone(self.network).load_state_dict(state)
        _alone(self.averaged.module).load_state_dict(state)

    @property
    def fresh(self) -> nn.Module:
        """Return the network that is exported, as it is now."""
        return _alone(self.network)

    @property
    def parameters(self) -> int:
        """Return how many the network has that is exported."""
        return sum(p.numel() for p in _alone(self.network).parameters())

    def train_epoch(self, number: int, batches: TrainBatches, on_step: Callable[[int, int], None]) -> float:
        """Run one epoch and return its mean loss.

        Raises
        ------
        TrainingError
            Where the loss is no number.
        Stopped
            Where the run was asked to stop.
        """
        self.network.train()
        if self.steady_norms:
            steady(self.network)
        # Dropout draws from the global generator: seeded by epoch, so that a resumed run draws the same.
        torch.manual_seed(self.recipe.seed * 100_003 + number)
        total = 0.0
        for step, (x, y) in enumerate(batches.epoch(number)):
            if self._world.any(self._should_stop()):
                raise Stopped
            self._set_rate(number, step, batches.steps)
            loss = self._step(x, y)
            if self._world.any(not math.isfinite(loss)):
                raise TrainingError(
                    f"The loss became no number in epoch {number + 1}, step {step + 1}: resume with a lower --lr."
                )
            total += loss
            on_step(step + 1, batches.steps)
        if not self.steady_norms:
            self._settle(batches, number)
        for network in (self.network, self.averaged):
            self._world.average_buffers(network)
        return total / batches.steps

    def _settle(self, batches: TrainBatches, number: int) -> None:
        """Measure the batch statistics anew for the averaged weights (Izmailov et al. 2018).

        An average of the statistics that other weights had lags behind: a short run would be judged by it.
        """
        norms = _norms(self.averaged)
        if not norms:
            return
        momenta = [norm.momentum for norm in norms]
        self.averaged.eval()
        for norm in norms:
            norm.reset_running_stats()
            norm.momentum = None  # the plain mean over the batches
            norm.train()
        with torch.inference_mode():
            for x, _ in islice(batches.epoch(number), self.recipe.settle_batches):
                self._forward(self.averaged, x.to(self.device))
        for norm, momentum in zip(norms, momenta, strict=True):
            norm.momentum = momentum
            norm.eval()

    def validate(self, tracks: Sequence[Track]) -> Validation:
        """Try the averaged weights on the middle window of every track; the processes share the work."""
        self.averaged.eval()
        truth = one_of_each(tracks, self.labels)
        mine = range(self._world.rank, len(tracks), self._world.size)
        logits = np.zeros((len(tracks), len(self.labels)), np.float32)
        with torch.inference_mode():
            for indices, x in validation_batches([tracks[i] for i in mine], self._config):
                if self._should_stop() and self._world.size == 1:
                    raise Stopped
                answer = self._forward(self.averaged, x.to(self.device)).float().cpu().numpy()
                logits[[mine[i] for i in indices]] = answer[:, : len(self.labels)]
        for rank, other in enumerate(self._world.gather(logits)):
            logits[rank :: self._world.size] = other[rank :: self._world.size]
        if not len(tracks):
            return Validation(math.nan, math.nan, logits, truth)
        loss = self._loss(torch.from_numpy(logits), torch.from_numpy(hard_targets(tracks, self.labels)))
        return Validation(loss.item(), float((logits.argmax(axis=1) == truth).mean()), logits, truth)

    def digest(self) -> str:
        """Return a digest of the averaged weights and of the running statistics."""
        total = hashlib.sha256()
        for value in self.averaged.module.state_dict().values():
            total.update(value.detach().cpu().contiguous().numpy().tobytes())
        return total.hexdigest()

    def trained_network(self) -> nn.Module:
        """Return the network with the averaged weights, in evaluation mode on the CPU."""
        return _alone(self.averaged.module).cpu().eval()

    def parts(self) -> dict[str, dict[str, Tensor]]:
        """Return every tensor that a resumed run needs."""
        return {
            "network": self.network.state_dict(),
            "averaged": self.averaged.state_dict(),
            "optimizer": optimizer_tensors(self.optimizer),
        }

    def restore(self, parts: dict[str, dict[str, Tensor]]) -> None:
        """Put back what `parts` gave.

        Raises
        ------
        TrainingError
            Where it is from another network.
        """
        try:
            self.network.load_state_dict(parts["network"])
            self.averaged.load_state_dict(parts["averaged"])
            restore_optimizer(self.optimizer, parts.get("optimizer", {}))
        except (RuntimeError, KeyError, ValueError) as error:
            raise TrainingError(
                "The checkpoint is of another network or other labels: start again without --resume.", str(error)
            ) from error

    def load_averaged(self, tensors: dict[str, Tensor]) -> None:
        """Take the averaged weights of an earlier, better epoch."""
        self.averaged.load_state_dict(tensors)

    def _step(self, x: Tensor, y: Tensor) -> float:
        self.optimizer.zero_grad(set_to_none=True)
        answer, y = self._forward(self._through, x.to(self.device)).float(), y.to(self.device)
        n = len(self.labels)
        loss = self._loss(answer[:, :n], y[:, :n])
        if answer.shape[1] > n:
            loss = loss + self.recipe.echo * functional.mse_loss(answer[:, n:], y[:, n:])
        loss.backward()
        nn.utils.clip_grad_norm_(self.network.parameters(), 5.0)
        self.optimizer.step()
        self.averaged.update_parameters(self.network)
        return loss.item()

    def _loss(self, logits: Tensor, targets: Tensor) -> Tensor:
        if self.activation == "sigmoid":
            return functional.binary_cross_entropy_with_logits(logits, targets)
        return functional.cross_entropy(logits, targets)

    def computing(self) -> AbstractContextManager[Any]:
        """Return the precision that the network is computed in, as a context."""
        return torch.autocast(self.device.type, torch.bfloat16) if self._bfloat16 else contextlib.nullcontext()

    def _forward(self, network: nn.Module, x: Tensor) -> Tensor:
        with self.computing():
            out: Tensor = network(x)
        return out

    def _set_rate(self, epoch: int, step: int, steps: int) -> None:
        r = self.recipe
        at = epoch + step / steps
        if at < r.warmup_epochs:
            share = (at + 1 / steps) / r.warmup_epochs
        else:
            progress = (at - r.warmup_epochs) / max(r.epochs - r.warmup_epochs, 1e-9)
            share = cosine(progress, r.final_lr)
        for group in self.optimizer.param_groups:
            group["lr"] = r.lr * min(share, 1.0)


def steady(network: nn.Module) -> None:
    """Keep batch norm as it is: what blocks were taught holds for these statistics, and not for those of a batch."""
    for norm in _norms(network):
        norm.eval()


def cosine(progress: float, end: float) -> float:
    """Return the share of the rate at a point of a run, 0 to 1: half a cosine from 1 to `end`."""
    return end + (1 - end) * 0.5 * (1 + math.cos(math.pi * min(progress, 1.0)))


def _norms(network: nn.Module) -> list[nn.BatchNorm1d | nn.BatchNorm2d]:
    return [module for module in network.modules() if isinstance(module, (nn.BatchNorm1d, nn.BatchNorm2d))]


def _alone(network: nn.Module) -> nn.Module:
    """Return the network without what it says of its teachers."""
    return network.network if isinstance(network, Echoing) else network


def _moving_average(decay: float) -> Callable[[Any, Any, Any], None]:
    """Return an exponential moving average that forgets the beginning: short runs must not export their first steps."""

    @torch.no_grad()
    def update(averaged: Any, current: Any, count: Any) -> None:
        n = float(count)
        share = 1 - min(decay, (1 + n) / (10 + n))
        for old, new in zip(averaged, current, strict=True):
            if old.is_floating_point():
                old.lerp_(new, share)
            else:
                old.copy_(new)

    return update


def _use_bfloat16(precision: str, device: torch.device) -> bool:
    if precision != "auto":
        return precision == "bfloat16"
    if device.type == "cuda":
        return bool(torch.cuda.is_bf16_supported())
    # Without such instructions bfloat16 is emulated, and slower than float32.
    return device.type == "cpu" and bool(torch.cpu.get_capabilities().get("avx512_bf16", False))
