"""The files of the feature cache: whole or not there, found damaged where they are, bounded, shared by processes."""

from __future__ import annotations

import contextlib
import functools
import itertools
import os
import secrets
import shutil
import struct
import sys
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from mgc_desktop.core.errors import TrainingError
from mgc_desktop.core.locks import locked, try_lock

Features = NDArray[np.float16]

MOST_BYTES = 20_000_000_000
_FREE_SHARE = 0.1  # of what the disk could give the cache
_HEADER = struct.Struct("<8sIII44x")  # magic, bands, frames, CRC-32 of what follows; 64 bytes, a cache line
_MAGIC = b"mgcfeat1"
_IN_USE = "in-use"  # folder with a list of names for each living run
_SUFFIX = ".f16"
_MAPS_LEFT = 15_000  # for everything else: without one to be had a process cannot even start a thread
_maps = itertools.count()  # entries mapped by this process so far


class _File(NamedTuple):
    used: int  # ns
    size: int
    path: Path


class EntryStore:
    """Float16 features (M, T) by name (``front end/ab/abcdef...``), a file each, mapped into memory.

    Several processes may read and write the same folder at once. What a living process has claimed is not removed
    by another. One thread uses it.

    Parameters
    ----------
    limit_bytes : int or None
        Bytes that the folder may hold beside what is in use; None: `MOST_BYTES`, or a tenth of the disk's free space
        where that is less.
    """

    def __init__(self, folder: Path, limit_bytes: int | None = None) -> None:
        self.folder = folder
        self.lock = folder / "lock"
        self._limit_bytes = limit_bytes
        self._written = 0  # bytes since the last tidying
        self._token = f"{os.getpid()}-{secrets.token_hex(4)}"
        self._claims = -1
        with self.saying():
            (folder / _IN_USE).mkdir(parents=True, exist_ok=True)
            with locked(self.lock):
                self._claims = os.open(folder / _IN_USE / self._token, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o666)
                try_lock(self._claims)

    def close(self) -> None:
        """Let go of what was claimed. May be called twice; the system does it too when the process ends."""
        if self._claims >= 0:
            os.close(self._claims)
            self._claims = -1
            (self.folder / _IN_USE / self._token).unlink(missing_ok=True)

    @contextlib.contextmanager
    def saying(self) -> Iterator[None]:
        """Turn what the disk says into a sentence.

        Raises
        ------
        TrainingError
        """
        try:
            yield
        except OSError as error:
            raise TrainingError(
                f"The feature cache {self.folder} could not be written ({error.strerror}): "
                "free some space, or choose another place with --profile.",
                repr(error),
            ) from error

    def claim(self, names: Iterable[str]) -> None:
        """Keep these from being removed for as long as this process lives, or until `close`."""
        text = "".join(f"{name}\n" for name in names)
        if text:
            with self.saying(), locked(self.lock):
                os.write(self._claims, text.encode("ascii"))

    def exists(self, name: str) -> bool:
        return self._path(name).exists()

    def read(self, name: str) -> Features | None:
        """Return an entry, mapped, or None where there is none; a damaged one is removed."""
        path = self._path(name)
        try:
            raw = _mapped(path)
        except OSError:
            return None
        features = _checked(raw)
        # A cache that others own may be read all the same.
        with contextlib.suppress(OSError):
            if features is None:
                path.unlink()
            else:
                os.utime(path)  # what was used last stays longest
        return features

    def write(self, name: str, features: Features) -> Features:
        """Store an entry and return it, mapped; where another process was faster, that one's.

        Raises
        ------
        TrainingError
            Where the disk is full or the folder cannot be written.
        """
        path = self._path(name)
        data = np.ascontiguousarray(features).tobytes()
        beside = path.with_name(f"{path.name}.{self._token}.tmp")
        with self.saying():
            try:
                path.parent.mkdir(parents=True, exist_ok=True)
                with beside.open("wb") as stream:
                    stream.write(_HEADER.pack(_MAGIC, *features.shape, zlib.crc32(data)))
                    stream.write(data)
                self._turn_over(beside, path)
            except OSError:
                beside.unlink(missing_ok=True)
                raise
        self._written += len(data)
        found = self.read(name)
        return features if found is None else found

    def _turn_over(self, beside: Path, path: Path) -> None:
        try:
            os.replace(beside, path)
        except PermissionError:
            # Windows replaces no file that somebody has mapped: then it is there already.
            if not path.exists():
                raise
            beside.unlink()

    @property
    def grown(self) -> bool:
        """Whether enough was written since the last tidying that another is due."""
        return self._written > min(256_000_000, (self._limit_bytes or MOST_BYTES) // 8)

    def tidy(self) -> None:
        """Remove what was not used for longest until the rest is within the limit; nothing that is in use."""
        self._written = 0
        with self.saying(), locked(self.lock):
            living = self._living()
            files = [file for file in self._files() if not self._remove_left_over(file, living)]
            in_use = set().union(*living.values())
            total = sum(file.size for file in files)
            limit = self._limit(total)
            for file in sorted(files):
                if total <= limit:
                    return
                if self._name(file.path) not in in_use:
                    with contextlib.suppress(PermissionError):  # Windows removes nothing that is mapped
                        file.path.unlink(missing_ok=True)
                        total -= file.size

    def _limit(self, total: int) -> int:
        if self._limit_bytes is not None:
            return self._limit_bytes
        # With what the cache has already, so that it is not smaller for being full.
        return min(MOST_BYTES, int(_FREE_SHARE * (shutil.disk_usage(self.folder).free + total)))

    def _living(self) -> dict[str, set[str]]:
        """Return what each living run has claimed, by its token; the lists of dead ones are removed."""
        living: dict[str, set[str]] = {}
        for path in (self.folder / _IN_USE).iterdir():
            descriptor = os.open(path, os.O_RDWR)
            try:
                # A list whose lock can be had belongs to nobody any more; our own is locked by our other descriptor.
                if not try_lock(descriptor):
                    living[path.name] = set(path.read_text("ascii").split())
                    continue
            finally:
                os.close(descriptor)
            path.unlink(missing_ok=True)
        return living

    def _files(self) -> Iterator[_File]:
        for path in self.folder.glob("*/*/*"):
            with contextlib.suppress(FileNotFoundError):  # another run has just renamed it
                status = path.stat()
                yield _File(status.st_mtime_ns, status.st_size, path)

    def _remove_left_over(self, file: _File, living: dict[str, set[str]]) -> bool:
        """Remove a file whose writer was killed; return whether it was one that is being written or was."""
        if file.path.suffix != ".tmp":
            return False
        if file.path.name.split(".")[-2] not in living:
            file.path.unlink(missing_ok=True)
        return True

    def _path(self, name: str) -> Path:
        return self.folder / f"{name}{_SUFFIX}"

    def _name(self, path: Path) -> str:
        return path.relative_to(self.folder).with_suffix("").as_posix()


def _mapped(path: Path) -> NDArray[np.uint8]:
    size = path.stat().st_size
    if size < _HEADER.size:
        return np.zeros(0, np.uint8)
    if next(_maps) < _most_maps():
        # Python's own maps keep a file open each, and a system allows a process about a thousand of those.
        with contextlib.suppress(RuntimeError, UnicodeError):
            return np.asarray(torch.from_file(str(path), shared=False, size=size, dtype=torch.uint8).numpy())
    return np.fromfile(path, np.uint8)


@functools.cache
def _most_maps() -> int:
    """Return how many entries this process may map; what is beyond is held in memory."""
    try:
        return int(Path("/proc/sys/vm/max_map_count").read_text("ascii")) - _MAPS_LEFT
    except (OSError, ValueError):
        return sys.maxsize  # other systems have no such limit


def _checked(raw: NDArray[np.uint8]) -> Features | None:
    """Return the features in a file's bytes, read-only, or None where they are not what was written."""
    if len(raw) < _HEADER.size:
        return None
    magic, bands, frames, crc = _HEADER.unpack_from(raw.data)
    data = raw[_HEADER.size :]
    if magic != _MAGIC or len(data) != 2 * bands * frames or zlib.crc32(data.data) != crc:
        return None
    features: Features = data.view(np.float16).reshape(bands, frames)
    features.flags.writeable = False
    return features
