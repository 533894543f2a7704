"""Check data before it is learnt from: what cannot be used, what is there twice, which labels look wrong."""

from __future__ import annotations

import csv
import json
import os
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mgc_desktop.core.cores import available_cores
from mgc_desktop.core.errors import DecodeError, TrainingError
from training.data.checks import SILENCE_DBFS, Warned, division_warnings, track_warnings, unusable
from training.data.decoding import decode_ahead
from training.data.duplicates import Duplicate, find_duplicates, left_out_for
from training.data.items import Item, Manifest
from training.data.listening import Sound, listen
from training.data.manifest import check_learnable, read_manifest
from training.data.suspects import LEAST_SECONDS, Suspect, find_suspects
from training.prepare_text import markdown
from training.stop import Stopped


@dataclass(frozen=True)
class PrepareOptions:
    data: tuple[Path, ...]
    not_music: tuple[Path, ...] = ()
    library: tuple[Path, ...] = ()
    artists: Path | None = None  # Sturm's index of GTZAN
    workers: int = 0  # decoder processes; 0: one a core


@dataclass(frozen=True)
class Report:
    """What checking has shown.

    Attributes
    ----------
    found : int
        Tracks that the data names.
    clean : Manifest
        What can be learnt from, and what was left out of it with the reasons.
    problem : str
        A sentence where nothing can be learnt from the data, else "".
    """

    found: int
    clean: Manifest
    warnings: tuple[Warned, ...]
    duplicates: tuple[Duplicate, ...]
    suspects: tuple[Suspect, ...]
    problem: str

    @property
    def sentence(self) -> str:
        if self.problem:
            return self.problem
        left, suspects = len(self.clean.left_out), len(self.suspects)
        text = f"{len(self.clean.items)} tracks with {len(self.clean.labels)} labels can be learnt from; "
        text += f"{left} {'is' if left == 1 else 'are'} left out"
        if suspects:
            text += f", and {suspects} {'label looks' if suspects == 1 else 'labels look'} wrong"
        return text + "."

    def as_dict(self) -> dict[str, Any]:
        """Return the report as JSON can hold it."""
        return {
            "tracks": len(self.clean.items),
            "found": self.found,
            "labels": self.clean.counts(),
            "groups": len({item.group for item in self.clean.items}),
            "left_out": [{"path": path, "reason": reason} for path, reason in self.clean.left_out],
            "warnings": [_warning(warned) for warned in self.warnings],
            "duplicates": [_duplicate(d) for d in self.duplicates],
            "suspect_labels": [
                {
                    "path": str(s.item.path),
                    "label": s.item.label,
                    "rather": s.rather,
                    "probability": round(s.probability, 3),
                }
                for s in self.suspects
            ],
            "ok": not self.problem,
            "sentence": self.sentence,
        }


def prepare(
    options: PrepareOptions, progress: Callable[[int, int], None], should_stop: Callable[[], bool] = lambda: False
) -> Report:
    """Hear every track of the data and report on it.

    Raises
    ------
    TrainingError
        Where the data cannot be read at all.
    Stopped
        Where it was asked to stop.
    """
    manifest = read_manifest(options.data, options.not_music, library=options.library, artists=options.artists)
    sounds, bad = _hear(manifest, options.workers or available_cores(), progress, should_stop)
    bad |= {path: reason for path, sound in sounds.items() if (reason := unusable(sound))}
    usable = manifest.without(bad)
    duplicates = find_duplicates(usable.items, sounds)
    clean = usable.without(left_out_for(duplicates, sounds))
    long = [item for item in clean.items if sounds[item.path].seconds >= LEAST_SECONDS]
    suspects = find_suspects(long, {path: sound.summary for path, sound in sounds.items()})
    return Report(
        found=len(manifest.items) + len(manifest.left_out),
        clean=clean,
        warnings=(*_twice(duplicates), *track_warnings(clean, sounds), *division_warnings(clean)),
        duplicates=tuple(duplicates),
        suspects=tuple(suspects),
        problem=_problem(clean),
    )


def _hear(
    manifest: Manifest, workers: int, progress: Callable[[int, int], None], should_stop: Callable[[], bool]
) -> tuple[dict[Path, Sound], dict[Path, str]]:
    sounds: dict[Path, Sound] = {}
    bad: dict[Path, str] = {}
    jobs = [(item.path, (str(item.path), SILENCE_DBFS)) for item in manifest.items]
    progress(0, len(jobs))
    with closing(decode_ahead(listen, jobs, workers)) as heard:
        for path, result in heard:
            if should_stop():
                raise Stopped
            if isinstance(result, DecodeError):
                bad[path] = f"unreadable: {result.sentence}"
            else:
                sounds[path] = result
            progress(len(sounds) + len(bad), len(jobs))
    return sounds, bad


def _problem(clean: Manifest) -> str:
    try:
        check_learnable(clean)
    except TrainingError as error:
        return error.sentence
    return ""


def _twice(duplicates: list[Duplicate]) -> list[Warned]:
    """Return a warning for each pair, which says what makes it worse."""
    found = []
    for d in duplicates:
        kind = "duplicate" if d.kind == "exact" else "near_duplicate"
        text = "The same file as" if d.kind == "exact" else f"{d.overlap:.0f} s of the same recording as"
        text += f" {d.other.path.name}"
        if "labels" in d.across:
            text += f", and once {d.item.label}, once {d.other.label}"
        if "splits" in d.across:
            text += f", and once in {d.item.split}, once in {d.other.split}"
        found.append(Warned(str(d.item.path), kind, text + ".", str(d.other.path)))
    return found


def _duplicate(d: Duplicate) -> dict[str, Any]:
    return {
        "path": str(d.item.path),
        "other": str(d.other.path),
        "kind": d.kind,
        "across": list(d.across),
        "shift": round(d.shift, 2),
        "overlap": round(d.overlap, 2),
        "difference": round(d.difference, 3),
    }


def _warning(warned: Warned) -> dict[str, str]:
    row = {"path": warned.path, "kind": warned.kind, "sentence": warned.sentence}
    return {**row, "other": warned.other} if warned.other else row


def write_report(report: Report, out: Path) -> None:
    """Write report.md, report.json and clean.csv into a folder.

    Raises
    ------
    TrainingError
        Where it cannot be written.
    """
    said = report.as_dict()
    try:
        out.mkdir(parents=True, exist_ok=True)
        (out / "report.json").write_text(json.dumps(said, indent=1) + "\n", "ascii")
        (out / "report.md").write_text(markdown(said), "utf-8")
        _write_clean(report.clean, out)
    except OSError as error:
        raise TrainingError(f"The report could not be written to {out} ({error.strerror}): choose another.") from error


def _write_clean(clean: Manifest, out: Path) -> None:
    root = out.resolve()
    with (out / "clean.csv").open("w", newline="", encoding="utf-8", errors="strict") as stream:
        rows = csv.writer(stream)
        rows.writerow(["path", "label", "group", "split", "original"])
        for item in clean.items:
            if _is_text(str(item.path)):  # a name that is none cannot stand in a list
                rows.writerow([_place(item.path, root), item.label, _own_group(item), item.split, item.gtzan])


def _is_text(name: str) -> bool:
    return not any("\udc80" <= character <= "\udcff" for character in name)


def _place(path: Path, root: Path) -> str:
    """Return the path from the list's folder where it lies below it, else from the root."""
    full = Path(os.path.abspath(path))
    return str(full.relative_to(root)) if full.is_relative_to(root) else str(full)


def _own_group(item: Item) -> str:
    return "" if item.group == str(item.path) else item.group
