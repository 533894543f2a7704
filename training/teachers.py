"""What other models say of the tracks, to be learnt beside the labels (Hinton et al. 2015)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, softmax

from mgc_desktop.audio.decode import read_windows
from mgc_desktop.core.errors import DecodeError, TrainingError
from mgc_desktop.core.windows import WindowRequest
from mgc_desktop.model.runtime import Runtime
from mgc_desktop.model.trust import TrustStore
from training.data.decoding import decode_ahead
from training.stop import Stopped


def taught(
    teachers: Sequence[Path],
    paths: Sequence[Path],
    labels: Sequence[str],
    trust: TrustStore,
    device: str,
    workers: int,
    progress: Callable[[int, int], None],
    should_stop: Callable[[], bool] = lambda: False,
) -> dict[Path, NDArray[np.float32]]:
    """Return what the teachers say of each track: the mean of their probabilities, softened by their temperature.

    Parameters
    ----------
    teachers : sequence of Path
        Model folders. Labels that a teacher does not have get nothing from it; what it gives to labels that are not
        learnt is shared out among the others.

    Returns
    -------
    dict of ndarray, shape (L,), float32
        A track that no teacher could hear is missing.

    Raises
    ------
    TrainingError
        Where a teacher has no label in common with what is learnt.
    """
    total: dict[Path, NDArray[np.float64]] = {}
    heard: dict[Path, int] = {}
    for number, folder in enumerate(teachers):
        runtime = Runtime.load(folder, device, trust=trust)
        columns = _columns(runtime.info.labels, labels)
        if not columns:
            raise TrainingError(f"The teacher {runtime.info.name} knows none of the genres: choose another teacher.")
        request = WindowRequest.for_model(runtime.info)
        jobs = [(path, (str(path), request)) for path in paths]
        with closing(decode_ahead(read_windows, jobs, workers)) as decoded:
            for done, (path, result) in enumerate(decoded, 1):
                if should_stop():
                    raise Stopped
                if not isinstance(result, DecodeError):
                    logits = np.mean([runtime.logits(w.samples[None])[0] for w in result.windows], axis=0)
                    p = _probabilities(runtime, logits, columns, len(labels))
                    total[path] = total.get(path, 0.0) + p
                    heard[path] = heard.get(path, 0) + 1
                progress(number * len(paths) + done, len(teachers) * len(paths))
    return {path: (value / heard[path]).astype(np.float32) for path, value in total.items()}


def _columns(known: Sequence[str], labels: Sequence[str]) -> list[tuple[int, int]]:
    return [(known.index(label), i) for i, label in enumerate(labels) if label in known]


def _probabilities(
    runtime: Runtime, logits: NDArray[np.floating], columns: list[tuple[int, int]], n: int
) -> NDArray[np.float64]:
    theirs, ours = zip(*columns, strict=True)
    chosen = np.asarray(logits, np.float64)[list(theirs)] / runtime.info.temperature
    out = np.zeros(n)
    out[list(ours)] = expit(chosen) if runtime.info.activation == "sigmoid" else softmax(chosen)
    return out
