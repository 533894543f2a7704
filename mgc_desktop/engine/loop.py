"""The one thread loop of the engine: it outlives its bugs, and stops in bounded time."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from mgc_desktop.core.errors import MgcError
from mgc_desktop.engine.events import Event, Problem

log = logging.getLogger(__name__)

EventSink = Callable[[Event], None]

STOP_SECONDS = 5.0
_PAUSE_AFTER_A_BUG = 0.1  # s: a step that fails at once each time must not eat a core


class Loop:
    """A named thread that repeats `_step` until it is stopped.

    Subclasses override `_step` (wait for work, do one piece of it), `_wake` (make a waiting `_step`
    return), and where needed `_begin`, `_end` and `_abandon`.

    Parameters
    ----------
    name : str
        Name of the thread, for logs.
    on_event : EventSink
        Called from this thread; must return quickly.
    """

    def __init__(self, name: str, on_event: EventSink) -> None:
        self._name = name
        self._emit = on_event
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Start the thread; a second call does nothing. Returns at once."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name=self._name, daemon=True)
            self._thread.start()

    def stop(self, timeout: float = STOP_SECONDS) -> bool:
        """Ask the thread to end and wait for it, at most `timeout` seconds. Idempotent.

        Returns
        -------
        bool
            Whether the thread has ended.
        """
        self._stopping.set()
        self._wake()
        thread = self._thread
        if thread is None or thread is threading.current_thread():
            return True
        thread.join(timeout)
        if thread.is_alive():
            log.warning("The thread %s did not end within %.1f s.", self._name, timeout)
            return False
        return True

    @property
    def alive(self) -> bool:
        return self._thread is not None and self._thread.is_alive()

    def _run(self) -> None:
        self._guard(self._begin)
        while not self._stopping.is_set():
            self._guard(self._step)
        self._guard(self._end)

    def _guard(self, piece: Callable[[], None], *, abandon: bool = True, tell: bool = True) -> None:
        """Run a piece of work, or a callback, so that its failure ends neither the thread nor what comes after."""
        try:
            piece()
            return
        except MgcError as error:
            sentence = error.sentence
            log.warning("%s: %s (%s)", self._name, sentence, error.detail)
            problem = Problem(sentence, error.detail)
        except Exception as error:
            sentence = "Something went wrong inside the program; the log has the details, and everything else goes on."
            log.exception("A bug in the thread %s; it goes on.", self._name)
            problem = Problem(sentence, f"{self._name}: {error!r}", bug=True)
        if tell:
            self._guard(lambda: self._emit(problem), abandon=False, tell=False)
        if abandon:
            self._guard(lambda: self._abandon(sentence), abandon=False)
            self._stopping.wait(_PAUSE_AFTER_A_BUG if problem.bug else 0.0)

    def _begin(self) -> None:
        """Run once in the thread before the first step."""

    def _step(self) -> None:
        raise NotImplementedError

    def _end(self) -> None:
        """Run once in the thread after the last step: give back what the thread owns."""

    def _wake(self) -> None:
        """Make a waiting `_step` return. Called from any thread."""

    def _abandon(self, sentence: str) -> None:
        """Answer whatever the failed step was busy with, so that nobody waits for it."""
