"""Score a model folder on data, as it is and under conditions."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from mgc_desktop.core.cores import available_cores, model_threads
from mgc_desktop.core.errors import TrainingError, UsageError
from mgc_desktop.core.model_info import ModelInfo
from mgc_desktop.core.paths import Profile
from mgc_desktop.model.contract import read_info
from mgc_desktop.model.runtime import Runtime
from mgc_desktop.model.trust import TrustStore
from training.data.manifest import Item, read_manifest
from training.figures import figures, of_other_music, under_condition, with_excerpts
from training.outcome import write_figures
from training.score import Hearing, Trial, hear_each
from training.timing import timing
from training.trials import ALL, Trials, as_they_are

_CLEAN, _OTHER_MUSIC, _ALSO = "clean", "other_music", "also"  # hearings beside those under conditions
_EXTRA = (
    "not_music",
    "kinds",
    "conditions",
    _OTHER_MUSIC,
    _ALSO,
    "timing",
)  # figures that are only there where they were asked for


@dataclass(frozen=True)
class EvaluateOptions:
    """What a model is tried on.

    Attributes
    ----------
    split : str
        "" takes every track.
    conditions : tuple of str
        Names of `training.data.conditions.CONDITIONS`, or `ALL` that can be had.
    rooms, noise : tuple of Path
        Lists of room responses and of background noise, for the microphone.
    other_music : tuple of Path
        Folders or lists of music of none of the model's genres.
    also : tuple of Path
        Short excerpts, for the recall of rare genres alone.
    timing : bool
        Whether to say how fast it is.
    write : bool
        Whether the figures go into the model's folder.
    """

    model: Path
    data: tuple[Path, ...]
    profile: Profile
    not_music: tuple[Path, ...] = ()
    library: tuple[Path, ...] = ()
    split: str = ""
    device: str = "auto"
    conditions: tuple[str, ...] = ()
    rooms: tuple[Path, ...] = ()
    noise: tuple[Path, ...] = ()
    other_music: tuple[Path, ...] = ()
    also: tuple[Path, ...] = ()
    timing: bool = False
    write: bool = False


def evaluate(
    options: EvaluateOptions,
    progress: Callable[[int, int], None],
    should_stop: Callable[[], bool] = lambda: False,
) -> dict[str, Any]:
    """Return the figures of a model on the data, which files could not be read, and what else is to be said.

    Raises
    ------
    UsageError
        Where the choices do not go together.
    TrainingError
        Where the data cannot be read or has no track in the split, or the figures cannot be written.
    ModelError
        Where the model cannot be loaded.
    Stopped
        Where it was asked to stop.
    """
    return _Evaluation(options, progress, should_stop).run()


class _Evaluation:
    def __init__(
        self, options: EvaluateOptions, progress: Callable[[int, int], None], should_stop: Callable[[], bool]
    ) -> None:
        self._options = options
        self._progress = progress
        self._should_stop = should_stop
        self._notes: list[str] = []

    def run(self) -> dict[str, Any]:
        options = self._options
        if options.write and not options.split:
            raise UsageError("The card of a model is about tracks that were held out: add --split test to --write.")
        info = read_info(options.model)
        seconds = (info.min_seconds, info.window_seconds)
        tried = Trials(info.name, seconds, options.split, options.rooms, options.noise)
        names = tried.names(options.conditions)
        manifest = read_manifest(options.data, options.not_music, library=options.library)
        items = manifest.split(options.split) if options.split else manifest.items
        if not items:
            raise TrainingError(
                f"There is no track in the split {options.split!r}: leave --split out to score every track."
            )
        trials = {_CLEAN: as_they_are(items)}
        trials |= {name: tried.under(name, items) for name in names}
        trials[_OTHER_MUSIC] = as_they_are(self._others(info))
        trials[_ALSO] = as_they_are(self._excerpts(info, items))
        hearings = self._hear(trials)
        result = {"model": info.name, "split": options.split or ALL, **self._figures(names, hearings)}
        if options.timing:
            result["timing"] = timing(self._runtime, items, self._on_cpu())
        if options.write:
            self._write(info, result)
        failed = dict.fromkeys(row for hearing in hearings.values() for row in hearing.failed)
        return {
            **result,
            "device": self._runtime.device_name,
            "notes": [*tried.notes, *self._notes],
            "unreadable": [{"path": path, "sentence": sentence} for path, sentence in failed],
            "left_out": [{"path": path, "reason": reason} for path, reason in manifest.left_out],
        }

    # What is heard -----------------------------------------------------------------------------

    @cached_property
    def _runtime(self) -> Runtime:
        return self._load(self._options.device)

    def _on_cpu(self) -> Runtime | None:
        return None if self._runtime.device.type == "cpu" else self._load("cpu")

    def _load(self, device: str) -> Runtime:
        # Half the cores for the model: the decoders, which have the other half, do the changes to the sound.
        trust = TrustStore(self._options.profile.trusted_file)
        return Runtime.load(self._options.model, device, trust=trust, threads=model_threads())

    def _hear(self, trials: Mapping[str, Trial]) -> dict[str, Hearing]:
        hearings = hear_each(self._runtime, list(trials.values()), available_cores(), self._progress, self._should_stop)
        return dict(zip(trials, hearings, strict=True))

    def _others(self, info: ModelInfo) -> list[Item]:
        return [item for item in self._of_split(self._options.other_music) if item.label not in info.genres]

    def _excerpts(self, info: ModelInfo, items: Sequence[Item]) -> list[Item]:
        """Return the short excerpts of the model's genres, less those of tracks that are heard as a whole."""
        found = [item for item in self._of_split(self._options.also) if item.label in info.genres]
        known = {item.gtzan for item in items} - {""}
        kept = [item for item in found if item.gtzan not in known]
        if len(kept) < len(found):
            self._notes.append(
                f"{len(found) - len(kept)} of {len(found)} excerpts are of tracks that are there as a whole: left out."
            )
        return kept

    def _of_split(self, data: Sequence[Path]) -> list[Item]:
        split = self._options.split
        return [item for item in read_manifest(data).items if not split or item.split in {"", split}]

    # What comes of it --------------------------------------------------------------------------

    def _figures(self, names: Sequence[str], hearings: Mapping[str, Hearing]) -> dict[str, Any]:
        clean = hearings[_CLEAN]
        result = figures(clean)
        if names:
            result["conditions"] = {name: under_condition(clean, hearings[name]) for name in names}
        if hearings[_OTHER_MUSIC].heard:
            result["other_music"] = of_other_music(hearings[_OTHER_MUSIC], clean)
        if hearings[_ALSO].heard:
            result["also"] = with_excerpts(clean, hearings[_ALSO])
        return result

    def _write(self, info: ModelInfo, result: dict[str, Any]) -> None:
        """Put the figures into the model's folder; of the last time only what was tried on the same tracks stays."""
        told = {key: value for key, value in result.items() if key != "model"}
        before = info.metrics.get(self._options.split)
        if isinstance(before, dict) and all(before.get(key) == result[key] for key in ("n", "accuracy", "recall")):
            told |= {key: before[key] for key in _EXTRA if key in before and key not in told}
        write_figures(info, told)
