"""A sink for engine events that tests can wait on."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TypeVar

from mgc_desktop.engine.events import Event

WAIT = 60.0  # s; the machines that run tests are shared

_E = TypeVar("_E")


class Events:
    """Collects events from any thread, and waits for one of a type."""

    def __init__(self) -> None:
        self.seen: list[Event] = []
        self._changed = threading.Condition()

    def __call__(self, event: Event) -> None:
        with self._changed:
            self.seen.append(event)
            self._changed.notify_all()

    def of(self, kind: type[_E]) -> list[_E]:
        """Return the events of a type so far."""
        with self._changed:
            return [event for event in self.seen if isinstance(event, kind)]

    def wait(
        self,
        kind: type[_E],
        count: int = 1,
        *,
        where: Callable[[_E], bool] = lambda event: True,
        timeout: float = WAIT,
    ) -> _E:
        """Return the `count`-th event of a type that fits, once it has come."""

        def matching() -> list[_E]:
            return [event for event in self.seen if isinstance(event, kind) and where(event)]

        with self._changed:
            assert self._changed.wait_for(lambda: len(matching()) >= count, timeout), f"no {kind.__name__}: {self.seen}"
            return matching()[count - 1]
