"""Learn the last layer alone, on embeddings: seconds, and the old genres stay known by what the model remembers."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.optimize import brentq, minimize_scalar
from scipy.special import expit, log_softmax, logsumexp
from torch import nn

from mgc_desktop.core.errors import TrainingError
from mgc_desktop.core.model_info import NOT_MUSIC_LABEL
from training.data.tracks import Track, one_of_each
from training.frontends.config import FrontendConfig
from training.memory import Memory, embed, parts_of
from training.regression import fit_layer, scaled_layer
from training.start import HEAD, Start

_PULL = 5e-3  # towards the weights that were there: what the new tracks say nothing of stays as it was
_BALANCE = 1.0  # every label counts alike: 20 new tracks must not drown among hundreds that are remembered
_BALANCE_ANEW = 0.75  # the same, where nothing pulls to weights that were there
_SCALES = (0.5, 3.0)  # of a layer that is made as sure as the one before: 1.17 with the shipped model
_ROWS = 3  # of a track in a memory, about: the whole and parts
_SAID = 0.8  # of the target of what is remembered: what was said of it so far, which knows more than its label
_SHARE = 0.025  # of all that is remembered of the old genres, in the mean: what a new label is given at least
_MOST_RAISE = 8.0  # of a logit: what lies further from all that is remembered needs none
_STRICTER = 0.3  # times the c of the recipe, as there are no worn copies and short parts that keep the weights small


def learn_head(
    network: nn.Module,
    start: Start,
    tracks: Sequence[Track],
    labels: Sequence[str],
    config: FrontendConfig,
    device: torch.device,
    c: float = 0.0,
) -> Memory:
    """Fit the network's last layer to the tracks and to what the model remembers; return what it then remembers.

    Parameters
    ----------
    network : Module
        With the start's weights and a row for each of `labels`; its ``output`` layer is changed in place.
    c : float
        Of the regression that the layer was fitted as: it is fitted so again, to the labels of the tracks and, of what
        is remembered, mostly to what was said so far (learning without forgetting, Li and Hoiem 2016, arXiv
        1606.09282). 0: steps from the weights that it has.

    Raises
    ------
    TrainingError
        Where a label has neither tracks nor memories.
    """
    heard = [*tracks, *parts_of(tracks, config)]
    new = Memory(embed(network, heard, config, device), one_of_each(heard, labels), np.zeros(len(heard), bool))
    memory = _joined(_translated(start, labels), new)
    learnt = ~memory.held_out
    counts = np.bincount(memory.labels[learnt], minlength=len(labels))
    if not counts.all():
        missing = ", ".join(label for label, count in zip(labels, counts, strict=True) if not count)
        raise TrainingError(
            f"The model {start.info.name} remembers no tracks of {missing}, and the data has none: train in full, or "
            "choose only the data's own genres."
        )
    layer: nn.Linear = network.output  # type: ignore[assignment]
    x, y = memory.embeddings[learnt], memory.labels[learnt]
    targets = np.eye(len(labels), dtype=np.float32)[y]
    if c:
        known = x[: len(x) - len(heard)]  # what is remembered comes first
        said = _said(start, labels, known)
        targets[: len(said)] += _SAID * (said - targets[: len(said)])
        weights = _rarity(counts, _BALANCE_ANEW)[y]
        fitted = scaled_layer(x, targets, weights / (_ROWS * weights.mean()), _STRICTER * c)
        _make_as_sure(fitted, known, said)
        music = [i for i, label in enumerate(labels) if label != NOT_MUSIC_LABEL]
        _raise_new(
            fitted, known[np.isin(y[: len(known)], music)], [i for i in music if labels[i] not in start.info.labels]
        )
        layer.load_state_dict(fitted.state_dict())
    else:
        weights = _rarity(counts, _BALANCE)[y]
        fit_layer(layer.cpu(), x, targets, weights / weights.sum(), 1 / (2 * _PULL))
    return memory


def _said(start: Start, labels: Sequence[str], embeddings: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the probabilities that the start gives, shape (n, L); none to labels that are new to it."""
    probabilities = np.zeros((len(embeddings), len(labels)), np.float32)
    before = list(start.info.labels)
    kept = [label for label in labels if label in before]
    rows = [before.index(label) for label in kept]
    with torch.inference_mode():
        logits = _layer_of(start)(torch.from_numpy(embeddings))[:, rows]
    probabilities[:, [labels.index(label) for label in kept]] = logits.softmax(dim=1).numpy()
    return probabilities


def _layer_of(start: Start) -> nn.Linear:
    rows, size = start.state[f"{HEAD}weight"].shape
    layer = nn.Linear(size, rows)
    layer.load_state_dict({part: start.state[HEAD + part] for part in ("weight", "bias")})
    return layer


def _make_as_sure(layer: nn.Linear, embeddings: NDArray[np.float32], said: NDArray[np.float32]) -> None:
    """Scale a layer so that it says of embeddings what was said of them, as far as a scale can.

    A tighter fit is less sure of everything, and temperature and thresholds are those of the layer before.
    """
    if not len(said):
        return
    with torch.inference_mode():
        logits = layer(torch.from_numpy(embeddings)).numpy().astype(np.float64)
    found = minimize_scalar(
        lambda scale: -(said * log_softmax(scale * logits, axis=1)).sum(), bounds=_SCALES, method="bounded"
    )
    with torch.no_grad():
        layer.weight.mul_(float(found.x))
        layer.bias.mul_(float(found.x))


def _raise_new(layer: nn.Linear, embeddings: NDArray[np.float32], new: Sequence[int]) -> None:
    """Raise the biases of new labels until each is given its share of remembered music, which is none of it.

    A label of few tracks weighs little, and a layer would hardly ever say it of what is like them without being among
    them. Where it is given more already it stays: a genre may well be a part of what another one was.
    """
    if not len(embeddings):
        return
    with torch.inference_mode():
        logits = layer(torch.from_numpy(embeddings)).numpy().astype(np.float64)
    for label in new:
        odds = logits[:, label] - logsumexp(np.delete(logits, label, axis=1), axis=1)  # their logarithm
        if _over_share(0.0, odds) < 0 < _over_share(_MOST_RAISE, odds):
            more = float(brentq(_over_share, 0.0, _MOST_RAISE, args=(odds,)))
            logits[:, label] += more
            with torch.no_grad():
                layer.bias[label] += more


def _over_share(more: float, odds: NDArray[np.float64]) -> float:
    return float(expit(odds + more).mean()) - _SHARE


def _rarity(counts: NDArray[np.int64], balance: float) -> NDArray[np.float64]:
    return np.asarray(1.0 / counts**balance, np.float64)


def _translated(start: Start, labels: Sequence[str]) -> Memory | None:
    """Return the start's memory in the numbers of the new labels, less the labels that are not learnt any more."""
    if start.memory is None:
        return None
    number = np.array([labels.index(label) if label in labels else -1 for label in start.info.labels])
    translated = number[start.memory.labels]
    kept = translated >= 0
    return Memory(start.memory.embeddings[kept], translated[kept], start.memory.held_out[kept])


def _joined(old: Memory | None, new: Memory) -> Memory:
    if old is None:
        return new
    if not len(new.labels):
        return old
    return Memory(
        np.concatenate([old.embeddings, new.embeddings]),
        np.concatenate([old.labels, new.labels]),
        np.concatenate([old.held_out, new.held_out]),
    )


def remembered(start: Start, layer: nn.Linear, memory: Memory, labels: Sequence[str]) -> dict[str, Any] | None:
    """Return n and both accuracies on the tracks that the start was once tried on, from memory.

    Parameters
    ----------
    layer, memory, labels
        The last layer as it is now, what is remembered now, and what its labels mean.
    """
    if start.memory is None:
        return None
    before = list(start.info.labels)
    genres = [label for label in start.info.genres if label in labels]
    right_before, n = remembered_accuracy(_layer_of(start), start.memory, [before.index(label) for label in genres])
    right, n_now = remembered_accuracy(layer, memory, [labels.index(label) for label in genres])
    if not n or n != n_now:
        return None
    return {"n": n, "new": round(right / n, 4), "old": round(right_before / n, 4)}


def remembered_accuracy(layer: nn.Linear, memory: Memory, known: Collection[int]) -> tuple[int, int]:
    """Return (right, n) over the held-out tracks that the model remembers, of the labels `known`."""
    chosen = memory.held_out & np.isin(memory.labels, list(known))
    if not chosen.any():
        return 0, 0
    with torch.inference_mode():
        said = layer(torch.from_numpy(memory.embeddings[chosen])).argmax(dim=1).numpy()
    return int((said == memory.labels[chosen]).sum()), int(chosen.sum())
