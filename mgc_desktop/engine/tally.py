"""What one scan has come to so far."""

from __future__ import annotations

from dataclasses import dataclass, field

_MAX_PROBLEMS = 20  # sentences in one summary


@dataclass(slots=True)
class Tally:
    """What one scan, from idle to idle, has come to. Owned by the scanner's thread."""

    began: float
    asked: bool = False  # whether a person asked for it
    total: int = 0
    done: int = 0
    failed: int = 0
    unchanged: int = 0
    moved: int = 0
    missing: int = 0
    offline: int = 0
    problems: list[str] = field(default_factory=list)

    def complain(self, sentence: str) -> None:
        if sentence and len(self.problems) < _MAX_PROBLEMS and sentence not in self.problems:
            self.problems.append(sentence)

    @property
    def news(self) -> bool:
        """Whether there is something to tell a person who did not ask."""
        return bool(self.asked or self.total or self.moved or self.missing or self.offline or self.problems)
