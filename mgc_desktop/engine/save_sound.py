"""Saving a span of what was listened to as a FLAC file."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType

from mgc_desktop.audio.long_flac import FlacWriter
from mgc_desktop.core.errors import SaveError
from mgc_desktop.core.recording import Recording

_BLOCK_SECONDS = 2.0  # read and written at a time


def save_sound(
    recording: Recording,
    start: float,
    end: float,
    path: str,
    *,
    tags: Mapping[str, str] = MappingProxyType({}),
    going_on: Callable[[float], bool] = lambda share: True,
) -> float:
    """Write a span as mono FLAC of 24 bit at the recording's rate; gaps are silence. Not for the GUI thread.

    The file stands under its name once all of it is on the disk; one that was there is replaced. Recording may go on
    meanwhile: the oldest sound is read first, faster than it is forgotten.

    Parameters
    ----------
    recording : Recording
    start, end : float
        s since listening began; what is no longer kept is left out.
    path : str
    tags : Mapping[str, str]
        See `FlacWriter`.
    going_on : callable
        Hears which share is written; ends the work where it says False.

    Returns
    -------
    float
        s that were written.

    Raises
    ------
    SaveError
        Where there is no sound in the span, the disk is full, or the place may not be written. Nothing is left behind.
    """
    ring, rate = recording.ring, recording.sample_rate
    first = max(0, round(start * rate), ring.frames - ring.capacity)
    last = min(round(end * rate), ring.frames)
    if last <= first:
        raise SaveError("There is no sound to save: that span is no longer kept. Choose a later one.")
    try:
        return _write(recording, first, last, path, tags, going_on) / rate
    except OSError as error:
        raise SaveError(refusal(path, error), repr(error)) from error


def refusal(path: str, error: OSError) -> str:
    """Return why a file could not be written, as a sentence."""
    return (
        f"“{Path(path).name}” could not be written ({error.strerror or error}); see that there is room and that the "
        "folder may be written, or choose another."
    )


def _write(
    recording: Recording,
    first: int,
    last: int,
    path: str,
    tags: Mapping[str, str],
    going_on: Callable[[float], bool],
) -> int:
    ring, rate = recording.ring, recording.sample_rate
    with contextlib.ExitStack() as stack:
        writer = FlacWriter(Path(path), rate, tags)
        stack.callback(writer.discard)
        at = first
        while at < last:
            if not going_on((at - first) / (last - first)):
                raise SaveError("Saving was ended before the file was whole; nothing was written.")
            samples, begins = ring.read(at, min(last, at + round(_BLOCK_SECONDS * rate)))
            if writer.frames and begins > at:  # lapped: what comes later keeps its time
                writer.write_silence(begins - at)
            writer.write(samples)
            at = max(at + 1, begins + len(samples))
        writer.close()
        return writer.frames
