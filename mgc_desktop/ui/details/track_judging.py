"""Judge Selection and Why? for the selected track: between its picture, the verdict panel and the engine."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QPoint, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QMenu

from mgc_desktop.core.values import TrackRow
from mgc_desktop.engine.events import ListenChanged, SpanExplained, SpanJudged, TrackHistoryReady
from mgc_desktop.ui import wording
from mgc_desktop.ui.details.track_panel import TrackPanel
from mgc_desktop.ui.library.table_model import file_name
from mgc_desktop.ui.live.selection import seconds_text, span_text
from mgc_desktop.ui.live.why import JudgedOverlay, WhyLegend, WhyOverlay, in_words
from mgc_desktop.ui.main_window import MainWindow
from mgc_desktop.ui.port import EnginePort
from mgc_desktop.ui.subject import SubjectChooser
from mgc_desktop.ui.verdict_panel import Subject

_LOOKING = "Looking for what the verdict rests on…"


class TrackJudging(QObject):
    """What is said of the selected span stays until another one is selected, or none (Esc). GUI thread.

    Without a selection, *Why?* is about the track's verdict: the windows that it came from are explained.

    Signals
    -------
    asked
        The engine was asked something: what others asked of it is forgotten there.
    """

    asked = Signal()

    def __init__(self, window: MainWindow, engine: EnginePort, panel: TrackPanel, subject: SubjectChooser) -> None:
        super().__init__(window)
        self._window, self._engine, self._panel, self._subject = window, engine, panel, subject
        self._row: TrackRow | None = None
        self._windows: tuple[tuple[float, float], ...] = ()  # that the track's verdict came from
        self._span: tuple[float, float] | None = None  # that is shown, or asked about
        self._judging = self._explaining = 0  # numbers of what is waited for, or shown
        self._said = ""  # in the status line
        self.why, self.judged = WhyOverlay(), JudgedOverlay(lambda: 0)
        panel.picture.add_overlay(self.why, below=True)  # of the selection, which is painted beside the map
        for overlay in (self.judged, WhyLegend(self.why)):
            panel.picture.add_overlay(overlay)
        actions = window.commands
        actions["judge_span"].triggered.connect(self.judge)
        actions["explain"].triggered.connect(self.explain)
        panel.selection.changed.connect(self._selection_changed)
        panel.installEventFilter(self)
        panel.picture.installEventFilter(self)
        panel.picture.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        panel.picture.customContextMenuRequested.connect(self._show_menu)
        window.library.track_chosen.connect(self.track_chosen)

    # The person ------------------------------------------------------------------------------------

    def judge(self) -> None:
        """Have the selection judged as a whole."""
        span = self._panel.selection.span
        if span is not None and not self._panel.isHidden():
            self._ask(span)

    def explain(self) -> None:
        """Have what the verdict rests on shown over the picture: that of the selection, or else of the track."""
        row, span = self._row, self._panel.selection.span
        if row is None or self._panel.isHidden() or not (span or self._windows):
            return
        if span is None:
            self._leave()
        elif span != self._span or self.judged.shown is None:
            self._ask(span)
        self.asked.emit()
        self._explaining = self._engine.spans.explain_track(row.path, (span,) if span is not None else self._windows)
        self._say(_LOOKING)

    def _ask(self, span: tuple[float, float]) -> None:
        if self._row is None:
            return
        self._forget()
        self.asked.emit()
        self._span = span
        self._judging = self._engine.spans.judge_track(self._row.path, *span)
        self._subject.show_span(self._about(span), None, "Judging…", "The whole selection is heard once more.")

    def _about(self, span: tuple[float, float], windows: int = 0) -> Subject:
        row = self._row
        facts = [seconds_text(span[1] - span[0])]
        if windows > 1:
            facts.append(f"heard in {wording.count(windows, 'part')}")
        if row is not None:
            facts.append("of " + (" ".join(row.title.split()) or file_name(row.path)))
        return Subject("Selection", span_text(span), " · ".join(facts))

    def _selection_changed(self) -> None:
        if self._is_about_something() and self._panel.selection.span != self._span:
            self.leave()
        self._enable()

    def _is_about_something(self) -> bool:
        return bool(self._judging or self._explaining)

    def leave(self) -> None:
        """Forget what was asked and said, here and in the engine."""
        if self._is_about_something():
            self._engine.spans.cancel()
            self._leave()

    def _leave(self) -> None:
        had_span = self._span is not None
        self._forget()
        if had_span:
            self._subject.leave_span()

    def _forget(self) -> None:
        """Take what was said out of the picture."""
        self._span = self.judged.shown = self.why.shown = None
        self._judging = self._explaining = 0
        if self._said and self._window.status.text() == self._said:
            self._window.status.say("")
        self._said = ""
        self._panel.picture.update()

    def _say(self, text: str) -> None:
        self._said = text
        self._window.status.say(text)

    # News ------------------------------------------------------------------------------------------

    def track_chosen(self, row: TrackRow | None) -> None:
        """Be about another track; or about the same one, of which more is known."""
        if row is None or self._row is None or row.path != self._row.path:
            self.leave()
            self._windows = ()
        self._row = row
        self._enable()

    def history_ready(self, event: TrackHistoryReady) -> None:
        """Know which windows the verdict came from."""
        if self._row is not None and event.track_id == self._row.id:
            heard = sorted((window.start, window.end) for window in event.windows if window.probabilities)
            self._windows = tuple(heard)
            self._enable()

    def listen_changed(self, event: ListenChanged) -> None:
        """Leave the verdict panel to what is listened to."""
        if event.state.is_on:
            self.leave()

    def span_judged(self, event: SpanJudged) -> None:
        """Show what the span was judged to be."""
        if event.request != self._judging or self._span is None:
            return
        if event.sentence:
            self._subject.show_span(self._about(self._span), None, "Not judged", event.sentence)
            return
        self._subject.show_span(self._about(self._span, len(event.windows)), event.verdict)
        self.judged.shown = event.start, event.end, event.verdict
        self._panel.picture.update()

    def span_explained(self, event: SpanExplained) -> None:
        """Show the map as far as it is."""
        if event.request != self._explaining or not self._explaining:
            return
        self.why.shown = None if event.sentence else event  # half a map is none
        self._panel.picture.update()
        if event.sentence:
            self._explaining = 0
            self._say(event.sentence)
        elif event.done >= event.total:
            self._say(in_words(event))

    # The window ------------------------------------------------------------------------------------

    def menu(self) -> QMenu:
        """Return what can be done with the picture and the selection."""
        commands, menu = self._window.commands, QMenu(self._panel.picture)
        menu.setToolTipsVisible(True)
        for name in ("play", "", "judge_span", "explain", ""):
            menu.addAction(commands[name]) if name else menu.addSeparator()
        menu.addAction("Select All", self._panel.selecting.take_all).setEnabled(self._panel.picture.duration > 0)
        nothing = menu.addAction("Select Nothing", self._panel.selection.clear)
        nothing.setEnabled(self._panel.selection.span is not None)
        return menu

    def _show_menu(self, place: QPoint) -> None:
        menu = self.menu()
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.popup(self._panel.picture.mapToGlobal(place))

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self._panel:
            if event.type() in (QEvent.Type.ShowToParent, QEvent.Type.HideToParent):
                self._enable()
            return False
        # Esc takes a map of the whole track away; with a selection, that goes first.
        if isinstance(event, QKeyEvent) and event.key() == Qt.Key.Key_Escape and self._panel.selection.span is None:
            if event.type() == QEvent.Type.ShortcutOverride and self._is_about_something():
                event.accept()
                return True
            if event.type() == QEvent.Type.KeyPress and self._is_about_something():
                self.leave()
                return True
        return False

    def _enable(self) -> None:
        """Offer what can be done with the track, while it is shown."""
        if self._panel.isHidden():
            return
        actions, has_span = self._window.commands, self._panel.selection.span is not None
        actions["judge_span"].setEnabled(self._row is not None and has_span)
        actions["explain"].setEnabled(self._row is not None and (has_span or bool(self._windows)))
