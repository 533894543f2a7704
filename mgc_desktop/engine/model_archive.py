"""Take a model folder out of a zip archive that may come from anywhere.

Only what an import reads is unpacked: model.pt is left where it is. Names never become paths: what is written has one
of five names of our own.
"""

from __future__ import annotations

import os
import stat
import struct
import zipfile
import zlib
from pathlib import Path, PurePosixPath

from mgc_desktop.core.errors import ModelError
from mgc_desktop.core.files import open_regular
from mgc_desktop.model.contract import CARD_FILE, INFO_FILE, MEMORY_FILE, PICTURE_FILE, WEIGHTS_FILE
from mgc_desktop.model.members import ASK_AGAIN
from mgc_desktop.model.schema import MAX_JSON_BYTES, MAX_MODEL_BYTES

MAX_MEMBERS = 200
MAX_ARCHIVE = 2 * MAX_MODEL_BYTES  # bytes
MAX_SIZES = {
    INFO_FILE: MAX_JSON_BYTES,
    WEIGHTS_FILE: MAX_MODEL_BYTES,
    CARD_FILE: 1_000_000,
    PICTURE_FILE: 10_000_000,
    MEMORY_FILE: 100_000_000,
}
_END = struct.Struct("<4s4H2LH")  # the end of the central directory (APPNOTE.TXT, 4.3.16)
_END_MARK, _END64_MARK = b"PK\x05\x06", b"PK\x06\x07"
_MAX_COMMENT = 65535
_MAX_DIRECTORY = 1_000_000  # bytes
_MOST_SHRUNK = 200  # times: weights hardly shrink, and text does not shrink so far
_ROOM = 1 << 20  # bytes that may shrink as far as they like


def unpack_model(archive: Path, folder: Path) -> None:
    """Write the model's files in `archive` to `folder`, which is there and empty.

    Raises
    ------
    ModelError
        Where it is no archive, damaged, holds no model or more than one, has a member that leads out of it or is a
        link, or is far larger inside than it may be. Nothing of it has been run, and nothing written elsewhere.
    """
    try:
        _check_end(archive)
        with open_regular(str(archive)) as stream, zipfile.ZipFile(stream) as opened:
            members = opened.infolist()
            for member in members:
                _check_member(archive, member)
            for name, member in _wanted(archive, members).items():
                _unpack(archive, opened, member, folder / name)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError) as error:
        raise ModelError(f"{archive.name} is damaged or no zip archive: {ASK_AGAIN}.", str(error)) from error
    except OSError as error:
        why = error.strerror or str(error)
        raise ModelError(f"{archive.name} could not be unpacked ({why}): check the disk.", str(error)) from error


def _check_end(archive: Path) -> None:
    # Before zipfile makes an object of each entry that the directory says there is.
    with open_regular(str(archive)) as stream:
        size = os.fstat(stream.fileno()).st_size
        if size > MAX_ARCHIVE:
            raise ModelError(f"{archive.name} is far too large for a model: {ASK_AGAIN}.")
        stream.seek(max(0, size - _END.size - _MAX_COMMENT - 20))
        tail = stream.read(_END.size + _MAX_COMMENT + 20)
    at = tail.rfind(_END_MARK)
    if at < 0 or len(tail) - at < _END.size:
        raise zipfile.BadZipFile("no end of the directory")
    _, _, _, _, entries, directory, _, _ = _END.unpack_from(tail, at)
    if entries > MAX_MEMBERS or directory > _MAX_DIRECTORY or _END64_MARK in tail[max(0, at - 20) : at]:
        raise ModelError(f"{archive.name} holds far more than a model: {ASK_AGAIN}.")


def _check_member(archive: Path, member: zipfile.ZipInfo) -> None:
    name = member.orig_filename
    path = PurePosixPath(name.replace("\\", "/"))
    leads_out = path.is_absolute() or ".." in path.parts or ":" in name or "\0" in name
    is_link = stat.S_ISLNK(member.external_attr >> 16)
    if leads_out or is_link:
        why = "leads out of it" if leads_out else "is a link"
        raise ModelError(f"{archive.name} was not unpacked, as something in it {why}: {ASK_AGAIN}.", repr(name)[:200])
    if member.flag_bits & 0x1:
        raise ModelError(f"{archive.name} is locked with a password: unpack it, and import the folder.")
    if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise ModelError(f"{archive.name} is packed in an unusual way: unpack it, and import the folder.")


def _wanted(archive: Path, members: list[zipfile.ZipInfo]) -> dict[str, zipfile.ZipInfo]:
    paths = [(PurePosixPath(member.filename), member) for member in members if not member.is_dir()]
    homes = [path.parent for path, _ in paths if path.name == INFO_FILE and len(path.parts) <= 2]
    if len(homes) != 1:
        what = "no model" if not homes else "more than one model"
        raise ModelError(f"{archive.name} holds {what}: choose an archive of one model folder, with its model.json.")
    found: dict[str, zipfile.ZipInfo] = {}
    for path, member in paths:
        if path.parent == homes[0] and path.name in MAX_SIZES:
            if path.name in found:
                raise zipfile.BadZipFile("a name is there twice")
            found[path.name] = member
    return found


def _unpack(archive: Path, opened: zipfile.ZipFile, member: zipfile.ZipInfo, target: Path) -> None:
    most = min(MAX_SIZES[target.name], _ROOM + _MOST_SHRUNK * member.compress_size)
    if member.file_size > most:
        raise ModelError(f"{target.name} in {archive.name} is far too large, so it was not unpacked: {ASK_AGAIN}.")
    left = member.file_size
    with opened.open(member) as source, target.open("xb") as out:
        while part := source.read(1 << 20):
            left -= len(part)
            if left < 0:
                raise zipfile.BadZipFile("more data than the directory says")
            out.write(part)
    if left:
        raise zipfile.BadZipFile("less data than the directory says")
