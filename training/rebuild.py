"""Make a model folder from elsewhere one's own: from its weights and its description, never from its model.pt.

TorchScript and pickles run code when they are opened. So the named system is built here, its weights are put in, it
must answer as the folder claims, and it is scripted anew: what is then trusted was made on this computer.
"""

from __future__ import annotations

import datetime
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from mgc_desktop import __version__
from mgc_desktop.core.errors import ModelError, TrainingError, UsageError
from mgc_desktop.core.model_info import ModelInfo
from mgc_desktop.core.paths import Profile
from mgc_desktop.model.contract import (
    INFO_FILE,
    WEIGHTS_FILE,
    SelfTest,
    check_foreign,
    read_info,
    self_test_clip,
)
from mgc_desktop.model.members import ASK_AGAIN, read_member
from mgc_desktop.model.schema import MAX_JSON_BYTES
from mgc_desktop.model.trust import TrustStore
from training.carry_over import Note, carry_over, tame
from training.export import Description, add_metrics, export
from training.foreign_tensors import read_exactly, shapes_of
from training.scripted import Listener
from training.systems import SYSTEMS, System

MOST_TOLERANCE = 1e-2  # of the self-test, whatever the folder asks for; the same weights differ by 1e-3 at most


@dataclass(frozen=True)
class RebuildOptions:
    """What to rebuild.

    Attributes
    ----------
    folder : Path
        The model folder from elsewhere.
    out : Path
        Where the new model folder is written; must not exist, or be empty.
    profile : Profile
        Gets the new model's digest.
    name : str
        Name of the new model; empty for the one it has.
    """

    folder: Path
    out: Path
    profile: Profile
    name: str = ""


def rebuild(options: RebuildOptions, note: Note = lambda sentence: None) -> ModelInfo:
    """Build the system that a folder names, with its weights, and write it as a model folder of our own.

    Parameters
    ----------
    note : callable
        Gets a sentence for each part that could not be taken over.

    Raises
    ------
    UsageError
        Where `out` holds something.
    ModelError
        Where the folder is not what it says. Nothing is written then, and nothing becomes trusted.
    TrainingError
        Where the new folder can't be written.
    """
    folder, out = options.folder, options.out
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise UsageError(f"{out} holds something already: name a folder for --out that does not exist.")
    if not folder.is_dir():
        raise ModelError(f"{folder} is not a folder: unpack an archive first, or use: mgc-desktop models import.")
    raw = _read(folder, INFO_FILE, MAX_JSON_BYTES)
    info, claim = check_foreign(folder, raw)
    system = _system(folder, info)
    network = _network(folder, info, system)
    _check_answers(folder, system, network, claim)
    described = json.loads(raw)
    try:
        made = export(
            out, system, network, _description(info, described, options), TrustStore(options.profile.trusted_file)
        )
        add_metrics(out, _figures(described))
        shape = {"labels": len(info.labels), "embedding": network.state_dict()["output.weight"].shape[1]}
        carry_over(folder, out, shape, note)
    except OSError as error:
        raise TrainingError(
            f"The model could not be written to {out} ({error.strerror}): free some space and import it again."
        ) from error
    return read_info(made.folder)


def _read(folder: Path, name: str, most: int) -> bytes:
    try:
        return read_member(folder / name, most)
    except FileNotFoundError as error:
        raise ModelError(f"{folder} is not a model folder, {name} is missing: choose a folder with it.") from error


def _system(folder: Path, info: ModelInfo) -> System:
    if info.system not in SYSTEMS:
        raise ModelError(
            f"The model in {folder} is of a kind that this version does not know ({info.system[:40]}): "
            "use a newer version of the program."
        )
    system = SYSTEMS[info.system]
    config = system.frontend_config
    ours = (config.sample_rate, config.window_seconds, config.min_seconds)
    theirs = (info.sample_rate, info.window_seconds, info.min_seconds)
    if not np.allclose(ours, theirs, rtol=0, atol=1e-6):
        raise ModelError(
            f"The model in {folder} says that it hears windows that no {info.system} hears: {ASK_AGAIN}.",
            f"rate, window and least: {theirs}, expected {ours}",
        )
    return system


def _network(folder: Path, info: ModelInfo, system: System) -> nn.Module:
    network = system.network(len(info.labels)).eval()
    try:
        state = read_exactly(folder / WEIGHTS_FILE, shapes_of(network.state_dict()))
    except FileNotFoundError as error:
        raise ModelError(
            f"{folder} is not a model folder, {WEIGHTS_FILE} is missing: choose a folder with it."
        ) from error
    network.load_state_dict(state)
    return network


def _check_answers(folder: Path, system: System, network: nn.Module, claim: SelfTest) -> None:
    config = system.frontend_config
    if not config.min_seconds <= claim.seconds <= config.window_seconds:
        raise ModelError(f"The self-test of the model in {folder} has a length it cannot hear: {ASK_AGAIN}.")
    clip = self_test_clip(config.sample_rate, claim.seconds, claim.seed)
    with torch.inference_mode():
        got = Listener(system.frontend(config), network).eval()(torch.from_numpy(clip[None]))[0].numpy()
    expected = np.asarray(claim.logits, np.float64)
    if not np.allclose(got, expected, rtol=0, atol=min(claim.tolerance, MOST_TOLERANCE)):
        raise ModelError(
            f"The model in {folder} does not answer as it says it does, so it was not imported: {ASK_AGAIN}.",
            f"got {np.round(got, 4).tolist()[:20]}, expected {np.round(expected, 4).tolist()[:20]}",
        )


def _description(info: ModelInfo, described: Mapping[str, Any], options: RebuildOptions) -> Description:
    made_with = tame(described["made_with"])
    made_with["imported"] = {
        "date": datetime.date.today().isoformat(),
        "sha256": info.sha256,
        "by": f"mgc-desktop {__version__}",
    }
    return Description(
        name=options.name or info.name,
        labels=list(info.labels),
        temperature=info.temperature,
        thresholds={
            "unsure": info.thresholds.unsure,
            "not_music": info.thresholds.not_music,
            "silence_dbfs": info.thresholds.silence_dbfs,
        },
        data=tame(described["data"]),
        made_with=made_with,
        activation=info.activation,
    )


def _figures(described: Mapping[str, Any]) -> dict[str, Any]:
    return {name: each for name, each in tame(described["metrics"]).items() if isinstance(each, dict)}
