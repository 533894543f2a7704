"""Protocols: who is on which side, who is left out, and what is said where the data cannot do it."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mgc_desktop.core.errors import TrainingError, UsageError
from training.data.gtzan import filtered_split
from training.data.items import Item, Manifest
from training.data.manifest import read_manifest
from training.data.segments import duration
from training.protocols import PROTOCOLS, Fold, folds

WITH_ROOM = ["grouped-kfold", "track-kfold"]


def tracks(labels: str = "abc", groups: int = 6, each: int = 3) -> Manifest:
    """Return `groups` groups a label with `each` tracks, and ten of speech and noise."""
    music = [Item(Path(f"{x}{g}{n}"), x, f"{x}{g}", "") for x in labels for g in range(groups) for n in range(each)]
    other = [Item(Path(f"noise{n}"), "_not_music", f"n{n}", "test") for n in range(10)]
    return Manifest((*music, *other))


def sides(fold: Fold, key: str) -> list[set[str]]:
    parts = [[i for i in part if i.label != "_not_music"] for part in (fold.train, fold.valid, fold.test)]
    return [{str(getattr(item, key)) for item in part} for part in parts]


def apart(parts: list[set[str]]) -> bool:
    return not (parts[0] & parts[1] or parts[0] & parts[2] or parts[1] & parts[2])


def test_grouped_folds_test_every_track_once_and_split_no_group() -> None:
    manifest = tracks()
    made = folds("grouped-kfold", manifest, k=3)
    assert [fold.name for fold in made] == ["fold 1 of 3", "fold 2 of 3", "fold 3 of 3"]
    tested = Counter(item.path for fold in made for item in fold.test)
    assert tested == Counter(item.path for item in manifest.items if item.label != "_not_music")
    for fold in made:
        assert apart(sides(fold, "group"))
        assert Counter(item.label for item in fold.test) == {"a": 6, "b": 6, "c": 6}
        assert fold.valid
        assert sum(item.label == "_not_music" for item in fold.train) == 10
        assert all(item.label != "_not_music" for item in (*fold.valid, *fold.test))
    assert made == folds("grouped-kfold", manifest, k=3)
    assert made != folds("grouped-kfold", manifest, k=3, seed=2)


def test_track_folds_keep_tracks_whole_and_artists_not() -> None:
    made = folds("track-kfold", tracks(), k=3)
    assert all(apart(sides(fold, "path")) for fold in made)
    assert any(not apart(sides(fold, "group")) for fold in made)


def test_segments_of_one_track_are_on_both_sides_and_that_is_said() -> None:
    manifest = tracks()
    durations = {item.path: 30.0 for item in manifest.items}
    made = folds("segment-random", manifest, k=5, durations=durations)
    assert PROTOCOLS["segment-random"].leaky
    assert "both sides" in PROTOCOLS["segment-random"].says
    assert [name for name, protocol in PROTOCOLS.items() if protocol.leaky] == ["segment-random"]
    assert sum(len(fold.test) for fold in made) == 54 * 10
    first = made[0]
    assert not apart(sides(first, "path"))
    assert {item.seconds for item in (*first.test, *first.valid)} == {3.0}
    assert {item.start for fold in made for item in fold.test} == {3.0 * i for i in range(10)}
    assert all(item.seconds is None for item in first.train if item.label == "_not_music")


def test_one_fold_holds_a_tenth_out() -> None:
    manifest = tracks(groups=10, each=1)
    for name in (*WITH_ROOM, "segment-random"):
        (fold,) = folds(name, manifest, k=1, durations={item.path: 3.0 for item in manifest.items})
        assert len(fold.test) == 3
        assert 2 <= len(fold.valid) <= 6


def test_data_without_groups_is_not_passed_off_as_grouped() -> None:
    manifest = tracks(groups=10, each=1)
    assert "names no artists" in folds("grouped-kfold", manifest)[0].notes[0]
    assert folds("track-kfold", manifest)[0].notes == folds("grouped-kfold", tracks())[0].notes == ()


def test_a_track_too_short_for_a_segment_is_told() -> None:
    manifest = tracks()
    durations = {item.path: 30.0 for item in manifest.items} | {Path("a00"): 2.5}
    made = folds("segment-random", manifest, durations=durations)
    assert made[0].notes == ("1 of 54 tracks are shorter than 3 s and left out.",)
    assert all(item.path != Path("a00") for fold in made for item in (*fold.train, *fold.valid, *fold.test))


def test_the_length_of_a_track_comes_from_the_file(wav_file) -> None:
    assert duration(str(wav_file("a.flac", seconds=7.5, rate=44100))) == pytest.approx(7.5)


@pytest.mark.parametrize("name", WITH_ROOM)
def test_small_labels_are_told_and_crash_nothing(name: str) -> None:
    lone = Item(Path("z"), "z", "z", "")
    pair = (Item(Path("y1"), "y", "y1", ""), Item(Path("y2"), "y", "y2", ""))
    made = folds(name, Manifest((*tracks().items, lone, *pair)), k=5)
    assert made[0].notes == (
        "All in one group, and so learnt but never tested: z.",
        "Too few to be tested in each of 5 folds: y (2).",
    )
    for fold in made:
        assert lone in fold.train
        assert {item.label for item in (*fold.valid, *fold.test)} <= {item.label for item in fold.train}


@given(
    st.lists(st.tuples(st.sampled_from("abcd"), st.integers(0, 9)), min_size=1, max_size=60),
    st.integers(2, 6),
    st.sampled_from(WITH_ROOM),
)
def test_whatever_the_data_sides_stay_apart_and_what_is_tested_was_learnt(
    rows: list[tuple[str, int]], k: int, name: str
) -> None:
    # A group may hold several labels, and a label may be in one group only.
    manifest = Manifest(tuple(Item(Path(f"{i}"), label, f"{group}", "") for i, (label, group) in enumerate(rows)))
    try:
        made = folds(name, manifest, k=k)
    except TrainingError:  # too few; what it says is tested below
        return
    for fold in made:
        assert apart(sides(fold, "group" if name == "grouped-kfold" else "path"))
        assert {item.label for item in (*fold.valid, *fold.test)} <= {item.label for item in fold.train}
        assert len(fold.train) + len(fold.valid) + len(fold.test) == len(rows)
    tested = Counter(item.path for fold in made for item in fold.test)
    assert set(tested.values()) == {1}


def test_the_given_split_is_taken_as_it_is() -> None:
    splits = ["train", "train", "valid", "test", ""]
    items = tuple(Item(Path(f"{x}{i}"), x, f"{x}{i}", split) for x in "ab" for i, split in enumerate(splits))
    noise = (Item(Path("n1"), "_not_music", "n1", "train"), Item(Path("n2"), "_not_music", "n2", "test"))
    (fold,) = folds("given", Manifest((*items, *noise)))
    assert [len(fold.train), len(fold.valid), len(fold.test)] == [5, 2, 2]
    assert noise[0] in fold.train
    assert fold.notes == ("2 of 10 tracks are in none of its splits and are left out.",)


def test_where_no_validation_is_given_it_comes_from_training_by_groups() -> None:
    items = tuple(replaced for item in tracks("ab").items if (replaced := _with_split(item)))
    (fold,) = folds("given", Manifest(items))
    assert fold.valid
    assert apart(sides(fold, "group"))


def _with_split(item: Item) -> Item | None:
    split = "test" if item.group.endswith("0") else "train"
    return None if item.label == "_not_music" else Item(item.path, item.label, item.group, split)


def test_the_fault_filtered_split_by_name_in_gtzans_layout(tmp_path: Path) -> None:
    assert Counter(filtered_split().values()) == {"train": 443, "valid": 197, "test": 290}
    for genre in ("blues", "rock"):
        (tmp_path / genre).mkdir()
        for number in range(100):
            (tmp_path / genre / f"{genre}.{number:05d}.au").write_bytes(b"x")
    (tmp_path / "rock/mine.mp3").write_bytes(b"x")
    (fold,) = folds("fault-filtered", read_manifest([tmp_path]))
    expected = Counter(s for name, s in filtered_split().items() if name.startswith(("blues.", "rock.")))
    assert {"train": len(fold.train), "valid": len(fold.valid), "test": len(fold.test)} == expected
    assert Path("blues.00012.au") in {Path(item.path.name) for item in fold.test}
    assert fold.notes == (f"{201 - expected.total()} of 201 tracks are in none of its splits and are left out.",)


def test_the_fault_filtered_split_of_the_real_list(real_data: Path) -> None:
    manifest = read_manifest([real_data / "tracks.csv"])
    (fold,) = folds("fault-filtered", manifest)
    names = [item.gtzan for item in (*fold.train, *fold.valid, *fold.test)]
    assert len(names) > 80
    assert set(names) <= set(filtered_split())


@pytest.mark.parametrize(
    ("name", "manifest", "words"),
    [
        ("given", tracks(), "no split of its own"),
        ("fault-filtered", tracks(), "no track of GTZAN"),
        ("grouped-kfold", Manifest((Item(Path("a"), "x", "1", ""),)), "too few"),
        ("grouped-kfold", Manifest(tracks("a").items), "too few"),
    ],
)
def test_data_that_cannot_do_it_gets_one_sentence(name: str, manifest: Manifest, words: str) -> None:
    with pytest.raises(TrainingError, match=words) as caught:
        folds(name, manifest)
    assert "\n" not in caught.value.sentence


def test_wrong_names_and_numbers_are_wrong_usage() -> None:
    with pytest.raises(UsageError, match="grouped-kfold"):
        folds("by-moon", tracks())
    with pytest.raises(UsageError, match="0 folds"):
        folds("grouped-kfold", tracks(), k=0)
