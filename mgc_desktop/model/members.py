"""Reading one file of a model folder that may come from anywhere: bounded, regular, and no link."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from mgc_desktop.core.errors import ModelError
from mgc_desktop.core.files import NotRegularError, open_regular

ASK_AGAIN = "ask whoever made it for a sound copy"


def read_member(path: Path, most: int) -> bytes:
    """Return the bytes of a file of a foreign folder.

    Parameters
    ----------
    most : int
        Bytes; a larger file is refused before anything of it is read.

    Raises
    ------
    FileNotFoundError
        Where there is none: the caller knows whether it must be there.
    ModelError
        Where it is a link, pipe, device or folder, too large, or cannot be read.
    """
    try:
        seen = os.lstat(path)
        if not stat.S_ISREG(seen.st_mode):
            raise NotRegularError("not a regular file")
        with open_regular(str(path)) as stream:
            opened = os.fstat(stream.fileno())
            if not os.path.samestat(seen, opened):
                raise NotRegularError("not the file that was looked at")
            if opened.st_size > most:
                raise ModelError(f"{path.name} in {path.parent} is far too large, so it was not read: {ASK_AGAIN}.")
            raw = _read(stream.fileno(), most)
    except FileNotFoundError:
        raise
    except NotRegularError as error:
        raise ModelError(
            f"{path.name} in {path.parent} is a link or no file at all, so it was not opened: {ASK_AGAIN}.", str(error)
        ) from error
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or str(error)
        raise ModelError(f"{path.name} in {path.parent} could not be read ({why}): check the disk.") from error
    if len(raw) > most:
        raise ModelError(f"{path.name} in {path.parent} grew while it was read: try again.")
    return raw


def _read(descriptor: int, most: int) -> bytes:
    parts: list[bytes] = []
    left = most + 1
    while left > 0 and (part := os.read(descriptor, min(left, 1 << 20))):
        parts.append(part)
        left -= len(part)
    return b"".join(parts)
