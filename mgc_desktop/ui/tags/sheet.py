"""What the preview lists, as arrays: which rows there are of each kind, in which order, under which filter. No Qt."""

from __future__ import annotations

import heapq
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from mgc_desktop.engine.events import PlannedWrite
from mgc_desktop.engine.tag_plan import ALREADY_SO

Places = NDArray[np.int64]
Item = TypeVar("Item")


class Kind(IntEnum):
    """What becomes of a file."""

    CHANGE = 0
    SAME = 1  # it says so already
    LEFT = 2  # left alone: the row says why


def kind_of(row: PlannedWrite) -> Kind:
    """Return what becomes of the file of `row`."""
    if row.to_do:
        return Kind.CHANGE
    return Kind.SAME if row.problem in ("", row.guard) and row.why == ALREADY_SO else Kind.LEFT


def title_of(row: PlannedWrite) -> str:
    """Return what a track is called: its title, or else the name of its file."""
    return row.title or row.path.replace("\\", "/").rstrip("/").rsplit("/", 1)[-1]


def reason(row: PlannedWrite) -> str:
    """Return why a file is written, or is not."""
    if row.guard and row.problem == row.guard and row.after == row.before:
        return row.why  # nothing would be written anyway
    return row.problem or row.why


# What each column is sorted by.
_KEYS: dict[str, Callable[[PlannedWrite], Any]] = {
    "title": lambda row: title_of(row).casefold(),
    "artist": lambda row: row.artist.casefold(),
    "before": lambda row: "; ".join(row.before).casefold(),
    "after": lambda row: "; ".join(row.after if row.to_do else ()).casefold(),
    "why": lambda row: reason(row).casefold(),
}
_OF_THE_FILE = ("title", "artist", "before")  # whatever the policy
_SORTED_AT_ONCE = 1000
_LOOK_EVERY = 64  # items: at the clock
_WORK_SECONDS = 0.002
_REST_SECONDS = 0.001


@dataclass(frozen=True, slots=True)
class Sheet:
    """A planned preview; made off the GUI thread (some 0.1 s for 20,000 rows), read in it.

    Attributes
    ----------
    rows : tuple of PlannedWrite
    kinds : int8[n]
        A `Kind` each.
    texts : tuple of str
        What the filter searches, in lower case.
    orders : dict of str to int64[n]
        The places of the rows sorted by each column.
    tracks : frozenset of int
        Ids of the tracks it is about.
    """

    rows: tuple[PlannedWrite, ...] = ()
    kinds: NDArray[np.int8] = field(default_factory=lambda: np.zeros(0, np.int8))
    texts: tuple[str, ...] = ()
    orders: dict[str, Places] = field(default_factory=dict)
    tracks: frozenset[int] = frozenset()

    def count(self, kind: Kind) -> int:
        return int(np.count_nonzero(self.kinds == kind))

    def matching(self, text: str, kind: Kind | None) -> NDArray[np.bool_]:
        """Return which rows have every word of `text` in them and are of `kind` (None: of any)."""
        found = np.ones(len(self.rows), bool) if kind is None else self.kinds == kind
        for word in text.casefold().split():
            places = np.flatnonzero(found)
            found[places] = [word in self.texts[place] for place in places.tolist()]
        return found

    def places(self, text: str = "", kind: Kind | None = None, column: str = "", descending: bool = False) -> Places:
        """Return the places of the rows that match, in the order of a column ("": as the library listed them)."""
        found = self.matching(text, kind)
        order = self.orders.get(column)
        if order is None:
            return np.flatnonzero(found)
        return order[found[order]][:: -1 if descending else 1]


def politely(items: Iterable[Item]) -> Iterator[Item]:
    """Give `items` with short rests: of a thread that never rests, each cell that the window paints waits anew."""
    rest_at = time.perf_counter() + _WORK_SECONDS
    for number, item in enumerate(items, 1):
        yield item
        if number % _LOOK_EVERY == 0 and time.perf_counter() > rest_at:
            time.sleep(_REST_SECONDS)
            rest_at = time.perf_counter() + _WORK_SECONDS


def make_sheet(rows: Sequence[PlannedWrite], before: Sheet | None = None) -> Sheet:
    """Return the sheet of `rows`; `before` is one of the same files under another policy, where there is one."""
    kinds = np.fromiter((kind_of(row) for row in politely(rows)), np.int8, len(rows))
    texts = tuple(_search_text(row) for row in politely(rows))
    kept = {} if before is None else {column: before.orders[column] for column in _OF_THE_FILE}
    orders = {column: _order(rows, key) for column, key in _KEYS.items() if column not in kept}
    return Sheet(
        tuple(rows),
        kinds,
        texts,
        kept | orders,
        before.tracks if before is not None else frozenset(row.track_id for row in politely(rows)),
    )


def _order(rows: Sequence[PlannedWrite], key: Callable[[PlannedWrite], Any]) -> Places:
    keys = [key(row) for row in politely(rows)]
    distinct = list(dict.fromkeys(keys))
    # In pieces: while a list is sorted, no other thread runs, the window's neither.
    starts = range(0, len(distinct), _SORTED_AT_ONCE)
    pieces = [sorted(distinct[at : at + _SORTED_AT_ONCE]) for at in starts]
    ranks = {text: rank for rank, text in enumerate(politely(heapq.merge(*pieces)))}
    return np.argsort(np.fromiter((ranks[text] for text in politely(keys)), np.int64, len(keys)), kind="stable")


def _search_text(row: PlannedWrite) -> str:
    return "\n".join((row.title, row.artist, row.path, *row.before, *row.after, reason(row))).casefold()
