"""Writing the library from another thread, and waiting until it is written."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, TypeVar

from mgc_desktop.core.errors import LibraryError
from mgc_desktop.engine.writer import Change, Writer

if TYPE_CHECKING:  # SQLite is loaded after the window's first paint
    from mgc_desktop.library.store import Store

_T = TypeVar("_T")

_LOOK_SECONDS = 0.1
_LAST_SECONDS = 2.0  # for what is under way when nobody wants to wait any more


class NotWrittenError(LibraryError):
    """The library was not written, and will not be: neither now nor later."""


def ask(
    writer: Writer,
    work: Callable[[Store], _T],
    *,
    changed: Iterable[int] = (),
    durable: bool = False,
    hurry: Callable[[], bool] = lambda: False,
) -> _T:
    """Have the writer thread do `work`, and return its result once that is committed.

    Parameters
    ----------
    writer : Writer
    work : callable
        May be called several times, where the disk is full for a while, say; only the last counts.
    changed : iterable of int
        Tracks whose rows it touches.
    durable : bool
        See `Writer.submit`.
    hurry : callable
        Says when to wait no longer for a library that cannot be written now.

    Raises
    ------
    NotWrittenError
        Where it is given up. In the rarest case, a commit that takes longer than anybody waits, it is written later.
    """
    ended, withdrawn = threading.Event(), threading.Event()
    answers: list[_T] = []
    ids = tuple(changed)

    def job(store: Store) -> Change:
        answers.clear()
        if withdrawn.is_set():
            return Change()
        answers.append(work(store))
        return Change(ids)

    writer.submit(job, ended.set, durable=durable)
    while not ended.wait(_LOOK_SECONDS):
        if hurry():
            withdrawn.set()
            ended.wait(_LAST_SECONDS)
            break
    if not ended.is_set() or not answers:
        raise NotWrittenError(writer.refusal or "The library could not be written: see that its disk has room.")
    return answers[0]
