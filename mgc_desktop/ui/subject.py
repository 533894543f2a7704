"""Chooses what the verdict panel shows: what is listened to, or else the selected track."""

from __future__ import annotations

from PySide6.QtCore import QObject

from mgc_desktop.core.values import TrackRow, Verdict
from mgc_desktop.engine.events import ListenChanged, ListenState, LiveVerdict
from mgc_desktop.ui import wording
from mgc_desktop.ui.library.query import LibraryQuery
from mgc_desktop.ui.library.table_model import file_name
from mgc_desktop.ui.verdict_panel import Subject, VerdictPanel

_VERDICT_AWAITED = ("Listening…", "The first verdict takes a few seconds.")
_INPUT_AWAITED = ("No input", "It goes on when the input is back.")


def track_subject(row: TrackRow) -> Subject:
    """Return what the panel says of a track besides its verdict."""
    facts = [wording.duration(row.duration)]
    if row.artist:
        facts.insert(0, " ".join(row.artist.split()))
    if row.existing_genre:
        facts.append("tagged " + " ".join(row.existing_genre.split()))
    return Subject("Selected track", row.title or file_name(row.path), " · ".join(fact for fact in facts if fact))


class SubjectChooser(QObject):
    """Listening comes first; when it ends, the selected track comes back. A span that was judged comes before both."""

    def __init__(self, panel: VerdictPanel, query: LibraryQuery) -> None:
        super().__init__(panel)
        self._panel, self._query = panel, query
        self._row: TrackRow | None = None
        self._listening = False
        self._source = Subject("", "")
        self._has_span = False
        self._live: LiveVerdict | None = None  # the last one of what is listened to, while it holds
        self._waits = ("", "")  # what is shown until there is one
        query.detailed.connect(self._take_detail)

    def track_chosen(self, row: TrackRow | None) -> None:
        is_another = (row and row.id) != (self._row and self._row.id)
        self._row = row
        if self._listening or (self._has_span and not is_another):
            return  # the same one anew, because more is known of it
        self._has_span = False
        self._show_track()

    def listen_changed(self, event: ListenChanged) -> None:
        was_listening = self._listening
        self._listening = event.state.is_on
        if self._listening:
            if event.state is ListenState.STARTING or not was_listening:
                self._has_span = False
            waits = event.state is ListenState.WAITING
            self._source = Subject("Waiting for" if waits else "Listening to", event.device or "the chosen input")
            self._wait(*(_INPUT_AWAITED if waits else _VERDICT_AWAITED))
        elif was_listening and not self._has_span:
            self._show_track()

    def sound_began(self) -> None:
        """There is sound again: what was said of the silence, or of the music before, holds no more."""
        if self._listening:
            self._wait(*_VERDICT_AWAITED)

    def live_verdict(self, event: LiveVerdict) -> None:
        if self._listening:
            self._live = event
            self._show_live()

    def _wait(self, word: str, line: str) -> None:
        self._live, self._waits = None, (word, line)
        self._show_live()

    def _show_live(self) -> None:
        if self._has_span:
            return
        self._panel.offer(None)
        live = self._live
        if live is not None:
            self._panel.show_verdict(self._source, live.verdict, live.device, live.raw)
        else:
            self._panel.show_waiting(self._source, *self._waits)

    def show_span(self, subject: Subject, verdict: Verdict | None, word: str = "", line: str = "") -> None:
        """Show what a span was judged to be, until `leave_span`; without a verdict, a word and a line about it."""
        self._has_span = True
        self._panel.offer(None)
        if verdict is not None:
            self._panel.show_verdict(subject, verdict)
        else:
            self._panel.show_waiting(subject, word, line)

    def leave_span(self) -> None:
        """Go back to what is listened to, or else to the selected track."""
        if not self._has_span:
            return
        self._has_span = False
        if self._listening:
            self._show_live()
        else:
            self._show_track()

    def _show_track(self) -> None:
        row = self._row
        self._panel.offer(row)
        if row is None:
            self._panel.show_nothing()
        elif row.correction and row.kind is None:
            self._panel.show_correction(track_subject(row), row, None)
        elif row.correction:
            self._query.ask_detail(row.id)
        elif row.state == "failed":
            self._panel.show_waiting(track_subject(row), "Not heard", row.error)
        elif row.state == "missing":
            self._panel.show_waiting(track_subject(row), "File is gone", "It is no longer where it was.")
        elif row.kind is None:
            self._panel.show_waiting(track_subject(row), "Waiting", "It will be heard in its turn.")
        else:
            self._query.ask_detail(row.id)

    def _take_detail(self, track: int, verdict: Verdict | None) -> None:
        row = self._row
        if self._listening or self._has_span or row is None or row.id != track:
            return
        if row.correction:
            self._panel.show_correction(track_subject(row), row, verdict)
        elif verdict is not None:
            self._panel.show_verdict(track_subject(row), verdict)
