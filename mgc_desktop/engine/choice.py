"""Which model to use: the one that is asked for, else the one chosen last, else the one that was shipped."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from mgc_desktop.core.paths import Profile, shipped_models_dir

SHIPPED_MODEL = "genres-1"
MODEL_SETTING = "model"


@dataclass(frozen=True, slots=True)
class ModelChoice:
    folder: Path
    fallback: Path | None  # to load where `folder` fails and none is in use


def shipped_model() -> Path:
    """Return the folder of the model that came with the program."""
    return shipped_models_dir() / SHIPPED_MODEL


def resolve_model(profile: Profile, name: str) -> Path:
    """Return the folder that `name` means: a path, or else the name of a model of the profile or a shipped one."""
    path = Path(name).expanduser()
    if path.is_dir():
        return path.absolute()
    for folder in (profile.models_dir / name, shipped_models_dir() / name):
        if folder.is_dir():
            return folder
    return path.absolute()


def choose_model(profile: Profile, asked: str | Path | None, remembered: object) -> ModelChoice:
    """Return what to load at start.

    Parameters
    ----------
    asked : str or Path or None
        From the command line.
    remembered : object
        The profile's setting; anything but a text that is not empty counts as none.
    """
    shipped = shipped_model()
    name = str(asked) if asked else remembered if isinstance(remembered, str) else ""
    if not name:
        return ModelChoice(shipped, None)
    folder = resolve_model(profile, name)
    return ModelChoice(folder, shipped if folder != shipped else None)
