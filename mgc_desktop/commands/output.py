"""How `classify` writes a result: JSON lines, CSV, or a line to read."""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping, Sequence
from typing import Any, Protocol, TextIO

from mgc_desktop.core.cells import safe_cell
from mgc_desktop.core.confusion import Confusion
from mgc_desktop.core.rivals import Rival, rival_of
from mgc_desktop.core.values import FileResult, VerdictKind
from mgc_desktop.engine.sources import shown

_VERDICT_WIDTH = 14
_RIVAL_WIDTH = 17
_KIND_WORDS = {
    VerdictKind.NOT_MUSIC: "not music",
    VerdictKind.SILENCE: "silence",
    VerdictKind.ERROR: "not readable",
}


class Output(Protocol):
    """Gets each result as its file is done, in one thread."""

    def write(self, result: FileResult) -> None: ...


def rounded(probabilities: Mapping[str, float]) -> dict[str, float]:
    return {label: round(p, 6) for label, p in probabilities.items()}


def rival_json(rival: Rival | None) -> dict[str, Any] | None:
    """Return a rival for JSON: of `of` tracks that the model called so, `taken` were the rival; null where unknown."""
    if rival is None:
        return None
    taken = (rival.taken.number, rival.taken.of) if rival.taken is not None else (None, None)
    return {
        "label": rival.label,
        "confidence": round(rival.confidence, 6),
        "taken": taken[0],
        "of": taken[1],
    }


def as_json(result: FileResult, windows: bool = False, confusion: Confusion | None = None) -> str:
    """Return a result as one line of JSON in ASCII, valid for any file name.

    Bytes of a name that are not UTF-8 come as lone surrogates (``\\udc80`` to ``\\udcff``), as Python writes them.
    `confusion` is the model's, for the rival.
    """
    verdict = result.verdict
    said: dict[str, Any] = {
        "path": result.path,
        "duration": None if result.duration is None else round(result.duration, 3),
        "verdict": verdict.kind.value,
        "label": verdict.label,
        "confidence": round(verdict.confidence, 6),
        "runner_up": verdict.runner_up,
        "runner_up_confidence": round(verdict.runner_up_confidence, 6),
        "rival": rival_json(rival_of(verdict, confusion)),
        "probabilities": rounded(verdict.probabilities),
        "model": verdict.model,
        "error": result.error or None,
    }
    if windows:
        said["windows"] = [
            {"start": round(w.start, 3), "end": round(w.end, 3), "probabilities": rounded(w.probabilities)}
            for w in result.windows
        ]
    return json.dumps(said, ensure_ascii=True, allow_nan=False)


class JsonLines:
    def __init__(self, stream: TextIO, windows: bool, confusion: Confusion | None = None) -> None:
        self._stream = stream
        self._windows = windows
        self._confusion = confusion

    def write(self, result: FileResult) -> None:
        self._stream.write(as_json(result, self._windows, self._confusion) + "\n")
        self._stream.flush()


class CsvTable:
    """One row a file; with `windows`, its windows follow as rows whose verdict is "window"."""

    def __init__(self, stream: TextIO, labels: Sequence[str], windows: bool) -> None:
        self._stream = stream
        self._labels = labels
        self._windows = windows
        self._rows = csv.writer(stream, lineterminator="\n")
        columns = ["path", "duration", "verdict", "label", "confidence", "runner_up", "runner_up_confidence"]
        columns += ["start", "end", "model", "error", *labels]
        self._rows.writerow([safe_cell(column) for column in columns])

    def write(self, result: FileResult) -> None:
        verdict = result.verdict
        duration = "" if result.duration is None else f"{result.duration:.3f}"
        numbers = [f"{verdict.confidence:.4f}", verdict.runner_up or "", f"{verdict.runner_up_confidence:.4f}"]
        self._row([result.path, duration, verdict.kind.value, verdict.label or "", *numbers, "", ""], result)
        for window in result.windows if self._windows else ():
            times = [f"{window.start:.3f}", f"{window.end:.3f}"]
            self._row([result.path, duration, "window", "", "", "", "", *times], result, window.probabilities)
        self._stream.flush()

    def _row(self, cells: list[str], result: FileResult, probabilities: Mapping[str, float] | None = None) -> None:
        said = result.verdict.probabilities if probabilities is None else probabilities
        by_label = [f"{said[label]:.6f}" if label in said else "" for label in self._labels]
        self._rows.writerow([safe_cell(cell) for cell in [*cells, result.verdict.model, result.error]] + by_label)


class Lines:
    """For people: verdict, confidence, rival, length and name, one file a line, in columns."""

    def __init__(self, stream: TextIO, windows: bool, confusion: Confusion | None = None) -> None:
        self._stream = stream
        self._windows = windows
        self._confusion = confusion

    def write(self, result: FileResult) -> None:
        verdict = result.verdict
        if verdict.kind in (VerdictKind.GENRE, VerdictKind.UNSURE):
            word, sure = shown(verdict.label or ""), f"{verdict.confidence:.0%}"
        else:
            word, sure = _KIND_WORDS[verdict.kind], ""
        mark = "?" if verdict.kind is VerdictKind.UNSURE else ""
        rival = rival_of(verdict, self._confusion)
        other = rival_words(rival) if rival is not None else ""
        name = shown(result.path)
        said = f"{word + mark:<{_VERDICT_WIDTH}} {sure:>4}  {other:<{_RIVAL_WIDTH}} {clock(result.duration):>8}  {name}"
        if result.error:
            said += f"\n{'':{_VERDICT_WIDTH}}       {shown(result.error)}"
        for window in result.windows if self._windows else ():
            label, p = max(window.probabilities.items(), key=lambda item: item[1])
            said += f"\n  {clock(window.start)}-{clock(window.end)}  {shown(label)} {p:.0%}"
        self._stream.write(said + "\n")
        self._stream.flush()


def rival_words(rival: Rival) -> str:
    """Return a rival in short: `or pop 31%`."""
    return f"or {shown(rival.label)} {rival.confidence:.0%}"


def clock(seconds: float | None) -> str:
    """Return a duration as people write it, e.g. ``3:07`` or ``1:02:03``; empty for None."""
    if seconds is None:
        return ""
    whole = round(seconds)
    minutes, rest = divmod(whole, 60)
    return f"{minutes // 60}:{minutes % 60:02d}:{rest:02d}" if minutes >= 60 else f"{minutes}:{rest:02d}"
