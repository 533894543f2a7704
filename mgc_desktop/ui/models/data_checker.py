"""Looks at the data in a thread: first at names, then, in a process, at every track."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, cast

from PySide6.QtCore import QObject, Signal

from mgc_desktop.core.errors import MgcError
from mgc_desktop.core.paths import Profile
from mgc_desktop.engine.preparation import Preparation
from mgc_desktop.ui.models.data_check import DataCheck, Known, Source, look_at

if TYPE_CHECKING:
    from mgc_desktop.library.reader import Reader
    from mgc_desktop.ui.library.query import TrackReader

CORRECTIONS_FILE, SESSIONS_FILE = "corrections.csv", "sessions.csv"  # in the cache: for the check alone
_STOP_SECONDS = 3.0


class DataChecker(QObject):
    """Only the answers to the last question are delivered. GUI thread.

    Parameters
    ----------
    profile : Profile
    reader : callable
        Opens the library for reading, for the corrections.

    Signals
    -------
    looked : DataCheck
        The first answer, of names and numbers.
    progressed : int, int
        Tracks that the check has opened, and how many there are.
    checked : DataReport
        What the check found.
    failed : str
        Why the check could not be made.
    model_asked : Known
        What the model that was asked about last has been taught.
    """

    looked = Signal(object)
    progressed = Signal(int, int)
    checked = Signal(object)
    failed = Signal(str)
    model_asked = Signal(object)
    _arrived = Signal(int, object, object)  # generation, one of the signals' names, its values

    def __init__(self, profile: Profile, reader: Callable[[], TrackReader], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._profile, self._reader = profile, reader
        self._generation = 0
        self._thread: threading.Thread | None = None
        self._preparation: Preparation | None = None
        self._model = ""
        self._model_thread: threading.Thread | None = None
        self._arrived.connect(self._deliver)

    def ask_model(self, model: str) -> None:
        """Find out what the model in a folder knows; `model_asked` tells."""
        self._model = model
        self._model_thread = threading.Thread(target=self._ask_model, args=(model,), name="ask-model", daemon=True)
        self._model_thread.start()

    def _ask_model(self, model: str) -> None:
        known = _known_to(model)
        if model == self._model:
            self._arrived.emit(self._generation, "model_asked", (known,))

    def check(self, source: Source) -> None:
        """Look at `source`."""
        self.cancel()
        self._preparation = Preparation(self._profile)
        arguments = (self._generation, source, self._preparation, self._thread)
        self._thread = threading.Thread(target=self._run, args=arguments, name="data-check", daemon=True)
        self._thread.start()

    def cancel(self) -> None:
        """Want no more answers; a check that is under way ends. Returns at once."""
        self._generation += 1
        if self._preparation is not None:
            self._preparation.cancel()

    def stop(self) -> None:
        """End a check that is under way, and wait for its thread."""
        self.cancel()
        for thread in (self._thread, self._model_thread):
            if thread is not None:
                thread.join(_STOP_SECONDS)

    # In the check's thread.
    def _run(
        self,
        generation: int,
        source: Source,
        preparation: Preparation,
        before: threading.Thread | None,
    ) -> None:
        if before is not None:
            before.join()  # it was cancelled: two do not write one list
        try:
            check, words = self._look(generation, source)
        except MgcError as error:
            self._arrived.emit(generation, "looked", (DataCheck(source, trouble=error.sentence),))
            return
        self._arrived.emit(generation, "looked", (check,))
        if check.trouble or not check.genres:
            return
        try:
            report = preparation.run(words, lambda *n: self._arrived.emit(generation, "progressed", n))
        except MgcError as error:
            self._arrived.emit(generation, "failed", (error.sentence,))
            return
        if report is not None:
            self._arrived.emit(generation, "checked", (report,))

    def _look(self, generation: int, source: Source) -> tuple[DataCheck, list[str]]:
        # Imported here: the readers of audio files are loaded in the thread that needs their list of extensions.
        from mgc_desktop.audio.extensions import AUDIO_EXTENSIONS
        from mgc_desktop.engine.trainer import data_arguments

        check = DataCheck(source)
        if source.data:
            check = look_at(source.data, AUDIO_EXTENSIONS, lambda: generation != self._generation)
        corrected, labelled, lists = self._write_lists(source)
        counts = Counter(check.counts)
        counts.update(corrected)
        counts.update(labelled)
        check = replace(check, source=source, counts=counts, corrected=corrected.total(), labelled=labelled.total())
        return check, data_arguments(source.data, *lists)

    def _write_lists(self, source: Source) -> tuple[Counter[str], Counter[str], list[Path]]:
        """Return the numbers of corrections and of labelled spans, and the lists that there are of them."""
        # Imported here: only who learns from what a person said needs it.
        from mgc_desktop.engine.corrections import write_corrections_list
        from mgc_desktop.engine.session_material import write_session_list

        corrected: Counter[str] = Counter()
        labelled: Counter[str] = Counter()
        files = [self._profile.cache_dir / name for name in (CORRECTIONS_FILE, SESSIONS_FILE)]
        if source.corrections or source.sessions:
            reader = cast("Reader", self._reader())
            try:
                if source.corrections:
                    corrected = write_corrections_list(reader, files[0])
                if source.sessions:
                    labelled = write_session_list(reader, self._profile.sessions_dir, files[1])
            finally:
                reader.close()
        there = zip(files, (corrected, labelled), strict=True)
        return corrected, labelled, [path for path, number in there if number]

    def _deliver(self, generation: int, signal: str, values: tuple[object, ...]) -> None:
        if generation == self._generation or signal == "model_asked":
            getattr(self, signal).emit(*values)


def _known_to(model: str) -> Known:
    if not model:
        return Known()
    # Imported here, and run in a thread: it reads the model's metadata.
    from mgc_desktop.model.contract import MEMORY_FILE, read_description

    try:
        return Known(tuple(read_description(Path(model)).labels), (Path(model) / MEMORY_FILE).is_file())
    except MgcError:
        return Known()
