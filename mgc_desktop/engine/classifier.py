"""The thread that owns the model: loads it, runs it, and swaps it between two windows."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from mgc_desktop.core.cores import model_threads
from mgc_desktop.core.errors import DeviceError, ModelError
from mgc_desktop.core.model_info import ModelInfo
from mgc_desktop.core.values import DecodedFile, Samples, Verdict
from mgc_desktop.engine.asked_windows import (
    CLOSING,
    NO_MODEL,
    SWAPPED,
    WindowAnswer,
    WindowDone,
    WindowJob,
    WindowQueue,
)
from mgc_desktop.engine.events import ModelFailed, ModelLoading, ModelReady, Problem
from mgc_desktop.engine.file_queue import QUEUE_FILES, Batch, FileDone, FileJob, FileQueue
from mgc_desktop.engine.loop import EventSink, Loop
from mgc_desktop.engine.results import failed, judged, level_dbfs
from mgc_desktop.model.steady import allow_for_steadiness
from mgc_desktop.model.verdict import judge

if TYPE_CHECKING:
    from mgc_desktop.model.runtime import Runtime
    from mgc_desktop.model.trust import TrustStore

log = logging.getLogger(__name__)

GPU_BATCH = 32  # windows


@dataclass(frozen=True, slots=True)
class LiveResult:
    """One live window, heard by the model; not smoothed."""

    info: ModelInfo
    logits: NDArray[np.float32]  # (L,)
    verdict: Verdict
    level_dbfs: float
    seconds: float  # length of the window
    inference_ms: float
    device: str
    meta: Any  # what was given to `submit_live`
    features: NDArray[np.float32] | None = None  # (M, T): what the model saw, where that was asked for


@dataclass(frozen=True, slots=True)
class _LiveJob:
    samples: Samples
    meta: Any
    done: Callable[[LiveResult], None]
    sample_rate: int | None
    with_features: bool


@dataclass(frozen=True, slots=True)
class _LoadJob:
    folder: Path
    device: str
    fallback: Path | None


def same_windows(one: ModelInfo, other: ModelInfo) -> bool:
    """Return whether windows that were cut for one model can be given to the other."""
    return (one.sample_rate, one.window_seconds, one.min_seconds) == (
        other.sample_rate,
        other.window_seconds,
        other.min_seconds,
    )


class Classifier(Loop):
    """Owns the one `Runtime`: live windows first, then by turns windows that somebody waits for, and files.

    On a GPU it hears files in batches over several of them.

    Every method may be called from any thread. Callbacks run in the classifier thread and must be quick.

    Parameters
    ----------
    trust : TrustStore
        Says which `model.pt` may be opened.
    on_event : EventSink
        Gets `ModelLoading`, `ModelReady`, `ModelFailed` and `Problem`.
    queue_files : int
        How many decoded files may wait before `submit_file` blocks.
    """

    def __init__(self, trust: TrustStore, on_event: EventSink, *, queue_files: int = QUEUE_FILES) -> None:
        super().__init__("classifier", on_event)
        self._trust = trust
        self._changed = threading.Condition()
        self._load: _LoadJob | None = None
        self._live: _LiveJob | None = None
        self._asked = WindowQueue(self._changed)
        self._files = FileQueue(self._changed, queue_files)
        self._answering: WindowJob | None = None  # while the model hears it; classifier thread only
        self._busy: list[FileJob] = []  # jobs of the window or batch under way; classifier thread only
        self._runtime: Runtime | None = None
        self._info: ModelInfo | None = None  # of the model in use, or of the first one while it loads
        self._loading = False
        self._failing: Runtime | None = None  # on live windows, and said so
        self._batch = 1

    @property
    def info(self) -> ModelInfo | None:
        """The model in use, or the first one while it is still loading: what files are decoded for."""
        return self._info

    @property
    def ready(self) -> bool:
        """Whether a model answers now."""
        return self._runtime is not None

    @property
    def loading(self) -> bool:
        """Whether a model is asked for and has not yet been taken or refused."""
        with self._changed:
            return self._loading or self._load is not None

    @property
    def device_name(self) -> str:
        """Name of the device the model runs on, or empty."""
        runtime = self._runtime
        return runtime.device_name if runtime is not None else ""

    def load(self, folder: str | Path, device: str = "auto", *, fallback: Path | None = None) -> None:
        """Load the model in `folder` and use it from then on. Returns at once; events say how it went.

        The model in use stays in use until the new one has passed its self-test, and when it fails.
        Where there is none in use and the new one fails, `fallback` is loaded instead.
        """
        with self._changed:
            self._load = _LoadJob(Path(folder), device, fallback)
            self._changed.notify_all()

    def submit_file(self, decoded: DecodedFile, done: FileDone, *, info: ModelInfo, stale: Callable[[], None]) -> bool:
        """Queue a decoded file; blocks while the queue is full.

        Parameters
        ----------
        decoded : DecodedFile
            Its windows are cut for `info`.
        done : callable
            Gets the result; its verdict is an *error* where the model failed on this file.
        info : ModelInfo
            The model the windows were cut for.
        stale : callable
            Called instead of `done` where the model in use wants other windows: decode again.

        Returns
        -------
        bool
            False where the classifier is stopping: neither callback will be called.

        Raises
        ------
        ValueError
            Where `decoded` holds no window.
        """
        if not decoded.windows:
            raise ValueError(f"no window in {decoded.path!r}")
        return self._files.put(FileJob(decoded, info, done, stale), self._stopping)

    def submit_live(
        self,
        samples: Samples,
        meta: Any,
        done: Callable[[LiveResult], None],
        *,
        sample_rate: int | None = None,
        with_features: bool = False,
    ) -> None:
        """Hand over the newest live window, in place of one that still waits. Returns at once.

        Parameters
        ----------
        samples : float32[N]
            At the model's sample rate, `min_seconds` to `window_seconds` long.
        meta : object
            Comes back in the result.
        done : callable
            Not called where the window was replaced, or no model answers.
        sample_rate : int, optional
            Hz; where given and a swapped-in model wants another rate, the window is dropped.
        with_features : bool
            Whether the result is to bring what the model saw.
        """
        with self._changed:
            self._live = _LiveJob(samples, meta, done, sample_rate, with_features)
            self._changed.notify_all()

    def submit_window(self, samples: Samples, done: WindowDone, *, info: ModelInfo) -> None:
        """Queue one window that somebody waits for. Returns at once.

        Parameters
        ----------
        samples : float32[N]
            Cut for `info`.
        done : callable
            Gets the answer, once, whatever happens.
        info : ModelInfo
            The model that is asked; another one does not answer in its place.
        """
        self._asked.put(WindowJob(samples, info, done))
        if self._stopping.is_set() and not self.alive:
            self._asked.refuse(CLOSING)

    def _wake(self) -> None:
        with self._changed:
            self._changed.notify_all()

    def _step(self) -> None:
        with self._changed:
            self._changed.wait_for(lambda: self._stopping.is_set() or self._load or self._live or self._queued)
            if self._stopping.is_set():
                return
            load, self._load = self._load, None
            live = asked = None
            if load is None:
                live, self._live = self._live, None
            if load is None and live is None:
                asked = self._asked.take(files_wait=len(self._files) > 0)
            self._loading = load is not None
        if load is not None:
            self._do_load(load)
        elif live is not None:
            self._do_live(live)
        elif asked is not None:
            self._do_window(asked)
        else:
            self._do_files()

    @property
    def _queued(self) -> bool:
        return len(self._asked) > 0 or len(self._files) > 0

    # Loading -------------------------------------------------------------------------------------

    def _do_load(self, job: _LoadJob) -> None:
        try:
            if self._try_load(job.folder, job.device) or self._runtime is not None:
                return
            if job.fallback is not None and job.fallback != job.folder and self._try_load(job.fallback, job.device):
                self._emit(
                    Problem(
                        f"The model in {job.folder} could not be used, so {job.fallback.name}, "
                        "which came with the program, is used instead."
                    )
                )
        finally:
            if self._runtime is None:
                self._info = None
            self._loading = False

    def _try_load(self, folder: Path, device: str) -> bool:
        from mgc_desktop.model.contract import read_info  # here: its JSON schema checker takes 0.1 s to import

        began = time.monotonic()
        try:
            info = read_info(folder)
            if self._runtime is None:
                self._info = info  # decoding can begin while torch is imported
            self._emit(ModelLoading(str(folder)))
            runtime = self._open(folder, device)
        except (ModelError, DeviceError) as error:
            log.warning("Model %s: %s (%s)", folder, error.sentence, error.detail)
            self._emit(ModelFailed(str(folder), error.sentence, error.detail))
            return False
        self._swap(runtime)
        seconds = time.monotonic() - began
        log.info("Model %s is ready on %s after %.2f s.", runtime.info.name, runtime.device_name, seconds)
        info = runtime.info
        self._emit(ModelReady(str(folder), info.name, info.labels, runtime.device_name, seconds, info))
        return True

    def _open(self, folder: Path, device: str) -> Runtime:
        # Imported here: torch takes a second, and belongs to this thread alone.
        from mgc_desktop.model.runtime import Runtime

        return Runtime.load(folder, device=device, trust=self._trust, threads=model_threads())

    def _swap(self, runtime: Runtime) -> None:
        with self._changed:
            self._runtime = runtime
            self._info = runtime.info
            self._batch = 1 if runtime.device_name.startswith("cpu") else GPU_BATCH
            self._files.forget_logits()

    # Live ----------------------------------------------------------------------------------------

    def _do_live(self, job: _LiveJob) -> None:
        runtime = self._runtime
        if runtime is None or job.sample_rate not in (None, runtime.info.sample_rate):
            return
        began = time.perf_counter()
        try:
            logits = _logits(runtime, job.samples[np.newaxis, :])
            features = runtime.features(job.samples) if job.with_features else None
        except ModelError as error:
            self._live_failed(runtime, error)
            return
        elapsed_ms = (time.perf_counter() - began) * 1000.0
        level = level_dbfs(job.samples)
        info = runtime.info
        job.done(
            LiveResult(
                info,
                logits[0],
                judge(info, logits, level),
                level,
                len(job.samples) / info.sample_rate,
                elapsed_ms,
                runtime.device_name,
                job.meta,
                features,
            )
        )

    def _live_failed(self, runtime: Runtime, error: ModelError) -> None:
        # It would fail twice a second: one sentence for each model will do.
        log.warning("A live window: %s (%s)", error.sentence, error.detail)
        if self._failing is not runtime:
            self._failing = runtime
            self._emit(Problem(error.sentence, error.detail))

    # Single windows ------------------------------------------------------------------------------

    def _do_window(self, job: WindowJob) -> None:
        self._answering = job
        answer = self._heard(job)
        self._answering = None
        self._guard(partial(job.done, answer), abandon=False)

    def _heard(self, job: WindowJob) -> WindowAnswer:
        runtime = self._runtime
        if runtime is None or runtime.info.sha256 != job.info.sha256:
            return WindowAnswer(None, NO_MODEL if runtime is None else SWAPPED)
        try:
            return WindowAnswer(_logits(runtime, job.samples[np.newaxis, :])[0])
        except ModelError as error:
            log.warning("A window: %s (%s)", error.sentence, error.detail)
            return WindowAnswer(None, error.sentence)

    # Files ---------------------------------------------------------------------------------------

    def _do_files(self) -> None:
        runtime = self._runtime
        misfits = [job for job in self._files.jobs() if runtime is None or not same_windows(job.info, runtime.info)]
        self._files.remove(misfits)
        for job in misfits:
            self._guard(job.stale, abandon=False)
        batch = self._files.next_windows(self._batch)
        if runtime is None or not batch:
            return
        self._busy = [job for job, _ in batch]
        waves = np.stack([job.decoded.windows[index].samples for job, index in batch])
        try:
            logits = _logits(runtime, waves)
        except ModelError as error:
            self._file_failed(batch, error)
            return
        for (job, index), row in zip(batch, logits, strict=True):
            job.logits[index] = row
        self._finish(runtime.info)

    def _file_failed(self, batch: Batch, error: ModelError) -> None:
        if len(batch) > 1:
            log.warning("A batch of %d windows failed; going on one by one: %s", len(batch), error.detail)
            self._batch = 1
        else:
            log.warning("%r: %s (%s)", batch[0][0].decoded.path, error.sentence, error.detail)
            self._abandon(error.sentence)

    def _finish(self, info: ModelInfo) -> None:
        for job in dict.fromkeys(self._busy):
            if not job.waiting():
                heard = judged(info, job.decoded, job.rows())
                self._files.remove([job])
                self._guard(partial(job.done, heard), abandon=False)
        self._busy = []

    def _abandon(self, sentence: str) -> None:
        asked, self._answering = self._answering, None
        if asked is not None:
            self._guard(partial(asked.done, WindowAnswer(None, sentence)), abandon=False)
        jobs, self._busy = list(dict.fromkeys(self._busy)), []
        self._files.remove(jobs)
        for job in jobs:
            heard = failed(job.decoded.path, job.info.name, sentence, duration=job.decoded.duration)
            self._guard(partial(job.done, heard), abandon=False)

    def _end(self) -> None:
        self._files.clear()
        self._asked.refuse(CLOSING)
        self._live = None
        self._runtime = None


def _logits(runtime: Runtime, windows: Samples) -> NDArray[np.float32]:
    """Return what the model says of windows, float32[B, L], and what can be told without it."""
    return allow_for_steadiness(runtime.info, windows, runtime.logits(windows))
