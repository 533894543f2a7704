"""Which model to use: the one that is asked for, else the one chosen last, else the one that was shipped."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from mgc_desktop.core.paths import Profile, shipped_models_dir

SHIPPED_MODEL = "genres-3"
# Each holds a folder, or "" for the shipped model; where it is not there, nothing was ever chosen.
MODEL_SETTING = "model"
PREVIOUS_SETTING = "model before"


class Remembered(Protocol):
    """The settings, as far as the choice of a model needs them."""

    def get(self, key: str, default: Any = None) -> Any: ...
    def set(self, key: str, value: Any) -> None: ...
    def save(self) -> None: ...


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


def chosen_model(profile: Profile, settings: Remembered) -> Path:
    """Return the folder of the model that the next start will use."""
    return choose_model(profile, None, settings.get(MODEL_SETTING)).folder


def choose_for_later(settings: Remembered, folder: Path, before: Path | None) -> None:
    """Set the model of the next start, and the one to go back to. The caller saves the settings.

    Parameters
    ----------
    before : Path or None
        The model in use until now. One that is gone, or the same, leaves the one to go back to as it was.
    """
    if before is not None and before != folder and before.is_dir():
        settings.set(PREVIOUS_SETTING, _as_setting(before))
    settings.set(MODEL_SETTING, _as_setting(folder))


def previous_model(profile: Profile, settings: Remembered, current: Path | None = None) -> Path | None:
    """Return the model to go back to: the one before, else the shipped one; None where that is in use.

    Parameters
    ----------
    current : Path, optional
        The model in use; the chosen one where it is not given.
    """
    current = current or chosen_model(profile, settings)
    value = settings.get(PREVIOUS_SETTING)
    before = resolve_model(profile, value) if isinstance(value, str) and value else shipped_model()
    for folder in (before, shipped_model()):
        if folder.is_dir() and folder.resolve() != current.resolve():
            return folder
    return None


def follow_move(settings: Remembered, old: Path, new: Path | None) -> None:
    """Let the settings name a model's new folder; with None it is gone. The caller saves the settings."""
    for key, instead in ((MODEL_SETTING, ""), (PREVIOUS_SETTING, None)):
        value = settings.get(key)
        if isinstance(value, str) and value and Path(value).resolve() == old.resolve():
            settings.set(key, str(new) if new else instead)


def _as_setting(folder: Path) -> str:
    return "" if folder == shipped_model() else str(folder)
