"""Library > Review: between the window of the review, the library, the player and what is corrected."""

from __future__ import annotations

import base64
import binascii
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, cast

from PySide6.QtCore import QByteArray, QObject, Signal

from mgc_desktop.engine.events import CorrectionsChanged, ModelReady, PlayerChanged, TracksChanged
from mgc_desktop.engine.genre_words import GenreWords
from mgc_desktop.engine.telling import TellingPart, telling_part
from mgc_desktop.library.corrections import GenreNames
from mgc_desktop.ui import theme
from mgc_desktop.ui.main_window import MainWindow
from mgc_desktop.ui.port import EnginePort, SettingsPort
from mgc_desktop.ui.review import words
from mgc_desktop.ui.review.ear import Ear
from mgc_desktop.ui.review.reading import Card, Doubtful, ReviewReader, ReviewReading
from mgc_desktop.ui.review.review_window import ReviewWindow, played_line
from mgc_desktop.ui.review.session import Choice, ReviewSession

if TYPE_CHECKING:
    from mgc_desktop.core.values import TrackRow

GEOMETRY, AUTOMATIC, SCOPE = "review.geometry", "review.play_by_itself", "review.scope"
_AHEAD = 3  # tracks that are read before they come up
_KEPT = 64  # cards: for a look back


class Reviewing(QObject):
    """Keeps the one window and the walk through the doubtful tracks. GUI thread."""

    learn_asked = Signal()  # a model is to be taught from what was set

    def __init__(self, window: MainWindow, engine: EnginePort, settings: SettingsPort) -> None:
        super().__init__(window)
        self._window, self._engine, self._settings = window, engine, settings
        self.reading = ReviewReading(cast("Callable[[], ReviewReader]", engine.reader), self)
        self.ear = Ear(engine.player, self)
        self.dialog: ReviewWindow | None = None
        self.session = ReviewSession(())
        self._found: Doubtful | None = None
        self._cards: dict[int, Card] = {}
        self._asked: set[int] = set()
        self._shown: int | None = None  # the track on the desk
        self._since = 0.0  # when it came up
        self._said: dict[int, str] = {}  # what the person says of tracks, in this review
        self._to_undo = 0  # decisions of this review
        self._labels: tuple[str, ...] = ()
        self._names = GenreNames()
        self.reading.doubtful_read.connect(self._take_doubtful)
        self.reading.card_read.connect(self._take_card)
        self.reading.genres_read.connect(self._take_names)
        self.reading.failed.connect(window.messages.show_problem)
        self.ear.changed.connect(self._show_sound)
        window.commands["review"].triggered.connect(self.open)

    # The window.
    def open(self) -> None:
        """Show the window; begin anew unless it is open."""
        dialog = self._made_dialog()
        if not dialog.isVisible():
            self._begin()
        dialog.come_up()

    def stop(self) -> None:
        """End what works for the review. Idempotent, bounded in time."""
        if self.dialog is not None and self.dialog.isVisible():
            self._keep_place()
        self.ear.hush()
        self.reading.stop()

    def _made_dialog(self) -> ReviewWindow:
        if self.dialog is None:
            dialog = self.dialog = ReviewWindow(self._window)
            dialog.automatic.setChecked(self._settings.get(AUTOMATIC, True) is not False)
            _restore_place(dialog, self._settings.get(GEOMETRY, ""))
            dialog.desk.asked.connect(self._follow)
            dialog.desk.digit_pressed.connect(self._take_digit)
            dialog.desk.bars.chosen.connect(self._take_digit)
            dialog.desk.typed.connect(self._type)
            dialog.desk.card.chosen.connect(self._decide)
            dialog.desk.timeline.clicked.connect(self.ear.play_from)
            dialog.scope_chosen.connect(self._choose_scope)
            dialog.automatic_chosen.connect(self._set_automatic)
            dialog.left.connect(self._left)
            dialog.end.again.clicked.connect(self._look_again)
            dialog.end.whole.clicked.connect(lambda: self._choose_scope("whole"))
            dialog.end.learn.clicked.connect(self._learn)
            dialog.end.close_button.clicked.connect(dialog.reject)
            self.ear.moved.connect(dialog.desk.timeline.show_position)
        return self.dialog

    def _left(self) -> None:
        self.ear.hush()
        self._shown = None
        self._keep_place()
        line = words.left_line(self.session.summary())
        if line:
            self._window.status.say(line)

    def _keep_place(self) -> None:
        geometry = bytes(self._made_dialog().saveGeometry().data())
        self._settings.set(GEOMETRY, base64.b64encode(geometry).decode("ascii"))

    def _set_automatic(self, on: bool) -> None:
        self._settings.set(AUTOMATIC, on)
        if on and self._shown is not None and not self.ear.playing:
            self.ear.again()
        self._show_sound()

    # The list.
    def _begin(self) -> None:
        self.session, self._found = ReviewSession(()), None
        self._cards.clear()
        self._said.clear()
        self._shown, self._to_undo = None, 0
        self._show_undo()
        self._made_dialog().show_waiting()
        self.reading.ask_genres()
        self.reading.ask_doubtful(self._window.library.model.ids())

    def _take_doubtful(self, found: Doubtful) -> None:
        self._found = found
        wanted = "whole" if self._settings.get(SCOPE, "listed") == "whole" else "listed"
        self._made_dialog().offer_scopes(len(found.listed), len(found.whole), wanted)
        self._walk(wanted)

    def _choose_scope(self, scope: str) -> None:
        self._settings.set(SCOPE, scope)
        self._begin()

    def _walk(self, scope: str) -> None:
        found, dialog = self._found, self._made_dialog()
        if found is None:
            return
        ids = found.whole if scope == "whole" else found.listed
        self.session = ReviewSession(ids)
        if len(ids):
            self._show_current()
        else:
            dialog.end.show_nothing(len(found.whole))
            dialog.show_progress("", 0, 1)
            dialog.show_end()

    # The track on the desk.
    def _show_current(self) -> None:
        """Show the track that is to be decided, as soon as it is read."""
        track = self.session.current
        if track is None:
            self._end()
            return
        for near in (track, *self.session.coming(_AHEAD)):
            self._read(near)
        card = self._cards.get(track)
        if card is not None:
            self._show(card)

    def _read(self, track: int) -> None:
        if track not in self._cards and track not in self._asked:
            self._asked.add(track)
            self.reading.ask_card(track)

    def _take_card(self, card: Card) -> None:
        self._asked.discard(card.track)
        self._cards[card.track] = card
        while len(self._cards) > _KEPT:
            del self._cards[next(iter(self._cards))]
        if card.track == self.session.current:
            self._show(card)

    def _show(self, card: Card) -> None:
        dialog, again = self._made_dialog(), card.track == self._shown
        if not dialog.isVisible():
            return
        if not self._is_to_decide(card):
            self.session.drop(card.track)
            self._show_current()
            return
        row = cast("TrackRow", card.row)
        part = _part(card)
        dialog.desk.show_card(card, part, self._said.get(card.track) or row.correction)
        dialog.keys.enable("back", self.session.place > 1 or self.session.in_second_round)
        self._show_progress()
        dialog.show_desk()
        if not again:
            self._shown, self._since = card.track, time.monotonic()
            dialog.desk.card.leave()
            self.ear.take(row.path, part, play=dialog.automatic.isChecked())

    def _is_to_decide(self, card: Card) -> bool:
        """Return whether a track is still there, and not decided by others meanwhile."""
        row = card.row
        if row is None or card.verdict is None or row.state == "missing" or row.offline:
            return False
        return row.correction is None or card.track == self._shown or self.session.choice(card.track) is not None

    def _show_progress(self) -> None:
        summary = self.session.summary()
        self._made_dialog().show_progress(words.progress_line(self.session), summary.decided, summary.total)

    def _end(self) -> None:
        self.ear.hush()
        self._shown = None
        dialog, summary = self._made_dialog(), self.session.summary()
        dialog.end.show_summary(summary)
        dialog.show_progress(f"{summary.decided:,} of {summary.total:,} decided", summary.decided, summary.total)
        dialog.show_end()

    def _show_sound(self) -> None:
        if self.dialog is not None:
            automatic, playing = self.dialog.automatic.isChecked(), self.ear.playing
            self.dialog.keys.say("pause", "Pause" if playing else "Play")
            self.dialog.desk.show_sound(played_line(self.ear.trouble, playing=playing, automatic=automatic))

    # What the person does.
    def _follow(self, name: str) -> None:
        doing: dict[str, Callable[[], object]] = {
            "accept": lambda: self._take_digit(1),
            "type": lambda: self._type(""),
            "skip": self._skip,
            "back": self._back,
            "undo": self._undo,
            "redo": self._engine.corrections.redo,
            "pause": self.ear.toggle,
            "again": self.ear.again,
            "close": self._made_dialog().reject,
        }
        if name in doing:
            doing[name]()

    def _take_digit(self, digit: int) -> None:
        label = self._made_dialog().desk.bars.label(digit)
        if label is not None:
            self._decide(label)

    def _decide(self, label: str) -> None:
        track = self.session.current
        card = self._cards.get(track) if track is not None else None
        if track is None or card is None or card.verdict is None or track != self._shown:
            return  # what is on the screen is not the track to decide: a key came too early
        accepted = label == card.verdict.label
        if accepted and track not in self._said and not (card.row and card.row.correction):
            self._engine.corrections.accept([track])
        else:
            self._engine.corrections.set_label([track], label)
        self._said[track] = label
        self._to_undo += 1
        self._show_undo()
        self.session.decide(Choice.ACCEPTED if accepted else Choice.CHANGED, time.monotonic() - self._since)
        self._show_current()

    def _skip(self) -> None:
        if self._shown == self.session.current:
            self.session.skip()
            self._show_current()

    def _undo(self) -> None:
        """Undo the last decision; what was done before this review is left to the main window."""
        if self._to_undo:
            self._to_undo -= 1
            self._engine.corrections.undo()
            self._show_undo()

    def _show_undo(self) -> None:
        self._made_dialog().keys.enable("undo", self._to_undo > 0)

    def _back(self) -> None:
        if self.session.back():
            self._show_current()

    def _look_again(self) -> None:
        self.session.look_again()
        self._show_current()

    def _learn(self) -> None:
        self._made_dialog().reject()
        self.learn_asked.emit()

    def _type(self, letter: str) -> None:
        card = self._cards.get(self._shown or -1)
        if card is not None and card.row is not None and self._made_dialog().page() is self._made_dialog().desk:
            now = theme.display_name(card.verdict.label or "") if card.verdict else ""
            self._made_dialog().desk.card.ask("Genre of this track", now, self._words(card), letter)

    def _words(self, card: Card) -> GenreWords:
        """Return what may be meant, the likely first: what the file says, what was set before, the model's labels."""
        tagged = [name.strip() for name in card.row.existing_genre.split("; ")] if card.row else []
        known = (*self._names.corrected, *self._labels, *self._names.models)
        labels = GenreWords(known, theme.display_name)
        likely = [labels.label(name) for name in tagged if name]
        return GenreWords((*likely, *known, *self._names.tags), theme.display_name)

    # News.
    def model_ready(self, event: ModelReady) -> None:
        """Offer the labels of the model that answers from now on."""
        self._labels = event.labels

    def player_changed(self, event: PlayerChanged) -> None:
        """Follow what is played."""
        self.ear.heard(event)

    def tracks_changed(self, event: TracksChanged) -> None:
        """Forget what was read of tracks that changed; what is on the desk is read again."""
        for track in self._cards.keys() & set(event.ids):
            del self._cards[track]
        if self._shown is not None and self._shown in event.ids:
            self._read(self._shown)

    def corrections_changed(self, event: CorrectionsChanged) -> None:
        """Follow what was undone, or decided elsewhere, of the tracks of this review."""
        if self.dialog is None or not self.dialog.isVisible() or not event.changed:
            return
        before = self.session.current
        self._to_undo += event.way == "redone"
        self._show_undo()
        for track in event.ids:
            if event.way == "undone" and self.session.choice(track) is not None:
                self._said.pop(track, None)
                self._cards.pop(track, None)
                self.session.undone(track)
            elif event.way == "redone" or (event.way == "done" and self._said.get(track) is None):
                self._decided_elsewhere(track, event.step.label)
        if self.session.current != before:
            self._show_current()
        elif before is not None:
            self._show_progress()

    def _decided_elsewhere(self, track: int, label: str) -> None:
        if not self.session.holds(track):
            return  # it is passed over when its turn comes
        if label:
            self._said[track] = label
        self._cards.pop(track, None)
        self.session.done_elsewhere(track, Choice.CHANGED if label else Choice.ACCEPTED)

    def _take_names(self, names: GenreNames) -> None:
        self._names = names


def _part(card: Card) -> TellingPart:
    verdict, row = card.verdict, card.row
    best = verdict.label if verdict is not None else None
    rival = verdict.runner_up if verdict is not None else None
    return telling_part(card.windows, best, rival, row.duration if row is not None else None)


def _restore_place(dialog: ReviewWindow, saved: object) -> None:
    """Put the window where it was left; what cannot be read leaves it as it is at first."""
    try:
        data = base64.b64decode(saved, validate=True) if isinstance(saved, str) else b""
    except (binascii.Error, ValueError):
        return
    if data:
        dialog.restoreGeometry(QByteArray(data))
