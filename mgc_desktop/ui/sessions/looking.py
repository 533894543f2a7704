"""Listen > Sessions: between its window, the engine's sessions, its player and its pictures."""

from __future__ import annotations

import os

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QFileDialog

from mgc_desktop.core.session_values import SessionDetails
from mgc_desktop.engine.events import (
    PlayerChanged,
    PlayState,
    SessionChanged,
    SessionDeleted,
    SessionExported,
    SessionOpened,
    SessionsListed,
    SpanLabelled,
    TrackPictureReady,
)
from mgc_desktop.ui import window_state
from mgc_desktop.ui.main_window import MainWindow
from mgc_desktop.ui.port import EnginePort, SettingsPort
from mgc_desktop.ui.sessions import words
from mgc_desktop.ui.sessions.kept_labelling import KeptLabelling
from mgc_desktop.ui.sessions.labelling import Labelling
from mgc_desktop.ui.sessions.window import SessionsWindow

PLACE, LAST_EXPORT = "sessions", "sessions.export"
_KINDS = {"Table (*.csv)": "csv", "JSON (*.json)": "json"}
_BUSY = (PlayState.PLAYING, PlayState.LOADING)


class Looking(QObject):
    """Keeps the one window of the sessions. GUI thread."""

    def __init__(self, window: MainWindow, engine: EnginePort, settings: SettingsPort, labelling: Labelling) -> None:
        super().__init__(window)
        self._window, self._engine, self._settings = window, engine, settings
        self._labelling = labelling  # of what is listened to: its keys are those of what was kept
        self.dialog: SessionsWindow | None = None
        self.labels: KeptLabelling | None = None
        self._shown: SessionDetails | None = None
        self._player: PlayerChanged | None = None
        self._alone = ""  # the sound of a labelled span that was played last
        self._picture_asked = ""  # the path of a picture that is on its way
        window.commands["sessions"].triggered.connect(self.open)

    def open(self) -> None:
        """Show the list."""
        dialog = self._made_dialog()
        self._engine.sessions.ask()
        dialog.come_up()

    def _made_dialog(self) -> SessionsWindow:
        if self.dialog is None:
            dialog = self.dialog = SessionsWindow(self._window)
            window_state.restore_place(dialog, self._settings, PLACE)
            sessions = self._engine.sessions
            self.labels = KeptLabelling(dialog, sessions, self._labelling)
            dialog.session_chosen.connect(sessions.open)
            dialog.renamed.connect(sessions.rename)
            dialog.take_back_asked.connect(sessions.take_back_label)
            dialog.undo_asked.connect(self._undo)
            dialog.export_asked.connect(self._export)
            dialog.delete_asked.connect(self._delete)
            dialog.play_asked.connect(self._toggle)
            dialog.play_from_asked.connect(self._play_from)
            dialog.play_file_asked.connect(self._play_file)
            dialog.panel.sought.connect(self._seek)
            dialog.hidden.connect(self._hidden)
        return self.dialog

    def _hidden(self) -> None:
        if self.dialog is not None:
            window_state.remember_place(self.dialog, self._settings, PLACE)
        player = self._player
        if player is not None and player.state in _BUSY and player.path in (self._path, self._alone):
            self._engine.player.pause()

    # What the person does ----------------------------------------------------------------------------

    def _undo(self) -> None:
        self._window.commands["undo"].trigger()
        if self.dialog is not None:
            self.dialog.say("")

    def _delete(self) -> None:
        row = self.dialog.session() if self.dialog is not None else None
        if row is not None:
            if self._state in _BUSY:
                self._engine.player.silence()
            self._engine.sessions.delete(row.id)

    def _export(self) -> None:
        row = self.dialog.session() if self.dialog is not None else None
        if row is None:
            return
        folder = str(self._settings.get(LAST_EXPORT, ""))
        place = os.path.join(folder, words.file_name(row))
        chosen, kind = QFileDialog.getSaveFileName(self.dialog, "Export this session", place, ";;".join(_KINDS))
        if chosen:
            self._settings.set(LAST_EXPORT, os.path.dirname(chosen))
            self.export_to(row.id, chosen, _KINDS.get(kind, "csv"))

    def export_to(self, session: int, chosen: str, kind: str) -> None:
        """Write a session; the ending of the name says as what, where it has one of ours."""
        ending = os.path.splitext(chosen)[1].lower().lstrip(".")
        if ending in _KINDS.values():
            kind = ending
        else:
            chosen = f"{chosen}.{kind}"
        self._engine.sessions.export(session, chosen, kind)

    # Playing -----------------------------------------------------------------------------------------

    @property
    def _path(self) -> str:
        return self._shown.path if self._shown is not None else ""

    @property
    def _state(self) -> PlayState:
        player = self._player
        return player.state if player is not None and self._path and player.path == self._path else PlayState.STOPPED

    def _toggle(self) -> None:
        if self._state in _BUSY:
            self._engine.player.pause()
        elif self._state is PlayState.PAUSED:
            self._engine.player.resume()
        elif self.dialog is not None:
            self._play_from(self.dialog.panel.place)

    def _play_from(self, seconds: float) -> None:
        if not self._path or self.dialog is None:
            return
        self.dialog.panel.put_cursor(seconds)
        if self._state is PlayState.PLAYING:
            self._engine.player.seek(seconds)
        else:
            self._engine.player.play(self._path, seconds)

    def _play_file(self, path: str) -> None:
        self._alone = path
        self._engine.player.play(path)

    def _seek(self, seconds: float) -> None:
        if not self._path or self.dialog is None:
            return
        self.dialog.panel.put_cursor(seconds)
        if self._state in (*_BUSY, PlayState.PAUSED):
            self._engine.player.seek(seconds)

    # News from the engine ----------------------------------------------------------------------------

    def listed(self, event: SessionsListed) -> None:
        """Show the list; what is shown of the chosen one may have changed with it."""
        if self.dialog is None:
            return
        before = self.dialog.session()
        self.dialog.show_sessions(event.sessions)
        row = self.dialog.session()
        if row is None:
            self._shown = None
            if self.labels is not None:
                self.labels.show_session(None)
        elif before is not None and before.id == row.id and before != row:
            self._engine.sessions.open(row.id)

    def opened(self, event: SessionOpened) -> None:
        """Show one session."""
        dialog, details = self.dialog, event.details
        row = dialog.session() if dialog is not None else None
        if dialog is None or details is None or row is None or row.id != event.session:
            return
        self._shown = details
        dialog.show_details(details)
        if self.labels is not None:
            self.labels.show_session(details)
        if details.path:
            self._picture_asked = details.path
            self._engine.pictures.ask(details.path)
        if self._player is not None and self._player.path == details.path:
            dialog.panel.follow(self._player)

    def picture_ready(self, event: TrackPictureReady) -> None:
        """Show the picture of the session; where another was wanted in between, ask for it again."""
        if self.dialog is None or not self._picture_asked:
            return
        if event.path == self._picture_asked:
            self.dialog.panel.take_picture(event)
            if event.sentence or event.done >= len(event.codes):
                self._picture_asked = ""
        elif self.dialog.isVisible():
            self._engine.pictures.ask(self._picture_asked)

    def player_changed(self, event: PlayerChanged) -> None:
        """Move the cursor, or say what is in the way."""
        self._player = event
        if self.dialog is not None and self._path and event.path == self._path:
            self.dialog.panel.follow(event)

    def changed(self, event: SessionChanged) -> None:
        """Look again: a note or label was added."""
        if self.dialog is not None and self.dialog.isVisible():
            self._engine.sessions.ask()

    def deleted(self, event: SessionDeleted) -> None:
        """Say that a session went, or came back."""
        if self.dialog is not None:
            said = f"“{event.name}” is back." if event.back else words.deleted(event.name)
            self.dialog.say(said, undo=not event.back)

    def labelled(self, event: SpanLabelled) -> None:
        """Say that a span of the session was labelled, or that its label was taken back."""
        if self.dialog is not None and self.dialog.isVisible() and self.labels is not None:
            self.labels.labelled(event)

    def exported(self, event: SessionExported) -> None:
        """Say that a session was written, or why not."""
        if self.dialog is not None:
            self.dialog.say(event.sentence or f"Exported to {os.path.basename(event.path)}.")
