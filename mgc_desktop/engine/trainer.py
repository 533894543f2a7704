"""Starts a training process, reads what it says line by line, and takes its model home."""

from __future__ import annotations

import json
import logging
import os
import subprocess
import threading
import time
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mgc_desktop.core.errors import TrainingError
from mgc_desktop.core.paths import Profile
from mgc_desktop.engine.events import TrainFinished, TrainProgress
from mgc_desktop.engine.loop import EventSink
from mgc_desktop.engine.own_models import free_folder, install_model, safe_name
from mgc_desktop.engine.training_process import (
    profile_arguments,
    signal_group,
    training_command,
    training_environment,
)

log = logging.getLogger(__name__)

LOG_FILE = "train.log"
LAST_LINES = 20  # of the log, for a run that died without a word
GRACE_SECONDS = 15.0  # for a cancelled run to write its checkpoint
_STOP_SECONDS = 5.0
_MAX_LINE = 1_000_000  # characters; a line of progress is far shorter


@dataclass(frozen=True, slots=True)
class TrainRequest:
    """What to train: the choices of the dialog.

    Attributes
    ----------
    data : str
        Folder of genre folders, or a CSV.
    name : str
        What the person calls the new model.
    device : str
        "auto", "cpu", "cuda" or "mps".
    compare_with : str
        Model folder to be scored on the same held-out tracks, or empty.
    resume : str
        Run folder to go on with, or empty for a new run.
    """

    data: str
    name: str
    epochs: int | None = None
    batch_size: int | None = None
    learning_rate: float | None = None
    device: str = "auto"
    seed: int | None = None
    compare_with: str = ""
    resume: str = ""


class Trainer:
    """At most one training process at a time. Methods may be called from any thread; none blocks but `stop`.

    Parameters
    ----------
    profile : Profile
        Runs go to its `runs_dir`, new models to its `models_dir`.
    on_event : EventSink
        Gets `TrainProgress` and one `TrainFinished`, from the thread that reads.
    """

    def __init__(self, profile: Profile, on_event: EventSink, *, grace_seconds: float = GRACE_SECONDS) -> None:
        self._profile = profile
        self._emit = on_event
        self._grace = grace_seconds
        self._lock = threading.Lock()
        self._process: subprocess.Popen[str] | None = None
        self._reader: threading.Thread | None = None
        self._cancelled = threading.Event()
        self._finished = threading.Event()
        self._finished.set()

    @property
    def running(self) -> bool:
        return not self._finished.is_set()

    def start(self, request: TrainRequest) -> str:
        """Start a run and return its folder.

        Raises
        ------
        TrainingError
            Where a run is under way already, or the process can't be started.
        """
        with self._lock:
            if self.running:
                raise TrainingError("A training run is under way already: wait for its end, or cancel it first.")
            name = free_folder(self._profile.models_dir, safe_name(request.name)).name
            try:
                run = self._run_folder(request, name)
                process = self._launch(request, name, run)
            except OSError as error:
                raise TrainingError(
                    f"Training could not be started ({error.strerror}): check the free space and permissions of "
                    f"{self._profile.runs_dir}.",
                    str(error),
                ) from error
            self._cancelled.clear()
            self._finished.clear()
            self._process = process
            self._reader = threading.Thread(target=self._read, args=(process, run, name), name="trainer", daemon=True)
            self._reader.start()
            return str(run)

    def cancel(self) -> None:
        """Ask the run to end: it keeps a checkpoint to go on from. Killed where it does not end in time."""
        process = self._process
        if process is None or not self.running or self._cancelled.is_set():
            return
        self._cancelled.set()
        signal_group(process, gently=True)
        killer = threading.Timer(self._grace, signal_group, args=(process,), kwargs={"gently": False})
        killer.name, killer.daemon = "trainer-killer", True
        killer.start()
        threading.Thread(target=self._disarm, args=(killer,), name="trainer-disarm", daemon=True).start()

    def stop(self, timeout: float = _STOP_SECONDS) -> None:
        """Cancel a run and wait for its end; killed after `timeout` seconds. Idempotent."""
        self.cancel()
        process, reader = self._process, self._reader
        if not self._finished.wait(timeout) and process is not None:
            signal_group(process, gently=False)
        if reader is not None and reader is not threading.current_thread():
            reader.join(timeout)

    def _disarm(self, killer: threading.Timer) -> None:
        self._finished.wait()
        killer.cancel()

    def _run_folder(self, request: TrainRequest, name: str) -> Path:
        if request.resume:
            return Path(request.resume)
        self._profile.runs_dir.mkdir(parents=True, exist_ok=True)
        run = free_folder(self._profile.runs_dir, f"{name}-{time.strftime('%Y%m%d-%H%M%S')}")
        run.mkdir()
        return run

    def _launch(self, request: TrainRequest, name: str, run: Path) -> subprocess.Popen[str]:
        command = training_command(_arguments(request, name, run, self._profile))
        log.info("Training: %s", command)
        with (run / LOG_FILE).open("ab") as errors:
            return subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=errors,
                cwd=run,
                env=training_environment(),
                encoding="utf-8",
                errors="replace",
                # A group of its own, so that all that it starts can be ended with it.
                start_new_session=True,
                creationflags=getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0),
            )

    def _read(self, process: subprocess.Popen[str], run: Path, name: str) -> None:
        last: dict[str, Any] = {}
        lines = process.stdout
        assert lines is not None
        with lines:
            for line in iter(lambda: lines.readline(_MAX_LINE), ""):
                message = _parse(line)
                if message is None:
                    log.info("training: %s", line.rstrip())
                    continue
                last = message
                self._emit(TrainProgress(str(run), str(message["event"]), message))
        code = process.wait()
        finished = self._conclude(code, last, run, name)
        self._finished.set()
        self._emit(finished)

    def _conclude(self, code: int, last: Mapping[str, Any], run: Path, name: str) -> TrainFinished:
        kind = last.get("event")
        if kind == "done" and code == 0:
            try:
                model = install_model(Path(str(last["model"])), self._profile.models_dir, name)
            except OSError as error:
                sentence = f"The new model could not be kept ({error.strerror}): free some space; it is still in {run}."
                return TrainFinished(str(run), "", False, sentence, str(error))
            return TrainFinished(str(run), str(model), False, comparison=last.get("comparison"))
        if self._cancelled.is_set() or kind == "cancelled":
            return TrainFinished(str(run), "", True)
        if kind == "error":
            detail = str(last.get("detail", "")) or _tail(run / LOG_FILE)
            return TrainFinished(str(run), "", False, str(last.get("sentence", "Training failed.")), detail)
        how = f"exit code {code}" if code >= 0 else f"killed by signal {-code}"
        sentence = f"Training ended without a result ({how}): its last words are in {run / LOG_FILE}."
        return TrainFinished(str(run), "", False, sentence, _tail(run / LOG_FILE))


def _arguments(request: TrainRequest, name: str, run: Path, profile: Profile) -> list[str]:
    arguments = ["train", os.path.abspath(request.data), "--out", str(run), "--json-progress", "--name", name]
    arguments += [*profile_arguments(profile), "--device", request.device]
    options = {
        "--epochs": request.epochs,
        "--batch-size": request.batch_size,
        "--lr": request.learning_rate,
        "--seed": request.seed,
        "--compare-with": request.compare_with or None,
    }
    for option, value in options.items():
        if value is not None:
            arguments += [option, str(value)]
    return [*arguments, "--resume"] if request.resume else arguments


def _parse(line: str) -> dict[str, Any] | None:
    try:
        message = json.loads(line)
    except ValueError:
        return None
    return message if isinstance(message, dict) and "event" in message else None


def _tail(path: Path) -> str:
    try:
        with path.open(encoding="utf-8", errors="replace") as stream:
            return "".join(deque(stream, LAST_LINES)).strip()
    except OSError:
        return ""
