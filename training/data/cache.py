"""Features of every track and its variants, computed once: float16 on disk, memory-mapped, shared between runs."""

from __future__ import annotations

import hashlib
import json
import random
from collections import deque
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any, Protocol, TypeVar

import numpy as np
import torch

from mgc_desktop.core.errors import DecodeError, TrainingError
from mgc_desktop.core.values import Samples
from mgc_desktop.core.windows import WindowRequest
from mgc_desktop.model.contract import self_test_clip
from training.data.decoding import decode_ahead
from training.data.digests import DigestIndex
from training.data.entries import EntryStore, Features
from training.data.middle import VERSION, load_middle, middle
from training.data.variants import NONE, Change
from training.frontends.config import FrontendConfig
from training.stop import Stopped

__all__ = ["Changed", "FeatureCache", "Features"]

Changed = tuple[Path, Change]  # a track, and what is done to it

_T = TypeVar("_T")

_SAVE_EVERY = 500  # digests: what was read is not lost where a run is killed


class Front(Protocol):
    """What turns sound into features: a system of the table, or the teachers."""

    @property
    def frontend_config(self) -> FrontendConfig: ...

    @property
    def frontend(self) -> Callable[[Any], torch.nn.Module]: ...


class FeatureCache:
    """Features by content, front end and change, float16, shape (M, T).

    Several processes may fill the same folder: each makes what is missing when its turn comes. A file that changed
    without changing its size and its time is taken for the old one. One thread uses it.

    Parameters
    ----------
    front : Front
        Its settings and what it gives on a known clip are part of the key: other code, other entries.
    max_seconds : float
        s taken from the middle of longer tracks.
    limit_bytes : int or None
        What may be kept beside what living runs use; by default 20 GB, or a tenth of the free disk where that is
        less. What was not used for longest goes first.

    Raises
    ------
    TrainingError
        Where the folder cannot be written.
    """

    def __init__(self, folder: Path, front: Front, max_seconds: float, *, limit_bytes: int | None = None) -> None:
        self._config = front.frontend_config
        self._max_seconds = max_seconds
        self._frontend = front.frontend(front.frontend_config).eval()
        self._key = self._frontend_key()
        self._store = EntryStore(folder, limit_bytes)
        self._index = DigestIndex(folder / "digests.json", self._store.lock)
        self._keys: dict[Change, str] = {}

    def close(self) -> None:
        """Let others remove what this run has used; without it the entries stay until this process ends."""
        self._store.close()

    def load_all(
        self,
        paths: Sequence[Path],
        workers: int,
        progress: Callable[[int, int], None],
        should_stop: Callable[[], bool] = lambda: False,
    ) -> tuple[dict[Path, Features], dict[Path, str]]:
        """Return the features of each path, and a reason for each one that could not be read.

        Parameters
        ----------
        progress : callable
            Called with (done, total) as the work goes on.

        Raises
        ------
        TrainingError
            Where the cache cannot be written.
        Stopped
            Where the run was asked to stop.
        """
        features, bad = self.load_changed([(path, NONE) for path in paths], workers, progress, should_stop)
        return {path: found for (path, _), found in features.items()}, {path: why for (path, _), why in bad.items()}

    def load_changed(
        self,
        items: Sequence[Changed],
        workers: int,
        progress: Callable[[int, int], None],
        should_stop: Callable[[], bool] = lambda: False,
    ) -> tuple[dict[Changed, Features], dict[Changed, str]]:
        """Return the features of tracks after a change each, and reasons, as `load_all` does."""
        return _Loading(self, items, workers, progress, should_stop).load()

    def load_variants(
        self,
        changes: Sequence[Changed],
        workers: int,
        progress: Callable[[int, int], None],
        should_stop: Callable[[], bool] = lambda: False,
    ) -> dict[Path, list[Features]]:
        """Return the features of changed copies by track; a copy that cannot be made is done without."""
        variants: dict[Path, list[Features]] = {}
        for (path, _), features in self.load_changed(changes, workers, progress, should_stop)[0].items():
            variants.setdefault(path, []).append(features)
        return variants

    # What `_Loading` needs.

    @property
    def store(self) -> EntryStore:
        return self._store

    @property
    def index(self) -> DigestIndex:
        return self._index

    def name(self, item: Changed, digest: str) -> str:
        """Return the name of an entry, for a track's digest.

        Raises
        ------
        TrainingError
            Where a sound of the change cannot be read.
        """
        change = item[1]
        if change not in self._keys:
            self._keys[change] = change.key(self._sound_digest)
        changed = f"-{self._keys[change]}" if self._keys[change] else ""
        return f"{self._key}/{digest[:2]}/{digest}{changed}"

    def job(self, item: Changed) -> tuple[str, int, float, float, Change]:
        """Return the arguments of `load_middle`."""
        config = self._config
        return str(item[0]), config.sample_rate, self._max_seconds, config.min_seconds, item[1]

    @property
    def request(self) -> WindowRequest:
        """Return what is read of a track."""
        return middle(self._config.sample_rate, self._max_seconds, self._config.min_seconds)

    def features(self, samples: Samples) -> Features:
        """Compute features (M, T) of mono sound."""
        with torch.inference_mode():
            out = self._frontend(torch.from_numpy(samples[None]))[0]
        return np.asarray(out.to(torch.float16).numpy())

    def _sound_digest(self, path: Path) -> str:
        try:
            return self._index.digest(path)
        except OSError as error:
            raise TrainingError(
                f"The background sound {path} could not be read ({error.strerror}): take it out of its list."
            ) from error

    def _frontend_key(self) -> str:
        """Return a name for the front end: its settings, and what its code gives on the clip of the self-test."""
        config = self._config
        clip = self.features(self_test_clip(config.sample_rate, max(5.0, config.min_seconds), seed=7))
        settings = [type(config).__name__, asdict(config), self._max_seconds, VERSION]
        told = json.dumps(settings, sort_keys=True, default=str).encode()
        return hashlib.sha256(told + clip.tobytes()).hexdigest()[:16]


class _Loading:
    """One call of `load_changed`."""

    def __init__(
        self,
        cache: FeatureCache,
        items: Sequence[Changed],
        workers: int,
        progress: Callable[[int, int], None],
        should_stop: Callable[[], bool],
    ) -> None:
        self._cache = cache
        self._items = list(dict.fromkeys(items))
        self._workers = workers
        self._progress = progress
        self._should_stop = should_stop
        self._found: dict[Changed, Features] = {}
        self._bad: dict[Changed, str] = {}

    def load(self) -> tuple[dict[Changed, Features], dict[Changed, str]]:
        missing = self._take_known()
        self._tell()
        if missing:
            # Every process in an order of its own, so that two that fill the same folder share the work.
            random.SystemRandom().shuffle(missing)
            self._make(missing)
        found = {item: self._found[item] for item in self._items if item in self._found}
        return found, {item: self._bad[item] for item in self._items if item in self._bad}

    def _take_known(self) -> list[Changed]:
        """Take what is there already and can be had without reading the track; return the rest."""
        names: dict[Changed, str] = {}
        for item in self._items:
            try:
                digest = self._cache.index.known(item[0])
            except OSError as error:
                self._bad[item] = _unreadable(error)
            else:
                if digest is not None:
                    names[item] = self._cache.name(item, digest)
        store = self._cache.store
        store.claim(names.values())
        for item, name in names.items():
            if (features := store.read(name)) is not None:
                self._found[item] = features
            self._check_stop()
        return [item for item in self._items if item not in self._found and item not in self._bad]

    def _make(self, missing: list[Changed]) -> None:
        store, index = self._cache.store, self._cache.index
        store.tidy()
        try:
            with closing(self._computed(missing)) as computed:
                for item, name, features in computed:
                    self._keep(item, name, features)
                    self._tell()
            store.tidy()
        finally:
            with store.saying():
                index.save()

    def _computed(self, missing: list[Changed]) -> Generator[tuple[Changed, str, Features | DecodeError], None, None]:
        """Decode, and compute features in threads: a track each, since the cores are busy with decoding as well."""
        waiting = deque[tuple[Changed, str, Future[Features | DecodeError]]]()
        with (
            _one_core_each(self._workers) as threads,
            closing(decode_ahead(load_middle, self._jobs(missing), self._workers)) as decoded,
        ):
            for (item, name), result in decoded:
                self._check_stop()
                waiting.append((item, name, threads.submit(self._compute, result)))
                while len(waiting) > self._workers or (waiting and waiting[0][2].done()):
                    yield _result(waiting.popleft())
            while waiting:
                yield _result(waiting.popleft())

    def _compute(self, result: Samples | DecodeError) -> Features | DecodeError:
        if isinstance(result, DecodeError):
            return result
        features = self._cache.features(result)
        return features if np.isfinite(features).all() else DecodeError("gives features that are no numbers")

    def _jobs(
        self, missing: list[Changed]
    ) -> Iterator[tuple[tuple[Changed, str], tuple[str, int, float, float, Change]]]:
        """Give what is to be decoded, one by one: what another process has made meanwhile is taken instead."""
        store, index = self._cache.store, self._cache.index
        for item in missing:
            self._check_stop()
            try:
                name = self._cache.name(item, index.digest(item[0]))
            except OSError as error:
                self._bad[item] = _unreadable(error)
                continue
            if index.unsaved >= _SAVE_EVERY:
                with store.saying():
                    index.save()
            store.claim([name])
            if (features := store.read(name)) is not None:
                self._found[item] = features
                self._tell()
            else:
                yield (item, name), self._cache.job(item)

    def _keep(self, item: Changed, name: str, features: Features | DecodeError) -> None:
        if isinstance(features, DecodeError):
            self._bad[item] = features.sentence
            return
        self._found[item] = self._cache.store.write(name, features)
        if self._cache.store.grown:
            self._cache.store.tidy()

    def _tell(self) -> None:
        self._progress(len(self._found) + len(self._bad), len(self._items))

    def _check_stop(self) -> None:
        if self._should_stop():
            raise Stopped


def _unreadable(error: OSError) -> str:
    return f"could not be read ({error.strerror})"


def _result(waiting: tuple[Changed, str, Future[_T]]) -> tuple[Changed, str, _T]:
    item, name, future = waiting
    return item, name, future.result()


@contextmanager
def _one_core_each(workers: int) -> Iterator[ThreadPoolExecutor]:
    """Give threads in which torch uses one core each: cores that wait for each other take time from the decoders."""
    before = torch.get_num_threads()
    try:
        with ThreadPoolExecutor(workers, "front end", torch.set_num_threads, (1,)) as threads:
            yield threads
    finally:
        torch.set_num_threads(before)
