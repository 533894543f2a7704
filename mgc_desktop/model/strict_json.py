"""JSON from elsewhere: what the standard leaves open is refused, so that nobody downstream has to think of it."""

from __future__ import annotations

import json
import math
from typing import Any

MAX_DEPTH = 24  # of objects and lists in each other; ours need five


def loads(raw: bytes) -> Any:
    """Return what `raw` says.

    Raises
    ------
    ValueError
        Where it is no UTF-8 or no JSON, says a key twice, holds a number that is none or that no double can hold, or
        is nested deeper than `MAX_DEPTH`.
    """
    try:
        value = json.loads(
            raw.decode("utf-8-sig"), parse_constant=_no_number, parse_float=_finite, object_pairs_hook=_once_each
        )
    except RecursionError as error:
        raise ValueError("nested without end") from error
    _check_depth(value)
    return value


def _no_number(text: str) -> float:
    raise ValueError(f"{text} is no number")


def _finite(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise ValueError("a number is too large")
    return value


def _once_each(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key is there twice")
    return found


def _check_depth(value: Any) -> None:
    level = [value]
    for _ in range(MAX_DEPTH):
        level = [
            child
            for parent in level
            if isinstance(parent, dict | list)
            for child in (parent.values() if isinstance(parent, dict) else parent)
        ]
        if not level:
            return
    raise ValueError("nested too deeply")
