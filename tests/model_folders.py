"""Tiny model folders that keep the contract, made in a second and never trained."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from mgc_desktop.core.paths import Profile

GENRES = ("blues", "classical", "country", "disco", "hiphop", "jazz", "metal", "pop", "reggae", "rock")


def make_model_folder(
    folder: Path,
    labels: tuple[str, ...] = GENRES,
    *,
    name: str = "tiny",
    seed: int = 0,
    trusted_file: Path | None = None,
    unsure: float = 0.0,
) -> Path:
    """Export an untrained crnn as a model folder and return it.

    Parameters
    ----------
    trusted_file : Path or None
        The profile's list of digests that the model is put on; None leaves it unknown.
    unsure : float
        Threshold; 0 makes every verdict a plain genre.
    """
    import torch  # a second of import, for those tests alone that need a model

    from mgc_desktop.model.trust import TrustStore
    from training.export import Description, export
    from training.systems import get_system

    torch.manual_seed(seed)
    system = get_system("crnn")
    network = system.network(len(labels)).eval()
    description = Description(
        name=name,
        labels=list(labels),
        temperature=1.0,
        thresholds={"unsure": unsure, "not_music": 1.0, "silence_dbfs": -60.0},
        data={},
        made_with={},
    )
    trust = TrustStore(trusted_file or folder.with_name(folder.name + ".trusted.json"))
    export(folder, system, network, description, trust)
    return folder


@pytest.fixture(scope="session")
def tiny_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return an untrained model of ten genres, "tiny", that nobody may alter; `trust` lets a profile load it."""
    folder = tmp_path_factory.mktemp("models")
    return make_model_folder(folder / "tiny", trusted_file=folder / "trusted.json")


@pytest.fixture(scope="session")
def two_models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the models "one" and "two", that nobody may alter; `trust` lets a profile load both."""
    folder = tmp_path_factory.mktemp("models")
    for seed, name in enumerate(("one", "two")):
        make_model_folder(folder / name, name=name, seed=seed, trusted_file=folder / "trusted.json")
    return folder


def trust(profile: Profile, model: Path) -> Path:
    """Let `profile` load a model of `tiny_model` or `two_models`, and return its folder."""
    shutil.copyfile(model.parent / "trusted.json", profile.trusted_file)
    return model


def copy_of_shipped(models_dir: Path, name: str, **changes: Any) -> Path:
    """Put a copy of the shipped model among a profile's own ones, scored as these tests expect it.

    Parameters
    ----------
    **changes
        Further entries of model.json.
    """
    from mgc_desktop.engine.choice import shipped_model
    from mgc_desktop.engine.own_models import install_model

    folder = install_model(shipped_model(), models_dir, name)
    figures = {"split": "test", "n": 125, "accuracy": 0.6, "low": 0.5124, "high": 0.6817}
    said = {
        "name": name,
        "metrics": {"test": figures},
        "data": {"tracks": {"train": 985}, "fingerprint": "28a929382ce2"},
        "made_with": {"date": "2026-11-21"},
    }
    data = json.loads((folder / "model.json").read_text("utf-8"))
    (folder / "model.json").write_text(json.dumps(data | said | changes), "utf-8")
    return folder
