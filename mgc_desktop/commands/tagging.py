"""What `tag` and `undo` share: a tagger without a window, its events heard in the main thread, and lines of JSON."""

from __future__ import annotations

import contextlib
import json
import queue
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from mgc_desktop.commands.console import Terminated, say
from mgc_desktop.commands.progress import Progress
from mgc_desktop.core.paths import Profile
from mgc_desktop.engine.events import Event, Problem, TagFinished, TagProgress
from mgc_desktop.engine.tagger import Tagger
from mgc_desktop.engine.writer import Writer
from mgc_desktop.library.reader import Reader

_OPEN_SECONDS = 30.0  # an upgrade of a large library, with its backup
_WAIT = 0.2  # s: Windows lets no Ctrl+C through while a thread waits for ever

_E = TypeVar("_E")


class Ears:
    """Takes events from any thread and hands them out in the main one."""

    def __init__(self) -> None:
        self._events: queue.SimpleQueue[Event] = queue.SimpleQueue()

    def __call__(self, event: Event) -> None:
        self._events.put(event)

    def heard(self) -> Iterator[Event | None]:
        """Yield events for ever, None now and then; what is a known failure is said on the way."""
        while True:
            event: Event | None = None
            with contextlib.suppress(queue.Empty):
                event = self._events.get(timeout=_WAIT)
            if isinstance(event, Problem):
                say(event.sentence)
            yield event

    def wait_for(self, kind: type[_E], also: Callable[[Event | None], None] = lambda event: None) -> _E:
        """Return the next event of a type; `also` hears the others, and None now and then."""
        for event in self.heard():
            if isinstance(event, kind):
                return event
            also(event)
        raise AssertionError  # never reached: events are heard for ever


@dataclass(frozen=True, slots=True)
class Desk:
    """What writes tags here."""

    writer: Writer
    tagger: Tagger
    ears: Ears
    reader: Reader


@contextlib.contextmanager
def open_desk(profile: Profile) -> Iterator[Desk]:
    """Open a profile's library and a tagger on it, as long as the block runs.

    Raises
    ------
    LibraryError
    """
    ears = Ears()
    with contextlib.ExitStack() as stack:
        writer = Writer(profile.library_file, ears)
        writer.start()
        stack.callback(writer.stop)

        def open_reader() -> Reader:
            writer.wait_open(_OPEN_SECONDS)
            return Reader(profile.library_file)

        tagger = Tagger(writer, open_reader, ears, lock_file=profile.tagging_lock, origin="command line")
        tagger.start()
        stack.callback(tagger.stop)
        reader = stack.enter_context(contextlib.closing(open_reader()))
        yield Desk(writer, tagger, ears, reader)


@dataclass(frozen=True, slots=True)
class Ended:
    """How a batch ended, and by which exception it was stopped, if it was."""

    finished: TagFinished
    stopped: BaseException | None


def wait_for_end(desk: Desk, progress: Progress) -> Ended:
    """Wait for the end of a batch; where the person stops it, it ends after the file under way."""
    stopped: BaseException | None = None

    def show(event: Event | None) -> None:
        if isinstance(event, TagProgress):
            progress.found(event.total, complete=True)
            progress.done(event.done, event.failed + event.left)

    while True:
        try:
            return Ended(desk.ears.wait_for(TagFinished, show), stopped)
        except (KeyboardInterrupt, Terminated) as stop:
            stopped = stop
            desk.tagger.cancel()


def json_line(path: str, before: Sequence[str], after: Sequence[str], **more: Any) -> str:
    """Return what became of a file, as one line of JSON in ASCII, valid for any name and any tag."""
    said: Mapping[str, Any] = {"path": path, "before": list(before), "after": list(after), **more}
    return json.dumps(said, ensure_ascii=True)


def files(number: int) -> str:
    return "1 file" if number == 1 else f"{number:,} files"
