"""What a decoder process does with one file: hear windows of it, read its tags, take its digest."""

from __future__ import annotations

from dataclasses import replace

from mgc_desktop.audio.decode import read_windows
from mgc_desktop.core.values import DecodedFile
from mgc_desktop.library.identity import payload_digest
from mgc_desktop.library.tags.read import read_tags


def analyse_file(path: str, sample_rate: int, window_seconds: float, count: int, min_seconds: float) -> DecodedFile:
    """Return all that the engine needs of a file; run it in a `mgc_desktop.core.pool.LimitedPool`.

    Parameters
    ----------
    path : str
    sample_rate : int
        Hz of the windows.
    window_seconds : float
        s of a window.
    count : int
        Windows of a long track.
    min_seconds : float
        A shorter track is refused.

    Raises
    ------
    DecodeError
    """
    decoded = read_windows(
        path, sample_rate=sample_rate, window_seconds=window_seconds, count=count, min_seconds=min_seconds
    )
    return replace(decoded, tags=read_tags(path), payload_digest=payload_digest(path))
