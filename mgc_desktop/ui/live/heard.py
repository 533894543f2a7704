"""What was heard over the last minutes, as stretches of one headline each."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, replace

from mgc_desktop.core.values import VerdictKind
from mgc_desktop.engine.events import LiveVerdict

_KEPT_SECONDS = 600.0
_LONGEST_GAP = 3.0  # s; verdicts further apart do not belong to one stretch
_FIRST_REACH = 0.5  # s that a verdict without one before it stands for


@dataclass(frozen=True, slots=True)
class Stretch:
    """From `start` to `end` (s since listening began) the headline was the same."""

    start: float
    end: float
    kind: VerdictKind
    label: str | None
    confidence: float  # mean over its verdicts
    verdicts: int


class Heard:
    """Joins live verdicts to stretches, oldest first. GUI thread."""

    def __init__(self) -> None:
        self.stretches: deque[Stretch] = deque()

    def clear(self) -> None:
        self.stretches.clear()

    def add(self, event: LiveVerdict) -> None:
        """Take in the next verdict."""
        verdict = event.verdict
        last = self.stretches[-1] if self.stretches else None
        joins = last is not None and 0 <= event.time - last.end <= _LONGEST_GAP
        if last is not None and joins and (last.kind, last.label) == (verdict.kind, verdict.label):
            count = last.verdicts + 1
            mean = last.confidence + (verdict.confidence - last.confidence) / count
            self.stretches[-1] = replace(last, end=event.time, confidence=mean, verdicts=count)
        else:
            start = last.end if last is not None and joins else max(0.0, event.time - _FIRST_REACH)
            self.stretches.append(Stretch(start, event.time, verdict.kind, verdict.label, verdict.confidence, 1))
        while self.stretches[0].end < event.time - _KEPT_SECONDS:
            self.stretches.popleft()
