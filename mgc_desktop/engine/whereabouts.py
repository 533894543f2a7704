"""Where files went that are not where they were: moved, gone, or on a drive that is not there."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from mgc_desktop.core.values import TrackState
from mgc_desktop.engine.sources import Found
from mgc_desktop.library.identity import FileFacts, signed
from mgc_desktop.library.known import KnownFile, KnownFiles

_CASE_IS_KEPT_ONLY = sys.platform in ("win32", "darwin")  # "a" and "A" lead to one file


def exists(path: str) -> bool | None:
    """Return whether there is a file, folder or link of this name; None where that cannot be told."""
    try:
        os.lstat(path)
    except (FileNotFoundError, NotADirectoryError):
        return False
    except (OSError, ValueError):
        return None
    return True


def _left(known: Iterable[KnownFile]) -> list[KnownFile]:
    """Return the tracks whose files are not where they were."""
    return [track for track in known if exists(track.path) is False]


def _respelled(known: Iterable[KnownFile], path: str) -> list[KnownFile]:
    """Return the tracks of the same name, but for capital letters, where the system takes those for one name."""
    if not _CASE_IS_KEPT_ONLY:
        return []
    return [track for track in known if track.path != path and track.path.casefold() == path.casefold()]


def best_match(path: str, candidates: Iterable[KnownFile]) -> KnownFile | None:
    """Return which of several tracks with the same audio the file at `path` was.

    The same file name counts most, then the folders above it from the file on, then a path that begins the same.
    """

    def likeness(known: KnownFile) -> tuple[bool, int, int, int]:
        one, other = _parts(path), _parts(known.path)
        end = _equal(reversed(one[:-1]), reversed(other[:-1]))
        return one[-1] == other[-1], end, _equal(one[:-1], other[:-1]), -known.id

    return max(candidates, key=likeness, default=None)


def _parts(path: str) -> list[str]:
    return path.split(os.sep)


def _equal(one: Iterable[str], other: Iterable[str]) -> int:
    count = 0
    for mine, its in zip(one, other, strict=False):
        if mine != its:
            break
        count += 1
    return count


@dataclass(slots=True)
class Devices:
    """The devices that files were met on, and those they were on before: numbers change when drives are connected."""

    renumbered: dict[int, set[int]] = field(default_factory=dict)
    _above: dict[str, int] = field(default_factory=dict)

    def meet(self, before: int, now: int) -> None:
        """Note that a file which was on one device was met on another (or the same)."""
        if before and now:
            self.renumbered.setdefault(before, set()).add(now)

    def is_away(self, known: KnownFile) -> bool:
        """Return whether a file that is not there is on a drive that is not there.

        So it is where the nearest folder above that exists lies on another device than the file did, and no other
        file from that device was met on this one.
        """
        before = known.stamp.device
        now = self._device_above(os.path.dirname(known.path))
        return before not in (0, now) and now not in self.renumbered.get(before, set())

    def _device_above(self, folder: str) -> int:
        if folder not in self._above:
            try:
                device = os.stat(folder).st_dev
            except (OSError, ValueError):
                above = os.path.dirname(folder)
                device = self._device_above(above) if above != folder else 0
            self._above[folder] = signed(device)
        return self._above[folder]


@dataclass(slots=True)
class Lost:
    """What a walk did not meet."""

    missing: list[int] = field(default_factory=list)
    offline: list[int] = field(default_factory=list)
    folders: dict[str, bool] = field(default_factory=dict)  # library folders: whether they are offline
    sentences: list[str] = field(default_factory=list)


class Trace:
    """Follows files that were somewhere else before, during one scan. Of the scanner's thread.

    Parameters
    ----------
    known : KnownFiles
        Of the same thread.
    """

    def __init__(self, known: KnownFiles) -> None:
        self.known = known
        self.devices = Devices()
        self.taken: set[int] = set()  # tracks that were found to have moved

    def moved_to(self, found: Sequence[Found]) -> dict[int, str]:
        """Return the tracks that found files can only be, and whose own paths lead nowhere: with the files' paths."""
        rows = self.known.by_path(file.path for file in found)
        for file in found:
            if file.path in rows:
                self.devices.meet(rows[file.path].stamp.device, file.device)
        strange = [file for file in found if file.path not in rows]
        if not strange:
            return {}
        by_stamp = self.known.by_stamp(file.stamp for file in strange)
        by_real = self.known.by_real_path(file.real_path or file.path for file in strange)
        left_by_stamp = {one: _left(tracks) for one, tracks in by_stamp.items()}
        moves = {}
        for file in strange:
            likely = left_by_stamp.get(file.stamp, []) + _left(by_real.get(file.real_path or file.path, ()))
            track = self._take(file.path, likely + _respelled(by_stamp.get(file.stamp, ()), file.path))
            if track is not None:
                moves[track] = file.path
        return moves

    def turned_out_to_be(self, facts: dict[int, FileFacts]) -> dict[int, int]:
        """Return the tracks (values) that new files (by their rows, keys) are by their audio, and were elsewhere.

        What is on a drive that is not there was not moved: a new file with the same audio is a copy of it.
        """
        rows = self.known.by_path(read.path for read in facts.values())
        new = {track: read for track, read in facts.items() if read.path in rows and not rows[read.path].digest}
        same = self.known.by_digest(read.payload_digest for read in new.values())
        left = {digest: [t for t in _left(rows) if not self.devices.is_away(t)] for digest, rows in same.items()}
        moves = {}
        for track, read in new.items():
            old = self._take(read.path, left.get(read.payload_digest, ()))
            if old is not None:
                moves[track] = old
        return moves

    def _take(self, path: str, candidates: Sequence[KnownFile]) -> int | None:
        match = best_match(path, [known for known in candidates if known.id not in self.taken])
        if match is None:
            return None
        self.taken.add(match.id)
        return match.id

    def where_is(self, paths: Sequence[str]) -> Lost:
        """Return what became of files that were there a moment ago."""
        rows = list(self.known.by_path(paths).values())
        missing, offline = self.sort_out(rows, {})
        return Lost(missing, offline)

    def sort_out(self, unmet: Sequence[KnownFile], roots: Mapping[str, bool]) -> tuple[list[int], list[int]]:
        """Return the ids of tracks that are missing (since now), and of those that are offline, of those not met.

        Parameters
        ----------
        unmet : sequence of KnownFile
        roots : mapping of str to bool
            Folders, and whether their drive is away, whatever the devices say.
        """
        away = tuple(os.path.join(folder, "") for folder, offline in roots.items() if offline)
        missing: list[int] = []
        offline: list[int] = []
        for known in unmet:
            if known.path.startswith(away):
                offline.append(known.id)
            elif exists(known.path) is False:
                (offline if self.devices.is_away(known) else missing).append(known.id)
        gone = {known.id for known in unmet if known.state is TrackState.MISSING}
        return [track for track in missing if track not in gone], offline
