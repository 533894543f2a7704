"""Cut tracks into the 3 s pieces of the published notebooks."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path

from mgc_desktop.audio.decode import read_windows
from mgc_desktop.core.errors import DecodeError
from mgc_desktop.core.windows import WindowRequest
from training.data.decoding import decode_ahead
from training.data.items import Item

SEGMENT_SECONDS = 3.0  # a GTZAN track gives ten


def cut(items: Sequence[Item], durations: Mapping[Path, float] | None = None) -> tuple[list[Item], list[str]]:
    """Return the whole pieces of every track, and sentences on tracks that give none."""
    if durations is None:
        durations = track_durations([item.path for item in items])
    pieces, short = [], 0
    for item in items:
        # A hundredth of a second of grace: 30 s of lossy audio may be some samples short.
        n = int((durations.get(item.path, 0.0) + 0.01) // SEGMENT_SECONDS)
        short += n == 0
        pieces += [replace(item, start=i * SEGMENT_SECONDS, seconds=SEGMENT_SECONDS) for i in range(n)]
    notes = [f"{short} of {len(items)} tracks are shorter than {SEGMENT_SECONDS:g} s and left out."] if short else []
    return pieces, notes


def track_durations(paths: Sequence[Path]) -> dict[Path, float]:
    """Return the s that each track lasts, found in limited processes; what cannot be read is not in it."""
    jobs = [(path, (str(path),)) for path in paths]
    with closing(decode_ahead(duration, jobs, os.cpu_count() or 1)) as found:
        return {path: result for path, result in found if not isinstance(result, DecodeError)}


def duration(path: str) -> float:
    """Return the s that a track lasts, from a look at its beginning; runs in a decoder process."""
    glimpse = WindowRequest(sample_rate=8000, window_seconds=0.1, several_seconds=0.1, count=1, min_seconds=0.05)
    return read_windows(path, glimpse).duration
