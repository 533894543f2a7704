"""References of a comparison: their classifiers, what they hear, and what is kept of that."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from mgc_desktop.core.errors import UsageError
from tests import synth
from tests.teacher_files import FEATURES, TAGS, make_teacher
from training.compare import check_names, names_of_all
from training.data.items import Item
from training.foreign_teachers import ForeignTeacher, load_teachers
from training.references.classifiers import LOGISTIC, SUPPORT_VECTORS, Classifier, fit
from training.references.hearing import statistics
from training.references.outputs import KeptOutputs, Stretch
from training.references.table import REFERENCES
from training.stop import Stopped

OLD = time.time() - 1000  # s: files that have settled
LENGTH = TAGS + FEATURES


def told_apart(
    labels: str = "abc", groups: int = 6, spread: float = 1.0, seed: int = 0
) -> tuple[list[Item], NDArray[np.float32]]:
    """Return items of several groups a label, and a vector each: a label is a place, a group a place near it."""
    generator = np.random.default_rng(seed)
    items, vectors = [], []
    for place, label in enumerate(labels):
        for group in range(groups):
            centre = 4.0 * np.eye(8)[place] + spread * generator.standard_normal(8)
            for n in range(3):
                items.append(Item(Path(f"{label}{group}{n}"), label, f"{label}{group}", "train"))
                vectors.append(centre + 0.1 * generator.standard_normal(8))
    return items, np.array(vectors, np.float32)


@pytest.mark.parametrize("classifier", [LOGISTIC, SUPPORT_VECTORS], ids=["logistic", "support vectors"])
@pytest.mark.parametrize("labels", ["ab", "abcd"])
def test_a_classifier_learns_and_is_calibrated(classifier: Classifier, labels: str) -> None:
    fitted = fit(classifier, *told_apart(labels), seed=1)
    items, vectors = told_apart(labels, seed=7)
    logits = fitted.logits(vectors)
    assert logits.shape == (len(items), len(labels))
    assert fitted.labels == list(labels)
    right = [fitted.labels[i] == item.label for i, item in zip(logits.argmax(axis=1), items, strict=True)]
    assert np.mean(right) > 0.9
    assert 0.2 < fitted.temperature < 5.0
    assert fitted.choice in classifier.choices
    assert fitted.logits(vectors[:0]).shape == (0, len(labels))


def test_a_harder_task_makes_softer_verdicts() -> None:
    easy, hard = (fit(LOGISTIC, *told_apart("abc", spread=spread), seed=1).temperature for spread in (0.3, 4.0))
    assert hard > 2 * easy


def test_sizes_are_coefficients_and_support_vectors() -> None:
    items, vectors = told_apart("abc")
    assert fit(LOGISTIC, items, vectors, 1).size == 3 * (8 + 1)
    assert fit(LOGISTIC, *told_apart("ab"), 1).size == 8 + 1
    assert 3 <= fit(SUPPORT_VECTORS, items, vectors, 1).size <= len(items)


def test_what_is_free_is_chosen_by_groups_and_not_by_tracks() -> None:
    """Where tracks of a group lie close together, the narrowest kernel knows the group and nothing of the label."""
    items, vectors = told_apart("ab", groups=12, spread=4.0)
    narrow, wide = {"C": 10.0, "gamma": 100.0}, {"C": 1.0, "gamma": 0.05}
    both = Classifier(SUPPORT_VECTORS.make, (narrow, wide), SUPPORT_VECTORS.size)
    assert fit(both, items, vectors, 1).choice == wide
    alone = [Item(item.path, item.label, str(item.path), "train") for item in items]  # each a group of its own
    assert fit(both, alone, vectors, 1).choice == narrow


def test_one_group_a_label_is_enough_to_learn() -> None:
    items, vectors = told_apart("ab", groups=1)
    fitted = fit(SUPPORT_VECTORS, items, vectors, 1)
    assert (fitted.choice, fitted.temperature) == (SUPPORT_VECTORS.choices[0], 1.0)
    assert fitted.logits(vectors).argmax(axis=1).tolist() == [0, 0, 0, 1, 1, 1]


def test_several_genres_a_track_count_as_the_first() -> None:
    items, vectors = told_apart("ab")
    both = [Item(item.path, f"{item.label}; c", item.group, "train") for item in items]
    assert fit(LOGISTIC, both, vectors, 1).labels == ["a", "b"]


def test_statistics_are_mean_and_deviation_of_rows_and_steps() -> None:
    rows = np.array([[1, 3, 1, 3], [5, 5, 5, 5]], np.float16)
    assert statistics(rows).tolist() == [2, 5, 1, 0, 2, 0, 0, 0]
    assert statistics(rows[:, :1]).tolist() == [1, 5, 0, 0, 0, 0, 0, 0]


@pytest.fixture
def teachers(tmp_path: Path) -> list[ForeignTeacher]:
    paths = (tmp_path / "one.pt", tmp_path / "other.pt")
    return load_teachers(paths, frozenset(make_teacher(path, seed) for seed, path in enumerate(paths)))


@pytest.fixture
def tracks(tmp_path: Path) -> list[Path]:
    made = [synth.write_audio(tmp_path / f"{n}.wav", synth.song(4.0 + n), synth.RATE) for n in range(2)]
    for path in made:
        os.utime(path, (OLD, OLD))
    return made


@pytest.fixture
def outputs(tmp_path: Path, teachers: list[ForeignTeacher]) -> Iterator[Callable[..., KeptOutputs]]:
    """Return a maker of caches on one folder, each as a run of its own has it."""
    made: list[KeptOutputs] = []

    def make(asked: list[ForeignTeacher] = teachers) -> KeptOutputs:
        made.append(KeptOutputs(tmp_path / "cache", asked))
        return made[-1]

    yield make
    for cache in made:
        cache.close()


def load(
    cache: KeptOutputs, *stretches: Stretch
) -> tuple[dict[Stretch, NDArray[np.float32]], dict[Path, str], list[tuple[int, int]]]:
    told: list[tuple[int, int]] = []
    return *cache.load(stretches, 1, lambda done, total: told.append((done, total))), told


def unasked(teacher: ForeignTeacher, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(teacher, "outputs", lambda *_: pytest.fail(f"{teacher.name} was asked again"))


def test_what_teachers_say_is_kept(
    outputs: Callable[..., KeptOutputs],
    teachers: list[ForeignTeacher],
    tracks: list[Path],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    whole, piece, late = (tracks[0], 0.0, None), (tracks[1], 3.0, 1.0), (tracks[1], 4.5, 1.0)
    first, bad, told = load(outputs(), whole, piece, late)
    assert not bad
    assert told == [(0, 2), (1, 2), (2, 2)]
    assert {vector.shape for vector in first.values()} == {(2 * LENGTH,)}
    assert not np.allclose(first[piece], first[late])
    only = load(outputs(teachers[:1]), whole)[0][whole]
    assert np.array_equal(only, first[whole][:LENGTH])
    for teacher in teachers:
        unasked(teacher, monkeypatch)
    again, _, told = load(outputs(), late, whole, piece)
    assert told == [(2, 2)]
    assert all(np.array_equal(again[stretch], first[stretch]) for stretch in first)


def test_a_stretch_is_the_sound_that_lies_there(
    outputs: Callable[..., KeptOutputs], teachers: list[ForeignTeacher], tmp_path: Path
) -> None:
    wave = synth.song(6.0, 12_000)
    path = synth.write_audio(tmp_path / "same-rate.wav", wave, 12_000)
    cache = outputs()
    found = load(cache, (path, 0.0, None), (path, 2.0, 1.5), (path, 5.0, 1.5))[0]
    heard = wave.astype(np.float32)
    expected = [heard, heard[24_000:42_000], heard[-18_000:]]  # the last one would have gone beyond the end
    for vector, samples in zip(found.values(), expected, strict=True):
        assert np.allclose(vector, cache.vector(samples), atol=2e-3)  # the file has 16 bits
    tags = teachers[0].outputs(heard[None])[0]
    assert np.allclose(teachers[0].numbers(heard[None], 1e-7)[0, :TAGS], np.log(tags / (1 - tags)), atol=1e-4)


def test_other_sound_under_the_same_name_is_heard_anew(
    outputs: Callable[..., KeptOutputs], tracks: list[Path], tmp_path: Path
) -> None:
    stretch = (tracks[0], 0.0, None)
    first = load(outputs(), stretch)[0][stretch]
    synth.write_audio(tracks[0], synth.chords(4.0), synth.RATE)
    assert not np.allclose(load(outputs(), stretch)[0][stretch], first)


def test_a_damaged_entry_is_made_again(outputs: Callable[..., KeptOutputs], tracks: list[Path], tmp_path: Path) -> None:
    stretch = (tracks[0], 0.0, None)
    first = load(outputs(), stretch)[0][stretch]
    entries = list((tmp_path / "cache").rglob("*.f16"))
    assert len(entries) == 2
    entries[0].write_bytes(entries[0].read_bytes()[:-3])
    assert np.array_equal(load(outputs(), stretch)[0][stretch], first)


def test_what_cannot_be_heard_is_named(outputs: Callable[..., KeptOutputs], tracks: list[Path], tmp_path: Path) -> None:
    broken, gone = tmp_path / "broken.mp3", tmp_path / "gone.wav"
    broken.write_bytes(os.urandom(3000))
    found, bad, _ = load(outputs(), *((path, 0.0, None) for path in (broken, gone, tracks[0])))
    assert list(found) == [(tracks[0], 0.0, None)]
    assert set(bad) == {broken, gone}
    assert bad[gone] == "could not be read (No such file or directory)"


def test_it_stops_between_two_questions(outputs: Callable[..., KeptOutputs], tracks: list[Path]) -> None:
    with pytest.raises(Stopped):
        outputs().load([(tracks[0], 0.0, None)], 1, lambda *_: None, lambda: True)


def test_all_leaves_out_what_needs_teachers_and_says_so(tmp_path: Path) -> None:
    names, notes = names_of_all(())
    assert "teachers_lr" not in names
    assert {"crnn", "handcrafted_svm"} < set(names)
    assert notes == ["teachers_lr is left out: it needs foreign teachers, given by --teachers FILE."]
    names, notes = names_of_all((tmp_path / "teacher.pt",))
    assert "teachers_lr" in names
    assert not notes
    with pytest.raises(UsageError, match="teachers_lr needs foreign teachers: name their files with --teachers FILE"):
        check_names(("crnn", "teachers_lr"), ())
    with pytest.raises(UsageError, match=r"no system called 'vgg'.*crnn.*handcrafted_svm"):
        check_names(("vgg",), ())
    assert all(reference.says.endswith(".") for reference in REFERENCES.values())
