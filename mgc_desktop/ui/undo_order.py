"""Edit > Undo and Redo over everything that can be undone in the window: genres, tags, removed folders, sessions."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import QObject

from mgc_desktop.engine.events import (
    CorrectionsChanged,
    CorrectionStep,
    FolderPutBack,
    FolderRemoved,
    SessionDeleted,
    SpanLabelled,
    TagFinished,
)
from mgc_desktop.ui import wording
from mgc_desktop.ui.actions import Actions
from mgc_desktop.ui.port import CorrectionsPort, FoldersPort, SessionsPort
from mgc_desktop.ui.theme import display_name

UNDO_STEPS = 100


@dataclass(frozen=True, slots=True)
class TagBatch:
    """Tags that were written, or put back, in this session; `id` as the journal has it."""

    id: int
    files: int
    puts_back: bool = False

    def name(self) -> str:
        """Return what was done, to stand after Undo and Redo."""
        if self.puts_back:
            return f"Put Genres Back into {wording.count(self.files, 'file')}"
        return f"Write Genres into {wording.count(self.files, 'file')}"


@dataclass(frozen=True, slots=True)
class RemovedFolder:
    """A folder that was taken out of the library."""

    removal: int
    folder: str
    tracks: int

    def name(self) -> str:
        """Return what was done, to stand after Undo and Redo."""
        folder = os.path.basename(self.folder) or self.folder
        return f"Remove Folder “{folder}” with {wording.count(self.tracks, 'track')}"


@dataclass(frozen=True, slots=True)
class LabelledSpan:
    """A span of what is listened to that was labelled."""

    label: int
    genre: str

    def name(self) -> str:
        """Return what was done, to stand after Undo and Redo."""
        return f"Label {display_name(self.genre)}"


@dataclass(frozen=True, slots=True)
class DeletedSession:
    """A kept session that was deleted."""

    session: int
    title: str

    def name(self) -> str:
        """Return what was done, to stand after Undo and Redo."""
        return f"Delete Session “{wording.shortened(self.title)}”"


Entry = TagBatch | RemovedFolder | LabelledSpan | DeletedSession | None
_CORRECTION = None  # the steps of corrections, and what they are, are the engine's


class UndoOrder(QObject):
    """Knows which was last: a step of the corrections, or a batch of tags. GUI thread.

    The corrections are undone at once. Files are not touched by a key alone: `ask` puts the question to the person.

    Parameters
    ----------
    actions : Actions
        Its `undo` and `redo` say what they would do.
    corrections : CorrectionsPort
    folders : FoldersPort
    sessions : SessionsPort
    ask : callable
        Gets a batch that is to be undone, and whether that writes genres again.
    """

    def __init__(
        self,
        actions: Actions,
        corrections: CorrectionsPort,
        folders: FoldersPort,
        sessions: SessionsPort,
        ask: Callable[[TagBatch, bool], None],
    ) -> None:
        super().__init__(actions)
        self._actions, self._corrections, self._folders, self._ask = actions, corrections, folders, ask
        self._sessions = sessions
        self._done: list[Entry] = []
        self._undone: list[Entry] = []
        self._asked = {"undone": 0, "redone": 0}  # steps of the corrections that are under way by these actions
        self._removing_again = ""  # a folder whose removal is done again
        self._doing_again: list[Entry] = []  # labels and deletions that are
        self._step: dict[str, CorrectionStep | None] = {"undo": None, "redo": None}
        actions["undo"].triggered.connect(self.undo)
        actions["redo"].triggered.connect(self.redo)
        self._name()

    def undo(self) -> None:
        """Undo what was done last; ask first where it is in files."""
        last = self._done[-1] if self._done else None
        if isinstance(last, TagBatch):
            self._ask(last, last.puts_back)
        elif self._done:
            self._done.pop()  # now: a second key must find what is below it
            if last is not None:
                self._undo_one(last)
                self._name()
                return
            self._asked["undone"] += 1
            self._corrections.undo()

    def _undo_one(self, entry: RemovedFolder | LabelledSpan | DeletedSession) -> None:
        if isinstance(entry, RemovedFolder):
            self._folders.put_back(entry.removal)
        elif isinstance(entry, LabelledSpan):
            self._sessions.take_back_label(entry.label)
        else:
            self._sessions.put_back(entry.session)

    def _redo_one(self, entry: RemovedFolder | LabelledSpan | DeletedSession) -> None:
        if isinstance(entry, RemovedFolder):
            self._removing_again = entry.folder
            self._folders.remove(entry.folder)
            return
        self._doing_again.append(entry)
        if isinstance(entry, LabelledSpan):
            self._sessions.put_back_label(entry.label)
        else:
            self._sessions.delete(entry.session)

    def redo(self) -> None:
        """Do again what was undone last; ask first where it is in files."""
        last = self._undone[-1] if self._undone else None
        if isinstance(last, TagBatch):
            self._ask(last, not last.puts_back)
        elif self._undone:
            self._undone.pop()
            if last is not None:
                self._redo_one(last)
                self._name()
                return
            self._asked["redone"] += 1
            self._corrections.redo()

    def corrections_changed(self, event: CorrectionsChanged) -> None:
        """Take a step of the corrections that was done, undone or redone."""
        if event.way == "done":
            if event.changed:
                self._done.append(_CORRECTION)
                self._undone.clear()
        else:
            source, target = (self._done, self._undone) if event.way == "undone" else (self._undone, self._done)
            if self._asked[event.way]:
                self._asked[event.way] -= 1
            else:  # by another part of the window
                _drop_last_correction(source)
            if event.changed:
                target.append(_CORRECTION)
        self._step = {"undo": event.undo, "redo": event.redo}
        self._tidy()

    def folder_removed(self, event: FolderRemoved) -> None:
        """Take a folder that was removed from the library, anew or once more."""
        if event.folder != self._removing_again:
            self._undone.clear()
        self._removing_again = ""
        self._done.append(RemovedFolder(event.removal, event.folder, event.tracks))
        self._tidy()

    def folder_put_back(self, event: FolderPutBack) -> None:
        """Take a folder that is in the library again."""
        self._undone.append(RemovedFolder(event.removal, event.folder, event.tracks))
        self._tidy()

    def span_labelled(self, event: SpanLabelled) -> None:
        """Take a span that was labelled, or whose label was taken back."""
        if event.label.label:
            entry = LabelledSpan(event.label.id, event.label.label)
            self._take(entry, done=not event.taken_back)

    def session_deleted(self, event: SessionDeleted) -> None:
        """Take a session that was deleted, or put back."""
        self._take(DeletedSession(event.session, event.name), done=not event.back)

    def _take(self, entry: LabelledSpan | DeletedSession, *, done: bool) -> None:
        for entries in (self._done, self._undone):
            entries[:] = [other for other in entries if other != entry]
        if done and entry not in self._doing_again:
            self._undone.clear()
        self._doing_again = [other for other in self._doing_again if other != entry]
        (self._done if done else self._undone).append(entry)
        self._tidy()

    def tags_finished(self, event: TagFinished) -> None:
        """Take a batch of tags that was written, or undone."""
        if not event.batch_id or not event.written:
            return
        batch = TagBatch(event.batch_id, event.written, event.kind == "undo")
        last_done = self._done[-1] if self._done else None
        last_undone = self._undone[-1] if self._undone else None
        for entries in (self._done, self._undone):
            entries[:] = [entry for entry in entries if not isinstance(entry, TagBatch) or entry.id != event.undoes]
        if event.kind == "undo" and isinstance(last_done, TagBatch) and last_done.id == event.undoes:
            self._undone.append(TagBatch(batch.id, batch.files, last_done.puts_back))
        elif event.kind == "undo" and isinstance(last_undone, TagBatch) and last_undone.id == event.undoes:
            self._done.append(TagBatch(batch.id, batch.files, last_undone.puts_back))
        else:  # something new: also what History undid out of turn
            self._done.append(batch)
            self._undone.clear()
        self._tidy()

    def _tidy(self) -> None:
        for entries, step in ((self._done, self._step["undo"]), (self._undone, self._step["redo"])):
            if step is None:  # the engine has forgotten them
                entries[:] = [entry for entry in entries if entry is not None]
            del entries[:-UNDO_STEPS]
        self._name()

    def _name(self) -> None:
        for name, word, entries in (("undo", "Undo", self._done), ("redo", "Redo", self._undone)):
            what = ""
            if entries:
                entry, step = entries[-1], self._step[name]
                what = entry.name() if entry is not None else wording.step_name(step) if step is not None else ""
            self._name_action(name, word, what)

    def _name_action(self, name: str, word: str, what: str) -> None:
        action = self._actions[name]
        action.setEnabled(bool(what))
        text = f"{word} {what}" if what else word
        action.setText("&" + text.replace("&", "&&"))
        tip = text if what else self._actions.tip(name)
        action.setStatusTip(tip)
        action.setToolTip(f"{tip} ({self._actions.keys(name)})")


def _drop_last_correction(entries: list[Entry]) -> None:
    for place in range(len(entries) - 1, -1, -1):
        if entries[place] is None:
            del entries[place]
            return
