"""How a confusion matrix is said in words. No Qt."""

from __future__ import annotations

from mgc_desktop.core.confusion import Confusion
from mgc_desktop.ui.theme import display_name
from mgc_desktop.ui.wording import count


def cell_text(confusion: Confusion, row: int, column: int) -> str:
    """Return a cell as a sentence: `Metal taken for Rock: 3 of 10 tracks`."""
    tracks = f"{confusion.counts[row][column]} of {count(confusion.tracks(row), 'track')}"
    truth, said = display_name(confusion.labels[row]), display_name(confusion.labels[column])
    return f"{truth} recognised: {tracks}" if row == column else f"{truth} taken for {said}: {tracks}"


def matrix_text(confusion: Confusion) -> str:
    """Return the whole matrix in words: a sentence for each label that has tracks."""
    rows = (row for row in range(len(confusion.labels)) if confusion.tracks(row))
    return ". ".join(_row_text(confusion, row) for row in rows)


def _row_text(confusion: Confusion, row: int) -> str:
    wrong = [(number, column) for column, number in enumerate(confusion.counts[row]) if number and column != row]
    text = cell_text(confusion, row, row)
    if wrong:
        number, column = max(wrong, key=lambda pair: pair[0])
        text += f", mostly taken for {display_name(confusion.labels[column])} ({number})"
    return text
