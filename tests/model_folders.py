"""Tiny model folders that keep the contract, made in a second and never trained."""

from __future__ import annotations

from pathlib import Path

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
