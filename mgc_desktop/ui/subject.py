"""Chooses what the verdict panel shows: what is listened to, or else the selected track."""

from __future__ import annotations

from PySide6.QtCore import QObject

from mgc_desktop.core.values import TrackRow, Verdict
from mgc_desktop.engine.events import ListenChanged, ListenState, LiveVerdict
from mgc_desktop.ui import wording
from mgc_desktop.ui.library.query import LibraryQuery
from mgc_desktop.ui.library.table_model import file_name
from mgc_desktop.ui.verdict_panel import Subject, VerdictPanel


def track_subject(row: TrackRow) -> Subject:
    """Return what the panel says of a track besides its verdict."""
    facts = [wording.duration(row.duration)]
    if row.artist:
        facts.insert(0, " ".join(row.artist.split()))
    if row.existing_genre:
        facts.append("tagged " + " ".join(row.existing_genre.split()))
    return Subject("Selected track", row.title or file_name(row.path), " · ".join(fact for fact in facts if fact))


class SubjectChooser(QObject):
    """Listening comes first; when it ends, the selected track comes back."""

    def __init__(self, panel: VerdictPanel, query: LibraryQuery) -> None:
        super().__init__(panel)
        self._panel, self._query = panel, query
        self._row: TrackRow | None = None
        self._listening = False
        self._source = Subject("", "")
        query.detailed.connect(self._take_detail)

    def track_chosen(self, row: TrackRow | None) -> None:
        self._row = row
        if not self._listening:
            self._show_track()

    def listen_changed(self, event: ListenChanged) -> None:
        was_listening = self._listening
        self._listening = event.state in (ListenState.STARTING, ListenState.RUNNING)
        if self._listening:
            self._panel.offer(None)
            self._source = Subject("Listening to", event.device or "the chosen input")
            if event.state == ListenState.STARTING or not was_listening:
                self._panel.show_waiting(self._source, "Listening…", "The first verdict takes a few seconds.")
        elif was_listening:
            self._show_track()

    def live_verdict(self, event: LiveVerdict) -> None:
        if self._listening:
            self._panel.show_verdict(self._source, event.verdict, event.device)

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
        if self._listening or row is None or row.id != track:
            return
        if row.correction:
            self._panel.show_correction(track_subject(row), row, verdict)
        elif verdict is not None:
            self._panel.show_verdict(track_subject(row), verdict)
