"""Keeping what is listened to: sessions with their timeline, notes, labelled spans and perhaps their sound."""

from __future__ import annotations

import logging
import queue
import time
from collections import deque
from collections.abc import Callable, Generator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from mgc_desktop.core.errors import MgcError
from mgc_desktop.core.recording import KEPT_SECONDS, Recording
from mgc_desktop.core.session_values import SessionLabel, SessionNote, SessionRow, SoundState
from mgc_desktop.engine.events import (
    Event,
    InputGap,
    ListenChanged,
    ListenState,
    LiveVerdict,
    Problem,
    SessionChanged,
    SessionDeleted,
    SessionExported,
    SessionOpened,
    SessionsListed,
    SpanLabelled,
)
from mgc_desktop.engine.loop import EventSink, Loop
from mgc_desktop.engine.open_session import OpenSession
from mgc_desktop.engine.session_labels import LEAST_LABEL_SECONDS, TOO_SHORT, LabelError, cut_alone, label_of_kept
from mgc_desktop.engine.session_settling import settle_sound
from mgc_desktop.engine.session_shelf import SessionShelf
from mgc_desktop.engine.writer import Writer

if TYPE_CHECKING:  # SQLite is loaded after the window's first paint
    from mgc_desktop.library.reader import Reader
    from mgc_desktop.library.sessions import KeptVerdict

log = logging.getLogger(__name__)

RECORD_SECONDS = 1.0  # between two looks into the ring
_NOT_LISTENING = "There is nothing to keep: listen first (Ctrl+L)."


class Sessions(Loop):
    """Keeps, lists and changes sessions. Methods return at once, from any thread; what comes of them are events.

    Parameters
    ----------
    recording : callable
        Returns what is recorded, or was last (`Listener.recording`).
    writer : Writer
    open_reader : callable
        Opens a read connection; called in the thread of this one.
    folder : Path
        Where sound is kept, a folder a session.
    on_event : EventSink
        Gets what `mgc_desktop.engine.session_events` has.
    """

    def __init__(
        self,
        recording: Callable[[], Recording | None],
        writer: Writer,
        open_reader: Callable[[], Reader],
        folder: Path,
        on_event: EventSink,
    ) -> None:
        super().__init__("sessions", on_event)
        self._recording, self._writer = recording, writer
        self._shelf = SessionShelf(writer, open_reader, folder)
        self._orders: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()
        self._keeping = False
        # The rest belongs to the thread.
        self._axis: Recording | None = None  # what is listened to, or was last
        self._on = False
        self._heard: deque[KeptVerdict] = deque()  # of the last ten minutes
        self._gaps: list[tuple[float, float]] = []
        self._open: OpenSession | None = None
        self._labels: dict[int, SessionLabel] = {}  # of this listening
        self._forgotten: dict[int, SessionLabel] = {}  # labels that were taken back
        self._here: set[int] = set()  # the sessions of this listening
        self._jobs: deque[Generator[None, None, None]] = deque()
        self._next_look = 0.0
        self._last_session = 0

    # What can be asked for -------------------------------------------------------------------------

    @property
    def keeping(self) -> bool:
        """Whether a session is kept now."""
        return self._keeping

    def take(self, event: Event) -> None:
        """Follow what the listener tells."""
        if isinstance(event, ListenChanged):
            self._orders.put(partial(self._listen_changed, event, self._recording()))
        elif isinstance(event, LiveVerdict):
            self._orders.put(partial(self._verdict, replace(event, features=None)))
        elif isinstance(event, InputGap):
            self._orders.put(partial(self._gap, event))

    def keep(self, with_audio: bool) -> None:
        """Keep what is heard from now on; nothing happens where that is so already."""
        self._orders.put(partial(self._keep, with_audio))

    def keep_earlier(self) -> None:
        """Keep also what was heard before the session began, up to ten minutes."""
        self._orders.put(self._keep_earlier)

    def keep_audio(self) -> None:
        """Keep the sound of the session as well, from its beginning on, up to ten minutes back."""
        self._orders.put(self._keep_audio)

    def drop_audio(self) -> None:
        """Go on without sound, and forget what was kept of it in this session."""
        self._orders.put(self._drop_audio)

    def stop_keeping(self) -> None:
        """End the session that is kept."""
        self._orders.put(self._end_session)

    def note(self, text: str, time: float | None = None) -> None:
        """Write a note at a moment of what is listened to, s; None: now."""
        self._orders.put(partial(self._note, text, time))

    def label(self, start: float, end: float, label: str) -> int:
        """Say that a span of what is listened to is `label`; return the number it is taken back by."""
        number = self._shelf.number()
        self._orders.put(partial(self._label, number, start, end, label))
        return number

    def label_kept(self, session: int, start: float, end: float, label: str) -> int:
        """Say that a span of a kept session is `label`, s since listening began; return the label's number."""
        number = self._shelf.number()
        self._after_writing(partial(self._label_kept, session, number, start, end, label))
        return number

    def take_back_label(self, label: int) -> None:
        """Let a label count no more."""
        self._orders.put(partial(self._take_back, label))

    def put_back_label(self, label: int) -> None:
        """Let a label count again that was taken back since the program started."""
        self._orders.put(partial(self._put_back_label, label))

    def ask(self) -> None:
        """Ask for the list: `SessionsListed`."""
        self._after_writing(self._list)

    def open(self, session: int) -> None:
        """Ask for all that is kept of a session: `SessionOpened`."""
        self._after_writing(partial(self._tell_details, session))

    def rename(self, session: int, name: str) -> None:
        """Give a session a name; an empty one takes it away."""
        self._shelf.write(lambda book: book.change(session, name=" ".join(name.split())))
        self.ask()

    def delete(self, session: int) -> None:
        """List a session no more. Its sound goes to the system's trash when the program ends."""
        self._after_writing(partial(self._delete, session))

    def put_back(self, session: int) -> None:
        """List a session again that was deleted since the program started."""
        self._after_writing(partial(self._mark_deleted, session, deleted=False))

    def export(self, session: int, path: str, kind: str) -> None:
        """Write a session to a file, "csv" or "json": `SessionExported`."""
        self._after_writing(partial(self._export, session, path, kind))

    def settle(self) -> None:
        """See to what an earlier run of the program left open. Called once, by who has the profile for itself."""
        self._after_writing(self._look_for_leftovers)

    # The thread ------------------------------------------------------------------------------------

    def _step(self) -> None:
        try:
            order: Callable[[], None] | None = self._orders.get(timeout=self._patience())
        except queue.Empty:
            order = None
        if order is not None:
            order()
        if time.monotonic() >= self._next_look:
            self._record()
        if order is None:
            self._go_on_with_a_job()

    def _patience(self) -> float | None:
        if self._jobs:
            return 0.0
        recording = self._open is not None and self._open.with_sound
        return max(0.0, self._next_look - time.monotonic()) if recording else None

    def _wake(self) -> None:
        self._orders.put(lambda: None)

    def _end(self) -> None:
        self._end_session()
        for job in self._jobs:
            job.close()
        self._shelf.close()

    def _go_on_with_a_job(self) -> None:
        if not self._jobs:
            return
        try:
            next(self._jobs[0])
        except StopIteration:
            self._jobs.popleft()
        except OSError as error:
            self._jobs.popleft()
            sentence = (
                f"The sound of a session could not be made one file ({error.strerror}): free some space; it is kept in "
                "parts, and joined at the next start."
            )
            self._emit(Problem(sentence, str(error)))
        except MgcError:
            self._jobs.popleft()
            raise

    # What is heard ---------------------------------------------------------------------------------

    def _listen_changed(self, event: ListenChanged, recording: Recording | None) -> None:
        if event.state is ListenState.RUNNING:
            self._on = True
            if recording is not None and recording is not self._axis:
                self._go_over_to(recording)
        elif event.state in (ListenState.STOPPED, ListenState.FAILED):
            self._on = False
            self._end_session()

    def _go_over_to(self, recording: Recording) -> None:
        """Begin with another axis of time; what was kept goes on in a session of its own."""
        before = self._open
        goes_on = before is not None and before.row.keeps_timeline
        sound = SoundState.PARTS if before is not None and before.with_sound else SoundState.NONE
        self._end_session()
        self._axis = recording
        self._heard.clear()
        self._gaps.clear()
        self._labels.clear()
        self._here.clear()
        if goes_on:
            self._begin_session(sound, start=0.0)
        self._tell()

    def _verdict(self, event: LiveVerdict) -> None:
        from mgc_desktop.library.sessions import KeptVerdict  # here: a window is painted before SQLite is loaded

        if self._axis is None or not self._on:
            return
        kept = KeptVerdict(event.time, event.seconds, event.verdict, event.level_dbfs)
        self._heard.append(kept)
        while self._heard[0].time < event.time - KEPT_SECONDS:
            self._heard.popleft()
        if self._open is not None:
            self._open.add_verdict(kept)

    def _gap(self, event: InputGap) -> None:
        self._gaps.append((event.start, event.end))
        if self._open is not None:
            self._open.add_gap(event.start, event.end)

    # Keeping ---------------------------------------------------------------------------------------

    def _keep(self, with_audio: bool) -> None:
        if self._axis is None or not self._on:
            self._tell(_NOT_LISTENING)
            return
        if self._open is not None and self._open.row.keeps_timeline:
            self._tell()
            return
        self._end_session()
        if self._begin_session(SoundState.PARTS if with_audio else SoundState.NONE):
            self._tell()
            self.ask()

    def _begin_session(self, sound: SoundState, *, timeline: bool = True, start: float | None = None) -> bool:
        """Begin to keep; where that cannot be, say why, and return False."""
        axis = self._axis
        assert axis is not None
        now = axis.seconds if start is None else start
        number = self._shelf.number()
        row = SessionRow(number, "", axis.source, axis.started_at, now, now, True, axis.sample_rate, sound, timeline)
        folder = self._shelf.folder_of(number)
        try:
            self._open = OpenSession(self._writer, folder, axis, row)
        except OSError as error:
            log.warning("No session can be kept: %s", error)
            self._tell(
                f"This cannot be kept ({error.strerror}): free some space, or check the permissions of {folder.parent}."
            )
            return False
        self._last_session = number
        self._here.add(number)
        self._keeping = timeline
        self._next_look = time.monotonic() + RECORD_SECONDS
        return True

    def _record(self) -> None:
        self._next_look = time.monotonic() + RECORD_SECONDS
        if self._open is not None:
            self._trying(self._open.record)

    def _trying(self, piece: Callable[[], None]) -> bool:
        """Do what writes sound; where there is no room, go on without it and say so."""
        try:
            piece()
        except OSError as error:
            log.warning("The sound of a session could not be written: %s", error)
            if self._open is not None:
                self._open.give_up_sound()
            self._tell(
                f"The sound of this session is kept no longer ({error.strerror}), but its timeline is: free some space."
            )
            return False
        return True

    def _keep_earlier(self) -> None:
        session = self._open
        if session is None or not session.row.keeps_timeline:
            return
        self._trying(lambda: session.keep_earlier(list(self._heard), list(self._gaps)))
        self._tell()
        self.ask()

    def _keep_audio(self) -> None:
        session = self._open
        if session is not None and session.row.keeps_timeline and self._trying(session.add_sound):
            self._record()
            self._tell()
            self.ask()

    def _drop_audio(self) -> None:
        session = self._open
        if session is None or not session.row.keeps_timeline or not session.with_sound:
            return
        inside = [label for label in self._labels.values() if label.session == session.row.id]
        self._record()
        self._trying(lambda: self._labels.update({label.id: label for label in session.drop_sound(inside)}))
        self._tell()
        self.ask()

    def _end_session(self) -> None:
        session, axis = self._open, self._axis
        if session is None or axis is None:
            return
        self._record()
        self._open, self._keeping = None, False
        ends = [label.end for label in self._labels.values() if label.session == session.row.id]
        session.end(session.recording.seconds if session.row.keeps_timeline else max(ends, default=0.0))
        self._settle_one(session.row)
        self._tell()
        self.ask()

    # Notes and labels ------------------------------------------------------------------------------

    def _note(self, text: str, time: float | None) -> None:
        text = " ".join(text.split())
        if self._axis is None or self._open is None or not self._open.row.keeps_timeline:
            self._tell("A note needs a session: keep this one first (Ctrl+K).")
        elif text:
            moment = self._axis.seconds if time is None else time
            self._open.add_note(SessionNote(self._shelf.number(), self._open.row.id, moment, text))
            self._tell()

    def _label(self, number: int, start: float, end: float, genre: str) -> None:
        axis = self._axis
        if axis is None:
            self._tell(_NOT_LISTENING)
            return
        start, end = max(start, 0.0), min(end, axis.seconds)
        if end - start < LEAST_LABEL_SECONDS:
            self._tell(TOO_SHORT)
            return
        if self._open is None and not self._begin_session(SoundState.NONE, timeline=False, start=start):
            return
        session = self._open
        assert session is not None
        label = SessionLabel(number, session.row.id, start, end, genre)
        try:
            label = label if session.has_sound_of(start) else cut_alone(session, label)
        except LabelError as error:
            self._tell(error.sentence)
            return
        session.add_label(label)
        self._labels[number] = label
        if not session.row.keeps_timeline and not self._on:
            self._end_session()  # it was labelled after listening had ended
        self._emit(SpanLabelled(label, alone=bool(label.sound)))
        self._tell()
        self.ask()

    def _label_kept(self, session: int, number: int, start: float, end: float, genre: str) -> None:
        if self._open is not None and session == self._open.row.id:
            self._label(number, start, end, genre)
            return
        try:
            label = label_of_kept(self._shelf.details(session), number, start, end, genre)
        except LabelError as error:
            self._tell(error.sentence)
            return
        if session in self._here:
            self._labels[number] = label
        self._shelf.write(lambda book: book.add_label(label))
        self._emit(SpanLabelled(label))
        self._tell()
        self.ask()

    def _take_back(self, number: int) -> None:
        label = self._labels.pop(number, None) or self._shelf.label(number)
        if label is None:
            return
        self._forgotten[number] = label
        self._shelf.write(lambda book: book.take_back_label(number))
        self._emit(SpanLabelled(label, taken_back=True))
        self._tell()
        self.ask()

    def _put_back_label(self, number: int) -> None:
        label = self._forgotten.pop(number, None)
        if label is None:
            return
        if label.session in self._here:
            self._labels[number] = label
        self._shelf.write(lambda book: book.take_back_label(number, back=False))
        self._emit(SpanLabelled(label, alone=bool(label.sound)))
        self._tell()
        self.ask()

    # The list --------------------------------------------------------------------------------------

    def _list(self) -> None:
        self._note_where_it_is()
        self._emit(SessionsListed(tuple(self._shelf.rows())))

    def _tell_details(self, session: int) -> None:
        self._note_where_it_is()
        self._emit(SessionOpened(session, self._shelf.details(session)))

    def _delete(self, session: int) -> None:
        if self._open is not None and session == self._open.row.id:
            self._end_session()
        self._mark_deleted(session, deleted=True)

    def _mark_deleted(self, session: int, *, deleted: bool) -> None:
        details = self._shelf.details(session)
        if details is not None:
            self._shelf.write(lambda book: book.set_deleted(session, deleted=deleted))
            self._emit(SessionDeleted(session, details.row.name or details.row.source, back=not deleted))
        self.ask()

    def _export(self, session: int, path: str, kind: str) -> None:
        self._emit(SessionExported(path, self._shelf.export(session, path, kind)))

    # What is left to do ----------------------------------------------------------------------------

    def _look_for_leftovers(self) -> None:
        self._note_where_it_is()
        for row in self._shelf.unfinished():
            self._settle_one(row)
        self._shelf.empty_bin()

    def _settle_one(self, row: SessionRow) -> None:
        def done(end: float, sound: SoundState) -> None:
            self._shelf.write(lambda book: book.change(row.id, kept_to=end, sound=sound))
            self.ask()

        self._jobs.append(settle_sound(self._shelf.folder_of(row.id), row, done))

    # Small things ----------------------------------------------------------------------------------

    def _note_where_it_is(self) -> None:
        session = self._open
        self._shelf.going_on = (session.row.id, session.recording.seconds) if session is not None else (0, 0.0)

    def _tell(self, sentence: str = "") -> None:
        session, axis = self._open, self._axis
        labels = tuple(sorted(self._labels.values(), key=lambda label: label.start))
        if session is None or axis is None or not session.row.keeps_timeline:
            self._emit(SessionChanged(False, self._last_session, labels=labels, sentence=sentence))
            return
        start = session.row.start
        earlier = max(0.0, start - axis.kept_from)
        self._emit(
            SessionChanged(True, session.row.id, session.with_sound, start, earlier, labels, session.notes, sentence)
        )

    def _after_writing(self, order: Callable[[], None]) -> None:
        """Queue what reads the library, behind what is being written."""
        self._writer.after_all(lambda: self._orders.put(order))
