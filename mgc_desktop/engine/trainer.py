"""Starts a training process, reads what it says line by line, and takes its model home."""

from __future__ import annotations

import logging
import os
import shutil
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mgc_desktop.core.errors import MgcError, TrainingError
from mgc_desktop.core.paths import Profile
from mgc_desktop.engine import runs
from mgc_desktop.engine.events import TrainFinished, TrainProgress
from mgc_desktop.engine.loop import EventSink
from mgc_desktop.engine.own_models import free_folder, install_model, safe_name
from mgc_desktop.engine.runs import LOG_FILE
from mgc_desktop.engine.train_request import TrainRequest
from mgc_desktop.engine.training_process import json_lines, last_words, launch, profile_arguments, signal_group

if TYPE_CHECKING:
    from mgc_desktop.library.reader import Reader

__all__ = ["LOG_FILE", "TrainRequest", "Trainer"]

log = logging.getLogger(__name__)

GRACE_SECONDS = 15.0  # for a cancelled run to write its checkpoint
_STOP_SECONDS = 5.0


class Trainer:
    """At most one training process at a time. Methods may be called from any thread; none blocks but `stop`.

    A run that was cancelled, or that ended with the program, stays in `Profile.runs_dir` to be gone on with:
    `mgc_desktop.engine.runs.unfinished_runs` finds it.

    Parameters
    ----------
    profile : Profile
        Runs go to its `runs_dir`, new models to its `models_dir`.
    on_event : EventSink
        Gets `TrainProgress` and one `TrainFinished`, from the run's own thread.
    reader : callable, optional
        Opens the library for reading, where corrections are learnt from.
    """

    def __init__(
        self,
        profile: Profile,
        on_event: EventSink,
        reader: Callable[[], Reader] | None = None,
        *,
        grace_seconds: float = GRACE_SECONDS,
    ) -> None:
        self._profile = profile
        self._emit = on_event
        self._reader = reader
        self._grace = grace_seconds
        self._lock = threading.Lock()
        self._process: subprocess.Popen[str] | None = None
        self._thread: threading.Thread | None = None
        self._cancelled = threading.Event()
        self._finished = threading.Event()
        self._finished.set()

    @property
    def running(self) -> bool:
        return not self._finished.is_set()

    def start(self, request: TrainRequest) -> None:
        """Begin a run, or go on with one, in a thread of its own; all else comes as events.

        Raises
        ------
        TrainingError
            Where a run is under way already.
        """
        with self._lock:
            if self.running:
                raise TrainingError("A training run is under way already: wait for its end, or cancel it first.")
            self._process = None
            self._cancelled.clear()
            self._finished.clear()
            self._thread = threading.Thread(target=self._run, args=(request,), name="trainer", daemon=True)
            self._thread.start()

    def cancel(self) -> None:
        """Ask the run to end: it keeps a checkpoint to go on from. Killed where it does not end in time."""
        with self._lock:
            if not self.running or self._cancelled.is_set():
                return
            self._cancelled.set()
            process = self._process
        if process is not None:
            self._end(process)

    def stop(self, timeout: float = _STOP_SECONDS) -> None:
        """Cancel a run and wait for its end; killed after `timeout` seconds. Idempotent."""
        self.cancel()
        if not self._finished.wait(timeout) and (process := self._process) is not None:
            signal_group(process, gently=False)
        thread = self._thread
        if thread is not None and thread is not threading.current_thread():
            thread.join(timeout)

    def _end(self, process: subprocess.Popen[str]) -> None:
        signal_group(process, gently=True)
        killer = threading.Timer(self._grace, signal_group, args=(process,), kwargs={"gently": False})
        killer.name, killer.daemon = "trainer-killer", True
        killer.start()
        threading.Thread(target=self._disarm, args=(killer,), name="trainer-disarm", daemon=True).start()

    def _disarm(self, killer: threading.Timer) -> None:
        self._finished.wait()
        killer.cancel()

    # In the run's thread.
    def _run(self, request: TrainRequest) -> None:
        try:
            finished = self._whole_run(request)
        finally:
            self._finished.set()
        self._emit(finished)

    def _whole_run(self, request: TrainRequest) -> TrainFinished:
        name, run = "", None
        try:
            name = free_folder(self._profile.models_dir, safe_name(request.name)).name
            run = Path(request.resume) if request.resume else self._make_folder(name)
            process = self._begin(request, name, run)
        except OSError as error:
            sentence = (
                f"Training could not be started ({error.strerror}): check the free space and permissions of "
                f"{self._profile.runs_dir}."
            )
            finished = TrainFinished(str(run or ""), "", False, sentence, str(error))
        except MgcError as error:
            finished = TrainFinished(str(run or ""), "", False, error.sentence, error.detail)
        else:
            finished = self._follow(process, run, name)
        return finished if run is None else _settled(finished, run)

    def _make_folder(self, name: str) -> Path:
        self._profile.runs_dir.mkdir(parents=True, exist_ok=True)
        run = free_folder(self._profile.runs_dir, f"{name}-{time.strftime('%Y%m%d-%H%M%S')}")
        run.mkdir()
        return run

    def _begin(self, request: TrainRequest, name: str, run: Path) -> subprocess.Popen[str]:
        runs.keep_request(run, replace(request, resume=""))
        if request.clean and not request.resume:
            shutil.copyfile(request.clean, run / runs.CLEAN_FILE)
        elif not request.clean:
            self._write_lists(request, run)
        if request.resume and (rows := runs.past_epochs(run)):
            self._emit(TrainProgress(str(run), "history", {"rows": rows}))
        process = launch(_arguments(request, name, run, self._profile), run, run / LOG_FILE)
        with self._lock:
            self._process = process
            cancelled = self._cancelled.is_set()
        if cancelled:
            self._end(process)
        return process

    def _write_lists(self, request: TrainRequest, run: Path) -> None:
        # Imported here: only runs that learn from what a person said need it.
        from mgc_desktop.engine.corrections import write_corrections_list
        from mgc_desktop.engine.session_material import write_session_list

        found = 0
        if request.corrections:
            found += self._write_list(run / runs.CORRECTIONS_FILE, write_corrections_list)
        if request.sessions:
            folder = self._profile.sessions_dir
            found += self._write_list(
                run / runs.SESSIONS_FILE, lambda reader, path: write_session_list(reader, folder, path)
            )
        if found or not (request.corrections or request.sessions) or (request.sessions and request.data):
            return
        if request.corrections:
            raise TrainingError("No track in the library was corrected: correct some, or choose a folder instead.")
        raise TrainingError("No span of a session was labelled: label some, or choose a folder instead.")

    def _write_list(self, path: Path, write: Callable[[Reader, Path], Counter[str]]) -> int:
        """Write a list unless it is there: a run that goes on learns from what it began with."""
        if path.exists():
            return 1
        if self._reader is None:
            raise TrainingError("There is no library to take corrections from: choose a folder instead.")
        reader = self._reader()
        try:
            return write(reader, path).total()
        finally:
            reader.close()

    def _follow(self, process: subprocess.Popen[str], run: Path, name: str) -> TrainFinished:
        last: Mapping[str, Any] = {}
        for message in json_lines(process):
            if "event" in message:
                last = message
                self._emit(TrainProgress(str(run), str(message["event"]), message))
        return self._conclude(process.wait(), last, run, name)

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
            detail = str(last.get("detail", "")) or last_words(run / LOG_FILE)
            return TrainFinished(str(run), "", False, str(last.get("sentence", "Training failed.")), detail)
        how = f"exit code {code}" if code >= 0 else f"killed by signal {-code}"
        sentence = f"Training ended without a result ({how}): its last words are in {run / LOG_FILE}."
        return TrainFinished(str(run), "", False, sentence, last_words(run / LOG_FILE))


def _settled(finished: TrainFinished, run: Path) -> TrainFinished:
    """Offer a run no more that is done, or that has nothing to go on with; say whether this one can be gone on with."""
    if finished.model or not (finished.cancelled or runs.has_checkpoint(run)):
        runs.forget_request(run)
    return replace(finished, resumable=(run / runs.REQUEST_FILE).is_file())


def _arguments(request: TrainRequest, name: str, run: Path, profile: Profile) -> list[str]:
    if request.clean:
        data = data_arguments("", run / runs.CLEAN_FILE)
    else:
        asked = ((request.corrections, runs.CORRECTIONS_FILE), (request.sessions, runs.SESSIONS_FILE))
        data = data_arguments(request.data, *(run / name for wanted, name in asked if wanted))
    arguments = ["train", *data]
    arguments += ["--out", str(run), "--json-progress", "--name", name]
    arguments += [*profile_arguments(profile), "--device", request.device]
    options = {
        "--epochs": request.epochs,
        "--batch-size": request.batch_size,
        "--lr": request.learning_rate,
        "--seed": request.seed,
        "--compare-with": request.compare_with or None,
        "--init": request.init or None,
        "--labels": request.labels or None,
    }
    for option, value in options.items():
        if value is not None:
            arguments += [option, str(value)]
    switches = {"--head-only": request.head_only, "--resume": bool(request.resume)}
    return arguments + [switch for switch, wanted in switches.items() if wanted]


def data_arguments(data: str, *library: Path) -> list[str]:
    """Return the words that name what is learnt from, for `train` and `prepare` alike.

    Parameters
    ----------
    data : str
        A folder or list, or empty.
    *library : Path
        Lists that the program wrote, whose tracks lie anywhere.
    """
    words = [os.path.abspath(data)] if data else []
    return words + [word for path in library for word in ("--library", str(path))]
