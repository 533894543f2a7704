"""Which genre was taken for which: the counts of a confusion matrix."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

_MOST_LABELS = 200  # a larger matrix is no matrix that anybody reads


@dataclass(frozen=True, slots=True)
class Confusion:
    """Counts of tracks: `counts[i][j]` are those of label i that were said to be label j."""

    labels: tuple[str, ...]
    counts: tuple[tuple[int, ...], ...]

    @classmethod
    def from_json(cls, data: Any, which: str = "counts") -> Confusion | None:
        """Return the matrix under the key `which`, or None where there is none that can be."""
        if not isinstance(data, Mapping):
            return None
        labels, rows = data.get("labels"), data.get(which)
        if not isinstance(labels, list | tuple) or not isinstance(rows, list | tuple):
            return None
        fits = 0 < len(labels) <= _MOST_LABELS and len(rows) == len(set(map(str, labels))) == len(labels)
        if not fits or not all(isinstance(row, list | tuple) and len(row) == len(labels) for row in rows):
            return None
        if not all(_is_count(number) for row in rows for number in row):
            return None
        return cls(tuple(str(label) for label in labels), tuple(tuple(row) for row in rows))

    def tracks(self, row: int) -> int:
        """Return how many tracks there are of a label."""
        return sum(self.counts[row])

    def said(self, column: int) -> int:
        """Return how many tracks were said to be of a label, rightly or not."""
        return sum(row[column] for row in self.counts)

    def share(self, row: int, column: int) -> float:
        """Return which part of the tracks of a label was said to be another, 0..1."""
        return self.counts[row][column] / max(1, self.tracks(row))

    def taken_for(self, label: str) -> tuple[tuple[str, int], ...]:
        """Return what was said to be `label` and is something else, with its number of tracks, the most first."""
        if label not in self.labels:
            return ()
        column = self.labels.index(label)
        wrong = [(name, row[column]) for name, row in zip(self.labels, self.counts, strict=True) if name != label]
        return tuple(sorted((pair for pair in wrong if pair[1]), key=lambda pair: -pair[1]))


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 10**9
