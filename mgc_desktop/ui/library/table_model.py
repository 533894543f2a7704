"""The library table's data: ids only; rows come in pages and are kept for a while."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt, Signal

from mgc_desktop.ui import theme, wording
from mgc_desktop.ui.elided import plain_tip
from mgc_desktop.ui.library.query import PAGE, Listing

if TYPE_CHECKING:  # numpy comes with the values: after the first paint
    import numpy as np
    from numpy.typing import NDArray

    from mgc_desktop.core.values import TrackRow

Index = QModelIndex | QPersistentModelIndex
_KEPT_ROWS = 4096  # about 3 MB
MOST_DRAGGED = 2000  # rows, all of which can be kept
ROW_ROLE = int(Qt.ItemDataRole.UserRole) + 1  # the TrackRow, or None while it is being read


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its heading, and texts that it should have room for. `order` is what `Reader.ids` sorts it by."""

    name: str
    heading: str
    usual: str  # the longest text that is common
    least: str  # when the window is narrow
    tip: str
    right: bool = False
    extra: int = 0  # px beside the text, for a chip or a bar
    sorts_as: str = ""  # the reader's name for it, where that is another

    @property
    def order(self) -> str:
        return self.sorts_as or self.name


_VERDICT_TIP = "What it sounds like, or what you say it is (with a tick)"
COLUMNS = (
    Column("title", "Title", "A title of the usual length", "A title of some length", "From the tags, or its file"),
    Column("artist", "Artist", "The artist's name", "Artist of a name", "Artist from the file's tags"),
    Column("existing_genre", "Existing genre", "Progressive rock", "", "Genre that the file's tags say"),
    Column("verdict", "Verdict", "Unsure (Classical?)", "Unsure (Rock?)", _VERDICT_TIP, False, 18, "label"),
    Column("confidence", "Confidence", "100 %", "", "Calibrated probability of the verdict", right=True, extra=44),
    Column("runner_up", "Runner-up", "Classical <1 %", "Classical <1 %", "What comes second, or what you overruled"),
    Column("duration", "Length", "1:00:00", "", "Minutes and seconds", right=True),
    Column("state", "State", "File is gone", "Waiting", "Waiting, heard, or why it could not be heard"),
)
PLACES = {column.name: place for place, column in enumerate(COLUMNS)}
ORDERS = {column.order: place for place, column in enumerate(COLUMNS)}


def file_name(path: str) -> str:
    """Return the last part of a path, in either system's writing."""
    return path.replace("\\", "/").rstrip("/").rsplit("/", 1)[-1] or path


def one_line(text: str) -> str:
    """Return `text` without line breaks, so that a row stays a row."""
    return " ".join(text.split())


def cell_text(row: TrackRow, column: str) -> str:
    """Return what a cell says."""
    if column == "title":
        return one_line(row.title or file_name(row.path))
    if column == "verdict":
        return wording.row_word(row)
    if column == "confidence":
        if row.correction:
            return wording.BY_YOU
        return wording.percent(row.confidence) if row.kind in ("genre", "unsure", "not_music") else ""
    if column == "runner_up":
        return runner_up_text(row)
    if column == "duration":
        return wording.duration(row.duration)
    if column == "state":
        return one_line(wording.state_word(row))
    return one_line(row.artist if column == "artist" else row.existing_genre)


def runner_up_text(row: TrackRow) -> str:
    """Return what comes second: beside the person's word, what the model says instead."""
    if row.correction and row.label and row.label != row.correction:
        return f"{theme.display_name(row.label)} {wording.percent(row.confidence)}"
    if not row.runner_up or row.kind not in ("genre", "unsure"):
        return ""
    return f"{theme.display_name(row.runner_up)} {wording.percent(row.runner_up_confidence)}"


class TrackModel(QAbstractTableModel):
    """Rows of `Listing.ids`; asks for the rows it lacks by `wanted`. GUI thread."""

    wanted = Signal(object)  # list[int]: ids of rows that are looked at and not here

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._listing: Listing | None = None
        self._rows: OrderedDict[int, TrackRow] = OrderedDict()
        self._asked: set[int] = set()

    # What the rest of the window asks.
    def ids(self) -> NDArray[np.int64]:
        """Return the ids that are listed, in order; not to be written to."""
        import numpy as np  # it comes with the values: after the first paint

        return np.empty(0, np.int64) if self._listing is None else self._listing.ids

    def id_at(self, place: int) -> int | None:
        return int(self._listing.ids[place]) if self._listing is not None and 0 <= place < self.rowCount() else None

    def place_of(self, track: int) -> int | None:
        """Return the place of a track, or None where it is not listed."""
        if self._listing is None or not 0 <= track < self._listing.places.size:
            return None
        place = int(self._listing.places[track])
        return place if place >= 0 else None

    def places_of(self, tracks: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the places of those of `tracks` that are listed, in order (1 ms for 100,000)."""
        import numpy as np  # it comes with the values: after the first paint

        if self._listing is None:
            return np.empty(0, np.int64)
        places = self._listing.places[tracks[tracks < self._listing.places.size]]
        taken = np.zeros(self._listing.ids.size, bool)  # a mask is read in order: faster than to sort
        taken[places[places >= 0]] = True
        return np.flatnonzero(taken)

    def row_at(self, place: int) -> TrackRow | None:
        """Return the row if it is here; else ask for its page."""
        track = self.id_at(place)
        if track is None:
            return None
        row = self._rows.get(track)
        if row is None:
            self._ask_page(place)
        return row

    def _ask_page(self, place: int) -> None:
        first = place - place % PAGE
        page = [i for i in self.ids()[first : first + PAGE].tolist() if i not in self._rows and i not in self._asked]
        if page:
            self._asked.update(page)
            self.wanted.emit(page)

    # What the query thread answers.
    def take_listing(self, listing: Listing) -> None:
        """Take a new list of ids; rows that are known stay known."""
        self._keep(listing.rows)
        if self._is_listed(listing.ids):
            self._say_changed(row.id for row in listing.rows)
            return
        self.beginResetModel()
        self._listing = listing
        self.endResetModel()

    def _is_listed(self, ids: NDArray[np.int64]) -> bool:
        import numpy as np  # it comes with the values: after the first paint

        return self._listing is not None and np.array_equal(self._listing.ids, ids)

    def take_rows(self, rows: Sequence[TrackRow]) -> None:
        """Take rows that were asked for, or that changed."""
        self._keep(rows)
        self._say_changed(row.id for row in rows)

    def _keep(self, rows: Iterable[TrackRow]) -> None:
        for row in rows:
            self._rows[row.id] = row
            self._rows.move_to_end(row.id)
            self._asked.discard(row.id)
        while len(self._rows) > _KEPT_ROWS:
            self._rows.popitem(last=False)

    def _say_changed(self, ids: Iterable[int]) -> None:
        places = sorted(place for i in ids if (place := self.place_of(i)) is not None)
        start = 0
        for end in range(1, len(places) + 1):
            if end == len(places) or places[end] != places[end - 1] + 1:
                first, last = self.index(places[start], 0), self.index(places[end - 1], len(COLUMNS) - 1)
                self.dataChanged.emit(first, last)
                start = end

    def unread(self, ids: Iterable[int]) -> list[int]:
        """Return those of `ids` whose rows are not kept here."""
        return [i for i in ids if i not in self._rows]

    def kept(self, ids: Iterable[int]) -> list[TrackRow]:
        """Return the rows of `ids` that are kept here."""
        return [row for i in ids if (row := self._rows.get(i)) is not None]

    def forget_but(self, ids: Iterable[int]) -> None:
        """Forget the rows that were read, but for `ids`: they are read again when they are looked at."""
        kept = {i: row for i in ids if (row := self._rows.get(i)) is not None}
        self._rows = OrderedDict(kept)

    def changed_and_known(self, ids: Iterable[int]) -> list[int]:
        """Return those of the changed `ids` that are kept here, and so have to be read again."""
        changed = set(ids)
        return [i for i in dict.fromkeys((*self._rows, *self._asked)) if i in changed]

    # What the view asks.
    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's own signature
        return 0 if parent.isValid() or self._listing is None else self._listing.ids.size

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's own signature
        return 0 if parent.isValid() else len(COLUMNS)

    def flags(self, index: Index) -> Qt.ItemFlag:
        flags = super().flags(index)
        return flags | Qt.ItemFlag.ItemIsDragEnabled if index.isValid() else flags

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = 0) -> Any:
        if orientation != Qt.Orientation.Horizontal or not 0 <= section < len(COLUMNS):
            return None
        column = COLUMNS[section]
        if role == Qt.ItemDataRole.DisplayRole:
            return column.heading
        if role == Qt.ItemDataRole.ToolTipRole:
            return column.tip
        if role == Qt.ItemDataRole.TextAlignmentRole:
            side = Qt.AlignmentFlag.AlignRight if column.right else Qt.AlignmentFlag.AlignLeft
            return side | Qt.AlignmentFlag.AlignVCenter
        return None

    def data(self, index: Index, role: int = 0) -> Any:
        place, column = index.row(), COLUMNS[index.column()]
        if role == Qt.ItemDataRole.TextAlignmentRole:
            side = Qt.AlignmentFlag.AlignRight if column.right else Qt.AlignmentFlag.AlignLeft
            return side | Qt.AlignmentFlag.AlignVCenter
        if role not in _ROLES:
            return None
        row = self.row_at(place)
        if row is None:
            return None
        if role == ROW_ROLE:
            return row
        text = cell_text(row, column.name)
        if role == Qt.ItemDataRole.AccessibleTextRole and row.correction and column.name == "verdict":
            return f"{text}, {wording.BY_YOU}"
        if role == Qt.ItemDataRole.ToolTipRole:
            why = wording.state_word(row) if row.state == "failed" else ""  # it runs through the empty cells
            if row.correction and column.name in ("verdict", "confidence"):
                return plain_tip(wording.correction_line(row))
            return plain_tip(row.path if column.name == "title" else text or why)
        return text


_ROLES = frozenset(
    {
        int(Qt.ItemDataRole.DisplayRole),
        int(Qt.ItemDataRole.ToolTipRole),
        int(Qt.ItemDataRole.AccessibleTextRole),
        ROW_ROLE,
    }
)


def is_quiet(row: TrackRow, column: str) -> bool:
    """Whether a cell is of second rank beside title and verdict."""
    if column == "title":
        return not row.title
    return column in _QUIET or (column == "confidence" and row.correction is not None)


_QUIET = frozenset({"existing_genre", "runner_up", "duration", "state"})
