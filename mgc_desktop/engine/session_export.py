"""A session as a file for other programs: CSV, a line an entry, or JSON with all that is kept. No sound."""

from __future__ import annotations

import csv
import json
import os
from collections.abc import Iterable, Iterator
from datetime import datetime
from io import TextIOWrapper
from typing import TYPE_CHECKING, Any

from mgc_desktop.core.cells import safe_cell
from mgc_desktop.core.errors import LibraryError, UsageError
from mgc_desktop.core.session_values import SessionDetails, SessionStretch

if TYPE_CHECKING:
    from mgc_desktop.library.sessions import KeptVerdict

FORMATS = ("csv", "json")
FIELDS = (
    "entry", "start", "end", "clock", "kind", "genre", "confidence", "runner_up", "runner_up_confidence",
    "level_dbfs", "text",
)  # fmt: skip


def export_session(details: SessionDetails, timeline: Iterable[KeptVerdict], path: str, kind: str) -> None:
    """Write a session to `path`, as a whole or not at all.

    Times are s since the session began; `clock` is the local time with its offset from UTC.

    Parameters
    ----------
    details : SessionDetails
    timeline : iterable of KeptVerdict
    path : str
    kind : str
        One of `FORMATS`.

    Raises
    ------
    LibraryError
        Where the disk is full, or the place may not be written.
    UsageError
        Where the format is none of ours.
    """
    if kind not in FORMATS:
        raise UsageError(f"Sessions are exported as CSV or JSON, not as “{kind}”: choose one of these.")
    part = f"{path}.part"
    try:
        with open(part, "w", encoding="utf-8-sig" if kind == "csv" else "utf-8", newline="") as file:
            (_write_csv if kind == "csv" else _write_json)(details, timeline, file)
            file.flush()
            os.fsync(file.fileno())
        os.replace(part, path)
    except OSError as error:
        if os.path.exists(part):
            os.unlink(part)
        raise LibraryError(
            f"The session could not be written to “{path}” ({error.strerror}): free some space, or choose another.",
            str(error),
        ) from error


def _write_csv(details: SessionDetails, timeline: Iterable[KeptVerdict], file: TextIOWrapper) -> None:
    table = csv.DictWriter(file, FIELDS, restval="", lineterminator="\r\n")
    table.writeheader()
    for row in sorted(_entries(details, timeline), key=lambda row: row["start"]):
        table.writerow({name: safe_cell(value) if isinstance(value, str) else value for name, value in row.items()})


def _write_json(details: SessionDetails, timeline: Iterable[KeptVerdict], file: TextIOWrapper) -> None:
    row = details.row
    about = {
        "name": row.name,
        "source": row.source,
        "began": _clock(row.started_at + row.start),
        "seconds": round(row.seconds, 3),
        "sample_rate": row.sample_rate,
        "sound": os.path.basename(details.path),
        "changes": [_stretch(details, stretch) for stretch in details.stretches],
        "notes": [{**_when(details, note.time), "text": note.text} for note in details.notes],
        "labels": [{**_when(details, label.start, label.end), "genre": label.label} for label in details.labels],
        "gaps": [_when(details, *gap) for gap in details.gaps],
        "timeline": [_verdict(details, kept) for kept in timeline],
    }
    json.dump(about, file, ensure_ascii=False, indent=1)
    file.write("\n")


def _entries(details: SessionDetails, timeline: Iterable[KeptVerdict]) -> Iterator[dict[str, Any]]:
    for kept in timeline:
        row = _verdict(details, kept)
        yield {"entry": "verdict", "text": row.pop("reason"), **{key: row[key] for key in FIELDS if key in row}}
    for stretch in details.stretches:
        yield {"entry": "change", **_stretch(details, stretch)}
    for note in details.notes:
        yield {"entry": "note", **_when(details, note.time), "text": note.text}
    for label in details.labels:
        yield {"entry": "label", **_when(details, label.start, label.end), "genre": label.label}
    for gap in details.gaps:
        yield {"entry": "gap", **_when(details, *gap)}


def _when(details: SessionDetails, start: float, end: float | None = None) -> dict[str, Any]:
    zero = details.row.start
    told: dict[str, Any] = {"start": round(start - zero, 3)}
    if end is not None:
        told["end"] = round(end - zero, 3)
    return {**told, "clock": _clock(details.row.started_at + start)}


def _stretch(details: SessionDetails, stretch: SessionStretch) -> dict[str, Any]:
    said = {"kind": stretch.kind.value, "genre": stretch.label or "", "confidence": round(stretch.confidence, 4)}
    return {**_when(details, stretch.start, stretch.end), **said}


def _verdict(details: SessionDetails, kept: KeptVerdict) -> dict[str, Any]:
    said = kept.verdict
    return {
        **_when(details, kept.time - kept.seconds, kept.time),
        "kind": said.kind.value,
        "genre": said.label or "",
        "confidence": round(said.confidence, 4),
        "runner_up": said.runner_up or "",
        "runner_up_confidence": round(said.runner_up_confidence, 4),
        "level_dbfs": round(kept.level_dbfs, 1),
        "reason": said.reason,
        "model": said.model,
        "probabilities": {label: round(share, 4) for label, share in said.probabilities.items()},
    }


def _clock(seconds: float) -> str:
    return datetime.fromtimestamp(seconds).astimezone().isoformat(timespec="milliseconds")
