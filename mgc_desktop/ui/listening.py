"""Listen: the button, the input chooser and the live picture, and what they say to each other."""

from __future__ import annotations

import os

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QFileDialog

from mgc_desktop.engine.events import InputWarned, ListenChanged, ListenState, LiveVerdict, SoundBegan
from mgc_desktop.ui import icons
from mgc_desktop.ui.live.device_chooser import DeviceChooser
from mgc_desktop.ui.live.live_panel import LivePanel
from mgc_desktop.ui.main_window import MainWindow
from mgc_desktop.ui.port import EnginePort, SettingsPort
from mgc_desktop.ui.subject import SubjectChooser

INPUT_SETTING = "live.input"
FILE_FOLDER_SETTING = "live.file folder"


class Listening(QObject):
    """Starts and stops the listener as the person asks, and shows what it tells."""

    def __init__(
        self,
        window: MainWindow,
        engine: EnginePort,
        settings: SettingsPort,
        subject: SubjectChooser,
        view: LivePanel,
        chooser: DeviceChooser,
    ) -> None:
        super().__init__(window)
        self._window, self._engine, self._settings = window, engine, settings
        self._subject, self._view, self._chooser = subject, view, chooser
        self._action = window.commands["listen"]
        self._action.triggered.connect(self._toggle)
        window.commands["listen_file"].triggered.connect(self._ask_for_file)
        window.commands["listen_track"].triggered.connect(self._listen_to_track)
        chooser.device_chosen.connect(self.input_chosen)
        chooser.channel_chosen.connect(self._channel_chosen)
        view.set_source(engine.listener)
        self._hears_file = False
        remembered = settings.get(INPUT_SETTING)
        if isinstance(remembered, str) and remembered:
            chooser.set_device_name(remembered)

    # Requests of the person.

    def listen_to(self, name: str) -> None:
        """Start to listen; an empty name means the chosen input."""
        if name:
            self._chooser.set_device_name(name)
        self._start(name or self._chooser.device_name())

    def listen_to_file(self, path: str) -> None:
        """Play a file, and listen to it."""
        self._engine.player.silence()  # two at once are none
        self._hears_file = True
        self._engine.listener.start_file(path)

    def input_chosen(self, name: str | None) -> None:
        """Remember the input; while listening, go over to it."""
        self._settings.set(INPUT_SETTING, name or "")
        if self._engine.listener.listening:
            self._start(name)

    def _channel_chosen(self, channel: int | None) -> None:
        if self._engine.listener.listening and not self._hears_file:
            self._engine.listener.start(self._chooser.device_name(), channel)

    def _toggle(self, wanted: bool) -> None:
        if wanted:
            self._start(self._chooser.device_name())
        else:
            self._engine.listener.stop()

    def _start(self, name: str | None) -> None:
        self._hears_file = False
        self._engine.listener.start(name, self._chooser.channel())

    def _ask_for_file(self) -> None:
        start = str(self._settings.get(FILE_FOLDER_SETTING, ""))
        path, _ = QFileDialog.getOpenFileName(self._window, "Listen to a file", start)
        if path:
            self._settings.set(FILE_FOLDER_SETTING, os.path.dirname(path))
            self.listen_to_file(path)

    def _listen_to_track(self) -> None:
        ids = self._window.library.table.selected_array()
        row = self._window.library.row(int(ids[0])) if ids.size else None
        if row is not None:
            self.listen_to_file(row.path)

    # News from the engine.

    def changed(self, event: ListenChanged) -> None:
        """Follow the listener's state."""
        on = event.state.is_on
        self._action.setChecked(on)
        self._action.setIconText("Stop" if on else "Listen")
        self._action.setIcon(icons.icon("stop" if on else "listen"))
        self._view.on_listen_changed(event)
        self._subject.listen_changed(event)
        if event.state is ListenState.RUNNING:
            self._window.live_dock.show()
        if event.state in (ListenState.RUNNING, ListenState.WAITING):
            verb = "Listening to" if event.state is ListenState.RUNNING else "Waiting for"
            self._window.status.say(f"{verb} {event.device}" if event.device else verb.split()[0])
        elif not on:
            self._window.status.clear_live()
            self._window.status.say("")
        if event.sentence and event.state in (ListenState.FAILED, ListenState.RUNNING):
            self._window.messages.show_problem(event.sentence)

    def warned(self, event: InputWarned) -> None:
        """Say what is wrong with the sound, or that it is right again."""
        self._view.say(event.kind, event.sentence)

    def sound_began(self, event: SoundBegan) -> None:
        """Show no old verdict over new sound."""
        del event
        self._subject.sound_began()

    def verdict(self, event: LiveVerdict) -> None:
        """Show one judgement of the sound just heard."""
        self._view.on_live_verdict(event)
        self._subject.live_verdict(event)
        self._window.status.show_live(event, self._engine.listener.overruns)
