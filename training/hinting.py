"""Before a network learns genres: its blocks come to see what those of its teachers see."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.random import Generator
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from mgc_desktop.core.errors import TrainingError
from training.checkpoint import has_checkpoint, load_checkpoint, save_checkpoint
from training.data.cache import Features
from training.data.tracks import Track
from training.distributed import World
from training.fit import CHECKPOINT
from training.foreign_teachers import load_teachers
from training.hints import BROAD, FINE, TeacherBlocks, blocks_of
from training.learner import Learner, cosine, steady
from training.options import TrainOptions
from training.stop import Stopped

_PIECES = ((96, 12, 0.5), (256, 6, 0.3), (768, 2, 0.2))  # frames, so many of them, of the steps
_NORMS_SETTLE = 150  # steps, after which batch norm stays as it is
_WARM = 50  # steps
_REPORTED = 50  # steps


@dataclass(frozen=True, slots=True)
class Pieces:
    """Pieces of views of tracks, with the levels of the windows that they are from.

    Attributes
    ----------
    features : Tensor, shape (B, M, T)
        dB.
    top, mean : Tensor, shape (B, 1, 1)
    """

    features: Tensor
    top: Tensor
    mean: Tensor


class Hinting:
    """Teaches the blocks of a learner's network what the blocks of teachers give. Use `run`, once.

    Each block of the network says, by one weight a channel and channel, what the teacher's block beside it says of the
    same piece: short ones, as no block sees far. The teacher hears the track, the network sometimes the track worn.

    Parameters
    ----------
    learner : Learner
        Of a network with `levels`, `pictures` and `maps`.
    blocks : mapping of str to TeacherBlocks
    tracks : sequence of Track
        The first view is the teacher's, the second one the worn one.
    settled : bool
        The network comes from a model: its batch norm stays as it is from the first step on.
    """

    def __init__(
        self,
        learner: Learner,
        blocks: Mapping[str, TeacherBlocks],
        tracks: Sequence[Track],
        report: Callable[..., None],
        should_stop: Callable[[], bool],
        *,
        settled: bool = False,
    ) -> None:
        self._learner = learner
        self._settles = 0 if settled else _NORMS_SETTLE
        self._blocks = {name: part.to(learner.device) for name, part in blocks.items()}
        self._tracks = tracks
        self._report = report
        self._should_stop = should_stop
        self._levels: dict[tuple[int, int], tuple[float, float]] = {}
        self._scales: dict[tuple[str, int], tuple[Tensor, Tensor]] = {}
        self._lengths = np.array([min(view.shape[1] for view in track.views) for track in tracks])
        self._network: nn.Module = learner.fresh
        self._guides = nn.ModuleDict({name: self._guide(name, part) for name, part in self._blocks.items()})
        self._guides.to(learner.device)

    def run(self) -> None:
        """Learn for the recipe's `hint_steps`.

        Raises
        ------
        TrainingError
            Where the loss is no number.
        Stopped
            Where the run was asked to stop: nothing is kept.
        """
        recipe = self._learner.recipe
        parts = [*self._network.fine.parameters(), *self._network.broad.parameters()]  # type: ignore[union-attr]
        optimizer = torch.optim.AdamW([*parts, *self._guides.parameters()], lr=recipe.hint_lr)
        rng = np.random.default_rng((recipe.seed, 7))
        self._network.train()
        recent: list[float] = []
        for step in range(recipe.hint_steps):
            if self._should_stop():
                raise Stopped
            if step == self._settles:
                steady(self._network)
            share = min(1.0, (step + 1) / _WARM) * cosine(step / recipe.hint_steps, recipe.final_lr)
            for group in optimizer.param_groups:
                group["lr"] = recipe.hint_lr * share
            recent.append(self._step(optimizer, *self._draw(rng)))
            if len(recent) == _REPORTED or step + 1 == recipe.hint_steps:
                self._report(
                    "hints", step=step + 1, steps=recipe.hint_steps, unexplained=round(float(np.mean(recent)), 4)
                )
                recent.clear()
        self._learner.start_from(self._network.state_dict())

    def _guide(self, name: str, part: TeacherBlocks) -> nn.ModuleList:
        stack = getattr(self._network, name)
        pairs = zip(stack, part.channels, strict=True)
        return nn.ModuleList(nn.Conv2d(block.conv.out_channels, channels, 1) for block, channels in pairs)

    def _step(self, optimizer: torch.optim.Optimizer, heard: Pieces, told: Pieces) -> float:
        """Return the share of what the teachers' blocks give that the network's did not, the mean over the blocks."""
        with self._learner.computing():
            with torch.no_grad():
                given = {name: part(told.features, told.top) for name, part in self._blocks.items()}
            fine, broad = self._network.maps(self._network.pictures(heard.features, heard.top, heard.mean))  # type: ignore[operator]
            losses = []
            for name, maps in ((FINE, fine), (BROAD, broad)):
                if name in given:
                    losses += self._losses(name, maps, given[name], heard.features.shape[2])
        loss = torch.stack(losses).sum()
        if not math.isfinite(loss.item()):
            raise TrainingError("The loss of the hints became no number: give a lower --knob hint_lr.")
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_([p for group in optimizer.param_groups for p in group["params"]], 5.0)
        optimizer.step()
        return loss.item() / len(losses)

    def _losses(self, name: str, maps: Sequence[Tensor], given: Sequence[Tensor], frames: int) -> list[Tensor]:
        losses = []
        guides: nn.ModuleList = self._guides[name]  # type: ignore[assignment]
        for i, (own, wanted, guide, stride) in enumerate(
            zip(maps, given, guides, self._blocks[name].strides, strict=True)
        ):
            if 2 * stride <= frames:
                centre, spread = self._scale((name, i), wanted.float())
                losses.append(functional.mse_loss(guide(own).float(), (wanted.float() - centre) / spread))
        return losses

    def _scale(self, key: tuple[str, int], wanted: Tensor) -> tuple[Tensor, Tensor]:
        """Return centre and spread of each channel: those of the first pieces, a little moved by each later one."""
        centre, spread = wanted.mean((0, 2, 3), keepdim=True), wanted.std((0, 2, 3), keepdim=True) + 1e-2
        if key in self._scales:
            old = self._scales[key]
            centre, spread = old[0].lerp(centre, 0.02), old[1].lerp(spread, 0.02)
        self._scales[key] = centre, spread
        return centre, spread

    def _draw(self, rng: Generator) -> tuple[Pieces, Pieces]:
        """Return the same pieces as the network and as the teachers hear them."""
        shares = np.array([share for _, _, share in _PIECES])
        frames, count, _ = _PIECES[int(rng.choice(len(_PIECES), p=shares / shares.sum()))]
        frames = min(frames, int(self._lengths.max()))
        fits = np.flatnonzero(self._lengths >= frames)
        chosen = rng.choice(fits, count)
        worn = rng.random(count) < self._learner.recipe.hint_worn
        starts = (rng.random(count) * (self._lengths[chosen] - frames + 1)).astype(int)
        backwards = rng.random() < 0.25  # music turned round is other music, with other attacks
        told = self._pieces(chosen, np.zeros(count, int), starts, frames, backwards)
        heard = self._pieces(chosen, worn.astype(int), starts, frames, backwards)
        return heard, told

    def _pieces(
        self, chosen: NDArray[np.int64], views: NDArray[np.int64], starts: NDArray[np.int64], frames: int, back: bool
    ) -> Pieces:
        cut = []
        for i, view, start in zip(chosen, views, starts, strict=True):
            cut.append(self._view(i, view)[:, start : start + frames])
        features = torch.from_numpy(np.stack(cut).astype(np.float32))
        levels = torch.tensor([self._level(int(i), int(view)) for i, view in zip(chosen, views, strict=True)])
        top, mean = (part[:, None, None].to(self._learner.device) for part in levels.unbind(1))
        return Pieces((features.flip(2) if back else features).to(self._learner.device), top, mean)

    def _view(self, i: int, view: int) -> Features:
        views = self._tracks[i].views
        return views[min(view, len(views) - 1)]

    def _level(self, i: int, view: int) -> tuple[float, float]:
        key = (i, view)
        if key not in self._levels:
            whole = torch.from_numpy(self._view(i, view).astype(np.float32))[None]
            top, mean = self._network.levels(whole)  # type: ignore[operator]
            self._levels[key] = top.item(), mean.item()
        return self._levels[key]


def take_hints(
    learner: Learner,
    blocks: Mapping[str, TeacherBlocks],
    tracks: Sequence[Track],
    options: TrainOptions,
    report: Callable[..., None],
    should_stop: Callable[[], bool],
    world: World,
) -> None:
    """Teach a learner's blocks, unless the run to resume has done so; what was taught is kept in its folder."""
    folder = options.out / "hints"
    if options.resume and has_checkpoint(options.out / CHECKPOINT):
        return
    kept = load_checkpoint(folder) if options.resume else None
    if kept is not None:
        learner.start_from(kept[0]["network"])
        return
    # All processes draw alike, and so learn the same.
    Hinting(learner, blocks, tracks, report, should_stop, settled=options.init is not None).run()
    if world.first:
        save_checkpoint(folder, 0, {"network": learner.fresh.state_dict()}, {})
    world.wait()


def hint_blocks(options: TrainOptions, network: nn.Module) -> dict[str, TeacherBlocks]:
    """Return the blocks that a run's network is taught to see with; none where it has no such stacks."""
    if not options.recipe.hint_steps or not hasattr(network, "maps"):
        return {}
    return blocks_of(load_teachers(options.teachers, options.trusted_teachers))
