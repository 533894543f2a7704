"""The thread that looks after the models: lists, renames, gives away, takes in and throws away. One job at a time."""

from __future__ import annotations

import logging
import queue
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from mgc_desktop.core.errors import ModelError
from mgc_desktop.core.paths import Profile
from mgc_desktop.engine.choice import Remembered, follow_move, previous_model
from mgc_desktop.engine.loop import Loop
from mgc_desktop.engine.model_import import RebuildProcess, import_model
from mgc_desktop.engine.model_list import ModelEntry, model_entries
from mgc_desktop.engine.own_models import export_model, rename_model, trash_model

log = logging.getLogger(__name__)


class Done(StrEnum):
    RENAMED = "renamed"
    EXPORTED = "exported"
    IMPORTED = "imported"
    DELETED = "deleted"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class ModelsListed:
    entries: tuple[ModelEntry, ...]


@dataclass(frozen=True, slots=True)
class ModelWork:
    """What is going on; empty where the last job has ended, well or not."""

    text: str
    can_cancel: bool = False


@dataclass(frozen=True, slots=True)
class ModelDone:
    """A job went well.

    Attributes
    ----------
    what : Done
    folder : str
        The model's folder as it is now, or what was written.
    before : str
        The folder it had.
    notes : tuple of str
        Sentences on what was left out.
    """

    what: Done
    folder: str
    before: str = ""
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PreviousModel:
    """The model to go back to; empty where there is none."""

    folder: str


class ModelsManager(Loop):
    """Works on the models of a profile. Every method but `stop` returns at once and may be called from any thread.

    Parameters
    ----------
    profile : Profile
    settings : Remembered
        Where the chosen model and the one before it are remembered.
    on_event : callable
        Gets `ModelsListed`, `ModelWork`, `ModelDone`, `PreviousModel`, and `Problem` where a job failed, from this
        thread.
    """

    def __init__(self, profile: Profile, settings: Remembered, on_event: Callable[[Any], None]) -> None:
        super().__init__("models", on_event)
        self._tell = on_event
        self._profile, self._settings = profile, settings
        self._jobs: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
        self._process: RebuildProcess | None = None

    def list_all(self) -> None:
        self._jobs.put(self._list)

    def rename(self, folder: Path, name: str) -> None:
        self._jobs.put(lambda: self._rename(folder, name))

    def export(self, folder: Path, target: Path) -> None:
        self._jobs.put(lambda: self._export(folder, target))

    def take_in(self, source: Path) -> None:
        """Import a model folder, or a zip archive of one."""
        self._jobs.put(lambda: self._import(source))

    def delete(self, folder: Path) -> None:
        """Move a model to the trash; the caller sees to it that it is not in use."""
        self._jobs.put(lambda: self._delete(folder))

    def find_previous(self, current: Path | None) -> None:
        """Ask for the model to go back to from `current`; `PreviousModel` is the answer."""
        self._jobs.put(lambda: self._find_previous(current))

    def cancel(self) -> None:
        """End an import that is under way."""
        process = self._process
        if process is not None:
            process.cancel()

    # In the thread.
    def _step(self) -> None:
        job = self._jobs.get()
        if job is not None and not self._stopping.is_set():
            job()

    def _wake(self) -> None:
        self.cancel()
        self._jobs.put(None)

    def _abandon(self, sentence: str) -> None:
        self._tell(ModelWork(""))

    def _list(self) -> None:
        self._tell(ModelsListed(tuple(model_entries(self._profile))))

    def _finish(self, done: ModelDone) -> None:
        self._tell(ModelWork(""))
        self._list()
        self._tell(done)

    def _rename(self, folder: Path, name: str) -> None:
        new = rename_model(self._profile, folder, name)
        self._follow(folder, new)
        self._finish(ModelDone(Done.RENAMED, str(new), str(folder)))

    def _export(self, folder: Path, target: Path) -> None:
        self._tell(ModelWork(f"Exporting {folder.name}…"))
        written = export_model(folder, target)
        self._finish(ModelDone(Done.EXPORTED, str(written), str(folder)))

    def _import(self, source: Path) -> None:
        process = self._process = RebuildProcess()
        if self._stopping.is_set():
            return
        try:
            taken = import_model(
                source, self._profile, process, lambda text: self._tell(ModelWork(f"{text}…", can_cancel=True))
            )
        except ModelError:
            if not process.cancelled:
                raise
            self._finish(ModelDone(Done.CANCELLED, "", str(source)))
            return
        finally:
            self._process = None
        self._finish(ModelDone(Done.IMPORTED, str(taken.folder), str(source), taken.notes))

    def _delete(self, folder: Path) -> None:
        self._tell(ModelWork(f"Moving {folder.name} to the trash…"))
        trash_model(self._profile, folder)
        self._follow(folder, None)
        self._finish(ModelDone(Done.DELETED, "", str(folder)))

    def _find_previous(self, current: Path | None) -> None:
        folder = previous_model(self._profile, self._settings, current)
        self._tell(PreviousModel(str(folder) if folder else ""))

    def _follow(self, old: Path, new: Path | None) -> None:
        follow_move(self._settings, old, new)
        self._settings.save()
