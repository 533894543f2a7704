"""Labels by keyboard while listening: a digit is a genre, for the selected span, or until it is pressed again."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QObject, QRect, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QWidget

from mgc_desktop.core.model_info import NOT_MUSIC_LABEL
from mgc_desktop.core.session_values import SessionLabel
from mgc_desktop.engine.events import ListenChanged, ListenState, ModelReady, SpanLabelled
from mgc_desktop.engine.genre_words import GenreWords
from mgc_desktop.library.corrections import GenreNames
from mgc_desktop.ui import theme
from mgc_desktop.ui.library.genre_editor import GenreCard
from mgc_desktop.ui.library.query import LibraryQuery
from mgc_desktop.ui.live import axes
from mgc_desktop.ui.live.live_panel import LivePanel
from mgc_desktop.ui.live.picture_view import PictureView
from mgc_desktop.ui.main_window import MainWindow
from mgc_desktop.ui.port import SessionsPort
from mgc_desktop.ui.sessions.label_lane import LabelLane

DIGITS = "1234567890"
_LEAST_HEIGHT = 252  # px of the panel with a lane that is empty: 160 of them are left for the picture
PLAIN = (Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.KeypadModifier)
OTHER = Qt.Key.Key_F2  # as for the tracks of the library


class LabelCard(GenreCard):
    """Asks for a genre beside a picture, over whatever is there: a low picture has no room for it."""

    def __init__(self, over: QWidget, picture: PictureView) -> None:
        super().__init__(picture)
        self.setParent(over)
        self._picture, self._over = picture, over
        self.setAccessibleName("Label")

    def _where(self) -> tuple[QRect, QRect]:
        plot = self._picture.plot_rect()
        return self._over.rect(), QRect(self._picture.mapTo(self._over, plot.topLeft()), plot.size())


class Labelling(QObject):
    """Between the keys of the live picture, the lane below it, and the engine's sessions. GUI thread.

    Signals
    -------
    trouble : str
        Why nothing could be labelled.
    keys_named
        The keys are other genres.
    """

    trouble = Signal(str)
    keys_named = Signal()

    def __init__(self, window: MainWindow, sessions: SessionsPort, live: LivePanel, query: LibraryQuery) -> None:
        super().__init__(window)
        self._window, self._sessions, self._live, self._query = window, sessions, live, query
        self._listening = self._has_lane = False
        self._labelled = False  # whether there is a label in the present listening
        self._open: tuple[float, str] | None = None  # since when, s, and which genre
        self._model: tuple[str, ...] = ()
        self._names = GenreNames()
        self.lane = LabelLane(live)
        self.lane.hide()
        live.add_lane(self.lane)
        self.card = LabelCard(window, live.spectrogram)
        self.card.chosen.connect(self.press_genre)
        self.lane.take_back_asked.connect(sessions.take_back_label)
        self.lane.span_chosen.connect(live.selection.set_span)
        live.moved.connect(self.lane.set_view)
        live.spectrogram.installEventFilter(self)
        live.installEventFilter(self)
        query.genres_read.connect(self._take_names)
        self._name_keys()

    # The keys ----------------------------------------------------------------------------------------

    def genres(self) -> tuple[str, ...]:
        """Return the genres of the keys 1 to 9 and 0: the model's, then those that the person set."""
        own = (label for label in self._names.corrected if label not in self._model)
        return tuple(label for label in (*self._model, *own) if label != NOT_MUSIC_LABEL)[: len(DIGITS)]

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self._live:
            if event.type() == QEvent.Type.Resize:
                self._show_lane()
            return False
        if isinstance(event, QKeyEvent) and event.type() in (QEvent.Type.ShortcutOverride, QEvent.Type.KeyPress):
            mine = self._is_mine(event)
            if mine and event.type() == QEvent.Type.ShortcutOverride:
                event.accept()  # else F2 would be asked of the library's table
                return True
            if mine:
                self._press(event)
                return True
        return super().eventFilter(watched, event)

    def _is_mine(self, event: QKeyEvent) -> bool:
        if self._live.recording is None:
            return False
        key = event.key()
        return event.modifiers() in PLAIN and (
            key == OTHER
            or (key == Qt.Key.Key_Escape and self._open is not None)
            or (bool(event.text()) and event.text() in DIGITS)
        )

    def _press(self, event: QKeyEvent) -> None:
        if event.isAutoRepeat():
            return
        if event.key() == Qt.Key.Key_Escape:
            self.end_label()
        elif event.key() == OTHER:
            self._ask_genre()
        else:
            number, genres = DIGITS.index(event.text()), self.genres()
            if number < len(genres):
                self.press_genre(genres[number])

    def _ask_genre(self) -> None:
        span = self._live.selection.span
        about = f"{_clock(*span)} is" if span is not None else "What plays from now on is"
        self.card.ask(about, "", self.words())
        self._query.ask_genres()

    def words(self) -> GenreWords:
        """Return the genres that are offered to who types one."""
        names = self._names
        return GenreWords(
            (*self.genres(), *names.corrected, *self._model, *names.models, *names.tags), theme.display_name
        )

    # What they do ------------------------------------------------------------------------------------

    def press_genre(self, genre: str) -> None:
        """Label the selected span; without one, begin a label, or end the one that goes on."""
        span, recording = self._live.selection.span, self._live.recording
        if span is not None:
            self._sessions.label(*span, genre)
            self._live.selection.clear()
            return
        if recording is None or not self._listening:
            self.trouble.emit(
                "Select a span in the picture first: what is not heard now cannot be labelled from now on."
            )
            return
        before = self._open
        self.end_label()
        if before is None or before[1] != genre:
            self._begin(recording.seconds, genre)

    def _begin(self, start: float, genre: str) -> None:
        self._open = (start, genre)
        self.lane.set_open(start, genre)
        self._show_lane()
        key = self._key_of(genre)
        self._window.status.say(f"{theme.display_name(genre)} from now on; {key}Esc ends it")

    def _key_of(self, genre: str) -> str:
        genres = self.genres()
        return f"{DIGITS[genres.index(genre)]} or " if genre in genres else ""

    def end_label(self) -> None:
        """End the label that goes on; nothing where none does."""
        if self._open is None:
            return
        (start, genre), self._open = self._open, None
        self.lane.set_open(None)
        recording = self._live.recording
        if recording is not None:
            self._sessions.label(start, recording.seconds, genre)

    # News from the engine ------------------------------------------------------------------------------

    def model_ready(self, event: ModelReady) -> None:
        """Let the keys be the genres of the model that answers from now on."""
        self._model = event.labels
        self._name_keys()

    def listen_changed(self, event: ListenChanged) -> None:
        """Show the lane while there is something to label; a label that goes on ends with listening."""
        self._listening = event.state in (ListenState.RUNNING, ListenState.WAITING)
        if event.state in (ListenState.STOPPED, ListenState.FAILED):
            self.end_label()
        if event.state is ListenState.RUNNING:
            recording = self._live.recording
            if recording is not None:
                self.lane.set_recording(recording)
            self._has_lane = True
            self._show_lane()

    def _show_lane(self) -> None:
        # In a low panel the picture needs the room more than the names of keys do.
        wanted = self._labelled or self._open is not None or self._live.height() >= _LEAST_HEIGHT
        self.lane.setVisible(self._has_lane and wanted)

    def labelled(self, event: SpanLabelled) -> None:
        """Say what became of a label."""
        label, name = event.label, theme.display_name(event.label.label)
        if not label.label:
            return
        if event.taken_back:
            said = f"Label taken back: {name}, {_clock(label.start, label.end)}"
        else:
            said = f"{_clock(label.start, label.end)} is {name}"
            said += "; the sound of this span is kept to learn from" if event.alone else ""
        self._window.status.say(said)

    def set_labels(self, labels: Sequence[SessionLabel]) -> None:
        """Show the labels of the present listening."""
        self.lane.set_labels(labels)
        self._labelled = bool(labels)
        self._show_lane()

    def _take_names(self, names: GenreNames) -> None:
        if names != self._names:
            self._names = names
            self._name_keys()
            if self.card.isVisible():
                self.card.set_words(self.words())

    def _name_keys(self) -> None:
        self.lane.set_keys(self.keys())
        self.keys_named.emit()

    def keys(self) -> list[tuple[str, str]]:
        """Return which key is which genre, as (key, name) pairs."""
        keys = [(key, theme.display_name(genre)) for key, genre in zip(DIGITS, self.genres(), strict=False)]
        return [*keys, ("F2", "another")]


def _clock(start: float, end: float) -> str:
    return f"{axes.clock_text(start)} to {axes.clock_text(end)}"
