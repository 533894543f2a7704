"""The last layer, fitted when all below it has been learnt: by labels that taught nothing else."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn
from torch.nn import functional

from training.data.tracks import Track, one_of_each
from training.discriminants import crossed, discriminants, put_into
from training.frontends.config import FrontendConfig
from training.learner import Validation
from training.memory import embed, parts_of

_WHOLE_SECONDS = 8.0  # verdicts are tried on what is this long, where there is any: excerpts teach alone


def fit_last_layer(
    network: nn.Module, tracks: Sequence[Track], labels: Sequence[str], config: FrontendConfig, shrinkage: float
) -> Validation | None:
    """Make the network's ``output`` linear discriminants of every view of the tracks and of parts of them.

    What is below has not learnt by labels: so it costs seconds to fit the layer without the tracks of some artists, and
    each track can be judged by one that never heard its artist.

    Returns
    -------
    Validation or None
        What is so said of the tracks as they are, in their order, less short ones and those that only their own artist
        could judge. None where there are too few labels or artists: the layer stays as it is.
    """
    heard = [Track(track.item, (view,)) for track in tracks for view in track.views[:1]]
    heard += [Track(track.item, (view,)) for track in tracks for view in track.views[1:]]
    heard += parts_of(tracks, config)
    truth = one_of_each(heard, labels)
    if len(set(truth)) < len(labels):
        return None
    vectors = embed(network, heard, config, torch.device("cpu"))
    found = crossed(vectors, truth, np.array([track.item.group for track in heard], object), shrinkage)
    if found is None or not found.judged[: len(tracks)].any():
        return None
    asked = _asked(tracks, found.judged[: len(tracks)], config)
    put_into(network.output, discriminants(shrinkage).fit(vectors, truth))  # type: ignore[arg-type]
    logits, targets = found.logits[asked].astype(np.float32), truth[asked]
    loss = functional.cross_entropy(torch.from_numpy(logits), torch.from_numpy(targets)).item()
    return Validation(loss, float((logits.argmax(axis=1) == targets).mean()), logits, targets)


def _asked(tracks: Sequence[Track], judged: NDArray[np.bool_], config: FrontendConfig) -> NDArray[np.int64]:
    """Return which of the judged tracks the verdict is tried on."""
    whole = _WHOLE_SECONDS * config.sample_rate / config.hop
    long = judged & np.array([track.features.shape[1] >= whole for track in tracks])
    return np.flatnonzero(long if long.any() else judged)
