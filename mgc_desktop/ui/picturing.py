"""The tools of the live picture: freezing, options, cursor and selection; and where they stand in the window."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import QEvent, QObject, QPoint, Qt
from PySide6.QtWidgets import QMenu, QWidget

from mgc_desktop.core.values import TrackRow
from mgc_desktop.engine.events import ListenChanged
from mgc_desktop.ui.details.details import Details
from mgc_desktop.ui.live import axes
from mgc_desktop.ui.live.live_panel import LivePanel
from mgc_desktop.ui.live.options_popup import OptionsPopup
from mgc_desktop.ui.live.picture_settings import PictureSettings
from mgc_desktop.ui.live.range_drag import RangeDrag
from mgc_desktop.ui.live.readout import Readout
from mgc_desktop.ui.live.selecting import Selecting
from mgc_desktop.ui.live.selection import SelectionPainter
from mgc_desktop.ui.live.span_button import SpanButton
from mgc_desktop.ui.live.title_row import TitleRow
from mgc_desktop.ui.main_window import MainWindow
from mgc_desktop.ui.panel_title import PanelTitle
from mgc_desktop.ui.port import SettingsPort

PICTURE = "live.picture"
_TICKS_BETWEEN_READINGS = 6  # of the display's clock: digits that change more often can't be read
_MENU = ("freeze", "", "judge_span", "explain", "model_sees", "", "save_sound", "save_picture", "picture_options")
TRACK_TOOLS = ("judge_span", "explain")  # what can be done with a track's picture, too
# Name, short name (empty: icon alone), whether a group begins. What comes first stays in sight longest.
_TOOLS = (
    ("freeze", "Freeze", False),
    ("span", "", False),
    ("picture_options", "", False),
    ("judge_span", "Judge", True),
    ("explain", "Why?", False),
    ("model_sees", "Model view", False),
    ("keep_session", "Keep", True),
    ("session_note", "Note", False),
    ("save_picture", "", True),
    ("save_sound", "", False),
    ("sessions", "", True),
    ("numbers", "", False),
)


class Picturing(QObject):
    """Connects the tools with the picture, and remembers what was chosen. GUI thread.

    Parameters
    ----------
    window : MainWindow
    settings : SettingsPort
    live : LivePanel
    details : Details
        Says whether the picture is what the lower panel shows.
    """

    def __init__(self, window: MainWindow, settings: SettingsPort, live: LivePanel, details: Details) -> None:
        super().__init__(window)
        self._window, self._settings, self._live, self._details = window, settings, live, details
        self._picture, self._cursor = live.spectrogram, live.picture_cursor
        self._ticks = 0
        self.options = OptionsPopup(window)
        self.range = RangeDrag(self._picture)
        self.span = SpanButton(live.header)
        self.row = TitleRow(live.header)
        self.selecting = Selecting(
            self._picture, [live.ribbon], live.selection, self._cursor, self._kept, self._picture.freeze
        )
        self._picture.add_overlay(SelectionPainter(live.selection))
        self._picture.add_overlay(self._cursor)
        self._fill_row()
        self._connect()
        self._picture.set_settings(PictureSettings.read(settings.get(PICTURE)))
        self._settings_changed(self._picture.settings)
        self.listen_changed()

    @property
    def readout(self) -> Readout:
        """What is under the cursor."""
        return self.row.readout

    def _fill_row(self) -> None:
        commands = self._window.commands
        for name, short, begins_group in _TOOLS:
            if name == "span":
                self._live.header.add_button(self.span)
                continue
            if short:
                commands[name].setIconText(short)
            self._live.header.add_action(commands[name], named=bool(short), begins_group=begins_group)
        title = self._window.live_dock.titleBarWidget()
        assert isinstance(title, PanelTitle)
        title.put(self.row)

    def _connect(self) -> None:
        commands, picture = self._window.commands, self._picture
        commands["freeze"].triggered.connect(self._freeze)
        commands["picture_options"].triggered.connect(self.show_options)
        self.options.changed.connect(picture.set_settings)
        self.range.wanted.connect(lambda levels: picture.set_settings(replace(picture.settings, levels=levels)))
        self.span.chosen.connect(lambda seconds: picture.set_settings(replace(picture.settings, span_seconds=seconds)))
        picture.settings_changed.connect(self._settings_changed)
        picture.frozen_changed.connect(self._frozen_changed)
        picture.installEventFilter(self)
        picture.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        picture.customContextMenuRequested.connect(self._show_menu)
        self._live.selection.changed.connect(self._selection_changed)
        self._cursor.moved.connect(self._cursor_moved)
        self._live.clock.tick.connect(self._tick)
        self.row.switched.connect(lambda: self._details.look_at(live=self._details.lower.shows_track))
        self._details.lower.currentChanged.connect(lambda _: self._renew_row())
        self._window.library.track_chosen.connect(self._track_chosen)

    def stop(self) -> None:
        """Close what is open beside the window."""
        self.options.close()

    def listen_changed(self, event: ListenChanged | None = None) -> None:
        """Offer what makes sense with what there is to look at."""
        there = self._live.recording is not None
        self._window.commands["freeze"].setEnabled(there)
        self._renew_row()

    def _track_chosen(self, row: TrackRow | None) -> None:
        self._renew_row()

    def _renew_row(self) -> None:
        shows_track = self._details.lower.shows_track
        commands, header = self._window.commands, self._live.header
        header.show()
        header.limit_to([commands[name] for name in TRACK_TOOLS] if shows_track else None)
        self.row.want_readout(not shows_track)
        if shows_track:
            self.row.offer("Live picture" if self._live.recording is not None else "")
        else:
            self.row.offer("Selected track" if self._details.can_look_at_track else "")

    # Freezing ----------------------------------------------------------------------------------------

    def _freeze(self, wanted: bool) -> None:
        self._window.live_dock.show()
        self._details.look_at(live=True)
        self._picture.freeze(wanted)
        self._frozen_changed(self._picture.frozen)  # also where there is nothing to be held
        self._picture.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def _frozen_changed(self, frozen: bool) -> None:
        self._window.commands["freeze"].setChecked(frozen)
        self._read_out()

    # The selection -----------------------------------------------------------------------------------

    def _selection_changed(self) -> None:
        self._picture.update()
        span = self._live.selection.span
        if span is not None:
            self._live.ribbon.mark(*span)
        else:
            self._live.ribbon.unmark()

    def menu(self) -> QMenu:
        """Return what can be done with the picture and the selection."""
        commands, menu = self._window.commands, QMenu(self._picture)
        menu.setToolTipsVisible(True)
        for name in _MENU:
            menu.addAction(commands[name]) if name else menu.addSeparator()
        menu.addSeparator()
        menu.addAction("Select All", self.selecting.take_all).setEnabled(commands["freeze"].isEnabled())
        nothing = menu.addAction("Select Nothing", self._live.selection.clear)
        nothing.setEnabled(self._live.selection.span is not None)
        return menu

    def _show_menu(self, place: QPoint) -> None:
        menu = self.menu()
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.popup(self._picture.mapToGlobal(place))

    def _kept(self) -> tuple[float, float]:
        """Return the earliest and the latest moment that can be chosen, s."""
        recording = self._live.recording
        return (recording.kept_from, self._picture.now) if recording is not None else (0.0, 0.0)

    # Options -----------------------------------------------------------------------------------------

    def show_options(self) -> None:
        """Open the options over the picture; or close them."""
        if self.options.isVisible():
            self.options.close()
            return
        self._show_settings()
        self.options.adjustSize()
        self.options.move(self._place_for(self.options))
        self.options.show()
        self.options.raise_()
        self.options.activateWindow()

    def _place_for(self, popup: QWidget) -> QPoint:
        """Return where it covers neither the picture nor leaves the screen."""
        row, screen = self.row, self._window.screen().availableGeometry()
        corner = row.mapToGlobal(QPoint(0, -popup.height() - 40))
        x = min(max(corner.x(), screen.left()), screen.right() - popup.width())
        return QPoint(x, min(max(corner.y(), screen.top()), screen.bottom() - popup.height()))

    def _settings_changed(self, settings: PictureSettings) -> None:
        self._settings.set(PICTURE, settings.kept())
        self.span.show_span(settings.span_seconds)
        self._show_settings()
        self._show_levels()

    def _show_settings(self) -> None:
        recording = self._live.recording
        rate = recording.sample_rate if recording is not None else 0
        self.options.show_settings(self._picture.settings, rate=rate, fitted=self._picture.levels)

    def _show_levels(self) -> None:
        self.range.show_levels(*self._picture.levels, automatic=self._picture.settings.levels is None)

    # The cursor --------------------------------------------------------------------------------------

    def _tick(self) -> None:
        self._ticks += 1
        if self._ticks % _TICKS_BETWEEN_READINGS == 0:
            self._show_levels()
            if self._cursor.place is not None:
                self._read_out()

    def _cursor_moved(self) -> None:
        self._picture.update(self._picture.plot_rect())
        self._read_out()

    def _read_out(self) -> None:
        place, picture = self._cursor.place, self._picture
        seconds = picture.seconds_at(place.x() + 0.5) if place is not None else -1.0
        if place is None or picture.is_blank or seconds < 0:
            self.readout.clear()
            return
        hz = picture.frequency_at(place.y() + 0.5)
        ago = picture.seconds_before_now(place.x() + 0.5)
        when = f"\N{MINUS SIGN}{max(0.0, ago):.1f} s" if picture.follows else axes.moment_text(seconds, fine=True)
        self.readout.show_place(when, hz, picture.level_at(seconds, hz))

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() in (QEvent.Type.Resize, QEvent.Type.Show):
            self.range.keep_to(self._picture.plot_rect())
            self._cursor.keep_to(self._picture.plot_rect())
        return False
