"""One file's way to its verdict: a decoder process, then the classifier. Shared by the library and `classify`."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import CancelledError, Future
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from mgc_desktop.core.cores import available_cores
from mgc_desktop.core.errors import MgcError, WorkerError
from mgc_desktop.core.model_info import ModelInfo
from mgc_desktop.core.values import DecodedFile
from mgc_desktop.core.windows import WindowRequest
from mgc_desktop.engine.classifier import Classifier
from mgc_desktop.engine.file_queue import QUEUE_FILES
from mgc_desktop.engine.results import Heard, failed

if TYPE_CHECKING:
    from mgc_desktop.core.pool import LimitedPool

log = logging.getLogger(__name__)

DECODER_MEMORY = 2 * 1024**3  # bytes of address space: the libraries alone take half of one gibibyte
DECODER_SECONDS = 60.0  # the slowest honest file here takes two
_MAX_WORKERS = 6

_T = TypeVar("_T")


def decoder_count() -> int:
    """Return how many decoder processes keep one classifier busy: more only eat memory."""
    cores = available_cores()
    return min(_MAX_WORKERS, max(min(cores, 2), cores * 3 // 4))


@dataclass(frozen=True, slots=True)
class DecoderLimits:
    """How many decoder processes there are, and what each may take."""

    workers: int
    memory_bytes: int = DECODER_MEMORY
    timeout_s: float = DECODER_SECONDS


class Pipeline:
    """Takes files in, gives results out, a bounded number at a time. Never blocks.

    `submit`, `can_take` and `stop` belong to one owner thread; the callbacks come from other threads.

    Parameters
    ----------
    classifier : Classifier
    done : callable
        Gets each result; its verdict is an *error*, with a sentence, where the file could not be heard.
    returned : callable
        Gets a path whose windows fit the model no more (it was swapped): submit it again.
    limits : DecoderLimits, optional
    stuck : callable, optional
        Gets a path that no process could be started for; without it such a file is a failed one.
    """

    def __init__(
        self,
        classifier: Classifier,
        done: Callable[[Heard], None],
        returned: Callable[[str], None],
        limits: DecoderLimits | None = None,
        stuck: Callable[[str], None] | None = None,
    ) -> None:
        self._classifier = classifier
        self._done = done
        self._returned = returned
        self._stuck = stuck
        self._limits = limits or DecoderLimits(decoder_count())
        self._ahead = min(2 * self._limits.workers + 8, QUEUE_FILES)
        self._lock = threading.Lock()
        self._in_flight = 0
        self._stopped = False
        self._pool: LimitedPool | None = None

    @property
    def in_flight(self) -> int:
        """Files that were submitted and have not come back."""
        return self._in_flight

    @property
    def workers(self) -> int:
        """How many decoder processes there may be."""
        return self._limits.workers

    def can_take(self) -> bool:
        """Return whether a file may be submitted: there is a model to cut windows for, and room."""
        return self._classifier.info is not None and self._in_flight < self._ahead and not self._stopped

    def submit(self, path: str) -> None:
        """Start on a file. Call only when `can_take` says so."""
        # Imported here: it brings libraries that a window needs only once there are files.
        from mgc_desktop.engine.analyse import analyse_file

        info = self._classifier.info
        if info is None:
            self._returned(path)
            return
        with self._lock:
            self._in_flight += 1
        future = self.schedule(analyse_file, (path, WindowRequest.for_model(info)))
        future.add_done_callback(lambda finished: self._decoded(path, info, finished))

    def schedule(self, function: Callable[..., _T], args: Sequence[Any]) -> Future[_T]:
        """Run a function in a decoder process, after what was scheduled before: see `LimitedPool.schedule`."""
        from mgc_desktop.core.pool import LimitedPool  # here, for the same reason

        if self._pool is None:
            limits = self._limits
            self._pool = LimitedPool(limits.workers, limits.memory_bytes, limits.timeout_s)
        return self._pool.schedule(function, args)

    def stop(self) -> None:
        """End the decoder processes; what is in flight is dropped. Bounded in time, idempotent."""
        self._stopped = True
        pool, self._pool = self._pool, None
        if pool is not None:
            pool.stop()

    def _decoded(self, path: str, info: ModelInfo, future: Future[Any]) -> None:
        if self._stopped:
            return
        try:
            decoded: DecodedFile = future.result()
        except CancelledError:
            return
        except MgcError as error:
            log.info("%r: %s (%s)", path, error.sentence, error.detail)
            if self._stuck is not None and isinstance(error, WorkerError):
                self._stuck(path)
                self._land()
                return
            self._give(failed(path, info.name, error.sentence))
            return
        # The queue is as long as what may be in flight, so this never waits.
        self._classifier.submit_file(decoded, self._give, info=info, stale=lambda: self._give_back(path))

    def _give(self, heard: Heard) -> None:
        if not self._stopped:
            self._done(heard)
        self._land()

    def _give_back(self, path: str) -> None:
        if not self._stopped:
            self._returned(path)
        self._land()

    def _land(self) -> None:
        # After the callback: whoever sees nothing in flight has been given everything.
        with self._lock:
            self._in_flight -= 1
