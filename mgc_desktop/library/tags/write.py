"""Writing genres into music files: a verified copy takes the place of the file, or nothing happens.

`prepare_write` and `prepare_undo` take hostile bytes apart and run in limited processes (`mgc_desktop.core.pool`); the
others touch names and bytes only and may run anywhere.
"""

from __future__ import annotations

import contextlib
import os
import stat
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from mgc_desktop.core.errors import TagError, TagLeftError
from mgc_desktop.core.files import NotRegularError, open_regular
from mgc_desktop.library.tags import copying
from mgc_desktop.library.tags.copying import remove_strays, strays, sync_folder
from mgc_desktop.library.tags.edits import Edit, Source, tidy, without_idle
from mgc_desktop.library.tags.formats import open_format
from mgc_desktop.library.tags.genre import GenreTag, genre_of
from mgc_desktop.library.tags.patch import make_patch, read_patch
from mgc_desktop.library.tags.state import FileState, same_open, state_of_open, status_key
from mgc_desktop.library.tags.values import check_encodable, check_values
from mgc_desktop.library.tags.verify import check_bytes, check_fields, digest_of

__all__ = [
    "Prepared",
    "WriteOptions",
    "commit",
    "discard",
    "guard_of",
    "prepare_undo",
    "prepare_write",
    "remove_strays",
    "settle",
    "strays",
    "sync_copies",
    "sync_folder",
]

_VERSIONS = {"keep": None, "2.3": 3, "2.4": 4}
_GONE = "The file is gone, or may not be read; see whether it was moved or its drive is away."
_CHANGED = "The file was changed by another program since it was looked at; it was left as it is."
_NO_PLACE = "This format has no place for a genre that the program writes; the file was left as it is."


@dataclass(frozen=True, slots=True)
class WriteOptions:
    """How files are written.

    Parameters
    ----------
    keep_times : bool
        Leave the time of the last change as it was.
    insist : bool
        Also write files that are read-only or have several names (hard links). Of the latter the one name gets the
        new file, the others keep the old one.
    id3_version : str
        "keep", or the version that ID3v2 tags are turned into: "2.3" or "2.4".
    """

    keep_times: bool = False
    insist: bool = False
    id3_version: Literal["keep", "2.3", "2.4"] = "keep"


@dataclass(frozen=True, slots=True)
class Prepared:
    """A verified copy that waits beside its file, and all that the journal keeps of the change.

    `path` is the name that was asked for, `target` the file behind it; digests are of whole files (BLAKE2b, 128 bit,
    hexadecimal); `patch` makes the old file of the new one.
    """

    path: str
    target: str
    copy: str
    container: str
    before: tuple[str, ...]
    after: tuple[str, ...]
    old: FileState
    new: FileState
    old_digest: str
    new_digest: str
    patch: bytes


def prepare_write(
    path: str, genres: tuple[str, ...], expected: FileState | None, options: WriteOptions, sync: bool = True
) -> Prepared:
    """Make a verified copy of a file with these genres, beside it; the file itself stays as it is.

    Parameters
    ----------
    path : str
        A link stays a link: its target is what is written.
    genres
        Values to write; none take the field out.
    expected : FileState or None
        What the file was when the person saw the change; None where nobody did.
    options : WriteOptions
    sync : bool
        Bring the copy to the disk at once; else the caller does so with `sync_copies`, for many together, before it
        is committed: several times as fast.

    Returns
    -------
    Prepared
        To be given to `commit` or `discard`.

    Raises
    ------
    TagLeftError
        Where it is left alone on purpose. Nothing is left beside it.
    TagError
        Where it cannot be written. Nothing is left beside it either.
    """
    check_values(genres)
    return _prepare(path, options, sync, lambda file: _plan_write(file, genres, expected, options))


def prepare_undo(
    path: str,
    before: tuple[str, ...],
    after: tuple[str, ...],
    patch: bytes,
    new_digest: str,
    options: WriteOptions,
    sync: bool = True,
) -> Prepared:
    """Make a verified copy of a file as it was before a write, beside it.

    A file that is exactly as it was left becomes the old one byte for byte. Where its tags were changed by another
    program since, the old genres alone are brought back. Undoing what this prepared works the same way.

    Parameters
    ----------
    path : str
    before, after
        The genres before and after the write that is undone.
    patch : bytes
        Of that write.
    new_digest : str
        Of the whole file after it.
    options : WriteOptions
    sync : bool
        As for `prepare_write`.

    Raises
    ------
    TagLeftError
        Also where the genre itself was changed since; the sentence names it.
    TagError
    """
    return _prepare(path, options, sync, lambda file: _plan_undo(file, before, after, patch, new_digest, options))


def commit(prepared: Prepared, sync: bool = True) -> None:
    """Put the copy in the file's place.

    Fast; for the main process. The copy is gone afterwards, whatever happens.

    Parameters
    ----------
    prepared : Prepared
    sync : bool
        Bring the folder to the disk at once; else the caller does so with `sync_folder`, once for many files.

    Raises
    ------
    TagLeftError
        Where the file changed meanwhile.
    TagError
        Where the system refuses.
    """
    try:
        if os.path.realpath(prepared.path) != prepared.target:
            raise TagLeftError(_CHANGED, "the link leads elsewhere")
        _check_untouched(prepared.target, prepared.old)
        _check_untouched(prepared.copy, prepared.new)
        os.replace(prepared.copy, prepared.target)
    except OSError as error:
        discard(prepared)
        sentence = "The system did not let the file be replaced; see whether it is open elsewhere or its folder locked."
        raise TagError(sentence, repr(error)) from error
    except TagError:
        discard(prepared)
        raise
    if sync:
        sync_folder(os.path.dirname(prepared.target))


def sync_copies(waiting: Sequence[Prepared]) -> list[Prepared]:
    """Bring the copies of several files to the disk together, for those that were prepared without.

    Returns
    -------
    list of Prepared
        Those that could not be, their copies removed: they must not be committed.
    """
    failed = set(copying.sync_files([prepared.copy for prepared in waiting]))
    lost = [prepared for prepared in waiting if prepared.copy in failed]
    for prepared in lost:
        discard(prepared)
    return lost


def discard(prepared: Prepared) -> None:
    """Remove the copy; the file stays as it is."""
    copying.remove(prepared.copy)


def settle(target: str, old_digest: str, new_digest: str) -> Literal["old", "new", "other", "gone"]:
    """Return which of its versions a file is, for a change that a crash cut short.

    Raises
    ------
    TagError
        Where it is there but cannot be read.
    """
    try:
        with open_regular(target) as file:
            digest = digest_of(Source(file))
    except (FileNotFoundError, NotADirectoryError, NotRegularError):
        return "gone"
    except (OSError, ValueError) as error:
        raise TagError(
            "The file could not be read; see whether it may be read and its drive works.", repr(error)
        ) from error
    return "new" if digest == new_digest else "old" if digest == old_digest else "other"


def _check_untouched(path: str, state: FileState) -> None:
    try:
        status = os.stat(path)
    except OSError as error:
        raise TagLeftError(_GONE, repr(error)) from error
    wanted = (state.size, state.mtime_ns, state.ctime_ns, state.device, state.inode)
    if status_key(status) != wanted or status.st_nlink != state.links:
        raise TagLeftError(_CHANGED, f"{wanted} became {status_key(status)}")


@dataclass(frozen=True, slots=True)
class _Plan:
    """What is to be done to a file."""

    container: str
    before: tuple[str, ...]
    after: tuple[str, ...]
    edits: list[Edit]
    becomes: str = ""  # the digest that the whole file must have then, where it is known


def _prepare(path: str, options: WriteOptions, sync: bool, plan: Callable[[Source], _Plan]) -> Prepared:
    try:
        target = os.path.realpath(path)
        with open_regular(target) as file:
            _check_may_be_written(target, os.fstat(file.fileno()), options)
            source = Source(file)
            return _copied(path, target, source, plan(source), options.keep_times, sync)
    except NotRegularError as error:
        raise TagLeftError("This is no regular file, so it was left as it is.", repr(error)) from error
    except FileNotFoundError as error:
        raise TagLeftError(_GONE, repr(error)) from error
    except (OSError, ValueError) as error:
        raise TagError(_GONE, repr(error)) from error


def _check_may_be_written(target: str, status: os.stat_result, options: WriteOptions) -> None:
    sentence = "" if options.insist else guard_of(target, status)
    if sentence:
        raise TagLeftError(sentence, oct(status.st_mode))


def guard_of(target: str, status: os.stat_result) -> str:
    """Return in a sentence why a file is written only where the person insists; empty where nothing is in the way."""
    if not status.st_mode & (stat.S_IWUSR | stat.S_IWGRP | stat.S_IWOTH) or not os.access(target, os.W_OK):
        return "The file is read-only; insist, and it is written all the same."
    if status.st_nlink > 1:
        return f"The file has {status.st_nlink} names (hard links); insist, and this one alone gets the new genre."
    return ""


def _plan_write(source: Source, genres: tuple[str, ...], expected: FileState | None, options: WriteOptions) -> _Plan:
    if expected is not None and not same_open(source.file, expected):
        raise TagLeftError(_CHANGED)
    check_encodable(genres)
    found = open_format(source, _VERSIONS[options.id3_version])
    if found is None:
        raise TagLeftError(_NO_PLACE)
    before = found.genres
    edits = without_idle(source, tidy(found.edits(genres)))
    if before == genres or not edits:
        raise TagLeftError("The file has this genre already.")
    return _Plan(found.container, before, genres, edits)


def _plan_undo(
    source: Source,
    before: tuple[str, ...],
    after: tuple[str, ...],
    patch: bytes,
    new_digest: str,
    options: WriteOptions,
) -> _Plan:
    now = genre_of(source)
    if digest_of(source) == new_digest:
        back = read_patch(patch, source)
        return _Plan(now.container, after, before, list(back.edits), back.old_digest)
    if now.values == before:
        raise TagLeftError("The file has its old genre already.")
    if now.values != after:
        raise TagLeftError(f"The genre was changed since, to {_named(now)}; it was left as it is.")
    return _plan_write(source, before, None, options)


def _named(tag: GenreTag) -> str:
    return "; ".join(f"“{value[:60]}”" for value in tag.values[:5]) or "none"


def _copied(path: str, target: str, source: Source, plan: _Plan, keep_times: bool, sync: bool) -> Prepared:
    old = state_of_open(source.file)
    copy, old_digest = copying.make_copy(source, target, plan.edits, keep_times, sync)
    with contextlib.ExitStack() as on_failure:
        on_failure.callback(copying.remove, copy)  # also at Ctrl+C: nothing may be left behind
        with open_regular(copy) as file:
            new, new_digest = _verified(source, Source(file), plan, old)
        if status_key(os.fstat(source.file.fileno())) != (old.size, old.mtime_ns, old.ctime_ns, old.device, old.inode):
            raise TagLeftError(_CHANGED, "while it was copied")
        patch = make_patch(source, plan.edits, old_digest)
        on_failure.pop_all()
    return Prepared(
        path, target, copy, plan.container, plan.before, plan.after, old, new, old_digest, new_digest, patch
    )


def _verified(source: Source, copy: Source, plan: _Plan, old: FileState) -> tuple[FileState, str]:
    """Check the copy in every way there is, and return its state and digest."""
    new = state_of_open(copy.file)
    digest = check_bytes(source, copy, plan.edits, old.audio_digest, new.audio_digest)
    if plan.becomes:
        if digest != plan.becomes:
            raise TagError("The old file could not be rebuilt exactly, so nothing was changed.", digest)
        return new, digest  # every byte is as it was
    check_fields(source, copy, plan.after)
    return new, digest
