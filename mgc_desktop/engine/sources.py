"""From the names a person gave to the audio files behind them: the folder walk."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import Enum, auto

from mgc_desktop.library.identity import FileStamp, stamp_of

# Folders that systems and synchronizers keep beside people's own, without a leading dot.
_SYSTEM_FOLDERS = frozenset(
    {"$recycle.bin", "system volume information", "lost+found", "__macosx", "@eadir", "#recycle", "__pycache__"}
)


@dataclass(frozen=True, slots=True)
class Found:
    """A file to hear."""

    path: str  # as given, or below a folder as given
    size: int  # bytes
    mtime_ns: int
    ctime_ns: int = 0
    inode: int = 0  # signed, 64 bit
    device: int = 0
    real_path: str = ""  # where the path leads through a link; else empty

    @property
    def stamp(self) -> FileStamp:
        return FileStamp(self.size, self.mtime_ns, self.ctime_ns, self.inode, self.device)


def _found(path: str, real: str, status: os.stat_result) -> Found:
    stamp = stamp_of(status)
    where = real if real != path else ""
    return Found(path, stamp.size, stamp.mtime_ns, stamp.ctime_ns, stamp.inode, stamp.device, where)


class TroubleKind(Enum):
    FILE = auto()  # a file that was named, or a dangling link: it cannot be heard
    FOLDER = auto()  # a folder could not be read
    EMPTY = auto()  # a folder that was named holds no audio file


@dataclass(frozen=True, slots=True)
class Trouble:
    """A name that leads to nothing, in a sentence."""

    path: str
    kind: TroubleKind
    sentence: str


def shown(path: str) -> str:
    """Return a path as one line of plain text: what can't be shown, or would steer a terminal, is escaped."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in path)


def is_passed_over(name: str) -> bool:
    """Return whether a walk passes over a file or folder of this name: hidden, or a system's own."""
    return name.startswith(".") or name.lower() in _SYSTEM_FOLDERS


def find_audio(names: Iterable[str | os.PathLike[str]], extensions: frozenset[str]) -> Iterator[Found | Trouble]:
    """Walk files and folders, in the order given and by name within each folder.

    A file that is named is always taken; in folders the extension decides. Hidden and system folders below
    a named one are passed over. What a symbolic link leads to is taken once, by its real path, so loops end.

    Parameters
    ----------
    names : iterable of path
    extensions : frozenset of str
        Lower-case, with the dot.

    Yields
    ------
    Found or Trouble
    """
    seen: set[str] = set()
    for name in names:
        path = os.fspath(name)
        try:
            status = os.stat(path)
        except (OSError, ValueError) as error:
            yield Trouble(path, TroubleKind.FILE, _missing(path, error))
            continue
        if stat.S_ISDIR(status.st_mode):
            yield from _walk(path, extensions, seen)
        elif not stat.S_ISREG(status.st_mode):
            yield Trouble(path, TroubleKind.FILE, f"{shown(path)} is neither a file nor a folder: name a music file.")
        elif _first_time(real := os.path.realpath(path), seen):
            yield _found(path, real, status)


def _walk(root: str, extensions: frozenset[str], seen: set[str]) -> Iterator[Found | Trouble]:
    real_root = os.path.realpath(root)
    if not _first_time(real_root + os.sep, seen):
        return
    waiting = [(root, real_root)]
    files = 0
    while waiting:
        folder, real = waiting.pop()
        try:
            with os.scandir(folder) as entries:
                listed = sorted(entries, key=lambda entry: entry.name)
        except OSError as error:
            files += 1  # it isn't known to be empty
            yield Trouble(
                folder,
                TroubleKind.FOLDER,
                f"The folder {shown(folder)} could not be read ({error.strerror}): check its permissions.",
            )
            continue
        below = []
        for entry in listed:
            found = _look_at(entry, real, extensions, seen)
            if isinstance(found, tuple):
                below.append(found)
            elif found is not None:
                files += 1
                yield found
        waiting += reversed(below)
    if not files:
        yield Trouble(
            root,
            TroubleKind.EMPTY,
            f"There is no audio file in {shown(root)}: choose a folder with music in it.",
        )


def _look_at(
    entry: os.DirEntry[str], real_folder: str, extensions: frozenset[str], seen: set[str]
) -> Found | Trouble | tuple[str, str] | None:
    """Return a file or its trouble, a folder to go into (path, real path), or None."""
    if entry.name.startswith("."):
        return None
    is_audio = os.path.splitext(entry.name)[1].lower() in extensions
    try:
        real = os.path.realpath(entry.path) if entry.is_symlink() else os.path.join(real_folder, entry.name)
        if entry.is_dir():
            hidden = entry.name.lower() in _SYSTEM_FOLDERS or _is_hidden(entry.stat())
            return (entry.path, real) if not hidden and _first_time(real + os.sep, seen) else None
        if not is_audio:
            return None
        # What a Windows folder lists of its files is not all that there is to know of them.
        status = os.stat(entry.path) if os.name == "nt" else entry.stat()
    except OSError as error:
        return Trouble(entry.path, TroubleKind.FILE, _missing(entry.path, error)) if is_audio else None
    if not stat.S_ISREG(status.st_mode) or not _first_time(real, seen):
        return None
    return _found(entry.path, real, status)


def _is_hidden(status: os.stat_result) -> bool:
    # Windows and macOS keep the mark beside the name; other systems have neither attribute.
    windows = getattr(status, "st_file_attributes", 0) & (stat.FILE_ATTRIBUTE_HIDDEN | stat.FILE_ATTRIBUTE_SYSTEM)
    return bool(windows or getattr(status, "st_flags", 0) & stat.UF_HIDDEN)


def _first_time(real: str, seen: set[str]) -> bool:
    if real in seen:
        return False
    seen.add(real)
    return True


def _missing(path: str, error: OSError | ValueError) -> str:
    why = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return f"{shown(path)} could not be opened ({why}): check the name, and that its disk is connected."
