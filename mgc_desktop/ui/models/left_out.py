"""Which files a training run could not use, and why, in lines of plain text."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def left_out_lines(start: Mapping[str, Any]) -> list[str]:
    """Return a line for each file in the "start" object of the training process, and one for those it does not name."""
    rows = [f"{row.get('path', '')}: {row.get('reason', '')}" for row in start.get("left_out") or ()]
    more = int(start.get("left_out_count") or 0) - len(rows)
    return [*rows, f"and {more:,} more"] if more > 0 else rows
