"""From logits to the result of one file: the same for the library and the command line."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mgc_desktop.core.model_info import ModelInfo
from mgc_desktop.core.values import DecodedFile, FileResult, Samples, WindowScores
from mgc_desktop.model.verdict import error_verdict, judge, probabilities


@dataclass(frozen=True, slots=True)
class Heard:
    """The result of one file, and what the library keeps beside it."""

    result: FileResult
    model_sha: str = ""  # of the model that judged; empty where none did
    payload_digest: str = ""


def level_dbfs(samples: Samples) -> float:
    """Return the RMS level of `samples` (float32[N], -1..1) in dB re full scale; -inf for digital silence."""
    if not len(samples):
        return -math.inf
    power = float(np.mean(np.square(samples, dtype=np.float64)))
    return 10.0 * math.log10(power) if power > 0.0 else -math.inf


def judged(info: ModelInfo, decoded: DecodedFile, logits: NDArray[np.float32]) -> Heard:
    """Return what is said of a file whose windows gave `logits` (float32[k, L])."""
    windows = tuple(
        WindowScores(
            window.start,
            window.start + len(window.samples) / info.sample_rate,
            dict(zip(info.labels, probabilities(info, logits[index : index + 1]).tolist(), strict=True)),
        )
        for index, window in enumerate(decoded.windows)
    )
    verdict = judge(info, logits, decoded.level_dbfs)
    result = FileResult(decoded.path, decoded.duration, verdict, windows, decoded.tags)
    return Heard(result, info.sha256, decoded.payload_digest)


def failed(path: str, model: str, sentence: str, *, duration: float | None = None) -> Heard:
    """Return the result of a file that got no verdict, for the reason in `sentence`."""
    return Heard(FileResult(path, duration, error_verdict(model, sentence), error=sentence))
