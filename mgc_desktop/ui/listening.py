"""Listen: the button, the input chooser and the live picture, and what they say to each other."""

from __future__ import annotations

from PySide6.QtCore import QObject

from mgc_desktop.engine.events import ListenChanged, ListenState, LiveVerdict
from mgc_desktop.ui import icons
from mgc_desktop.ui.live.device_chooser import DeviceChooser
from mgc_desktop.ui.live.live_panel import LivePanel
from mgc_desktop.ui.main_window import MainWindow
from mgc_desktop.ui.port import EnginePort, SettingsPort
from mgc_desktop.ui.subject import SubjectChooser

INPUT_SETTING = "live.input"


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
        chooser.device_chosen.connect(self.input_chosen)
        view.set_source(engine.listener)
        remembered = settings.get(INPUT_SETTING)
        if isinstance(remembered, str) and remembered:
            chooser.set_device_name(remembered)

    def listen_to(self, name: str) -> None:
        """Start to listen; an empty name means the chosen input."""
        if name:
            self._chooser.set_device_name(name)
        self._engine.listener.start(name or self._chooser.device_name())

    def input_chosen(self, name: str | None) -> None:
        """Remember the input; while listening, go over to it."""
        self._settings.set(INPUT_SETTING, name or "")
        if self._engine.listener.listening:
            self._engine.listener.start(name)

    def _toggle(self, wanted: bool) -> None:
        if wanted:
            self._engine.listener.start(self._chooser.device_name())
        else:
            self._engine.listener.stop()

    def changed(self, event: ListenChanged) -> None:
        """Follow the listener's state."""
        on = event.state in (ListenState.STARTING, ListenState.RUNNING)
        self._action.setChecked(on)
        self._action.setIconText("Stop" if on else "Listen")
        self._action.setIcon(icons.icon("stop" if on else "listen"))
        self._view.on_listen_changed(event)
        self._subject.listen_changed(event)
        if event.state == ListenState.RUNNING:
            self._window.live_dock.show()
            self._window.status.say(f"Listening to {event.device}" if event.device else "Listening")
        elif not on:
            self._window.status.clear_live()
            self._window.status.say("")
        if event.state == ListenState.FAILED and event.sentence:
            self._window.messages.show_problem(event.sentence)

    def verdict(self, event: LiveVerdict) -> None:
        """Show one judgement of the sound just heard."""
        self._view.on_live_verdict(event)
        self._subject.live_verdict(event)
        self._window.status.show_live(event, self._engine.listener.overruns)
