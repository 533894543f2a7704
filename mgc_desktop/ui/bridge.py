"""From the engine's threads to the GUI thread: one queued signal for each kind of event."""

from __future__ import annotations

from PySide6.QtCore import QObject, Qt, Signal, Slot

from mgc_desktop.engine import events


class Bridge(QObject):
    """Give `post` to the engine; connect to the signals. Lives in the GUI thread."""

    model_loading = Signal(object)
    model_ready = Signal(object)
    model_failed = Signal(object)
    scan_progress = Signal(object)
    scan_finished = Signal(object)
    tracks_changed = Signal(object)
    problem = Signal(object)
    listen_changed = Signal(object)
    sound_began = Signal(object)
    live_verdict = Signal(object)
    input_warned = Signal(object)
    input_gap = Signal(object)
    live_numbers = Signal(object)
    span_judged = Signal(object)
    span_explained = Signal(object)
    session_changed = Signal(object)
    span_labelled = Signal(object)
    sessions_listed = Signal(object)
    session_opened = Signal(object)
    session_deleted = Signal(object)
    session_exported = Signal(object)
    train_progress = Signal(object)
    train_finished = Signal(object)
    corrections_changed = Signal(object)
    player_changed = Signal(object)
    track_facts_ready = Signal(object)
    track_picture_ready = Signal(object)
    track_history_ready = Signal(object)
    tag_plan_progress = Signal(object)
    tag_plan_ready = Signal(object)
    tag_progress = Signal(object)
    tag_finished = Signal(object)
    folders_changed = Signal(object)
    folder_removed = Signal(object)
    folder_put_back = Signal(object)
    _arrived = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._closed = False
        self._routes = {
            events.ModelLoading: self.model_loading,
            events.ModelReady: self.model_ready,
            events.ModelFailed: self.model_failed,
            events.ScanProgress: self.scan_progress,
            events.ScanFinished: self.scan_finished,
            events.TracksChanged: self.tracks_changed,
            events.Problem: self.problem,
            events.ListenChanged: self.listen_changed,
            events.SoundBegan: self.sound_began,
            events.LiveVerdict: self.live_verdict,
            events.InputWarned: self.input_warned,
            events.InputGap: self.input_gap,
            events.LiveNumbers: self.live_numbers,
            events.SpanJudged: self.span_judged,
            events.SpanExplained: self.span_explained,
            events.SessionChanged: self.session_changed,
            events.SpanLabelled: self.span_labelled,
            events.SessionsListed: self.sessions_listed,
            events.SessionOpened: self.session_opened,
            events.SessionDeleted: self.session_deleted,
            events.SessionExported: self.session_exported,
            events.TrainProgress: self.train_progress,
            events.TrainFinished: self.train_finished,
            events.CorrectionsChanged: self.corrections_changed,
            events.PlayerChanged: self.player_changed,
            events.FoldersChanged: self.folders_changed,
            events.FolderRemoved: self.folder_removed,
            events.FolderPutBack: self.folder_put_back,
            events.TrackFactsReady: self.track_facts_ready,
            events.TrackPictureReady: self.track_picture_ready,
            events.TrackHistoryReady: self.track_history_ready,
            events.TagPlanProgress: self.tag_plan_progress,
            events.TagPlanReady: self.tag_plan_ready,
            events.TagProgress: self.tag_progress,
            events.TagFinished: self.tag_finished,
        }
        # Queued always: an event that is posted in the GUI thread must not overtake those before it.
        self._arrived.connect(self._route, Qt.ConnectionType.QueuedConnection)

    def post(self, event: events.Event) -> None:
        """Hand over an event, from any thread; returns at once."""
        if not self._closed:
            self._arrived.emit(event)

    def close(self) -> None:
        """Let no event through any more: the window is gone."""
        self._closed = True

    @Slot(object)
    def _route(self, event: events.Event) -> None:
        if not self._closed:
            self._routes[type(event)].emit(event)
