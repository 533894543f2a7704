"""What a model remembers of the tracks it learnt from: embeddings, so that its last layer can be learnt anew.

`memory.safetensors` of a model folder: ``embeddings`` float16 (n, E), ``labels`` int64 (n,) in the order of
`model.json`, ``held_out`` int64 (n,), 1 for tracks that were never learnt from: they show whether the old genres are
still known. No sound can be made from them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load_file, save_file
from torch import nn

from mgc_desktop.core.errors import ModelError
from training.data.batches import validation_batches
from training.data.tracks import Track, one_of_each
from training.frontends.config import FrontendConfig
from training.stop import Stopped

MEMORY_FILE = "memory.safetensors"
MAX_ROWS = 6000
_MOST_BYTES = 1_300_000  # of embeddings: a model with its memory stays under 5 MB
_MAX_BYTES = 50_000_000
_PART_SECONDS = 10.0  # crops beside the whole window, so that the last layer also learns what less music looks like
_PARTS = 2
WHOLE, WORN = "whole", "worn"


@dataclass(frozen=True, slots=True)
class Memory:
    """Embeddings of tracks.

    Attributes
    ----------
    embeddings : ndarray, shape (n, E), float32
    labels : ndarray, shape (n,), int64
    held_out : ndarray, shape (n,), bool
    """

    embeddings: NDArray[np.float32]
    labels: NDArray[np.int64]
    held_out: NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Heard:
    """Stretches of tracks, and what a network makes of them: computed once for all that is fitted in the end.

    Attributes
    ----------
    tracks : list of Track
        Of one view each; first the tracks as they are.
    vectors : ndarray, shape (n, E), float32
    kinds : ndarray of str, shape (n,)
        `WHOLE`, `WORN`, or what `part` gives.
    """

    tracks: list[Track]
    vectors: NDArray[np.float32]
    kinds: NDArray[np.str_]

    @property
    def wholes(self) -> list[Track]:
        """Return the tracks as they are."""
        return self.tracks[: int((self.kinds == WHOLE).sum())]


def hear(
    network: nn.Module,
    tracks: Sequence[Track],
    config: FrontendConfig,
    shorter: Sequence[float] = (),
    progress: Callable[[int, int], None] = lambda done, total: None,
    should_stop: Callable[[], bool] = lambda: False,
) -> Heard:
    """Return what a network makes of tracks, on the CPU.

    Parameters
    ----------
    shorter : sequence of float
        s of further parts; where there are such, the other views of the tracks are heard as a whole, too.

    Raises
    ------
    Stopped
        Where the run was asked to stop.
    """
    wholes = [Track(track.item, track.views[:1]) for track in tracks]
    worn = [Track(track.item, (view,)) for track in tracks for view in track.views[1:]]
    heard = {WHOLE: wholes, **({WORN: worn} if shorter else {})}
    for seconds in (_PART_SECONDS, *shorter):
        heard[part(seconds)] = parts_of(wholes, config, seconds)
        heard[part(seconds, worn=True)] = parts_of(worn, config, seconds)
    stretches = [stretch for some in heard.values() for stretch in some]
    kinds = np.repeat(list(heard), [len(some) for some in heard.values()])
    return Heard(stretches, embed(network, stretches, config, torch.device("cpu"), progress, should_stop), kinds)


def part(seconds: float, *, worn: bool = False) -> str:
    """Return the kind of a part that is so long."""
    return f"{f'{WORN} ' if worn else ''}{seconds:g} s"


def embed(
    network: nn.Module,
    tracks: Sequence[Track],
    config: FrontendConfig,
    device: torch.device,
    progress: Callable[[int, int], None] = lambda done, total: None,
    should_stop: Callable[[], bool] = lambda: False,
) -> NDArray[np.float32]:
    """Return the embedding of the middle window of every track, shape (n, E).

    Raises
    ------
    Stopped
        Where the run was asked to stop.
    """
    network.eval()
    rows: dict[int, NDArray[np.float32]] = {}
    with torch.inference_mode():
        for indices, x in validation_batches(tracks, config):
            if should_stop():
                raise Stopped
            out = network.embed(x.to(device)).float().cpu().numpy()  # type: ignore[operator]
            rows.update(zip(indices, out, strict=True))
            progress(len(rows), len(tracks))
    return np.stack([rows[i] for i in range(len(tracks))]) if rows else np.zeros((0, 0), np.float32)


def parts_of(tracks: Sequence[Track], config: FrontendConfig, seconds: float = _PART_SECONDS) -> list[Track]:
    """Return shorter stretches of the tracks, from beginning and end, of those that are longer."""
    frames = 1 + round(seconds * config.sample_rate / config.hop)
    parts = []
    for track in tracks:
        for view in track.views:
            surplus = view.shape[1] - frames
            if surplus > 0:
                starts = np.linspace(0, surplus, _PARTS).astype(int)
                parts += [Track(track.item, (view[:, at : at + frames],)) for at in starts]
    return parts


def remember(
    network: nn.Module,
    learnt: Heard,
    held_out: Sequence[Track],
    labels: Sequence[str],
    config: FrontendConfig,
    device: torch.device,
) -> Memory:
    """Return the memory of a trained network; rare labels keep all they have where there is too much."""
    kinds = [WHOLE, part(_PART_SECONDS), part(_PART_SECONDS, worn=True)]
    memorable = np.flatnonzero(np.isin(learnt.kinds, kinds))
    truth = one_of_each(learnt.tracks, labels)[memorable]
    room = _MOST_BYTES // (2 * int(network.output.in_features)) - len(held_out)  # type: ignore[union-attr, arg-type]
    kept = _even_choice(truth, min(MAX_ROWS, max(room, len(labels))))
    vectors, is_held_out = learnt.vectors[memorable[kept]], np.zeros(len(kept) + len(held_out), bool)
    if held_out:
        vectors = np.concatenate([vectors, embed(network, held_out, config, device)])
    is_held_out[len(kept) :] = True
    return Memory(vectors, np.concatenate([truth[kept], one_of_each(held_out, labels)]), is_held_out)


def write_memory(folder: Path, memory: Memory) -> None:
    """Write a memory into a model folder."""
    save_file(
        {
            "embeddings": memory.embeddings.astype(np.float16),
            "labels": memory.labels,
            "held_out": memory.held_out.astype(np.int64),
        },
        str(folder / MEMORY_FILE),
    )


def read_memory(folder: Path, n_labels: int, size: int) -> Memory | None:
    """Return the memory of a model folder, None where it has none.

    Raises
    ------
    ModelError
        Where it is damaged or does not belong to the model.
    """
    path = folder / MEMORY_FILE
    if not path.exists():
        return None
    try:
        if path.stat().st_size > _MAX_BYTES:
            raise ValueError("larger than any that is made here")
        parts = load_file(str(path))
        memory = Memory(
            parts["embeddings"].astype(np.float32), parts["labels"].astype(np.int64), parts["held_out"].astype(bool)
        )
        _check(memory, n_labels, size)
    except (OSError, ValueError, KeyError, SafetensorError) as error:
        raise ModelError(
            f"The memory of the model in {folder} is damaged: train in full instead, or remove {MEMORY_FILE} there.",
            str(error),
        ) from error
    return memory


def _check(memory: Memory, n_labels: int, size: int) -> None:
    n = len(memory.labels)
    if memory.embeddings.shape != (n, size) or memory.held_out.shape != (n,):
        raise ValueError(f"shapes {memory.embeddings.shape}, {memory.labels.shape}, {memory.held_out.shape}")
    if not np.isfinite(memory.embeddings).all():
        raise ValueError("embeddings that are no numbers")
    if n and (memory.labels.min() < 0 or memory.labels.max() >= n_labels):
        raise ValueError("labels that the model does not have")


def _even_choice(labels: NDArray[np.int64], most: int) -> NDArray[np.int64]:
    """Return at most `most` indices, spread evenly, as many of each label as there are and as fit."""
    if len(labels) <= most:
        return np.arange(len(labels))
    ranks = np.zeros(len(labels), np.int64)
    for label in np.unique(labels):
        own = np.flatnonzero(labels == label)
        ranks[own] = np.random.default_rng(0).permutation(len(own))
    return np.sort(np.argsort(ranks, kind="stable")[:most])
