"""Systems side by side under several protocols: each is trained and tried fold by fold, and one table says it all.

Every finished fold is a file of results, so that a comparison that was stopped goes on where it was, and two of them
may share the work on one folder.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mgc_desktop.core.errors import TrainingError, UsageError
from mgc_desktop.core.paths import Profile
from mgc_desktop.model.devices import choose_device
from training.checkpoint import write_json
from training.contender import Bench, Contender
from training.data.manifest import Manifest, check_learnable, read_manifest
from training.foreign_teachers import KNOWN, ForeignTeacher, load_teachers
from training.network_contender import NetworkContender
from training.protocols import PROTOCOLS, Fold, folds
from training.references.contender import ReferenceContender
from training.references.table import REFERENCES
from training.report import Reporter
from training.systems import SYSTEMS
from training.train import versions
from training.trials import Trials

_SECONDS = (1.0, 120.0)  # that every system can be given of a track


@dataclass(frozen=True)
class CompareOptions:
    """The choices of a comparison; see the command line."""

    data: tuple[Path, ...]
    out: Path
    profile: Profile
    systems: tuple[str, ...]  # of the table of systems, or of the references
    protocols: tuple[str, ...]
    not_music: tuple[Path, ...] = ()
    library: tuple[Path, ...] = ()
    k: int = 5
    epochs: int | None = None
    patience: int | None = None
    seeds: tuple[int, ...] = (1,)  # each trains anew, on the same folds
    device: str = "auto"
    where_possible: bool = False  # pass over a protocol that the data does not allow
    teachers: tuple[Path, ...] = ()
    trusted: frozenset[str] = KNOWN  # SHA-256 of teachers that may be loaded
    conditions: tuple[str, ...] = ()  # whole tracks are tried under these, too
    rooms: tuple[Path, ...] = ()
    noise: tuple[Path, ...] = ()


def names_of_all(teachers: tuple[Path, ...]) -> tuple[tuple[str, ...], list[str]]:
    """Return the names of all that can be compared, and sentences on what is left out."""
    left_out = [] if teachers else [name for name, reference in REFERENCES.items() if reference.needs_teachers]
    notes = [f"{name} is left out: it needs foreign teachers, given by --teachers FILE." for name in left_out]
    return tuple(name for name in (*SYSTEMS, *REFERENCES) if name not in left_out), notes


def check_names(names: tuple[str, ...], teachers: tuple[Path, ...]) -> None:
    """Make sure that all of these can be compared.

    Raises
    ------
    UsageError
        Where one is not known, or needs teachers and there are none.
    """
    for name in names:
        if name not in SYSTEMS and name not in REFERENCES:
            known = ", ".join((*SYSTEMS, *REFERENCES))
            raise UsageError(f"There is no system called {name!r}: choose one of {known}.")
        if name in REFERENCES and REFERENCES[name].needs_teachers and not teachers:
            raise UsageError(f"{name} needs foreign teachers: name their files with --teachers FILE.")


class Comparing:
    """One comparison. Use `run`, once."""

    def __init__(self, options: CompareOptions, report: Reporter, should_stop: Callable[[], bool]) -> None:
        self._options = options
        self._report = report
        device, workers = choose_device(options.device), os.cpu_count() or 1
        # Background noise is of the test split, which no system learns.
        trials = Trials("the systems", _SECONDS, "test", options.rooms, options.noise)
        conditions = trials.names(options.conditions)
        self._bench = Bench(options.profile, device, workers, report, should_stop, trials, conditions)
        self._under: list[str] = []  # what decides the trials under conditions

    def run(self) -> list[dict[str, Any]]:
        """Train and try what is not there yet; return the results of all folds that were asked for.

        Raises
        ------
        MgcError
            Where the data or the disk does not allow it, or a teacher is not to be trusted.
        Stopped
            Where it was asked to stop; finished folds are kept.
        """
        options, bench = self._options, self._bench
        check_names(options.systems, options.teachers)
        self._under = bench.trials.key(bench.conditions)
        for sentence in bench.trials.notes:
            self._report("note", sentence=sentence)
        teachers = load_teachers(options.teachers, options.trusted, device=bench.device.type)
        manifest = read_manifest(options.data, options.not_music, library=options.library)
        check_learnable(manifest)
        results = []
        for name in options.systems:
            contender = self._contender(name, teachers)
            kept = contender.hear(manifest)
            check_learnable(kept)
            for protocol in options.protocols:
                for fold in self._folds(protocol, contender, kept):
                    results += [self._result(contender, kept, protocol, fold, seed) for seed in options.seeds]
        return results

    def _contender(self, name: str, teachers: list[ForeignTeacher]) -> Contender:
        options, bench = self._options, self._bench
        if name in SYSTEMS:
            return NetworkContender(SYSTEMS[name], bench, options.epochs, options.patience)
        beside_a_leak = any(PROTOCOLS[protocol].leaky for protocol in options.protocols)
        return ReferenceContender(REFERENCES[name], bench, teachers, beside_a_leak)

    def _folds(self, protocol: str, contender: Contender, manifest: Manifest) -> list[Fold]:
        options = self._options
        durations = contender.durations() if PROTOCOLS[protocol].leaky else {}
        try:
            return folds(protocol, manifest, k=options.k, seed=options.seeds[0], durations=durations)
        except TrainingError as error:
            if not options.where_possible:
                raise
            self._report("note", sentence=f"{protocol} is passed over: {error.sentence}")
            return []

    def _result(self, contender: Contender, manifest: Manifest, protocol: str, fold: Fold, seed: int) -> dict[str, Any]:
        settings = contender.settings(seed)
        key = _key(contender, settings, protocol, fold, manifest, self._under)
        path = self._options.out / "folds" / f"{contender.name}--{protocol}--{key}.json"
        if path.exists():
            return _read(path)
        counts = f"{len(fold.train)} to learn from, {len(fold.test)} to try"
        self._report("note", sentence=f"{contender.name}, {protocol}, {fold.name}, seed {seed}: {counts}.")
        result = contender.try_on(fold, seed)
        result |= {
            "system": contender.name,
            "protocol": protocol,
            "fold": fold.name,
            "seed": seed,
            "notes": [*fold.notes, *result.get("notes", ())],
        }
        result |= {"data": manifest.fingerprint(), "recipe": settings, "versions": versions()}
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            write_json(path, result)
        except OSError as error:
            raise TrainingError(
                f"The results could not be written to {path.parent} ({error.strerror}): free some space and give the "
                "same command again, which goes on where it was."
            ) from error
        return result


def _key(
    contender: Contender,
    settings: dict[str, Any],
    protocol: str,
    fold: Fold,
    manifest: Manifest,
    under: Sequence[str],
) -> str:
    """Return a digest of all that decides a fold's result, so that none is taken for another."""
    parts = [[(i.path.name, i.label, i.start) for i in part] for part in (fold.train, fold.valid, fold.test)]
    told = [contender.name, contender.hears, settings, protocol, fold.name, parts]
    told += [manifest.fingerprint(), *under]
    return hashlib.sha256(json.dumps(told, sort_keys=True).encode("utf-8", "surrogateescape")).hexdigest()[:16]


def _read(path: Path) -> dict[str, Any]:
    try:
        result: dict[str, Any] = json.loads(path.read_bytes())
    except (OSError, ValueError) as error:
        raise TrainingError(f"The result {path} cannot be read: remove it and give the same command again.") from error
    return result
