"""Writing what is listed into files that other programs read: CSV, JSON Lines, playlists; or into text to paste."""

from __future__ import annotations

import contextlib
import csv
import json
import os
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from enum import StrEnum
from typing import TextIO

from mgc_desktop.core.cells import safe_cell
from mgc_desktop.core.errors import LibraryError
from mgc_desktop.core.genre_names import display_name
from mgc_desktop.core.values import TrackRow, VerdictKind

_NOT_IN_NAMES = re.compile(r'[<>:"/\\|?*\x00-\x1f\x7f]')
_RESERVED = re.compile(r"(?:con|prn|aux|nul|com\d|lpt\d)(?:\..*)?$", re.IGNORECASE)
_LONGEST_NAME = 80  # characters
_AT_ONCE = 200  # rows between two looks at whether it is still wanted

FIELDS = (
    "path", "title", "artist", "existing_genre", "verdict", "genre", "confidence", "runner_up",
    "runner_up_confidence", "set_by_you", "duration", "state", "error",
)  # fmt: skip


class ExportFormat(StrEnum):
    """What can be written."""

    CSV = "csv"
    JSON_LINES = "jsonl"
    PLAYLIST = "m3u8"
    PLAYLISTS = "m3u8 by genre"


Progress = Callable[[int], bool]  # rows so far -> whether to go on


class ExportCancelledError(LibraryError):
    """The person wanted it no more; nothing was written but what was whole already."""

    def __init__(self) -> None:
        super().__init__("The export was cancelled; nothing was written.")


def export(rows: Iterable[TrackRow], target: str, kind: ExportFormat, progress: Progress = lambda _: True) -> list[str]:
    """Write rows in their order.

    Every file is written beside its place and then moved there, so that one of before stays whole until then.

    Parameters
    ----------
    rows : iterable of TrackRow
    target : str
        The file; for `PLAYLISTS` a folder, in which a playlist a genre is written.
    kind : ExportFormat
    progress : callable
        Hears how many rows are written, every 200; ends the export where it says False.

    Returns
    -------
    list of str
        The files that were written.

    Raises
    ------
    LibraryError
        Where the disk is full or the place may not be written; or `ExportCancelledError`.
    """
    counted = _counted(rows, progress)
    try:
        if kind is ExportFormat.PLAYLISTS:
            return _write_playlists(counted, target)
        with _written(target, "utf-8-sig" if kind is ExportFormat.CSV else "utf-8") as file:
            _WRITERS[kind](counted, file, os.path.dirname(os.path.abspath(target)))
    except OSError as error:
        raise LibraryError(
            f"“{_text(target)}” could not be written ({error.strerror or error}); see that there is room and that the "
            "folder may be written, or choose another.",
            repr(error),
        ) from error
    return [target]


def table_text(rows: Iterable[TrackRow]) -> str:
    """Return rows as text to paste: fields apart by tabs, with a heading."""
    columns = ("title", "artist", "existing_genre", "verdict", "confidence", "path")
    lines = ["\t".join(name.replace("_", " ").capitalize() for name in columns)]
    for row in rows:
        values = fields(row)
        lines.append("\t".join(safe_cell(_one_line(_text(_cell(values[name])))) for name in columns))
    return "\n".join(lines) + "\n"


def fields(row: TrackRow) -> dict[str, str | float | bool | None]:
    """Return a track's `FIELDS`; None where nothing is known."""
    judged = row.kind if row.kind is not VerdictKind.ERROR else None
    own = row.correction is not None
    genre = row.correction if own else row.label if row.kind is VerdictKind.GENRE else None
    return {
        "path": row.path,
        "title": row.title,
        "artist": row.artist,
        "existing_genre": row.existing_genre,
        "verdict": display_name(genre) if genre else (str(judged).replace("_", " ") if judged else None),
        "genre": genre,
        "confidence": row.confidence if judged else None,
        "runner_up": row.runner_up if judged else None,
        "runner_up_confidence": row.runner_up_confidence if judged else None,
        "set_by_you": own,
        "duration": row.duration,
        "state": str(row.state),
        "error": row.error,
    }


def playlist_path(path: str, folder: str) -> str:
    """Return how a playlist in `folder` names a file: from there where both are on one drive, else in full.

    Undecodable bytes stay as they are on the disk (as surrogates here).
    """
    try:
        near = os.path.relpath(path, folder)
    except ValueError:  # another drive
        return path
    # A name that begins with # would be taken for a comment, and one with a line break for two.
    return f".{os.sep}{near}" if near.startswith("#") else near


def _counted(rows: Iterable[TrackRow], progress: Progress) -> Iterator[TrackRow]:
    number = 0
    for number, row in enumerate(rows, 1):
        if number % _AT_ONCE == 1 and not progress(number - 1):
            raise ExportCancelledError()
        yield row
    progress(number)


@contextlib.contextmanager
def _written(target: str, encoding: str) -> Iterator[TextIO]:
    """Open a file beside `target` that takes its place when all is well."""
    folder, name = os.path.split(os.path.abspath(target))
    beside = os.path.join(folder, f".mgc-export-{os.getpid()}-{name[:_LONGEST_NAME]}")
    errors = "surrogateescape" if encoding == "utf-8" else "backslashreplace"
    with contextlib.ExitStack() as on_failure:
        on_failure.callback(_remove, beside)
        with open(beside, "w", encoding=encoding, errors=errors, newline="") as file:
            yield file
        os.replace(beside, target)
        on_failure.pop_all()


def _remove(path: str) -> None:
    with contextlib.suppress(OSError):  # the failure before is what is told
        os.unlink(path)


def _write_csv(rows: Iterable[TrackRow], file: TextIO, folder: str) -> None:
    table = csv.writer(file)
    table.writerow(FIELDS)
    for row in rows:
        table.writerow([safe_cell(_text(_cell(value))) for value in fields(row).values()])


def _write_json_lines(rows: Iterable[TrackRow], file: TextIO, folder: str) -> None:
    for row in rows:
        # Undecodable bytes of a name become \udc80 to \udcff, which `os.fsencode` turns back into them.
        file.write(json.dumps(fields(row), ensure_ascii=not _is_text(row.path)) + "\n")


def _write_playlist(rows: Iterable[TrackRow], file: TextIO, folder: str) -> None:
    file.write("#EXTM3U\n")
    for row in rows:
        entry = playlist_path(row.path, folder)
        if "\n" in entry or "\r" in entry:
            continue  # no playlist can name such a file
        name = " - ".join(_one_line(part) for part in (row.artist, row.title) if part)
        length = round(row.duration) if row.duration is not None else -1
        file.write(f"#EXTINF:{length},{name or _one_line(os.path.basename(row.path))}\n{entry}\n")


_WRITERS: dict[ExportFormat, Callable[[Iterable[TrackRow], TextIO, str], None]] = {
    ExportFormat.CSV: _write_csv,
    ExportFormat.JSON_LINES: _write_json_lines,
    ExportFormat.PLAYLIST: _write_playlist,
}


def _write_playlists(rows: Iterable[TrackRow], folder: str) -> list[str]:
    genres: dict[str, list[TrackRow]] = {}
    for row in rows:
        genre = fields(row)["genre"]
        if isinstance(genre, str):  # what is no genre has no playlist
            genres.setdefault(genre, []).append(row)
    os.makedirs(folder, exist_ok=True)
    written: list[str] = []
    for genre, members in genres.items():
        target = os.path.join(folder, f"{_unused(file_name(display_name(genre)), written)}.m3u8")
        with _written(target, "utf-8") as file:
            _write_playlist(members, file, os.path.abspath(folder))
        written.append(target)
    return written


def file_name(text: str) -> str:
    """Return a text as the name of a file on every system, without its extension.

    >>> file_name("R&B/Soul: live?")
    'R&B-Soul- live-'
    """
    name = _NOT_IN_NAMES.sub("-", _text(text)).strip(" .")[:_LONGEST_NAME].rstrip(" .")
    return f"_{name}" if not name or _RESERVED.match(name) else name


def _unused(name: str, written: Sequence[str]) -> str:
    taken = {os.path.splitext(os.path.basename(path))[0].casefold() for path in written}
    tries = (name if number == 1 else f"{name} {number}" for number in range(1, len(taken) + 2))
    return next(choice for choice in tries if choice.casefold() not in taken)


def _cell(value: str | float | bool | None) -> str:
    if isinstance(value, bool):
        return "yes" if value else ""
    if isinstance(value, float):
        return f"{value:.4f}".rstrip("0").rstrip(".")
    return "" if value is None else str(value)


def _is_text(name: str) -> bool:
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True


def _text(text: str) -> str:
    """Return a text that can be shown: undecodable bytes of a name as \\xff and the like."""
    return text if _is_text(text) else os.fsencode(text).decode("utf-8", "backslashreplace")


def _one_line(text: str) -> str:
    return " ".join(text.split())
