"""Listen > Keep This Session and Add Note: between the actions, two bars above the table, and the engine's sessions."""

from __future__ import annotations

from PySide6.QtCore import QObject

from mgc_desktop.engine.events import ListenChanged, ListenState, ModelReady, SessionChanged, SpanLabelled
from mgc_desktop.ui.library.query import LibraryQuery
from mgc_desktop.ui.live.live_panel import LivePanel
from mgc_desktop.ui.main_window import MainWindow
from mgc_desktop.ui.port import EnginePort, SettingsPort
from mgc_desktop.ui.sessions.bars import KeepBar, NoteBar
from mgc_desktop.ui.sessions.labelling import Labelling

SOUND_SETTING = "sessions.sound"


class Keeping(QObject):
    """Keeps what is listened to as the person asks, and says what is kept. GUI thread."""

    def __init__(
        self, window: MainWindow, engine: EnginePort, settings: SettingsPort, live: LivePanel, query: LibraryQuery
    ) -> None:
        super().__init__(window)
        self._window, self._sessions, self._settings, self._live = window, engine.sessions, settings, live
        self._keep, self._note = window.commands["keep_session"], window.commands["session_note"]
        self._now = SessionChanged(False)
        self.labelling = Labelling(window, engine.sessions, live, query)
        self.bar, self.note_bar = KeepBar(window), NoteBar(window)
        for bar in (self.bar, self.note_bar):
            window.add_bar(bar)
        self._keep.triggered.connect(self._toggle)
        self._note.triggered.connect(self._ask_note)
        self.bar.earlier_asked.connect(engine.sessions.keep_earlier)
        self.bar.sound_asked.connect(self._choose_sound)
        self.note_bar.written.connect(engine.sessions.note)
        self.labelling.trouble.connect(window.status.say)
        self._keep.setEnabled(False)
        self._note.setEnabled(False)

    def _toggle(self, wanted: bool) -> None:
        if wanted:
            self._sessions.keep(bool(self._settings.get(SOUND_SETTING, True)))
        else:
            self._sessions.stop_keeping()

    def _choose_sound(self, wanted: bool) -> None:
        self._settings.set(SOUND_SETTING, wanted)
        self._sessions.keep_audio() if wanted else self._sessions.drop_audio()

    def _ask_note(self) -> None:
        recording, span = self._live.recording, self._live.selection.span
        if recording is not None:
            moment = span[0] if span is not None else recording.seconds
            self.note_bar.ask(moment, self._window.focusWidget())

    # News from the engine ----------------------------------------------------------------------------

    def model_ready(self, event: ModelReady) -> None:
        self.labelling.model_ready(event)

    def listen_changed(self, event: ListenChanged) -> None:
        """Offer to keep what is listened to."""
        self.labelling.listen_changed(event)
        self._keep.setEnabled(event.state in (ListenState.RUNNING, ListenState.WAITING))

    def labelled(self, event: SpanLabelled) -> None:
        self.labelling.labelled(event)

    def changed(self, event: SessionChanged) -> None:
        """Show what is kept."""
        before, self._now = self._now, event
        self.labelling.set_labels(event.labels)
        self._keep.setChecked(event.keeping)
        self._note.setEnabled(event.keeping)
        if event.keeping:
            self.bar.show_state(event)
            if not before.keeping:
                self.bar.come_up(self._window.focusWidget())
        else:
            self.bar.leave()
            self.note_bar.leave()
            if before.keeping:
                keys = self._window.commands.keys("sessions")
                self._window.status.say(f"The session is kept: Listen > Sessions ({keys})")
        if event.keeping and event.notes > before.notes:
            self._window.status.say("The note is written down")
        if event.sentence:
            self._window.messages.show_problem(event.sentence)
