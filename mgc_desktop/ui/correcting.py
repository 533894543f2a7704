"""Accepting and correcting verdicts: between the table, its editor and the engine."""

from __future__ import annotations

from PySide6.QtCore import QObject
from PySide6.QtGui import QAction

from mgc_desktop.core.values import TrackRow
from mgc_desktop.engine.events import CorrectionsChanged, ModelReady
from mgc_desktop.engine.genre_words import GenreWords
from mgc_desktop.library.corrections import GenreNames
from mgc_desktop.ui import theme, wording
from mgc_desktop.ui.library.genre_editor import GenreEditor
from mgc_desktop.ui.library.query import LibraryQuery
from mgc_desktop.ui.library.table_model import cell_text
from mgc_desktop.ui.main_window import MainWindow
from mgc_desktop.ui.port import CorrectionsPort


class Correcting(QObject):
    """Connects the actions of the Edit menu that say what a track is. GUI thread."""

    def __init__(self, window: MainWindow, corrections: CorrectionsPort, query: LibraryQuery) -> None:
        super().__init__(window)
        self._window, self._corrections, self._query = window, corrections, query
        self._table = window.library.table
        self.editor = GenreEditor(self._table)
        self._edited: list[int] = []  # the tracks that the editor is about, whatever is selected later
        self._labels: tuple[str, ...] = ()  # of the model in use
        self._names = GenreNames()
        actions = window.commands
        actions["accept"].triggered.connect(lambda: corrections.accept(self._table.selected_ids()))
        actions["take_back"].triggered.connect(lambda: corrections.take_back(self._table.selected_ids()))
        actions["set_genre"].triggered.connect(self.edit)
        actions["set_genre"].setIconText("Set Genre…")
        self.editor.chosen.connect(lambda label: corrections.set_label(self._edited, label))
        query.genres_read.connect(self._take_names)
        window.library.track_chosen.connect(self._enable)
        self._table.selection_counted.connect(lambda _: self._enable(self._current()))
        self._enable(None)

    def model_ready(self, event: ModelReady) -> None:
        """Offer the labels of the model that answers from now on."""
        self._labels = event.labels

    def edit(self) -> None:
        """Ask for the genre of the selected tracks, at the row of the current one."""
        ids = self._table.selected_ids()
        if not ids or self.editor.isVisible():
            return
        current = self._table.current_id()
        track = current if current in ids else ids[0]
        self._edited = ids
        self._table.scroll_to(track)
        row = self._window.library.row(track)
        title = cell_text(row, "title") if row is not None else "the track"
        about = f"Genre of {title}" if len(ids) == 1 else f"Genre of {wording.count(len(ids), 'track')}"
        self.editor.open(track, about, wording.row_word(row) if row is not None else "", self._words())
        self._query.ask_genres()

    def changed(self, event: CorrectionsChanged) -> None:
        """Say what was done."""
        self._window.status.say(wording.correction_summary(event))

    def _words(self) -> GenreWords:
        """Return what may be meant, the likely first: the model's other guesses, then what was set before."""
        row, names = self._current(), self._names
        likely: list[str] = []
        if row is not None and len(self._edited) == 1:
            now = wording.row_word(row)
            likely = [label for label in (row.label, row.runner_up) if label and theme.display_name(label) != now]
        return GenreWords((*likely, *names.corrected, *self._labels, *names.models, *names.tags), theme.display_name)

    def _take_names(self, names: GenreNames) -> None:
        if names != self._names:
            self._names = names
            if self.editor.isVisible():
                self.editor.set_words(self._words())

    def _current(self) -> TrackRow | None:
        track = self._table.current_id()
        return self._window.library.row(track) if track is not None else None

    def _enable(self, row: TrackRow | None) -> None:
        """Offer what makes sense for the selection; of many tracks, the library knows which it concerns."""
        actions, count = self._window.commands, self._table.selected_count()
        many, one = count > 1, count == 1 and row is not None
        actions["set_genre"].setEnabled(count > 0)
        actions["accept"].setEnabled(many or bool(one and row and row.label and not row.correction))
        actions["take_back"].setEnabled(many or bool(one and row and row.correction))
        number = f" {count:,}" if many else ""
        for name, text in (("accept", "Accept"), ("take_back", "Take Back")):
            _set_short(actions[name], text + number)


def _set_short(action: QAction, text: str) -> None:
    if action.iconText() != text:
        action.setIconText(text)
