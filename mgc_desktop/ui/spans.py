"""Judge Selection, Why? and What the Model Sees: between the picture, the verdict panel and the engine."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, Signal

from mgc_desktop.core.values import Verdict
from mgc_desktop.engine.events import ListenChanged, ListenState, LiveVerdict, SpanExplained, SpanJudged
from mgc_desktop.ui import wording
from mgc_desktop.ui.live.live_panel import LivePanel
from mgc_desktop.ui.live.model_view import ModelView
from mgc_desktop.ui.live.picture_settings import PictureSettings
from mgc_desktop.ui.live.selection import seconds_text, span_text
from mgc_desktop.ui.live.why import JudgedOverlay, WhyLegend, WhyOverlay, in_words
from mgc_desktop.ui.main_window import MainWindow
from mgc_desktop.ui.port import EnginePort
from mgc_desktop.ui.subject import SubjectChooser
from mgc_desktop.ui.verdict_panel import Subject


class Judging(QObject):
    """What is said of the selected span stays until another one is selected, or none (Esc). GUI thread.

    Without a selection, *Why?* is about the newest verdict: its window is selected, and the picture holds still.

    Signals
    -------
    asked
        The engine was asked something: what others asked of it is forgotten there.
    """

    asked = Signal()

    def __init__(self, window: MainWindow, engine: EnginePort, view: LivePanel, subject: SubjectChooser) -> None:
        super().__init__(window)
        self._window, self._engine, self._view, self._subject = window, engine, view, subject
        self._live: LiveVerdict | None = None  # the newest one of this recording
        self._span: tuple[float, float] | None = None  # that is shown, or asked about
        self._judging = self._explaining = 0  # numbers of what is waited for, or shown
        self._said = self._said_before = ""  # in the status line
        self.why, self.judged = WhyOverlay(), JudgedOverlay(self._covered)
        self.model_view = ModelView(view, self._covered)
        view.spectrogram.add_overlay(self.why, below=True)  # of the selection, which is painted beside the map
        for overlay in (self.judged, WhyLegend(self.why)):
            view.spectrogram.add_overlay(overlay)
        self.model_view.set_colour_map(view.spectrogram.settings.colour_map)
        view.put_in_place(self.model_view)
        actions = window.commands
        actions["judge_span"].triggered.connect(self.judge)
        actions["explain"].triggered.connect(self.explain)
        actions["model_sees"].toggled.connect(self._see)
        view.selection.changed.connect(self._selection_changed)
        view.spectrogram.settings_changed.connect(self._settings_changed)
        view.spectrogram.frozen_changed.connect(self._frozen_changed)
        view.installEventFilter(self)
        self._enable()

    # The person ------------------------------------------------------------------------------------

    def judge(self) -> None:
        """Have the selection judged as a whole."""
        span = self._view.selection.span
        if span is not None and not self._view.isHidden():
            self._ask(span)

    def explain(self) -> None:
        """Have the selection judged, and what that rests on shown over the picture."""
        if self._view.isHidden():
            return
        span = self._view.selection.span
        if span is None and self._live is not None:
            span = self._take_newest(self._live)
        if span is None:
            return
        if span != self._span or self.judged.shown is None:
            self._ask(span)
        self.asked.emit()
        self._explaining = self._engine.spans.explain(*span)
        self._say("Looking for what the verdict rests on…")

    def _take_newest(self, live: LiveVerdict) -> tuple[float, float] | None:
        """Select the window of the newest verdict, and hold the picture still: else it would scroll away."""
        self._view.spectrogram.freeze(True)
        self._view.selection.set_span(live.time - live.seconds, live.time)
        return self._view.selection.span

    def _ask(self, span: tuple[float, float]) -> None:
        if self._explaining:
            self._engine.spans.cancel()
        self._forget()
        self.asked.emit()
        self._span = span
        self._judging = self._engine.spans.judge(*span)
        self._subject.show_span(_subject(span), None, "Judging…", "The whole selection is heard once more.")

    def _selection_changed(self) -> None:
        if self._span is not None and self._view.selection.span != self._span:
            self._engine.spans.cancel()
            self._forget()
            self._subject.leave_span()
        self._enable()

    def leave(self) -> None:
        """Forget what was asked and said."""
        if self._span is not None:
            self._forget()
            self._subject.leave_span()

    def _forget(self) -> None:
        """Take what was said of a span out of the picture."""
        self._span = self.judged.shown = self.why.shown = None
        self._judging = self._explaining = 0
        if self._said and self._window.status.text() == self._said:
            self._window.status.say(self._said_before)
        self._said = ""
        self._view.spectrogram.update()

    def _say(self, text: str) -> None:
        """Say something in the status line, until it is about nothing any more."""
        status = self._window.status
        if not self._said or status.text() != self._said:
            self._said_before = status.text()
        self._said = text
        status.say(text)

    def _see(self, on: bool) -> None:
        self._engine.listener.want_features(on)
        if on:
            self._view.spectrogram.freeze(False)  # the model's view is of now alone
        self._view.show_stand_in(on)

    # News from the engine --------------------------------------------------------------------------

    def span_judged(self, event: SpanJudged) -> None:
        """Show what the span was judged to be."""
        if event.request != self._judging or self._span is None:
            return
        if event.sentence:
            self._subject.show_span(_subject(self._span), None, "Not judged", event.sentence)
            return
        self._subject.show_span(_subject(self._span, len(event.windows)), event.verdict)
        self._mark(event.start, event.end, event.verdict)

    def _mark(self, start: float, end: float, verdict: Verdict) -> None:
        self.judged.shown = start, end, verdict
        self._view.spectrogram.update(self._view.spectrogram.plot_rect())

    def span_explained(self, event: SpanExplained) -> None:
        """Show the map as far as it is."""
        if event.request != self._explaining or self._span is None:
            return
        self.why.shown = None if event.sentence else event  # half a map is none
        self._view.spectrogram.update(self._view.spectrogram.plot_rect())
        if event.sentence:
            self._explaining = 0
            self._say(event.sentence)
            return
        if event.done >= event.total:
            self._say(in_words(event))

    def live_verdict(self, event: LiveVerdict) -> None:
        """Follow what is listened to."""
        self._live = event
        self.model_view.show_verdict(event)
        if self.model_view.isVisible():
            self._view.align()
        self._enable()

    def listen_changed(self, event: ListenChanged) -> None:
        """Begin anew with each recording."""
        if event.state is ListenState.STARTING:
            self._live = None
            self.model_view.clear()
            self._engine.spans.cancel()
            self._forget()
        elif event.state in (ListenState.WAITING, ListenState.FAILED):
            self.model_view.say(event.sentence)  # as the picture does, which may not be seen
        if event.state in (ListenState.STOPPED, ListenState.FAILED):
            self.model_view.rest()
        self._enable()

    def _settings_changed(self, settings: PictureSettings) -> None:
        self.model_view.set_colour_map(settings.colour_map)

    def _covered(self) -> int:
        return self._view.warnings.height() if self._view.warnings.isVisible() else 0

    def _frozen_changed(self, frozen: bool) -> None:
        if frozen:  # who looks back looks at the picture: the model's view is of now alone
            self._window.commands["model_sees"].setChecked(False)

    # The window ------------------------------------------------------------------------------------

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() in (QEvent.Type.ShowToParent, QEvent.Type.HideToParent):
            self._enable()
        return False

    def _enable(self) -> None:
        """Offer what can be done: a span of what is shown, and the model's view of what is heard."""
        actions, shown = self._window.commands, not self._view.isHidden()
        actions["model_sees"].setEnabled(shown)
        if shown:  # else the track that is shown is what they are about
            has_span = self._view.selection.span is not None
            actions["judge_span"].setEnabled(has_span)
            actions["explain"].setEnabled(has_span or self._says_something())

    def _says_something(self) -> bool:
        return self._live is not None and self._live.verdict.label is not None


def _subject(span: tuple[float, float], windows: int = 0) -> Subject:
    facts = [seconds_text(span[1] - span[0])]
    if windows > 1:
        facts.append(f"heard in {wording.count(windows, 'part')}")
    return Subject("Selection", span_text(span), " · ".join(facts))
