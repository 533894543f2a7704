"""How fast a model is, how large, and whether company in a batch changes what it says."""

from __future__ import annotations

import statistics
import time
from collections.abc import Sequence
from contextlib import closing
from typing import Any

import numpy as np

from mgc_desktop.core.cores import available_cores
from mgc_desktop.core.errors import DecodeError, TrainingError
from mgc_desktop.core.values import Samples
from mgc_desktop.model.contract import MODEL_FILE
from mgc_desktop.model.runtime import Runtime
from training.data.decoding import decode_ahead
from training.data.manifest import Item
from training.data.middle import load_middle
from training.threads import torch_threads

_TIMES = 20
_BATCH = 8


def timing(runtime: Runtime, items: Sequence[Item], on_cpu: Runtime | None = None) -> dict[str, Any]:
    """Return how a model does its work, on all cores of the machine.

    Parameters
    ----------
    runtime : Runtime
    items : sequence of Item
        Tracks, of which the first that can be read are heard.
    on_cpu : Runtime, optional
        The same model on the processor, where `runtime` is elsewhere.

    Returns
    -------
    dict
        ``window_ms`` (median of 20) for one window of ``window_seconds``, ``cpu_ms`` (of all cores together, which
        tells more on a busy machine), ``threads``, ``device``, ``model_bytes``, and ``alone_and_in_batch``, the
        largest difference of a logit of a track alone and in a batch of ``batch``; with `on_cpu` also ``from_cpu``,
        that of a logit on either device.

    Raises
    ------
    TrainingError
        Where no track can be read.
    """
    waves = _windows(runtime, items)
    threads = available_cores()
    with torch_threads(threads):
        alone = np.concatenate([runtime.logits(wave[None]) for wave in waves])
        difference = float(np.abs(alone - runtime.logits(waves)).max())
        seconds = round(runtime.info.window_seconds * runtime.info.sample_rate)
        passed, used = _median_ms(runtime, np.resize(waves[0], seconds)[None])
    result = {
        "window_ms": round(passed, 1),
        "cpu_ms": round(used, 1),
        "window_seconds": runtime.info.window_seconds,
        "threads": threads,
        "device": runtime.device_name,
        "model_bytes": (runtime.info.folder / MODEL_FILE).stat().st_size,
        "alone_and_in_batch": difference,
        "batch": len(waves),
    }
    if on_cpu is not None:
        result["from_cpu"] = float(np.abs(alone - np.concatenate([on_cpu.logits(wave[None]) for wave in waves])).max())
    return result


def _windows(runtime: Runtime, items: Sequence[Item]) -> Samples:
    """Return windows of different tracks, equally long, shape (B, N)."""
    info = runtime.info
    found: list[Samples] = []
    jobs = [(item, (str(item.path), info.sample_rate, info.window_seconds, info.min_seconds)) for item in items]
    with closing(decode_ahead(load_middle, jobs, 1)) as decoded:
        for _, result in decoded:
            if not isinstance(result, DecodeError):
                found.append(result)
            if len(found) == _BATCH:
                break
    if not found:
        raise TrainingError("No track could be read to time the model on: name data that can be played.")
    length = min(map(len, found))
    return np.stack([samples[:length] for samples in found])


def _median_ms(runtime: Runtime, wave: Samples) -> tuple[float, float]:
    """Return the ms that passed and the ms of processor time, of all threads, for one window."""
    runtime.logits(wave)  # the first takes longer: memory is asked for
    passed, used = [], []
    for _ in range(_TIMES):
        began, had = time.perf_counter(), time.process_time()
        runtime.logits(wave)
        passed.append(time.perf_counter() - began)
        used.append(time.process_time() - had)
    return 1000 * statistics.median(passed), 1000 * statistics.median(used)
