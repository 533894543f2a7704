"""The session that is kept now: its timeline goes into the library, its sound into a folder."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from mgc_desktop.audio.long_flac import write_flac
from mgc_desktop.core.locks import FileLock
from mgc_desktop.core.recording import Recording
from mgc_desktop.core.session_values import SessionLabel, SessionNote, SessionRow, SoundState
from mgc_desktop.engine.session_audio import SoundKeeper, keep_stretch, read_span
from mgc_desktop.engine.writer import Change, Writer

if TYPE_CHECKING:  # SQLite is loaded after the window's first paint
    from mgc_desktop.library.sessions import KeptVerdict, SessionBook
    from mgc_desktop.library.store import Store

LOCK = "lock"  # in the folder of a session that a living program is at
_AT_ONCE = 1 << 17  # frames


def label_file(label: int) -> str:
    """Return the name of the file with the sound of one labelled span."""
    return f"label-{label}.flac"


class OpenSession:
    """Writes one session while it goes on. The thread of `Sessions` uses it.

    Parameters
    ----------
    writer : Writer
    folder : Path
        Of this session.
    recording : Recording
        What is listened to.
    row : SessionRow
        As it begins. Where it keeps no timeline, it has labelled spans alone.

    Raises
    ------
    OSError
        Where the folder cannot be made.
    """

    def __init__(self, writer: Writer, folder: Path, recording: Recording, row: SessionRow) -> None:
        self.folder, self.recording, self.row = folder, recording, row
        self.notes = 0
        self._writer = writer
        self._models: dict[tuple[str, ...], int] = {}
        folder.mkdir(parents=True, exist_ok=True)
        self._lock = FileLock(folder / LOCK)
        self._lock.take()
        self._keeper: SoundKeeper | None = None
        self._next = self._sound_from = 0  # frame to be kept next, and the first
        if row.sound is SoundState.PARTS:
            self._begin_sound()
        self._write(lambda book: book.begin(row))

    @property
    def with_sound(self) -> bool:
        return self._keeper is not None

    def has_sound_of(self, start: float) -> bool:
        """Return whether what is heard from `start` on is in the session's sound."""
        return self.with_sound and round(start * self.recording.sample_rate) >= self._sound_from

    # What is kept ----------------------------------------------------------------------------------

    def record(self) -> None:
        """Keep what was recorded since the last time.

        Raises
        ------
        OSError
            Where it cannot be written; call `give_up_sound` then.
        """
        while self._keeper is not None:
            samples, frame, lost = self.recording.ring.read_from(self._next, _AT_ONCE)
            if not len(samples):
                return
            self._keeper.write(samples, self._next + lost)
            self._next = frame

    def add_verdict(self, kept: KeptVerdict) -> None:
        if not self.row.keeps_timeline or kept.time <= self.row.start:
            return
        said = kept.verdict
        labels = tuple(said.probabilities)
        key = (said.model, *labels)
        number = self._models.setdefault(key, len(self._models))

        def work(book: SessionBook) -> None:
            book.add_model(self.row.id, number, said.model, labels)
            book.add_verdict(self.row.id, number, kept)

        self._write(work)

    def add_gap(self, start: float, end: float) -> None:
        if self.row.keeps_timeline and end > self.row.start:
            self._write(lambda book: book.add_gap(self.row.id, max(start, self.row.start), end))

    def add_note(self, note: SessionNote) -> None:
        self.notes += 1
        self._write(lambda book: book.add_note(note))

    def add_label(self, label: SessionLabel) -> None:
        self._write(lambda book: book.add_label(label))

    def keep_earlier(self, heard: Iterable[KeptVerdict], gaps: Iterable[tuple[float, float]]) -> None:
        """Keep what was heard before this session began, as far as the ring has it.

        Raises
        ------
        OSError
            Where there is no room for the sound; the session is then as it was.
        """
        ring, rate = self.recording.ring, self.recording.sample_rate
        first, end = round(self.recording.kept_from * rate), round(self.row.start * rate)
        if self._keeper is not None and end > first:
            samples, first = ring.read(first, end)
            keep_stretch(self.folder, samples, first, rate)
            self._sound_from = first
        before = self.row.start
        self.row = replace(self.row, start=first / rate)
        start = self.row.start
        self._write(lambda book: book.change(self.row.id, kept_from=start))
        for kept in heard:
            if kept.time <= before:
                self.add_verdict(kept)
        for gap_start, gap_end in gaps:
            if gap_start < before:
                self.add_gap(gap_start, gap_end)

    def give_up_sound(self) -> None:
        """Keep no more sound; what was kept stays."""
        if self._keeper is not None:
            self._keeper.abandon()
            self._keeper = None

    def add_sound(self) -> None:
        """Keep the sound as well, from the beginning of the session on as far as the ring has it.

        Raises
        ------
        OSError
        """
        if self._keeper is None:
            self._begin_sound()
            self.row = replace(self.row, sound=SoundState.PARTS)
            self._write(lambda book: book.change(self.row.id, sound=SoundState.PARTS))

    def _begin_sound(self) -> None:
        rate = self.recording.sample_rate
        self._keeper = SoundKeeper(self.folder, rate)
        self._next = self._sound_from = round(max(self.row.start, self.recording.kept_from) * rate)

    def drop_sound(self, labels: Iterable[SessionLabel]) -> list[SessionLabel]:
        """Keep no sound, and forget what was kept of it, but for that of labelled spans.

        Returns
        -------
        list of SessionLabel
            As they are now, with a file each.

        Raises
        ------
        OSError
        """
        if self._keeper is not None:
            self._keeper.finish_part()
        alone = [self._cut_out(label) for label in labels if not label.sound]
        self.give_up_sound()
        for path in (*self.folder.glob("*.raw"), *self.folder.glob("*-*.flac")):
            if path.name[0].isdigit():
                path.unlink(missing_ok=True)
        self.row = replace(self.row, sound=SoundState.NONE)
        self._write(lambda book: book.change(self.row.id, sound=SoundState.NONE))
        return alone

    def _cut_out(self, label: SessionLabel) -> SessionLabel:
        samples, rate = read_span(self.folder, self.row.start, label.start, label.end)
        name = label_file(label.id)
        write_flac(self.folder / name, samples, rate)
        self._write(lambda book: book.set_label_sound(label.id, name))
        return replace(label, sound=name)

    # The end ---------------------------------------------------------------------------------------

    def end(self, at: float) -> None:
        """End it at `at`; its sound is joined later. The lock is let go."""
        at = max(at, self.row.start)
        self.give_up_sound()
        self.row = replace(self.row, end=at, going_on=False)
        self._write(lambda book: book.change(self.row.id, kept_to=at))
        self._lock.release()

    def _write(self, work: Callable[[SessionBook], None]) -> None:
        def job(store: Store) -> Change:
            work(store.sessions)
            return Change()

        self._writer.submit(job)
