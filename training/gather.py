"""From the choices of a run to what is learnt: tracks with their features, labels, targets, and where to start."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

import numpy as np

from mgc_desktop.audio.decode import AUDIO_EXTENSIONS
from mgc_desktop.core.model_info import NOT_MUSIC_LABEL
from mgc_desktop.model.trust import TrustStore
from training.data.cache import FeatureCache, Features
from training.data.manifest import Item, Manifest, check_learnable, read_manifest
from training.data.scenes import scenes_of
from training.data.sources import read_csv, read_rooms, read_sounds
from training.data.splits import with_splits
from training.data.tracks import Targets, Track, hard_targets, learning_targets, tracks_of
from training.data.variants import Variety, changes_for
from training.foreign_teachers import load_teachers
from training.lessons import Lessons, Said, Schoolroom, TeacherFront
from training.options import TrainOptions
from training.report import Reporter
from training.start import Start, choose_labels, covered, read_start, without_missing_not_music
from training.systems import System
from training.teachers import taught

_SCENE_SEED = 1  # the same for every run: what teachers said once serves runs of other seeds
_HEAD_TEST_SHARE = 0.2  # of a few new tracks, so that more than one is left to try them on


@dataclass(frozen=True)
class Gathered:
    """What a run learns.

    Attributes
    ----------
    train, valid, test : list of Track
    targets : ndarray, shape (len(train), L + D)
        Probabilities to be learnt, and what foreign teachers say.
    echoes : int
        D.
    own : list of Track or None
        Those of `train` that sound as their label says, where there are others, too: mixtures do not.
    said : mapping of Path to ndarray, shape (D,)
        What foreign teachers say of tracks to learn from and of validation tracks, as they are, where the last layer
        is fitted by it.
    """

    manifest: Manifest
    labels: list[str]
    start: Start | None
    train: list[Track]
    valid: list[Track]
    test: list[Track]
    targets: Targets
    echoes: int = 0
    own: list[Track] | None = None
    said: Said = field(default_factory=dict)

    @property
    def remembered(self) -> list[Track]:
        """Return what of `train` may stand for its label later."""
        return [track for track in (self.train if self.own is None else self.own) if track.item.label]


class Gatherer:
    """Reads, decodes and divides the data of one run. Use `gather`, once."""

    def __init__(
        self,
        options: TrainOptions,
        system: System,
        report: Reporter,
        should_stop: Callable[[], bool],
        trust: TrustStore,
    ) -> None:
        self._options = options
        self._system = system
        self._report = report
        self._should_stop = should_stop
        self._trust = trust
        self._workers = options.recipe.workers or os.cpu_count() or 1

    def gather(self) -> Gathered:
        """Return what is learnt.

        Raises
        ------
        MgcError
            Where the data, the disk or the model to start from does not allow it.
        Stopped
            Where it was asked to stop.
        """
        options = self._options
        start = None if options.init is None else read_start(options.init, self._system.name)
        manifest = read_manifest(options.data, options.not_music, options.also_train, options.library)
        if start is None:
            check_learnable(manifest)
        labels, manifest = choose_labels(manifest, start, options.labels)
        manifest, features = self._features(manifest)
        labels, manifest = choose_labels(manifest, start, options.labels)
        if not options.head_only:
            labels = without_missing_not_music(labels, manifest)
            covered(manifest, labels)
        check_learnable(manifest if start is None else replace(manifest, items=_one_each(labels, manifest)))
        manifest = self._divided(manifest)
        return self._tracks(manifest, labels, start, features)

    def _divided(self, manifest: Manifest) -> Manifest:
        recipe = self._options.recipe
        if self._options.head_only:
            return with_splits(manifest, 0.0, _HEAD_TEST_SHARE, recipe.seed)
        return with_splits(manifest, recipe.valid_share, recipe.test_share, recipe.seed)

    def _tracks(
        self, manifest: Manifest, labels: list[str], start: Start | None, features: Mapping[Path, Features]
    ) -> Gathered:
        config = self._system.frontend_config
        items = manifest.split("train")
        valid, test = (tracks_of(manifest.split(name), features, config) for name in ("valid", "test"))
        if self._options.teachers:
            lessons, worn, said = self._lessons(manifest, items, labels)
            valid = valid if worn is None else worn
            heard, targets = lessons.tracks, lessons.targets
            return Gathered(manifest, labels, start, heard, valid, test, targets, lessons.echoes, lessons.plain, said)
        train = tracks_of(items, features, config, self._variants(items))
        train += self._unlabelled(manifest)
        recipe = self._options.recipe
        hard = hard_targets(train, labels)
        smoothing = 0.0 if self._options.multi_label else recipe.label_smoothing
        targets = learning_targets(hard, smoothing, self._taught(train, labels), recipe.teacher_share)
        return Gathered(manifest, labels, start, train, valid, test, targets)

    def _lessons(
        self, manifest: Manifest, items: Sequence[Item], labels: Sequence[str]
    ) -> tuple[Lessons, list[Track] | None, Said]:
        """Return scenes of the tracks to learn from, heard by the teachers; what only they put a name to, too.

        Where the last layer is fitted in the end, also the validation tracks, as they are and worn, and what the
        teachers say of all of these as they are.
        """
        options = self._options
        teachers = load_teachers(options.teachers, options.trusted_teachers)
        cache = FeatureCache(
            options.profile.feature_cache_dir, TeacherFront(teachers), options.recipe.max_track_seconds
        )
        room = Schoolroom(self._cache, cache, self._workers, self._on_prepare, self._should_stop)
        sounds = read_sounds(options.noise, room_responses=False), read_rooms(options.rooms, held_out=False)
        learnt = [*items, *self._nameless(manifest.items)]
        scenes = scenes_of(learnt, max(1, options.recipe.scenes), _SCENE_SEED, *sounds)
        try:
            lessons = room.hold(scenes, labels, options.recipe.teacher_share)
            if not options.recipe.fits_last_layer:
                return lessons, None, {}
            valid, said = room.examine(scenes_of(manifest.split("valid"), 1, _SCENE_SEED, *sounds))
            return lessons, valid, {**lessons.said, **said}
        finally:
            cache.close()

    @cached_property
    def _cache(self) -> FeatureCache:
        """The run's cache; several processes of a run share the filling of it, as the cache itself sees to."""
        options = self._options
        return FeatureCache(options.profile.feature_cache_dir, self._system, options.recipe.max_track_seconds)

    def _features(self, manifest: Manifest) -> tuple[Manifest, dict[Path, Features]]:
        features, bad = self._load([item.path for item in manifest.items])
        return manifest.without(bad), features

    def _load(self, paths: Sequence[Path]) -> tuple[dict[Path, Features], dict[Path, str]]:
        return self._cache.load_all(paths, self._workers, self._on_prepare, self._should_stop)

    def _on_prepare(self, done: int, total: int) -> None:
        self._report("prepare", done=done, total=total)

    def _variants(self, items: Sequence[Item]) -> dict[Path, list[Features]]:
        """Return the changed copies of the tracks to learn from."""
        options = self._options
        if not options.recipe.variants or options.head_only:
            return {}
        noises, rooms = (
            read_sounds(options.noise, room_responses=False),
            read_rooms(options.rooms, held_out=False),
        )
        music = [item for item in items if item.label != NOT_MUSIC_LABEL]
        changes = changes_for(music, Variety(count=options.recipe.variants), options.recipe.seed, noises, rooms)
        return self._cache.load_variants(changes, self._workers, self._on_prepare, self._should_stop)

    def _unlabelled(self, manifest: Manifest) -> list[Track]:
        """Return tracks that only the teachers put a name to; what is held out is not among them."""
        if not self._options.unlabelled:
            return []
        items = self._nameless(manifest.items)
        features, bad = self._load([item.path for item in items])
        return tracks_of([item for item in items if item.path not in bad], features, self._system.frontend_config)

    def _nameless(self, items: Iterable[Item]) -> list[Item]:
        known = {item.path for item in items}
        found = [path for source in self._options.unlabelled for path in _audio_of(source)]
        return [Item(path, "", str(path), "train") for path in found if path not in known]

    def _taught(self, train: Sequence[Track], labels: Sequence[str]) -> Targets | None:
        if not self._options.distil:
            return None
        said = taught(
            self._options.distil,
            [track.item.path for track in train],
            labels,
            self._trust,
            self._options.device,
            self._workers,
            self._on_prepare,
            self._should_stop,
        )
        nothing = np.full(len(labels), np.nan, np.float32)
        return np.stack([said.get(track.item.path, nothing) for track in train])


def _audio_of(source: Path) -> list[Path]:
    """Return the audio files of a folder, however deep, or of a list."""
    if source.is_dir():
        return sorted(path for path in source.rglob("*") if path.suffix.lower() in AUDIO_EXTENSIONS)
    return [item.path for item in read_csv(source, label="unlabelled").items]


def _one_each(labels: Sequence[str], manifest: Manifest) -> tuple[Item, ...]:
    """Return an item for every label to be learnt, for the check that there are two."""
    return tuple(Item(Path(label), label, label, "train") for label in labels) if manifest.items else ()
