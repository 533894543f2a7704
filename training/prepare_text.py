"""The report on data, to be read: in a terminal and as a file."""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import PurePath
from typing import Any

_HEADINGS = {
    "duplicate": "There twice: the same file",
    "near_duplicate": "There twice: the same recording in another file",
    "group_across_splits": "Groups on both sides of a split",
    "few_groups": "Genres with few artists or albums",
    "clipped": "Clipped",
    "mostly_silent": "Mostly silent",
    "known_fault": "Known faults of GTZAN",
}


def markdown(said: Mapping[str, Any], most: int | None = None) -> str:
    """Return the report as Markdown.

    Parameters
    ----------
    said : mapping
        `Report.as_dict`.
    most : int, optional
        Rows a list at most; the rest is counted.
    """
    root = _common_folder([row["path"] for key in ("left_out", "warnings", "suspect_labels") for row in said[key]])
    lines = ["# Data report", "", _plain(said["sentence"])]
    if said["labels"]:
        lines += ["", "| label | tracks |", "|---|---:|"]
        lines += [f"| {_plain(label)} | {n} |" for label, n in said["labels"].items()]
        lines += ["", f"{said['groups']} groups: artists, albums, or tracks that stand for themselves."]
    if root:
        lines += ["", f"Paths are below {_path(root, '')}."]
    if said["left_out"]:
        lines += _section(
            "Left out", [f"{_path(row['path'], root)}: {_plain(row['reason'])}" for row in said["left_out"]], most
        )
    kinds = Counter(row["kind"] for row in said["warnings"])
    for kind in sorted(kinds, key=list(_HEADINGS).index):
        rows = [_warning(row, root) for row in said["warnings"] if row["kind"] == kind]
        lines += _section(_HEADINGS[kind], rows, most)
    if said["suspect_labels"]:
        rows = [_suspect(row, root) for row in said["suspect_labels"]]
        lines += _section("Labels that look wrong (listen to these; none was left out)", rows, most)
    return "\n".join(lines) + "\n"


def _section(heading: str, rows: Sequence[str], most: int | None) -> list[str]:
    shown = rows if most is None or len(rows) <= most else rows[:most]
    more = [f"- ... and {len(rows) - len(shown)} more"] if len(shown) < len(rows) else []
    return ["", f"## {heading}: {len(rows)}", "", *(f"- {row}" for row in shown), *more]


def _warning(row: Mapping[str, str], root: str) -> str:
    sentence = _plain(row["sentence"])
    return f"{_path(row['path'], root)}: {sentence}" if row["path"] else sentence


def _suspect(row: Mapping[str, Any], root: str) -> str:
    words = f"{_plain(row['label'])}, rather {_plain(row['rather'])} ({row['probability']:.0%})"
    return f"{_path(row['path'], root)}: {words}"


def _path(path: str, root: str) -> str:
    short = path[len(root) :].lstrip(os.sep) if root and path.startswith(root) else path
    return f"`{_printable(short).replace('`', chr(39))}`"


def _plain(text: str) -> str:
    """Return text from elsewhere (names of files, genres, artists) so that Markdown takes it as it is."""
    return re.sub(r"([\\`*_\[\]<>|#~])", r"\\\1", _printable(text))


def _printable(text: str) -> str:
    """Return the text without what could steer a terminal, and without the bytes that are no text."""
    return "".join(character if character.isprintable() else "\N{REPLACEMENT CHARACTER}" for character in text)


def _common_folder(paths: Sequence[str]) -> str:
    """Return the folder that all absolute paths are in, or "" where that says nothing."""
    absolute = [path for path in paths if os.path.isabs(path)]
    if not absolute:
        return ""
    root = os.path.commonpath(absolute)
    root = root if len(set(absolute)) > 1 else os.path.dirname(root)
    return root if len(PurePath(root).parts) > 1 else ""
