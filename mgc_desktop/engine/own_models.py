"""The models of this profile: how one is taken in, renamed, given away and thrown away.

All of it is file work: not for the GUI thread.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import zipfile
from pathlib import Path

from mgc_desktop.core.errors import ModelError, UsageError
from mgc_desktop.core.paths import Profile, shipped_models_dir
from mgc_desktop.model.contract import (
    CARD_FILE,
    INFO_FILE,
    MEMORY_FILE,
    MODEL_FILE,
    PICTURE_FILE,
    WEIGHTS_FILE,
    read_description,
)

MAX_NAME = 60  # characters
MEMBERS = (INFO_FILE, WEIGHTS_FILE, MODEL_FILE, CARD_FILE, PICTURE_FILE, MEMORY_FILE)
ARCHIVE = ".zip"


def safe_name(name: str) -> str:
    """Return a name that every file system takes as a folder."""
    kept = re.sub(r"[^\w.\- ]+", "-", name, flags=re.UNICODE).strip(" .-")[:MAX_NAME].strip(" .-")
    return kept or "model"


def free_folder(parent: Path, name: str) -> Path:
    """Return `parent`/`name`, or the first of name-2, name-3... that does not exist and no shipped model has."""
    folder, number = parent / name, 1
    while folder.exists() or _is_shipped_name(folder.name):
        number += 1
        folder = parent / f"{name}-{number}"
    return folder


def _is_shipped_name(name: str) -> bool:
    return (shipped_models_dir() / name / INFO_FILE).is_file()


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


def check_own(profile: Profile, folder: Path) -> None:
    """Refuse what is not one of the profile's own models.

    Raises
    ------
    UsageError
    """
    if folder.parent.resolve() == shipped_models_dir().resolve():
        raise UsageError(f"{folder.name} came with the program and stays as it is: export it to have a copy.")
    if folder.parent.resolve() != profile.models_dir.resolve() or not folder.is_dir():
        raise UsageError(f"{folder.name} is none of the models that are kept here: choose one of the list.")


def rename_model(profile: Profile, folder: Path, name: str) -> Path:
    """Give a model another name, in its folder's name and in model.json; its digest stays valid.

    Returns
    -------
    Path
        The folder, under its new name.

    Raises
    ------
    UsageError
        Where the name is empty or taken, or the model is not the profile's own.
    ModelError
        Where it cannot be written; it then has its old name.
    """
    check_own(profile, folder)
    name = " ".join(name.split())
    if not name or len(name) > MAX_NAME or not name.isprintable():
        raise UsageError(f"That is no name for a model: choose one of 1 to {MAX_NAME} letters.")
    target = profile.models_dir / safe_name(name)
    taken = target.exists() and not target.samefile(folder)  # only its case may change
    if taken or _is_shipped_name(target.name):
        raise UsageError(f"There is a model called {target.name} already: choose another name.")
    try:
        os.rename(folder, target)
        try:
            write_name(target, name)
        except OSError:
            os.rename(target, folder)
            raise
    except OSError as error:
        raise ModelError(
            f"{folder.name} could not be renamed ({error.strerror}): check the disk.", str(error)
        ) from error
    return target


def write_name(folder: Path, name: str) -> None:
    """Let model.json name the model otherwise; raises OSError where it cannot be written."""
    path = folder / INFO_FILE
    data = json.loads(path.read_bytes())
    data["name"] = name
    beside = path.with_name(INFO_FILE + ".new")
    beside.write_text(json.dumps(data, indent=1, ensure_ascii=False) + "\n", "utf-8")
    os.replace(beside, path)


def export_model(folder: Path, target: Path) -> Path:
    """Write a copy of a model for others, whole or not at all.

    Parameters
    ----------
    target : Path
        A name that ends in .zip: that archive. A folder that is there: one of the model's name inside it. Else that
        folder.

    Returns
    -------
    Path
        What was written.

    Raises
    ------
    UsageError
        Where something is there already.
    ModelError
        Where it is no model, or cannot be written.
    """
    read_description(folder)
    if target.suffix.lower() != ARCHIVE and target.is_dir():
        target = target / folder.name
    if target.exists() and not (target.suffix.lower() == ARCHIVE and target.is_file()):
        raise UsageError(f"{target} is there already: choose another name.")
    beside = target.with_name(f".{target.name}.{os.getpid()}.new")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        if target.suffix.lower() == ARCHIVE:
            _write_archive(folder, beside)
        else:
            _write_folder(folder, beside)
        os.replace(beside, target)
    except OSError as error:
        raise ModelError(
            f"{folder.name} could not be written to {target} ({error.strerror}): choose another place.", str(error)
        ) from error
    finally:
        shutil.rmtree(beside, ignore_errors=True)  # what is there still is half a copy
        with contextlib.suppress(OSError):
            beside.unlink()
    return target


def _members(folder: Path) -> list[Path]:
    return [folder / name for name in MEMBERS if (folder / name).is_file()]


def _write_folder(folder: Path, beside: Path) -> None:
    beside.mkdir()
    for path in _members(folder):
        shutil.copyfile(path, beside / path.name)


def _write_archive(folder: Path, beside: Path) -> None:
    with zipfile.ZipFile(beside, "x", zipfile.ZIP_DEFLATED) as archive:
        for path in _members(folder):
            archive.write(path, f"{folder.name}/{path.name}")


def trash_model(profile: Profile, folder: Path) -> None:
    """Move a model to the system's trash.

    Raises
    ------
    UsageError
        Where it is not the profile's own.
    ModelError
        Where the trash does not take it.
    """
    check_own(profile, folder)
    from send2trash import send2trash  # here: on some systems it loads half a desktop

    try:
        send2trash(str(folder))
    except OSError as error:
        raise ModelError(
            f"{folder.name} could not be moved to the trash ({error.strerror or error}): delete {folder} by hand.",
            str(error),
        ) from error
