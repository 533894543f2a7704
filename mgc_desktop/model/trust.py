"""Which `model.pt` files may be loaded: TorchScript can run code, so only those whose digest is known."""

from __future__ import annotations

import contextlib
import json
import os
import time
from collections.abc import Iterator
from pathlib import Path

from mgc_desktop.core.errors import ModelError
from mgc_desktop.core.paths import shipped_models_dir
from mgc_desktop.model.contract import INFO_FILE

SHIPPED_DIGESTS = "SHA256SUMS"
_LOCK_SECONDS = 3.0


class TrustStore:
    """The digests of models that were shipped, trained here, or rebuilt here.

    Parameters
    ----------
    path : Path
        The profile's list (`Profile.trusted_file`); made on the first `add`.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def knows(self, sha256: str) -> bool:
        return sha256 in shipped_digests() or sha256 in self._read()

    def add(self, sha256: str, name: str) -> None:
        """Remember a digest. Written whole beside the old list and renamed over it.

        Raises
        ------
        ModelError
            Where the list cannot be written.
        """
        beside = self._path.with_name(f"{self._path.name}.{os.getpid()}.new")
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            with _alone(self._path.with_name(f"{self._path.name}.lock")):
                known = {**self._read(), sha256: name}
                beside.write_text(json.dumps(known, indent=1, sort_keys=True), "utf-8")
                os.replace(beside, self._path)
        except OSError as error:
            with contextlib.suppress(OSError):
                beside.unlink()
            raise ModelError(
                f"The list of models made here could not be written to {self._path} ({error.strerror}): "
                "free some space or choose another profile folder."
            ) from error

    def _read(self) -> dict[str, str]:
        # A damaged list trusts nothing: the models have to be made again, nothing foreign gets in.
        try:
            data = json.loads(self._path.read_bytes())
        except (OSError, ValueError):
            return {}
        return {str(key): str(value) for key, value in data.items()} if isinstance(data, dict) else {}


@contextlib.contextmanager
def _alone(lock: Path) -> Iterator[None]:
    """Keep other processes from reading the old list while a new one is written: two runs may end at once."""
    deadline = time.monotonic() + _LOCK_SECONDS
    while True:
        try:
            os.close(os.open(lock, os.O_CREAT | os.O_EXCL | os.O_WRONLY))
            break
        except FileExistsError:
            if time.monotonic() > deadline:  # its owner was killed: writing takes a millisecond
                break
            time.sleep(0.01)
    try:
        yield
    finally:
        with contextlib.suppress(OSError):
            lock.unlink()


def shipped_digests() -> frozenset[str]:
    """Return the digests of the models that came with the program (`models/SHA256SUMS`)."""
    try:
        lines = (shipped_models_dir() / SHIPPED_DIGESTS).read_text("utf-8").splitlines()
    except OSError:
        return frozenset()
    return frozenset(line.split()[0] for line in lines if line.strip())


def list_models(folders: tuple[Path, ...]) -> list[Path]:
    """Return the model folders that lie directly in `folders`, by name; what cannot be read is passed over."""
    found: list[Path] = []
    for folder in folders:
        if folder.is_dir():
            # A name with a dot in front is a folder that is still being written.
            inside = (path for path in folder.iterdir() if not path.name.startswith("."))
            found += sorted(path for path in inside if (path / INFO_FILE).is_file())
    return found
