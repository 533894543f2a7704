"""The copy beside a file: made whole, with everything that belongs to the file, and on the disk before it is used."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import re
import secrets
import shutil
import stat
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from io import BufferedWriter, FileIO

from mgc_desktop.core.errors import TagError, TagLeftError, TagRoomError
from mgc_desktop.library.tags.edits import CHUNK, Edit, Source, growth

PREFIX = ".mgc-"
_LONGEST = 200  # bytes of a file's name that its copy carries; 255 is what most systems take
SPARE = 1 << 20  # bytes that stay free besides the copy: for the journal, and for others
_AT_ONCE = 8  # files on their way to the disk
_NO_SPACE = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_TOO_LITTLE = "There is too little space beside the file for its copy; free some, and try again."
_NO_COPY = "No copy could be made beside the file, so it was left as it is; see whether its folder may be written."


def make_copy(source: Source, target: str, edits: Sequence[Edit], keep_times: bool, sync: bool) -> tuple[str, str]:
    """Write a changed copy beside a file, with its owner, mode, extended attributes and, if wanted, times.

    Nothing is left of it when this raises.

    Parameters
    ----------
    source : Source
        The file, open for reading.
    target : str
        Its path, no link.
    edits
        In order.
    keep_times : bool
    sync : bool
        Bring it to the disk; else the caller does (`sync_files`).

    Returns
    -------
    copy : str
        The path of the copy.
    digest : str
        Of the whole old file: 32 hexadecimal digits.

    Raises
    ------
    TagRoomError
        Where there is too little space.
    TagLeftError
        Where the owner cannot be kept.
    TagError
    """
    _check_space(target, source.size + max(0, growth(edits)))
    copy = _free_name(target)
    with contextlib.ExitStack() as on_failure:
        on_failure.callback(remove, copy)  # also at Ctrl+C: nothing may be left behind
        try:
            digest = _write(source, copy, edits)
            _dress(source.file, target, copy, keep_times, sync)
        except OSError as error:
            if error.errno in _NO_SPACE:
                raise TagRoomError(_TOO_LITTLE, repr(error)) from error
            raise TagError(_NO_COPY, repr(error)) from error
        on_failure.pop_all()
    return copy, digest


def remove(copy: str) -> None:
    """Remove a copy, if it is there."""
    with contextlib.suppress(OSError):
        os.unlink(copy)


def strays(path: str) -> list[str]:
    """Return the copies that were left of a file by a program that was killed. Not while it is being written."""
    folder, name = os.path.split(os.path.realpath(path))
    pattern = re.compile(re.escape(PREFIX) + "[0-9a-f]{8}-" + re.escape(_carried_name(name)))
    try:
        with os.scandir(folder) as entries:
            return sorted(entry.path for entry in entries if pattern.fullmatch(entry.name))
    except OSError:
        return []


def remove_strays(path: str) -> list[str]:
    """Remove the copies that were left of a file, and return their paths."""
    found = strays(path)
    for copy in found:
        remove(copy)
    return found


def sync_files(paths: Sequence[str]) -> list[str]:
    """Bring files to the disk, several at once, and return those that the system failed to.

    One after the other costs a commit of the file system's own journal each; together they share a few (measured on
    ext4: 250 files of 450 kB a second one by one, 800 by eight).
    """
    if os.name == "nt":
        return []
    with ThreadPoolExecutor(_AT_ONCE, "sync") as threads:
        return [path for path, done in zip(paths, threads.map(_sync_file, paths), strict=True) if not done]


def _sync_file(path: str) -> bool:
    try:
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
    except OSError:
        return False
    return True


def sync_folder(folder: str) -> None:
    """Bring a folder's names to the disk, where the system lets folders be synchronised."""
    if os.name != "posix":
        return
    with contextlib.suppress(OSError):  # some network file systems have no such thing
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _carried_name(name: str) -> str:
    if len(os.fsencode(name)) <= _LONGEST:
        return name
    extension = os.path.splitext(name)[1]
    digest = hashlib.blake2b(os.fsencode(name), digest_size=16).hexdigest()
    return digest + (extension if len(os.fsencode(extension)) <= 20 else "")


def _free_name(target: str) -> str:
    folder, name = os.path.split(target)
    return os.path.join(folder, f"{PREFIX}{secrets.token_hex(4)}-{_carried_name(name)}")


def _check_space(target: str, size: int) -> None:
    try:
        free = shutil.disk_usage(os.path.dirname(target) or ".").free
    except OSError:
        return  # the write itself will tell
    if free < size + SPARE:
        raise TagRoomError(_TOO_LITTLE, f"{size} bytes wanted, {free} free")


def _write(source: Source, copy: str, edits: Sequence[Edit]) -> str:
    """Write the copy, nobody else able to read it yet, and return the digest of the old file."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0) | getattr(os, "O_NOINHERIT", 0)
    digest = hashlib.blake2b(digest_size=16)
    with BufferedWriter(FileIO(os.open(copy, flags, 0o600), "wb"), CHUNK) as out:
        at = 0
        for edit in [*edits, Edit(source.size, source.size, b"")]:
            while at < edit.start:
                data = source.take(at, min(CHUNK, edit.start - at))
                digest.update(data)
                out.write(data)
                at += len(data)
            digest.update(source.take(edit.start, edit.end - edit.start))
            out.write(edit.data)
            at = edit.end
    return digest.hexdigest()


def _dress(file: FileIO, target: str, copy: str, keep_times: bool, sync: bool) -> None:
    """Give the copy what belongs to the file besides its bytes, and bring it to the disk if that is wanted."""
    status = os.fstat(file.fileno())
    descriptor = os.open(copy, os.O_RDWR | getattr(os, "O_BINARY", 0))
    try:
        _copy_attributes(file, target, copy, descriptor)
        if os.name == "posix":
            _keep_owner(status, descriptor)
            if os.fstat(descriptor).st_mode != status.st_mode:  # after the owner, which takes set-uid bits away
                os.fchmod(descriptor, stat.S_IMODE(status.st_mode))
        if keep_times:
            os.utime(copy, ns=(status.st_atime_ns, status.st_mtime_ns))
        if sync or os.name == "nt":  # which synchronises only what is open for writing
            os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _keep_owner(status: os.stat_result, descriptor: int) -> None:
    made = os.fstat(descriptor)
    if (made.st_uid, made.st_gid) == (status.st_uid, status.st_gid):
        return
    try:
        os.fchown(descriptor, status.st_uid, status.st_gid)
    except PermissionError as error:
        sentence = "The file belongs to somebody else, whose name it could not keep; it was left as it is."
        raise TagLeftError(sentence, repr(error)) from error


def _copy_attributes(file: FileIO, target: str, copy: str, descriptor: int) -> None:
    if sys.platform == "linux":
        _copy_linux_attributes(file.fileno(), descriptor)
    elif sys.platform == "darwin":
        _copy_mac_attributes(target, copy)


def _copy_linux_attributes(old: int, new: int) -> None:
    """Copy extended attributes, access control lists among them."""
    try:
        names = os.listxattr(old)
    except OSError as error:
        if error.errno == errno.ENOTSUP:
            return
        raise
    for name in names:
        value = os.getxattr(old, name)
        try:
            os.setxattr(new, name, value)
        except OSError as error:
            # The system gives labels of its own to new files, and lets few programs set them.
            if error.errno not in (errno.EPERM, errno.EACCES, errno.ENOTSUP) or name.startswith("user."):
                raise


def _copy_mac_attributes(target: str, copy: str) -> None:
    import ctypes  # for macOS alone

    lists, attributes = 1 << 0, 1 << 2  # COPYFILE_ACL, COPYFILE_XATTR of copyfile(3)
    function = ctypes.CDLL(None, use_errno=True).copyfile
    if function(os.fsencode(target), os.fsencode(copy), None, ctypes.c_uint32(lists | attributes)) != 0:
        raise OSError(ctypes.get_errno(), "extended attributes could not be copied")
