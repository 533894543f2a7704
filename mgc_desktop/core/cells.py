"""Cells of tables that other programs open."""

from __future__ import annotations

_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n")


def safe_cell(text: str) -> str:
    """Return a text that a spreadsheet takes as a text: one that would start a formula gets a ' in front."""
    return "'" + text if text.startswith(_FORMULA_STARTS) else text
