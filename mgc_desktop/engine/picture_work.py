"""What a limited process does for the picture of a track: columns, some at a time.

The track stays open in the process between two parts. A part says where it begins, so that a process that had to be
replaced begins anew and nobody is misled.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mgc_desktop.audio.overview import Overview
from mgc_desktop.core.errors import MgcError
from mgc_desktop.engine.picture_cache import CachedPicture, PictureCache
from mgc_desktop.library.identity import payload_digest
from mgc_desktop.library.tags.facts import read_facts

__all__ = ["PicturePart", "let_go", "next_part", "read_facts", "ready"]

PART_SECONDS = 0.15  # of work: who asks for another track meanwhile waits no longer


@dataclass(frozen=True, slots=True)
class PicturePart:
    """Columns `first`.. of a picture of `total`; see `mgc_desktop.engine.events.TrackPictureReady`."""

    first: int
    codes: NDArray[np.uint8]  # (columns, bands)
    total: int
    column_seconds: float
    duration: float  # s
    highest_hz: float
    is_last: bool


class _Job:
    """A picture that this process works at."""

    def __init__(self, path: str, columns: int, name: str) -> None:
        self.path, self.columns, self.name = path, columns, name
        self.overview = Overview(path, columns)
        self._made: list[NDArray[np.uint8]] = []

    def go_on(self) -> PicturePart:
        overview = self.overview
        codes = overview.go_on(PART_SECONDS)
        first = overview.done - len(codes)
        if not first:
            self._made.clear()
        self._made.append(codes)
        return PicturePart(
            first,
            codes,
            overview.total,
            overview.column_seconds,
            overview.duration,
            overview.highest_hz,
            overview.is_over,
        )

    def whole(self) -> CachedPicture | None:
        """Return the picture, if it shows the track to its end."""
        overview = self.overview
        if overview.is_broken or not overview.done:
            return None
        codes = np.concatenate(self._made)
        return CachedPicture(codes, overview.column_seconds, overview.duration, overview.highest_hz)


_jobs: list[_Job] = []  # the one that this process works at
_caches: dict[str, PictureCache] = {}


def next_part(path: str, columns: int, have: int, cache_folder: str = "") -> PicturePart:
    """Return the next part of a track's picture.

    Parameters
    ----------
    path : str
    columns : int
        Of the whole picture, roughly.
    have : int
        Columns that were brought before; 0 begins anew.
    cache_folder : str
        Where whole pictures are kept; empty: nowhere.

    Raises
    ------
    DecodeError
    """
    job = _jobs[0] if _jobs else None
    if job is None or not have or (job.path, job.columns, job.overview.done) != (path, columns, have):
        let_go()
        name, kept = _look_up(path, columns, cache_folder)
        if kept is not None:
            return PicturePart(
                0, kept.codes, len(kept.codes), kept.column_seconds, kept.duration, kept.highest_hz, is_last=True
            )
        job = _Job(path, columns, name)
        _jobs.append(job)
    try:
        part = job.go_on()
    except MgcError:
        let_go()
        raise
    if part.is_last:
        whole = job.whole()
        if whole is not None and job.name:
            _cache(cache_folder).save(job.name, whole)
        let_go()
    return part


def _look_up(path: str, columns: int, cache_folder: str) -> tuple[str, CachedPicture | None]:
    """Return what the picture is called in the cache, and the picture if it is there."""
    digest = payload_digest(path) if cache_folder else ""
    name = f"{digest}-{columns}" if digest else ""
    return name, _cache(cache_folder).load(name) if name else None


def _cache(folder: str) -> PictureCache:
    return _caches.setdefault(folder, PictureCache(folder))


def let_go() -> None:
    """Close the track that this process has open."""
    while _jobs:
        _jobs.pop().overview.close()


def ready() -> None:
    """Do nothing: whoever calls this first has the libraries loaded."""
