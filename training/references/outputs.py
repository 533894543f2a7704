"""What foreign teachers say of tracks and of stretches of them: asked once, kept by content beside the features."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mgc_desktop.core.errors import DecodeError
from mgc_desktop.core.values import Samples
from training.data.decoding import decode_ahead
from training.data.digests import DigestIndex
from training.data.entries import EntryStore
from training.data.middle import VERSION, load_middle
from training.foreign_teachers import SAMPLE_RATE, ForeignTeacher
from training.stop import Stopped

Stretch = tuple[Path, float, float | None]  # a track, s where it begins, s that it lasts: None for all of it
Vector = NDArray[np.float32]

MOST_SECONDS = 120.0  # from the middle of longer tracks, as the networks of the table are trained
LEAST_SECONDS = 1.0
_BATCH = 8  # stretches that a teacher is given at once
_SURE = 1e-7  # no tag is surer than this, so that its logit is a number


class KeptOutputs:
    """The logits of the tags and the features of teachers, joined, shape (D,), float32. One thread uses it.

    Raises
    ------
    TrainingError
        Where the folder cannot be written.
    """

    def __init__(self, folder: Path, teachers: Sequence[ForeignTeacher]) -> None:
        self._teachers = teachers
        self._store = EntryStore(folder)
        self._index = DigestIndex(folder / "digests.json", self._store.lock)

    def close(self) -> None:
        self._store.close()

    def load(
        self,
        stretches: Sequence[Stretch],
        workers: int,
        progress: Callable[[int, int], None],
        should_stop: Callable[[], bool] = lambda: False,
    ) -> tuple[dict[Stretch, Vector], dict[Path, str]]:
        """Return a vector for each stretch, and a reason for each track that could not be read.

        Raises
        ------
        MgcError
            Where the cache cannot be written, or a teacher fails.
        Stopped
            Where the run was asked to stop.
        """
        wanted: dict[Path, list[Stretch]] = defaultdict(list)
        for stretch in dict.fromkeys(stretches):
            wanted[stretch[0]].append(stretch)
        found: dict[Stretch, Vector] = {}
        bad: dict[Path, str] = {}
        missing = []
        for path, several in wanted.items():
            if should_stop():
                raise Stopped
            if not self._take_known(path, several, found, bad):
                missing.append(path)
        progress(len(wanted) - len(missing), len(wanted))
        jobs = [(path, (str(path), SAMPLE_RATE, MOST_SECONDS, LEAST_SECONDS)) for path in missing]
        try:
            with closing(decode_ahead(load_middle, jobs, workers)) as decoded:
                for done, (path, samples) in enumerate(decoded, len(wanted) - len(missing) + 1):
                    if isinstance(samples, DecodeError):
                        bad[path] = samples.sentence
                    else:
                        self._ask(samples, [s for s in wanted[path] if s not in found], found, should_stop)
                    progress(done, len(wanted))
        finally:
            with self._store.saying():
                self._index.save()
        return found, bad

    def vector(self, samples: Samples) -> Vector:
        """Return what the teachers say of one sound at `SAMPLE_RATE`; nothing is kept."""
        return np.concatenate([teacher.numbers(samples[None], _SURE)[0] for teacher in self._teachers])

    def _take_known(
        self, path: Path, stretches: Sequence[Stretch], found: dict[Stretch, Vector], bad: dict[Path, str]
    ) -> bool:
        """Take what is kept of a track; return whether that is all."""
        try:
            digest = self._index.digest(path)
        except OSError as error:
            bad[path] = f"could not be read ({error.strerror})"
            return True
        names = {s: [_name(teacher, digest, s) for teacher in self._teachers] for s in stretches}
        self._store.claim(name for several in names.values() for name in several)
        for stretch, several in names.items():
            parts = [self._read(name) for name in several]
            known = [part for part in parts if part is not None]
            if len(known) == len(parts):
                found[stretch] = np.concatenate(known)
        return all(stretch in found for stretch in stretches)

    def _ask(
        self,
        samples: Samples,
        stretches: Sequence[Stretch],
        found: dict[Stretch, Vector],
        should_stop: Callable[[], bool],
    ) -> None:
        """Ask every teacher about stretches of one track, those of a length together."""
        digest = self._index.digest(stretches[0][0])
        said: dict[Stretch, list[Vector]] = {stretch: [] for stretch in stretches}
        for teacher in self._teachers:
            unknown = []
            for stretch in stretches:
                known = self._read(_name(teacher, digest, stretch))
                if known is None:
                    unknown.append(stretch)
                else:
                    said[stretch].append(known)
            for batch in _batches(unknown):
                if should_stop():
                    raise Stopped
                waves = np.stack([_cut(samples, stretch) for stretch in batch])
                for stretch, vector in zip(batch, teacher.numbers(waves, _SURE), strict=True):
                    self._write(_name(teacher, digest, stretch), vector)
                    said[stretch].append(vector)
        found.update({stretch: np.concatenate(parts) for stretch, parts in said.items()})

    # The store keeps numbers of 16 bits: one of ours is two of them, bit for bit.

    def _read(self, name: str) -> Vector | None:
        entry = self._store.read(name)
        return None if entry is None else np.array(entry.reshape(-1)).view(np.float32)

    def _write(self, name: str, vector: Vector) -> None:
        self._store.write(name, np.ascontiguousarray(vector, np.float32).view(np.float16)[None])


def _name(teacher: ForeignTeacher, digest: str, stretch: Stretch) -> str:
    """Return the name of an entry: by the teacher, what is read of a file, the file, and where in it."""
    told = repr((teacher.sha256, SAMPLE_RATE, MOST_SECONDS, VERSION, _SURE))
    folder = hashlib.sha256(told.encode("ascii")).hexdigest()[:16]
    _, start, seconds = stretch
    place = "" if seconds is None else f"-{start:g}-{seconds:g}"
    return f"{folder}/{digest[:2]}/{digest}{place}"


def _cut(samples: Samples, stretch: Stretch) -> Samples:
    """Return a stretch of a track; one that a rounded length puts beyond the end is its last."""
    _, start, seconds = stretch
    if seconds is None:
        return samples
    n = min(len(samples), round(seconds * SAMPLE_RATE))
    first = min(round(start * SAMPLE_RATE), len(samples) - n)
    return samples[first : first + n]


def _batches(stretches: Sequence[Stretch]) -> list[Sequence[Stretch]]:
    """Return stretches of one track that may be heard together: those as long as each other."""
    by_length: dict[float | None, list[Stretch]] = defaultdict(list)
    for stretch in stretches:
        by_length[stretch[2]].append(stretch)
    return [several[i : i + _BATCH] for several in by_length.values() for i in range(0, len(several), _BATCH)]
