"""The held-out tracks on which two models differ, as rows of a list."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from mgc_desktop.ui.models.track_list import TrackLine, track_name
from mgc_desktop.ui.theme import display_name
from mgc_desktop.ui.wording import percent

COLUMNS = ("Track", "Is", "New says", "In use says", "Right")


def differing_lines(predictions: Iterable[Mapping[str, Any]] | None) -> list[TrackLine]:
    """Return a row for each track of which the models say different things; where one is right, those come first."""
    ranked = []
    for row in predictions or ():
        line, rank = _line(row)
        if line is not None:
            ranked.append((rank, line))
    return [line for _, line in sorted(ranked, key=lambda pair: (pair[0], pair[1].cells[0].lower()))]


def _line(row: Mapping[str, Any]) -> tuple[TrackLine | None, int]:
    path, label, new, old = (str(row.get(key) or "") for key in ("path", "label", "new", "old"))
    if not path or not new or not old or new == old:
        return None, 0
    truth, mine, theirs = display_name(label), display_name(new), display_name(old)
    sure, was_sure = (_sure(row.get(key)) for key in ("new_confidence", "old_confidence"))
    if new == label:
        right, rank = "New", 0
    elif old == label:
        right, rank = "In use", 1
    else:
        right, rank = "Neither", 2
    sentence = f"{track_name(path)} is {truth}: the new model says {mine}{sure}, the one in use {theirs}{was_sure}"
    cells = (track_name(path), truth, f"{mine}{sure}", f"{theirs}{was_sure}", right)
    return TrackLine(path, cells, sentence), rank


def _sure(share: Any) -> str:
    return f" {percent(float(share))}" if isinstance(share, int | float) else ""
