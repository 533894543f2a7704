"""Labels by keyboard in a session that was kept: a digit is a genre for the selected span."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QKeyEvent

from mgc_desktop.core.session_values import SessionDetails, SoundState
from mgc_desktop.engine.events import SpanLabelled
from mgc_desktop.engine.session_labels import LEAST_LABEL_SECONDS, NO_SOUND, TOO_SHORT
from mgc_desktop.ui import theme
from mgc_desktop.ui.live import axes
from mgc_desktop.ui.port import SessionsPort
from mgc_desktop.ui.sessions.labelling import DIGITS, OTHER, PLAIN, LabelCard, Labelling
from mgc_desktop.ui.sessions.window import SessionsWindow

_NOTHING_SELECTED = "Select a span first: drag in the picture, or press Shift+Right in it."


class KeptLabelling(QObject):
    """Between the keys of a session's picture, its lane of labels, and the engine's sessions. GUI thread.

    Parameters
    ----------
    dialog : SessionsWindow
    sessions : SessionsPort
    live : Labelling
        Says which key is which genre: the same as while listening.
    """

    def __init__(self, dialog: SessionsWindow, sessions: SessionsPort, live: Labelling) -> None:
        super().__init__(dialog)
        self._dialog, self._sessions, self._live = dialog, sessions, live
        self._details: SessionDetails | None = None
        self.card = LabelCard(dialog, dialog.panel.picture)
        self.card.chosen.connect(self.press_genre)
        dialog.panel.picture.installEventFilter(self)
        live.keys_named.connect(self._name_keys)
        self._name_keys()

    def show_session(self, details: SessionDetails | None) -> None:
        """Label this session from now on."""
        if details is None or self._details is None or details.row.id != self._details.row.id:
            self.card.leave()
        self._details = details
        self._name_keys()

    def _name_keys(self) -> None:
        """Say below the picture which key is which genre, or that none is any use."""
        silent = self._details is not None and self._details.row.sound is SoundState.NONE
        self._dialog.panel.set_keys(() if silent else self._live.keys())

    # The keys ----------------------------------------------------------------------------------------

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        kinds = (QEvent.Type.ShortcutOverride, QEvent.Type.KeyPress)
        if not isinstance(event, QKeyEvent) or event.type() not in kinds or not self._is_mine(event):
            return super().eventFilter(watched, event)
        if event.type() == QEvent.Type.ShortcutOverride:
            event.accept()
        elif not event.isAutoRepeat():
            self._press(event)
        return True

    def _is_mine(self, event: QKeyEvent) -> bool:
        is_digit = bool(event.text()) and event.text() in DIGITS
        return self._details is not None and event.modifiers() in PLAIN and (is_digit or event.key() == OTHER)

    def _press(self, event: QKeyEvent) -> None:
        genres = self._live.genres()
        if event.key() == OTHER:
            self._ask_genre()
        elif (number := DIGITS.index(event.text())) < len(genres):
            self.press_genre(genres[number])

    def _ask_genre(self) -> None:
        span = self._span()
        if span is not None:
            self.card.ask(f"{_clock(*span)} is", "", self._live.words())

    def press_genre(self, genre: str) -> None:
        """Label the selected span; without one, or without sound, say what is missing."""
        span, details = self._span(), self._details
        if span is None or details is None:
            return
        zero = details.row.start
        self._sessions.label_kept(details.row.id, zero + span[0], zero + span[1], genre)
        self._dialog.panel.selection.clear()
        self._dialog.panel.picture.setFocus(Qt.FocusReason.OtherFocusReason)

    def _span(self) -> tuple[float, float] | None:
        """Return the selected span, s since the session began; where it teaches nothing, say why not."""
        details, span = self._details, self._dialog.panel.selection.span
        trouble = ""
        if details is None or details.row.sound is SoundState.NONE:
            trouble = NO_SOUND
        elif span is None:
            trouble = _NOTHING_SELECTED
        elif span[1] - span[0] < LEAST_LABEL_SECONDS:
            trouble = TOO_SHORT
        if trouble:
            self._dialog.say(trouble)
        return None if trouble else span

    # News from the engine ------------------------------------------------------------------------------

    def labelled(self, event: SpanLabelled) -> None:
        """Say what became of a label of the session that is shown."""
        label, details = event.label, self._details
        if details is None or label.session != details.row.id or not label.label:
            return
        name = theme.display_name(label.label)
        when = _clock(label.start - details.row.start, label.end - details.row.start)
        said = f"Label taken back: {name}, {when}" if event.taken_back else f"{when} is {name}"
        self._dialog.say(said, undo=not event.taken_back)


def _clock(start: float, end: float) -> str:
    return f"{axes.clock_text(start)} to {axes.clock_text(end)}"
