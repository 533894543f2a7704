"""Exporting what is listed, and moving files to the trash: both off the GUI thread."""

from __future__ import annotations

import os
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject
from PySide6.QtWidgets import QFileDialog

from mgc_desktop.engine.trash import Trashed, move_to_trash
from mgc_desktop.library.export import ExportFormat, export
from mgc_desktop.ui import wording
from mgc_desktop.ui.library.question_bar import QuestionBar
from mgc_desktop.ui.library.row_job import RowJob
from mgc_desktop.ui.main_window import MainWindow
from mgc_desktop.ui.port import EnginePort, SettingsPort

LAST_EXPORT = "export.folder"
LAST_KIND = "export.kind"
_KINDS = {
    "Table (*.csv)": ExportFormat.CSV,
    "JSON Lines (*.jsonl)": ExportFormat.JSON_LINES,
    "Playlist (*.m3u8)": ExportFormat.PLAYLIST,
    "Folder with a playlist for each genre (*.m3u8)": ExportFormat.PLAYLISTS,
}
_TOLD_EVERY = 5000  # rows: below that an export is over at once


@dataclass(frozen=True, slots=True)
class _Exported:
    files: list[str]
    rows: int


class GettingOut(QObject):
    """Connects the actions Export and Move to Trash. GUI thread."""

    def __init__(self, window: MainWindow, engine: EnginePort, settings: SettingsPort) -> None:
        super().__init__(window)
        self._window, self._engine, self._settings = window, engine, settings
        self.question = QuestionBar(window)
        window.library.put_above(self.question)
        self._exporting, self._trashing = RowJob(engine.reader, self), RowJob(engine.reader, self)
        self._exporting.progressed.connect(self._tell_progress)
        self._exporting.finished.connect(self._exported)
        self._exporting.failed.connect(self._failed)
        self._trashing.finished.connect(self._trashed)
        self._trashing.failed.connect(window.messages.show_problem)
        window.commands["export"].triggered.connect(self.export)
        window.commands["trash"].triggered.connect(self.ask_trash)
        window.library.listed.connect(lambda count, _: window.commands["export"].setEnabled(count > 0))
        window.commands["export"].setEnabled(False)

    def stop(self) -> None:
        """End what is under way; a file that is half written is removed."""
        self._exporting.stop()
        self._trashing.stop()

    def export(self) -> None:
        """Ask where to, and write what is listed; while that goes on, the same action ends it."""
        if self._exporting.running:
            self._exporting.cancel()
            return
        last = str(self._settings.get(LAST_KIND, ""))
        folder = str(self._settings.get(LAST_EXPORT, ""))
        chosen, kind = QFileDialog.getSaveFileName(
            self._window, "Export what is listed", os.path.join(folder, "music"), ";;".join(_KINDS), last
        )
        if chosen:
            self._settings.set(LAST_EXPORT, os.path.dirname(chosen))
            self._settings.set(LAST_KIND, kind)
            self.export_to(chosen, _KINDS.get(kind, ExportFormat.CSV))

    def export_to(self, chosen: str, kind: ExportFormat) -> None:
        """Write what is listed, in its order; the name gets the extension of its kind where it has none."""
        stem, extension = os.path.splitext(chosen)
        ending = ".m3u8" if kind is ExportFormat.PLAYLISTS else f".{kind}"
        if kind is ExportFormat.PLAYLISTS:
            target = stem if extension.lower() == ending else chosen
        else:
            target = chosen if extension else chosen + ending
        ids = self._window.library.model.ids()
        if self._exporting.start(ids, lambda rows, go: _Exported(export(rows, target, kind, go), ids.size)):
            self._name_action("Cancel &Export")

    def _tell_progress(self, done: int, total: int) -> None:
        if done % _TOLD_EVERY < 250 and total > _TOLD_EVERY:
            self._window.status.say(f"Exported {done:,} of {wording.count(total, 'track')}")

    def _exported(self, result: _Exported) -> None:
        self._name_action("&Export…")
        where = os.path.basename(result.files[0]) if len(result.files) == 1 else f"{len(result.files):,} playlists"
        tracks = wording.count(result.rows, "track")
        said = f"Exported {tracks} to {where}" if result.files else "No track has a genre: no playlist was written"
        self._window.status.say(said)

    def _failed(self, sentence: str, detail: str) -> None:
        self._name_action("&Export…")
        if detail:
            self._window.messages.show_problem(sentence, detail)
        else:
            self._window.status.say(sentence)

    def _name_action(self, text: str) -> None:
        self._window.commands["export"].setText(text)

    def ask_trash(self) -> None:
        """Ask whether the files of the selected tracks are to go, and move them."""
        ids, table = self._window.library.table.selected_array(), self._window.library.table
        if not ids.size:
            return
        files = wording.count(ids.size, "file")
        self.question.ask(
            f"Move {files} to the trash? The library keeps what it knows of {'it' if ids.size == 1 else 'them'}.",
            "Move to &Trash",
            lambda: self._trash(files, ids),
            table,
        )

    def _trash(self, files: str, ids: NDArray[np.int64]) -> None:
        if self._trashing.start(ids, move_to_trash):
            self._window.status.say(f"Moving {files} to the trash")

    def _trashed(self, result: Trashed) -> None:
        self._engine.writer.mark_missing(result.gone)
        before = len(result.gone) - result.moved
        others = f"; {before:,} {'was' if before == 1 else 'were'} gone before" if before else ""
        self._window.status.say(f"Moved {wording.count(result.moved, 'file')} to the trash{others}")
        if result.left:
            path, why = result.left[0]
            others = f", nor could {wording.count(len(result.left) - 1, 'other')}" if len(result.left) > 1 else ""
            self._window.messages.show_problem(
                f"“{os.path.basename(path)}” could not be moved to the trash ({why}){others}; the rest was.",
                "\n".join(f"{path}: {why}" for path, why in result.left),
            )
