"""What a decoder process does with one file: hear windows of it, read its tags, take its digest."""

from __future__ import annotations

from dataclasses import replace

from mgc_desktop.audio.decode import read_windows
from mgc_desktop.core.values import DecodedFile
from mgc_desktop.core.windows import WindowRequest
from mgc_desktop.library.identity import payload_digest
from mgc_desktop.library.tags.read import read_tags


def analyse_file(path: str, request: WindowRequest) -> DecodedFile:
    """Return all that the engine needs of a file; run it in a `mgc_desktop.core.pool.LimitedPool`.

    Parameters
    ----------
    path : str
    request : WindowRequest
        Which windows of it to hear.

    Raises
    ------
    DecodeError
    """
    decoded = read_windows(path, request)
    return replace(decoded, tags=read_tags(path), payload_digest=payload_digest(path))
