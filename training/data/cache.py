"""Features of every track, computed once: float16 on disk, memory-mapped, shared between runs."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Generator
from contextlib import closing
from dataclasses import asdict
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from mgc_desktop.core.errors import DecodeError, TrainingError
from mgc_desktop.core.values import Samples
from training.data.decoding import decode_ahead
from training.data.middle import load_middle
from training.stop import Stopped
from training.systems import System

Features = NDArray[np.float16]


class FeatureCache:
    """Features by content and front end: ``folder/FRONTEND/ab/abcdef....npy``, float16, shape (M, T), dB.

    Files are written beside and renamed, so that two writers of the same entry do no harm. One thread uses it.
    """

    def __init__(self, folder: Path, system: System, max_seconds: float) -> None:
        config = {**asdict(system.frontend_config), "frontend": system.frontend.__name__, "max_seconds": max_seconds}
        key = hashlib.sha256(json.dumps(config, sort_keys=True).encode()).hexdigest()[:16]
        self._folder = folder / key
        self._config = system.frontend_config
        self._max_seconds = max_seconds
        self._frontend = system.frontend(system.frontend_config).eval()

    def load_all(
        self,
        paths: list[Path],
        workers: int,
        progress: Callable[[int, int], None],
        should_stop: Callable[[], bool] = lambda: False,
    ) -> tuple[dict[Path, Features], dict[Path, str]]:
        """Return the features of each path, and a reason for each one that could not be read.

        Parameters
        ----------
        progress : callable
            Called with (done, total) as the work goes on.
        """
        features: dict[Path, Features] = {}
        bad: dict[Path, str] = {}
        missing: list[tuple[Path, Path]] = []
        for path in paths:
            try:
                entry = self._entry(path)
            except OSError as error:
                bad[path] = f"could not be read ({error.strerror})"
                continue
            if entry.exists():
                features[path] = np.load(entry, mmap_mode="r")
            else:
                missing.append((path, entry))
        done = len(paths) - len(missing)
        progress(done, len(paths))
        with closing(self._decoded(missing, workers)) as decoded:
            for (path, entry), result in decoded:
                if should_stop():
                    raise Stopped
                if isinstance(result, DecodeError):
                    bad[path] = result.sentence
                else:
                    features[path] = self._store(entry, result)
                done += 1
                progress(done, len(paths))
        return features, bad

    def _entry(self, path: Path) -> Path:
        with path.open("rb") as stream:
            digest = hashlib.file_digest(stream, "sha256").hexdigest()
        return self._folder / digest[:2] / f"{digest}.npy"

    def _decoded(
        self, missing: list[tuple[Path, Path]], workers: int
    ) -> Generator[tuple[tuple[Path, Path], Samples | DecodeError], None, None]:
        config = self._config
        jobs = [
            ((path, entry), (str(path), config.sample_rate, self._max_seconds, config.min_seconds))
            for path, entry in missing
        ]
        return decode_ahead(load_middle, jobs, workers)

    def _store(self, entry: Path, samples: Samples) -> Features:
        with torch.inference_mode():
            features: Features = self._frontend(torch.from_numpy(samples[None]))[0].numpy().astype(np.float16)
        beside = entry.with_suffix(f".{os.getpid()}.tmp")
        try:
            entry.parent.mkdir(parents=True, exist_ok=True)
            with beside.open("wb") as stream:
                np.save(stream, features)
            os.replace(beside, entry)
        except OSError as error:
            beside.unlink(missing_ok=True)
            raise TrainingError(
                f"The feature cache {self._folder} could not be written ({error.strerror}): "
                "free some space, or choose another place with --profile."
            ) from error
        return np.asarray(np.load(entry, mmap_mode="r"))
