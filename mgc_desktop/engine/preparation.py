"""The check of training data before a run: a process that opens every track, and what it found."""

from __future__ import annotations

import subprocess
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import Any

from mgc_desktop.core.errors import TrainingError
from mgc_desktop.core.paths import Profile
from mgc_desktop.engine.training_process import json_lines, last_words, launch, signal_group

FOLDER = "check"  # in the cache: the last check's report and list
LOG_FILE = "check.log"
_CLEAN_FILE = "clean.csv"


class FindingKind(StrEnum):
    LEFT_OUT = "left out"
    DUPLICATE = "duplicate"
    LABEL = "label"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Finding:
    """Something about one track."""

    kind: FindingKind
    path: str
    sentence: str


@dataclass(frozen=True, slots=True)
class DataReport:
    """What `training prepare` says of the data.

    Attributes
    ----------
    labels : Mapping[str, int]
        Tracks a label that can be learnt from.
    findings : tuple of Finding
    ok : bool
        Whether it can be learnt from at all; `sentence` says what is in the way.
    notes : tuple of str
        Sentences about genres, and not about a track.
    clean : str
        A list of the tracks that can be learnt from, or empty where there is none.
    """

    tracks: int
    labels: Mapping[str, int]
    findings: tuple[Finding, ...]
    ok: bool
    sentence: str = ""
    notes: tuple[str, ...] = ()
    clean: str = ""

    def of(self, kind: FindingKind) -> tuple[Finding, ...]:
        return tuple(finding for finding in self.findings if finding.kind is kind)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> DataReport:
        """Return the report in the JSON object that the process ends with.

        Raises
        ------
        TrainingError
            Where it is none.
        """
        try:
            labels = {str(label): int(number) for label, number in dict(data["labels"]).items()}
            findings = tuple(_findings(data))
            notes = tuple(str(row["sentence"]) for row in data.get("warnings") or () if not row["path"])
            sentence = str(data.get("sentence") or "")
            return cls(int(data["tracks"]), labels, findings, bool(data["ok"]), sentence, notes)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise TrainingError(
                "The check of the data ended without a result that can be understood: start without it.", repr(error)
            ) from error


def _findings(data: Mapping[str, Any]) -> Iterator[Finding]:
    left_out = {str(row["path"]): str(row["reason"]) for row in data["left_out"]}
    yield from (Finding(FindingKind.LEFT_OUT, path, reason) for path, reason in left_out.items())
    for row in data.get("duplicates") or ():
        path, other = str(row["path"]), str(row["other"])
        if path not in left_out and other not in left_out:
            yield Finding(FindingKind.DUPLICATE, path, f"The same recording as {other}")
    for row in data.get("suspect_labels") or ():
        share = f"{100 * float(row['probability']):.0f}\N{NO-BREAK SPACE}%"
        sentence = f"Filed as {row['label']}, and sounds like {row['rather']} ({share})"
        yield Finding(FindingKind.LABEL, str(row["path"]), sentence)
    for row in data.get("warnings") or ():
        if row["path"] and "duplicate" not in str(row.get("kind")):  # those stand above
            yield Finding(FindingKind.WARNING, str(row["path"]), str(row["sentence"]))


class Preparation:
    """One check. `run` blocks and belongs to one thread; `cancel` may be called from any."""

    def __init__(self, profile: Profile) -> None:
        self._profile = profile
        self._lock = threading.Lock()
        self._cancelled = False
        self._process: subprocess.Popen[str] | None = None

    def run(self, data: Sequence[str], on_progress: Callable[[int, int], None]) -> DataReport | None:
        """Check the data, and return what was found; None where it was cancelled.

        Parameters
        ----------
        data : sequence of str
            The words that name it (`mgc_desktop.engine.trainer.data_arguments`).
        on_progress : callable
            Gets (done, total) tracks, in this thread.

        Raises
        ------
        TrainingError
            Where the process could not be started, or failed.
        """
        folder = self._profile.cache_dir / FOLDER
        try:
            folder.mkdir(parents=True, exist_ok=True)
            for name in (LOG_FILE, _CLEAN_FILE):
                (folder / name).unlink(missing_ok=True)
            words = ["prepare", *data, "--out", str(folder), "--json", "--json-progress"]
            process = launch(words, folder, folder / LOG_FILE)
        except OSError as error:
            raise TrainingError(f"The check could not be started ({error.strerror}).", str(error)) from error
        with self._lock:
            self._process = process
            cancelled = self._cancelled
        if cancelled:
            signal_group(process, gently=False)
        report = self._follow(process, folder / LOG_FILE, on_progress)
        clean = folder / _CLEAN_FILE
        return replace(report, clean=str(clean)) if report is not None and clean.is_file() else report

    def _follow(
        self, process: subprocess.Popen[str], log_file: Path, on_progress: Callable[[int, int], None]
    ) -> DataReport | None:
        answer: Mapping[str, Any] = {}
        for message in json_lines(process):
            if message.get("event") == "prepare":
                on_progress(int(message.get("done") or 0), int(message.get("total") or 0))
            else:
                answer = message
        process.wait()
        if self._cancelled:
            return None
        if "tracks" in answer:
            return DataReport.from_json(answer)
        sentence = str(answer.get("sentence") or "The check of the data ended without a result: start without it.")
        raise TrainingError(sentence, str(answer.get("detail") or last_words(log_file)))

    def cancel(self) -> None:
        """End the check at once; there is nothing that it would leave half done."""
        with self._lock:
            self._cancelled = True
            process = self._process
        if process is not None:
            signal_group(process, gently=False)
