"""Every path the program uses comes from here."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from pathlib import Path

import platformdirs

APP_NAME = "mgc-desktop"


@dataclass(frozen=True, slots=True)
class Profile:
    """Where settings, library, models and logs of one person are kept.

    Use `Profile.open`; it makes the folders.
    """

    settings_dir: Path
    data_dir: Path
    cache_dir: Path
    log_dir: Path

    @classmethod
    def open(cls, folder: str | os.PathLike[str] | None = None) -> Profile:
        """Return the profile in `folder`, or the person's own one in the system's places.

        Raises
        ------
        OSError
            Where a folder can't be made.
        """
        if folder is not None:
            root = Path(folder).expanduser().absolute()
            profile = cls(root, root, root / "cache", root / "logs")
        else:
            dirs = platformdirs.PlatformDirs(APP_NAME, appauthor=False)
            profile = cls(
                Path(dirs.user_config_dir), Path(dirs.user_data_dir), Path(dirs.user_cache_dir), Path(dirs.user_log_dir)
            )
        for path in (profile.settings_dir, profile.data_dir, profile.cache_dir, profile.log_dir, profile.models_dir):
            path.mkdir(parents=True, exist_ok=True)
        return profile

    @property
    def settings_file(self) -> Path:
        return self.settings_dir / "settings.json"

    @property
    def library_file(self) -> Path:
        return self.data_dir / "library.sqlite3"

    @property
    def tagging_lock(self) -> Path:
        """Held by the one process that writes tags into music files."""
        return self.data_dir / "tagging.lock"

    @property
    def models_dir(self) -> Path:
        """Models that were trained or rebuilt here; shipped ones lie beside the program."""
        return self.data_dir / "models"

    @property
    def runs_dir(self) -> Path:
        """Training runs, one folder each."""
        return self.data_dir / "runs"

    @property
    def sessions_dir(self) -> Path:
        """The sound of kept sessions, a folder each."""
        return self.data_dir / "sessions"

    @property
    def trusted_file(self) -> Path:
        """Digests of the `model.pt` files that were made here."""
        return self.data_dir / "trusted-models.json"

    @property
    def feature_cache_dir(self) -> Path:
        return self.cache_dir / "features"

    @property
    def log_file(self) -> Path:
        return self.log_dir / "mgc-desktop.log"

    @property
    def lock_file(self) -> Path:
        return self.data_dir / "instance.lock"


def _beside_the_program(name: str) -> Path:
    # A checkout has models/ and resources/ beside the package; an installed wheel carries them inside it.
    package = Path(__file__).resolve().parent.parent
    installed = package / "_shipped" / name
    return installed if installed.is_dir() else package.parent / name


def shipped_models_dir() -> Path:
    return _beside_the_program("models")


def resources_dir() -> Path:
    return _beside_the_program("resources")


def guide_dir() -> Path:
    """Return the folder with the pages of the user guide."""
    return _beside_the_program("docs/guide")


def python_executable() -> str:
    """Return the interpreter that starts helper and training processes."""
    return sys.executable
