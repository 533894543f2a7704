"""Connects the window with the engine: requests go down, events come up. Made after the first paint."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QFileDialog

from mgc_desktop.core.paths import Profile, guide_dir
from mgc_desktop.engine.events import Problem, ScanFinished, ScanProgress, TracksChanged
from mgc_desktop.ui import pages, window_state, wording
from mgc_desktop.ui.bridge import Bridge
from mgc_desktop.ui.correcting import Correcting
from mgc_desktop.ui.details.details import Details
from mgc_desktop.ui.details.track_judging import TrackJudging
from mgc_desktop.ui.library.foldering import Foldering
from mgc_desktop.ui.library.getting_out import GettingOut
from mgc_desktop.ui.library.query import LibraryQuery
from mgc_desktop.ui.listening import Listening
from mgc_desktop.ui.live.channels import InputMenus
from mgc_desktop.ui.live.device_chooser import DeviceChooser
from mgc_desktop.ui.live.live_panel import LivePanel
from mgc_desktop.ui.live.numbers import Numbers
from mgc_desktop.ui.live_saving import LiveSaving
from mgc_desktop.ui.main_window import MainWindow
from mgc_desktop.ui.model_menu import ModelMenu
from mgc_desktop.ui.models.cards import ModelCards
from mgc_desktop.ui.models.manager import ModelsWindow
from mgc_desktop.ui.models.teaching import Teaching
from mgc_desktop.ui.picturing import Picturing
from mgc_desktop.ui.port import EnginePort, SettingsPort
from mgc_desktop.ui.review.auditing import Auditing
from mgc_desktop.ui.review.reviewing import Reviewing
from mgc_desktop.ui.sessions.keeping import Keeping
from mgc_desktop.ui.sessions.looking import Looking
from mgc_desktop.ui.spans import Judging
from mgc_desktop.ui.subject import SubjectChooser
from mgc_desktop.ui.tags.tagging import Tagging
from mgc_desktop.ui.theme import Theme
from mgc_desktop.ui.track_actions import TrackActions, show_folder
from mgc_desktop.ui.undo_order import UndoOrder

LAST_FOLDER = "add.folder"


class Conductor(QObject):
    """Owns the query thread and the parts of the window that need the engine. GUI thread.

    Parameters
    ----------
    window : MainWindow
    bridge : Bridge
        Its `post` is the engine's event sink.
    engine : EnginePort
    settings : SettingsPort
    profile : Profile
    theme : Theme
    """

    def __init__(
        self,
        window: MainWindow,
        bridge: Bridge,
        engine: EnginePort,
        settings: SettingsPort,
        profile: Profile,
        theme: Theme,
    ) -> None:
        super().__init__(window)
        self.window, self.engine = window, engine
        self._settings, self._profile, self._theme = settings, profile, theme
        self.query = LibraryQuery(engine.reader, self)
        self.subject = SubjectChooser(window.verdict, self.query)
        self.models = ModelMenu(window, engine, profile)
        self.management = ModelsWindow(window, self.models, profile, settings)
        self.cards = ModelCards(window, self.models)
        self.management.card_asked.connect(self.cards.open)
        self.teaching = Teaching(window, engine, self.models, profile)
        self.live, self.chooser = LivePanel(window), DeviceChooser(window)
        self.details = Details(window, engine, self.live)
        window.set_device_chooser(self.chooser)
        submenus = window.commands.submenus
        self.input_menus = InputMenus(self.chooser, submenus["devices"], submenus["channels"], settings)
        self.listening = Listening(window, engine, settings, self.subject, self.live, self.chooser)
        self.numbers = Numbers(window, settings, self.live)
        self.picturing = Picturing(window, settings, self.live, self.details)
        self.judging = Judging(window, engine, self.live, self.subject)  # paints around the selection
        self.track_judging = TrackJudging(window, engine, self.details.panel, self.subject)
        self.judging.asked.connect(self.track_judging.leave)
        self.track_judging.asked.connect(self.judging.leave)
        self.saving = LiveSaving(window, settings, self.live)
        self._track_actions = TrackActions(window, engine, self.query)
        self.getting_out = GettingOut(window, engine, settings)
        self.correcting = Correcting(window, engine.corrections, self.query)
        self.reviewing, self.auditing = Reviewing(window, engine, settings), Auditing(window, engine)
        self.reviewing.learn_asked.connect(self.teaching.open_for_corrections)
        self.foldering = Foldering(window, engine.folders, self._add_folder, self.add_paths)
        self.tagging = Tagging(window, engine, settings)
        self.undo_order = UndoOrder(
            window.commands, engine.corrections, engine.folders, engine.sessions, self.tagging.ask_undo
        )
        self.keeping = Keeping(window, engine, settings, self.live, self.query)
        self.looking = Looking(window, engine, settings, self.keeping.labelling)
        self._connect_engine(bridge)
        self._connect_window()
        window.may_close = self.teaching.may_close

    def start(self) -> None:
        """Start to list what the library holds."""
        self.query.start()
        self.engine.sessions.settle()
        self.window.library.connect_query(self.query, window_state.remembered_question(self._settings))

    def stop(self) -> None:
        """End the query thread. Idempotent, bounded in time."""
        self.management.stop()
        self.cards.stop()
        self.teaching.stop()
        self.chooser.stop()
        self.picturing.stop()
        self.saving.stop()
        self.live.stop()
        self._track_actions.stop()
        self.getting_out.stop()
        self.tagging.stop()
        self.reviewing.stop()
        self.auditing.stop()
        self.query.stop()

    def add_paths(self, paths: Sequence[str]) -> None:
        """Hear files and folders."""
        if paths:
            self.engine.scanner.add([os.path.abspath(path) for path in paths])
            self.window.status.say("Looking for music…")

    def _connect_engine(self, bridge: Bridge) -> None:
        self._connect_models(bridge)
        self._connect_library(bridge)
        self._connect_live(bridge)
        self._connect_sessions(bridge)
        self._connect_track(bridge)
        bridge.problem.connect(self._problem)
        self.query.failed.connect(self.window.messages.show_problem)

    def _connect_models(self, bridge: Bridge) -> None:
        bridge.model_loading.connect(self.models.loading)
        bridge.model_ready.connect(self.models.ready)
        bridge.model_failed.connect(self.models.failed)
        for part in (self.teaching, self.correcting, self.management, self.reviewing, self.auditing, self.keeping):
            bridge.model_ready.connect(part.model_ready)
        bridge.model_failed.connect(self.management.model_failed)
        bridge.train_progress.connect(self.teaching.progress)
        bridge.train_finished.connect(self.teaching.finished)
        bridge.player_changed.connect(self.teaching.player_changed)

    def _connect_library(self, bridge: Bridge) -> None:
        bridge.scan_progress.connect(self._scan_progress)
        bridge.scan_finished.connect(self._scan_finished)
        bridge.scan_finished.connect(self.foldering.scan_finished)
        bridge.tracks_changed.connect(self._tracks_changed)
        bridge.tracks_changed.connect(self.reviewing.tracks_changed)
        bridge.tracks_changed.connect(self.foldering.tracks_changed)
        bridge.corrections_changed.connect(self.correcting.changed)
        for part in (self.reviewing, self.auditing, self.undo_order):
            bridge.corrections_changed.connect(part.corrections_changed)
        bridge.player_changed.connect(self.reviewing.player_changed)
        bridge.tag_finished.connect(self.undo_order.tags_finished)
        bridge.folder_removed.connect(self.undo_order.folder_removed)
        bridge.folder_put_back.connect(self.undo_order.folder_put_back)
        bridge.folder_removed.connect(self.foldering.removed)
        bridge.folder_put_back.connect(self.foldering.put_back)
        bridge.folders_changed.connect(self.foldering.changed)
        self.tagging.connect_engine(bridge)
        self.window.library.listed.connect(self._listed)
        self.window.came_back.connect(self.window.library.refresh)

    def _connect_live(self, bridge: Bridge) -> None:
        bridge.listen_changed.connect(self.listening.changed)
        for part in (self.details, self.judging, self.numbers, self.picturing, self.saving, self.keeping):
            bridge.listen_changed.connect(part.listen_changed)
        bridge.sound_began.connect(self.listening.sound_began)
        bridge.input_warned.connect(self.listening.warned)
        bridge.live_verdict.connect(self.listening.verdict)
        bridge.live_verdict.connect(self.judging.live_verdict)
        for judging in (self.judging, self.track_judging):
            bridge.span_judged.connect(judging.span_judged)
            bridge.span_explained.connect(judging.span_explained)
        bridge.listen_changed.connect(self.track_judging.listen_changed)
        bridge.live_numbers.connect(self.numbers.told)

    def _connect_sessions(self, bridge: Bridge) -> None:
        bridge.session_changed.connect(self.keeping.changed)
        bridge.span_labelled.connect(self.keeping.labelled)
        bridge.span_labelled.connect(self.undo_order.span_labelled)
        bridge.span_labelled.connect(self.looking.labelled)
        bridge.session_deleted.connect(self.undo_order.session_deleted)
        bridge.session_changed.connect(self.looking.changed)
        bridge.sessions_listed.connect(self.looking.listed)
        bridge.session_opened.connect(self.looking.opened)
        bridge.session_deleted.connect(self.looking.deleted)
        bridge.session_exported.connect(self.looking.exported)
        bridge.player_changed.connect(self.looking.player_changed)
        bridge.track_picture_ready.connect(self.looking.picture_ready)

    def _connect_track(self, bridge: Bridge) -> None:
        bridge.player_changed.connect(self.details.player_changed)
        bridge.track_picture_ready.connect(self.details.picture_ready)
        bridge.track_facts_ready.connect(self.details.facts_ready)
        bridge.track_history_ready.connect(self.details.history_ready)
        bridge.track_history_ready.connect(self.track_judging.history_ready)
        self.window.library.track_chosen.connect(self.subject.track_chosen)

    def _connect_window(self) -> None:
        window = self.window
        empty = window.library.empty
        empty.add_asked.connect(self._add_folder)
        empty.listen_asked.connect(window.commands["listen"].trigger)
        empty.teach_asked.connect(window.commands["retrain"].trigger)
        window.paths_given.connect(self.add_paths)
        actions: dict[str, Callable[[], object]] = {
            "add_folder": self._add_folder,
            "add_files": self._add_files,
            "cancel_scan": self.engine.scanner.cancel,
            "retrain": self.teaching.open,
            "manage_models": self.management.open,
            "previous_model": self.management.go_back,
            "open_models": lambda: show_folder(window, str(self._profile.models_dir)),
            "open_logs": lambda: show_folder(window, str(self._profile.log_dir)),
            "model_card": self.cards.open_in_use,
            "guide": lambda: pages.show_guide(window, guide_dir()),
            "shortcuts": lambda: pages.show_shortcuts(window, window.commands),
            "about": lambda: pages.show_about(window),
        }
        for name, function in actions.items():
            window.commands[name].triggered.connect(lambda _=False, function=function: function())
        window.commands["pause_scan"].triggered.connect(self._pause)
        for mode in ("system", "light", "dark"):
            action = window.commands[f"theme_{mode}"]
            action.setChecked(self._theme.mode == mode)
            action.triggered.connect(lambda _=False, mode=mode: self._set_theme(mode))

    # Requests of the person.
    def _add_folder(self) -> None:
        start = self._settings.get(LAST_FOLDER, "")
        folder = QFileDialog.getExistingDirectory(self.window, "Add a folder of music", str(start))
        if folder:
            self._settings.set(LAST_FOLDER, folder)
            self.add_paths([folder])

    def _add_files(self) -> None:
        start = self._settings.get(LAST_FOLDER, "")
        files, _ = QFileDialog.getOpenFileNames(self.window, "Add files of music", str(start))
        if files:
            self._settings.set(LAST_FOLDER, os.path.dirname(files[0]))
            self.add_paths(files)

    def _pause(self, wanted: bool) -> None:
        self.engine.scanner.pause() if wanted else self.engine.scanner.resume()

    def _set_theme(self, mode: str) -> None:
        self._theme.set_mode(mode)
        self._settings.set(window_state.THEME, mode)

    # News from the engine.
    def _scan_progress(self, event: ScanProgress) -> None:
        self.window.status.show_scan(event)

    def _scan_finished(self, event: ScanFinished) -> None:
        self.window.status.show_finished(event)
        for sentence in event.problems:
            self.window.messages.show_problem(sentence)

    def _tracks_changed(self, event: TracksChanged) -> None:
        self.window.library.tracks_changed(event.ids, rows_added=event.rows_added)

    def _problem(self, event: Problem) -> None:
        self.window.messages.show_problem(event.sentence, event.detail)

    def _listed(self, number: int, search: str) -> None:
        found = wording.count(number, "match") if search else wording.count(number, "track")
        self.window.status.show_listed(found if number else "")
