"""The folders of training runs: what was asked, how far each came, and which can be gone on with."""

from __future__ import annotations

import json
import logging
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mgc_desktop.engine.train_request import TrainRequest

log = logging.getLogger(__name__)

REQUEST_FILE = "request.json"  # is there as long as the run can be gone on with
LOG_FILE = "train.log"
CORRECTIONS_FILE = "corrections.csv"
SESSIONS_FILE = "sessions.csv"
CLEAN_FILE = "data.csv"  # what the check of the data found fit
_CHECKPOINT = Path("checkpoint") / "checkpoint.json"
_HISTORY = "history.json"
_MAX_JSON = 16 << 20  # bytes


@dataclass(frozen=True, slots=True)
class UnfinishedRun:
    """A run that was cancelled, closed or killed.

    Attributes
    ----------
    folder : str
    request : TrainRequest
        As it was made, `resume` being the folder.
    epoch : int
        Whole epochs that are kept.
    changed : float
        When it last wrote something, s since 1970.
    """

    folder: str
    request: TrainRequest
    epoch: int
    changed: float


def keep_request(run: Path, request: TrainRequest) -> None:
    """Write down what was asked, whole or not at all.

    Raises
    ------
    OSError
    """
    beside = run / f"{REQUEST_FILE}.new"
    beside.write_text(json.dumps(request.as_dict(), indent=1) + "\n", "utf-8")
    os.replace(beside, run / REQUEST_FILE)


def forget_request(run: Path) -> None:
    """Offer this run no more: it is done, or there is nothing to go on with."""
    try:
        (run / REQUEST_FILE).unlink(missing_ok=True)
    except OSError as error:
        log.warning("The run %s will be offered again: %s", run, error)


def whole_epochs(run: Path) -> int:
    """Return how many epochs the checkpoint of a run holds; 0 where there is none."""
    state = _read_json(run / _CHECKPOINT)
    epoch = state.get("epoch") if isinstance(state, dict) else None
    return epoch + 1 if isinstance(epoch, int) and epoch >= 0 else 0


def has_checkpoint(run: Path) -> bool:
    return (run / _CHECKPOINT).is_file()


def past_epochs(run: Path) -> list[dict[str, Any]]:
    """Return the "epoch" objects of the epochs that the checkpoint holds."""
    rows = _read_json(run / _HISTORY)
    if not isinstance(rows, list):
        return []
    return [row for row in rows if isinstance(row, dict)][: whole_epochs(run)]


def unfinished_runs(runs_dir: Path) -> list[UnfinishedRun]:
    """Return the runs that can be gone on with, the newest first. Reads files: not for the GUI thread."""
    try:
        folders = [folder for folder in runs_dir.iterdir() if (folder / REQUEST_FILE).is_file()]
    except OSError:
        return []
    found = [run for folder in folders if (run := _unfinished(folder)) is not None]
    return sorted(found, key=lambda run: run.changed, reverse=True)


def _unfinished(folder: Path) -> UnfinishedRun | None:
    data = _read_json(folder / REQUEST_FILE)
    try:
        request = TrainRequest.from_dict(data if isinstance(data, dict) else {})
    except ValueError as error:
        log.warning("%s holds no request that can be understood: %s", folder, error)
        return None
    times = [path.stat().st_mtime for path in (folder / REQUEST_FILE, folder / _CHECKPOINT) if path.exists()]
    resumed = {**request.as_dict(), "resume": str(folder)}
    return UnfinishedRun(str(folder), TrainRequest(**resumed), whole_epochs(folder), max(times, default=0.0))


def _read_json(path: Path) -> Any:
    try:
        if path.stat().st_size > _MAX_JSON:
            return None
        return json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError):
        return None
