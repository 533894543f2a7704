"""The bounded queue of decoded files before the classifier, and which of their windows come next."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from mgc_desktop.core.model_info import ModelInfo
from mgc_desktop.core.values import DecodedFile
from mgc_desktop.engine.results import Heard

QUEUE_FILES = 32  # decoded files that may wait, about 4 MB each

FileDone = Callable[[Heard], None]


@dataclass(slots=True, eq=False)
class FileJob:
    """A decoded file, and what the model has said of its windows so far."""

    decoded: DecodedFile
    info: ModelInfo  # that the windows were cut for
    done: FileDone
    stale: Callable[[], None]
    logits: dict[int, NDArray[np.float32]] = field(default_factory=dict)  # by index of the window

    def waiting(self) -> list[int]:
        """Return the indices of the windows that the model has not heard."""
        return [index for index in range(len(self.decoded.windows)) if index not in self.logits]

    def rows(self) -> NDArray[np.float32]:
        """Return the logits of all windows, (k, L)."""
        return np.stack([self.logits[index] for index in range(len(self.decoded.windows))])


Batch = list[tuple[FileJob, int]]  # windows of one length: a file, and the window's index


class FileQueue:
    """Files in the order they came. Any thread may put; one takes.

    Parameters
    ----------
    changed : threading.Condition
        Guards the queue, and is notified of every change.
    size : int
        How many files may wait before `put` blocks.
    """

    def __init__(self, changed: threading.Condition, size: int) -> None:
        self._changed = changed
        self._size = size
        self._jobs: deque[FileJob] = deque()

    def __len__(self) -> int:
        return len(self._jobs)

    def put(self, job: FileJob, stopping: threading.Event) -> bool:
        """Append a file, waiting for room; return False, without doing so, once `stopping` is set."""
        with self._changed:
            self._changed.wait_for(lambda: len(self._jobs) < self._size or stopping.is_set())
            if stopping.is_set():
                return False
            self._jobs.append(job)
            self._changed.notify_all()
            return True

    def jobs(self) -> list[FileJob]:
        with self._changed:
            return list(self._jobs)

    def next_windows(self, limit: int) -> Batch:
        """Return the oldest window that waits, and up to `limit` with others of the same length."""
        batch: Batch = []
        length = -1
        for job in self.jobs():
            for index in job.waiting():
                samples = job.decoded.windows[index].samples
                length = len(samples) if length < 0 else length
                if len(samples) == length:
                    batch.append((job, index))
                if len(batch) >= limit:
                    return batch
        return batch

    def forget_logits(self) -> None:
        """Begin every file anew: a verdict is of one model, never of two."""
        for job in self.jobs():
            job.logits.clear()

    def remove(self, jobs: Iterable[FileJob]) -> None:
        with self._changed:
            for job in jobs:
                if job in self._jobs:
                    self._jobs.remove(job)
            self._changed.notify_all()

    def clear(self) -> None:
        self.remove(self.jobs())
