"""Library > Audit Existing Genres: what the files say beside what the model firmly hears; keys decide, row by row."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, cast

from PySide6.QtCore import QObject, Qt
from PySide6.QtGui import QKeySequence, QShortcut

from mgc_desktop.core.filter import Filter
from mgc_desktop.engine.events import CorrectionsChanged, ModelReady
from mgc_desktop.engine.genre_words import GenreWords
from mgc_desktop.library.corrections import GenreNames
from mgc_desktop.ui import theme, wording
from mgc_desktop.ui.library.query import Question
from mgc_desktop.ui.main_window import MainWindow
from mgc_desktop.ui.port import EnginePort
from mgc_desktop.ui.review.audit_bar import AuditBar
from mgc_desktop.ui.review.reading import ReviewReader, ReviewReading

if TYPE_CHECKING:
    from mgc_desktop.core.values import TrackRow

FIRM = 0.7  # confidence from which the model firmly disagrees; below it, the file is more often right
_NO_PERSON = 0.999_999  # what a person set is above every confidence, and needs no audit
_AT_HAND = 64  # rows that are looked for in the table before the library is asked
AUDIT = Filter(differs=True, min_confidence=FIRM, max_confidence=_NO_PERSON)


class Auditing(QObject):
    """Lists what is disputed in the table, and goes on to the next row with each decision. GUI thread."""

    def __init__(self, window: MainWindow, engine: EnginePort) -> None:
        super().__init__(window)
        self._window, self._corrections = window, engine.corrections
        self._library, self._table = window.library, window.library.table
        self.reading = ReviewReading(cast("Callable[[], ReviewReader]", engine.reader), self)
        self.bar = AuditBar(window)
        window.add_bar(self.bar)
        self._before: Question | None = None  # what was listed before; None while there is no audit
        self._wanted: int | None = None  # the track to go to once it is listed
        self._place: int | None = None  # of the current row; None until the first is chosen
        self._labels: tuple[str, ...] = ()
        self._names = GenreNames()
        self._leave_key = QShortcut(QKeySequence(Qt.Key.Key_Escape), self._table)
        self._leave_key.setContext(Qt.ShortcutContext.WidgetShortcut)
        self._leave_key.setEnabled(False)
        self._leave_key.activated.connect(self.leave)
        commands = window.commands
        commands["audit"].triggered.connect(self.open)
        commands["keep_existing"].triggered.connect(self._keep)
        commands["keep_existing"].setIconText("Keep Existing")
        commands["accept"].triggered.connect(self._go_on)  # after the one who accepts
        self.bar.asked.connect(self._follow)
        self.reading.rows_read.connect(self._keep_rows)
        self.reading.genres_read.connect(self._take_names)
        self.reading.failed.connect(window.messages.show_problem)
        self._library.listed.connect(self._listed)
        self._library.track_chosen.connect(self._show_track)
        self._table.selection_counted.connect(lambda _: self._enable())

    @property
    def active(self) -> bool:
        return self._before is not None

    def open(self) -> None:
        """List what is disputed; the bar says so."""
        if not self.active:
            self._before = self._library.question()
        self.reading.ask_genres()
        self._leave_key.setEnabled(True)
        self.bar.show_number(0)
        self.bar.headline.setText("Looking for files that say another genre…")
        self.bar.show()
        self._wanted = self._place = None
        self._library.filter_by(AUDIT)
        self._library.sort_by("confidence", descending=True)
        self._table.setFocus(Qt.FocusReason.OtherFocusReason)

    def leave(self) -> None:
        """List again what was listed before."""
        before, self._before = self._before, None
        self._leave_key.setEnabled(False)
        self.bar.hide()
        if before is not None:
            self._library.filter_by(before.filter)
            self._library.sort_by(before.order, before.descending)

    def stop(self) -> None:
        """End the reading thread. Idempotent, bounded in time."""
        self.reading.stop()

    def _follow(self, name: str) -> None:
        if name == "leave":
            self.leave()
            return
        commands = {"accept": "accept", "keep": "keep_existing", "type": "set_genre", "undo": "undo"}
        self._table.setFocus(Qt.FocusReason.OtherFocusReason)
        self._window.commands[commands[name]].trigger()

    # Deciding.
    def _keep(self) -> None:
        """Set what the files say as the genre of the selected tracks."""
        ids = [int(track) for track in self._table.selected_ids()]
        rows = [row for track in ids[:_AT_HAND] if (row := self._library.row(track)) is not None]
        if len(rows) == len(ids):
            self._keep_rows(rows)  # at once, so that what is pressed next comes after it
        else:
            self.reading.ask_rows(ids)
        self._go_on()

    def _keep_rows(self, rows: Sequence[TrackRow]) -> None:
        words = GenreWords((*self._names.corrected, *self._labels, *self._names.models), theme.display_name)
        labels = {row.id: words.label(_first(row.existing_genre)) for row in rows}
        wanted = {track: label for track, label in labels.items() if label}
        if wanted:
            self._corrections.keep(wanted)

    def _go_on(self) -> None:
        """Select the row after the selected ones, which leave the list."""
        ranges = self._table.selectionModel().selection().toList() if self.active else []
        if not ranges:
            return
        model = self._library.model
        after = model.id_at(max(part.bottom() for part in ranges) + 1)
        before = model.id_at(min(part.top() for part in ranges) - 1) if after is None else None
        self._wanted = after if after is not None else before
        self._go_to_wanted()

    def _go_to_wanted(self) -> None:
        place = self._library.model.place_of(self._wanted) if self._wanted is not None else None
        if place is not None and self._wanted is not None:
            self._table.selectRow(place)
            self._table.scroll_to(self._wanted)
            self._wanted = None  # from here on the person leads

    # News.
    def model_ready(self, event: ModelReady) -> None:
        """Take the labels that an existing genre may mean."""
        self._labels = event.labels

    def corrections_changed(self, event: CorrectionsChanged) -> None:
        """Go to a track whose decision was undone."""
        if self.active and event.way == "undone" and len(event.ids) == 1:
            self._wanted = event.ids[0]
            self._go_to_wanted()

    def _listed(self, number: int, search: str) -> None:
        if not self.active:
            return
        if self._library.question().filter != AUDIT:  # the person filters by something else
            self._before = None
            self.leave()
            return
        self.bar.show_number(number)
        self._go_to_wanted()
        if number and (self._place is None or self._table.current_id() is None):
            self._table.selectRow(min(self._place or 0, number - 1))

    def _show_track(self, row: TrackRow | None) -> None:
        self._enable()
        if row is not None and (place := self._library.model.place_of(row.id)) is not None:
            self._place = place if self.active else None
        if row is None or not row.existing_genre:
            self.bar.show_track("", "", "")
        else:
            existing = " ".join(row.existing_genre.split())
            self.bar.show_track(existing, wording.row_word(row), wording.percent(row.confidence))

    def _enable(self) -> None:
        track = self._table.current_id()
        row = self._library.row(track) if track is not None else None
        count = self._table.selected_count()
        one = count == 1 and row is not None and bool(row.existing_genre)
        self._window.commands["keep_existing"].setEnabled(count > 1 or one)

    def _take_names(self, names: GenreNames) -> None:
        self._names = names


def _first(existing: str) -> str:
    """Return the first of the genres that a file says."""
    return next((name.strip() for name in existing.split("; ") if name.strip()), "")
