"""Which genre was taken for which: the numbers of a confusion matrix, and how they are said. No Qt."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from mgc_desktop.ui.theme import display_name
from mgc_desktop.ui.wording import count


@dataclass(frozen=True, slots=True)
class Confusion:
    """Counts of tracks: `counts[i][j]` are those of label i that were said to be label j."""

    labels: tuple[str, ...]
    counts: tuple[tuple[int, ...], ...]

    @classmethod
    def from_json(cls, data: Mapping[str, Any] | None, which: str) -> Confusion | None:
        """Return the matrix `which` ("new" or "old") of a "done" object, or None where it holds none."""
        try:
            labels = tuple(str(label) for label in (data or {})["labels"])
            counts = tuple(tuple(int(number) for number in row) for row in (data or {})[which])
        except (KeyError, TypeError, ValueError):
            return None
        fits = len(counts) == len(labels) and all(len(row) == len(labels) for row in counts)
        return cls(labels, counts) if labels and fits else None

    def tracks(self, row: int) -> int:
        return sum(self.counts[row])

    def share(self, row: int, column: int) -> float:
        """Return which part of the tracks of a label was said to be another, 0..1."""
        return self.counts[row][column] / max(1, self.tracks(row))

    def cell_text(self, row: int, column: int) -> str:
        """Return a cell as a sentence: `Metal taken for Rock: 3 of 10 tracks`."""
        tracks = f"{self.counts[row][column]} of {count(self.tracks(row), 'track')}"
        truth, said = display_name(self.labels[row]), display_name(self.labels[column])
        return f"{truth} recognised: {tracks}" if row == column else f"{truth} taken for {said}: {tracks}"

    def text(self) -> str:
        """Return the whole matrix in words: a sentence for each label that has tracks."""
        return ". ".join(self._row_text(row) for row in range(len(self.labels)) if self.tracks(row))

    def _row_text(self, row: int) -> str:
        wrong = [(number, column) for column, number in enumerate(self.counts[row]) if number and column != row]
        text = self.cell_text(row, row)
        if wrong:
            number, column = max(wrong, key=lambda pair: pair[0])
            text += f", mostly taken for {display_name(self.labels[column])} ({number})"
        return text
