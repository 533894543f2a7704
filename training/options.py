"""What a training run is asked to do."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from mgc_desktop.core.paths import Profile
from training.recipe import Recipe

KEEP, ADD, ONLY = "keep", "add", "only"


@dataclass(frozen=True)
class TrainOptions:
    """The choices of a run.

    Attributes
    ----------
    data : tuple of Path
        Folders of genre folders, or CSV files.
    library : tuple of Path
        Lists that the application wrote, whose tracks lie anywhere.
    not_music : tuple of Path
        Lists of speech and noise, learnt as `_not_music`.
    also_train : tuple of Path
        More to learn from, of which nothing is scored.
    init : Path or None
        Model folder to start from.
    labels : str
        With `init`: "keep" its labels, "add" those of the data to them, or learn "only" those of the data.
    head_only : bool
        Learn the last layer alone, on embeddings.
    distil : tuple of Path
        Model folders whose answers are learnt beside the labels.
    teachers : tuple of Path
        Networks of others, whose answers to scenes of the tracks are learnt beside the labels.
    trusted_teachers : frozenset of str
        SHA-256 of those that may be loaded.
    unlabelled : tuple of Path
        Folders or lists of tracks that the teachers hear, whatever label they have.
    noise, rooms : tuple of Path
        Lists of background noise and of room responses for the recipe's variants.
    """

    data: tuple[Path, ...]
    out: Path
    profile: Profile
    system: str = "crnn"
    recipe: Recipe = field(default_factory=Recipe)
    device: str = "auto"
    library: tuple[Path, ...] = ()
    not_music: tuple[Path, ...] = ()
    also_train: tuple[Path, ...] = ()
    init: Path | None = None
    labels: str = ADD
    head_only: bool = False
    distil: tuple[Path, ...] = ()
    teachers: tuple[Path, ...] = ()
    trusted_teachers: frozenset[str] = frozenset()
    unlabelled: tuple[Path, ...] = ()
    multi_label: bool = False
    noise: tuple[Path, ...] = ()
    rooms: tuple[Path, ...] = ()
    resume: bool = False
    compare_with: Path | None = None
    name: str = ""
    command: str = ""
