"""Single windows that somebody waits for: of a span that is judged again, or with a part of the sound left out."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mgc_desktop.core.model_info import ModelInfo
from mgc_desktop.core.values import Samples

SWAPPED = "The model was changed meanwhile: ask again."
NO_MODEL = "No model is in use, so nothing can be judged: choose one in Model > Models."
CLOSING = "The program is being closed."


@dataclass(frozen=True, slots=True)
class WindowAnswer:
    """What the model says of one window, or why it says nothing."""

    logits: NDArray[np.float32] | None  # (L,)
    sentence: str = ""


WindowDone = Callable[[WindowAnswer], None]


@dataclass(frozen=True, slots=True)
class WindowJob:
    samples: Samples
    info: ModelInfo  # that the window was cut for
    done: WindowDone


class WindowQueue:
    """Windows in the order they came, and whose turn it is: theirs or the files'. Any thread may put; one takes.

    Parameters
    ----------
    changed : threading.Condition
        Guards the queue, and is notified of every change.
    """

    def __init__(self, changed: threading.Condition) -> None:
        self._changed = changed
        self._jobs: deque[WindowJob] = deque()
        self._files_turn = False

    def __len__(self) -> int:
        return len(self._jobs)

    def put(self, job: WindowJob) -> None:
        with self._changed:
            self._jobs.append(job)
            self._changed.notify_all()

    def take(self, *, files_wait: bool) -> WindowJob | None:
        """Return the oldest window; None where there is none, or where files wait and it is their turn."""
        with self._changed:
            if not self._jobs or (files_wait and self._files_turn):
                self._files_turn = False
                return None
            self._files_turn = True
            return self._jobs.popleft()

    def refuse(self, sentence: str) -> None:
        """Tell everybody who waits that nothing will come."""
        with self._changed:
            jobs, self._jobs = list(self._jobs), deque()
        for job in jobs:
            job.done(WindowAnswer(None, sentence))
