"""Take in a model from elsewhere: a training process rebuilds it, and its own model.pt is never opened."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from mgc_desktop.core.errors import ModelError, UsageError
from mgc_desktop.core.paths import Profile
from mgc_desktop.engine.model_archive import unpack_model
from mgc_desktop.engine.own_models import MAX_NAME, free_folder, safe_name, write_name
from mgc_desktop.engine.training_process import json_lines, last_words, launch, profile_arguments, signal_group

REBUILD_SECONDS = 300.0  # a model takes some seconds; this ends one that never answers
_LOG = "rebuild.log"
_STAGING = ".import-"
_STALE_SECONDS = 3600.0  # a staging folder that is older was left by a crash
_CANCELLED = "The import was cancelled: nothing was taken in."

Message = Mapping[str, Any]


class Rebuilder(Protocol):
    """Runs `python -m training` with arguments, in a folder, and returns its messages, the last `done` or `error`."""

    def __call__(self, arguments: list[str], folder: Path) -> Sequence[Message]: ...


@dataclass(frozen=True, slots=True)
class Imported:
    folder: Path
    notes: tuple[str, ...]  # a sentence for each part that was left out


class RebuildProcess:
    """The training process of one import. `cancel` may be called from any thread."""

    def __init__(self, timeout: float = REBUILD_SECONDS) -> None:
        self._timeout = timeout
        self._lock = threading.Lock()
        self._process: subprocess.Popen[str] | None = None
        self._cancelled = False

    @property
    def cancelled(self) -> bool:
        return self._cancelled

    def cancel(self) -> None:
        """End the process, or keep it from starting."""
        with self._lock:
            self._cancelled = True
            if self._process is not None:
                signal_group(self._process, gently=False)

    def __call__(self, arguments: list[str], folder: Path) -> list[Message]:
        """Run the process to its end.

        Raises
        ------
        ModelError
            Where it is cancelled, dies without a word, or takes longer than the timeout.
        OSError
            Where it cannot be started.
        """
        with self._lock:
            if self._cancelled:
                raise ModelError(_CANCELLED)
            process = self._process = launch(arguments, folder, folder / _LOG)
        killer = threading.Timer(self._timeout, signal_group, args=(process,), kwargs={"gently": False})
        killer.name = "rebuild-killer"
        killer.start()
        try:
            messages: list[Message] = list(json_lines(process))
            code = process.wait()
        finally:
            killer.cancel()
            killer.join()
        if self._cancelled:
            raise ModelError(_CANCELLED)
        if not messages or messages[-1].get("event") not in ("done", "error"):
            raise ModelError(
                f"The model could not be rebuilt (exit code {code}): try again, and look into the log.",
                last_words(folder / _LOG),
            )
        return messages


def import_model(source: Path, profile: Profile, rebuild: Rebuilder, told: Callable[[str], None]) -> Imported:
    """Take in a model folder, or a zip archive of one, from elsewhere. Takes some seconds.

    Parameters
    ----------
    rebuild : callable
        A `RebuildProcess`.
    told : callable
        Gets a line on what is going on.

    Raises
    ------
    UsageError
        Where `source` is not there.
    ModelError
        Where it is refused, in one sentence; nothing of it has been run, and nothing is kept.
    """
    if not source.exists():
        raise UsageError(f"{source} does not exist: choose a model folder, or a zip archive of one.")
    _clear_stale(profile.models_dir)
    try:
        staging = Path(tempfile.mkdtemp(prefix=_STAGING, dir=profile.models_dir))
    except OSError as error:
        raise ModelError(f"The model could not be imported ({error.strerror}): check {profile.models_dir}.") from error
    try:
        folder = source
        if not source.is_dir():
            told(f"Unpacking {source.name}")
            folder = staging / safe_name(source.stem)
            folder.mkdir()
            unpack_model(source, folder)
        told(f"Rebuilding {source.name}")
        return _rebuild(folder, staging / "rebuilt", profile, rebuild)
    except OSError as error:
        raise ModelError(
            f"{source.name} could not be imported ({error.strerror}): free some space and try again.", str(error)
        ) from error
    finally:
        shutil.rmtree(staging, ignore_errors=True)


def _rebuild(folder: Path, out: Path, profile: Profile, rebuild: Rebuilder) -> Imported:
    words = ["rebuild", str(folder.absolute()), "--out", str(out), "--json-progress", *profile_arguments(profile)]
    messages = rebuild(words, out.parent)
    last = messages[-1]
    if last.get("event") != "done":
        raise ModelError(str(last.get("sentence", "The model was refused.")), str(last.get("detail", "")))
    name = safe_name(str(last.get("name", ""))[:MAX_NAME])
    target = free_folder(profile.models_dir, name)
    if target.name != name:  # another model is called so
        write_name(out, target.name)
    out.rename(target)
    notes = [str(message.get("sentence")) for message in messages if message.get("event") == "note"]
    return Imported(target, tuple(notes))


def _clear_stale(models_dir: Path) -> None:
    for folder in models_dir.glob(f"{_STAGING}*"):
        if time.time() - folder.stat().st_mtime > _STALE_SECONDS:
            shutil.rmtree(folder, ignore_errors=True)
