"""The models that were trained here: their names, and how a new one is taken in."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

_MAX_NAME = 60  # characters


def safe_name(name: str) -> str:
    """Return a name that every file system takes as a folder."""
    kept = re.sub(r"[^\w.\- ]+", "-", name, flags=re.UNICODE).strip(" .-")[:_MAX_NAME].strip(" .-")
    return kept or "model"


def free_folder(parent: Path, name: str) -> Path:
    """Return `parent`/`name`, or the first of name-2, name-3... that does not exist."""
    folder, number = parent / name, 1
    while folder.exists():
        number += 1
        folder = parent / f"{name}-{number}"
    return folder


def install_model(model: Path, models_dir: Path, name: str) -> Path:
    """Copy a finished model folder among the profile's models, whole or not at all.

    Returns
    -------
    Path
        The new folder: `models_dir`/`name`, or a free name like it.

    Raises
    ------
    OSError
        Where it can't be copied.
    """
    models_dir.mkdir(parents=True, exist_ok=True)
    beside = free_folder(models_dir, f".{name}.new")
    try:
        shutil.copytree(model, beside)
        target = free_folder(models_dir, name)
        beside.rename(target)
    except OSError:
        shutil.rmtree(beside, ignore_errors=True)
        raise
    return target
