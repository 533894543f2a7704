"""Manifests and splits: what is read, what is left out, and what is refused in one sentence."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mgc_desktop.core.errors import TrainingError
from training.data.manifest import Item, Manifest, check_learnable, read_manifest
from training.data.splits import with_splits


def touch(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"RIFF")
    return path


def refused(path: Path) -> str:
    with pytest.raises(TrainingError) as caught:
        check_learnable(read_manifest([path]))
    assert "\n" not in caught.value.sentence
    return caught.value.sentence


def test_a_folder_of_genre_folders(tmp_path: Path) -> None:
    for name in ("rock/a.mp3", "rock/album/b.flac", "jazz/c.wav", "jazz/cover.jpg", ".hidden/d.wav"):
        touch(tmp_path / name)
    (tmp_path / "empty").mkdir()
    manifest = read_manifest([tmp_path])
    assert manifest.counts() == {"jazz": 1, "rock": 2}
    assert manifest.left_out == ((str(tmp_path / "empty"), "no audio in this genre folder"),)
    groups = {item.path.name: item.group for item in manifest.items}
    assert groups["b.flac"] == str(tmp_path / "rock/album")
    assert groups["a.mp3"] != groups["c.wav"]


def test_a_list_with_groups_and_splits(tmp_path: Path) -> None:
    for name in ("a.wav", "b.wav"):
        touch(tmp_path / name)
    touch(tmp_path.parent / "outside.wav")
    (tmp_path / "list.csv").write_text(
        "path,label,group,split\na.wav,rock,x,train\nb.wav,jazz,y,test\nnone.wav,jazz,y,test\n"
        "../outside.wav,jazz,y,test\nb.wav,,y,test\na.wav,jazz,y,tset\n"
    )
    manifest = read_manifest([tmp_path / "list.csv"])
    assert [(i.path.name, i.label, i.group, i.split) for i in manifest.items] == [
        ("a.wav", "rock", "x", "train"),
        ("b.wav", "jazz", "y", "test"),
    ]
    assert [reason for _, reason in manifest.left_out] == [
        "missing", "outside the folder of the list", "no label", "unknown split 'tset'",
    ]  # fmt: skip


def test_speech_and_noise_by_a_list_of_their_own(tmp_path: Path) -> None:
    for name in ("rock/a.wav", "jazz/b.wav", "rain.wav", "hall.wav"):
        touch(tmp_path / name)
    (tmp_path / "noise.csv").write_text("path,kind,split\nrain.wav,noise,test\nhall.wav,rir,train\n")
    manifest = read_manifest([tmp_path], [tmp_path / "noise.csv"])
    assert manifest.counts() == {"_not_music": 1, "jazz": 1, "rock": 1}


def test_tracks_to_learn_from_that_are_never_scored(tmp_path: Path) -> None:
    for name in ("data/rock/a.wav", "data/jazz/b.wav", "more/c.wav", "more/d.wav"):
        touch(tmp_path / name)
    (tmp_path / "more/more.csv").write_text("path,label,split\nc.wav,jazz,train\nd.wav,jazz,test\n")
    manifest = read_manifest([tmp_path / "data"], also_train=[tmp_path / "more/more.csv"])
    assert sorted((i.path.name, i.split) for i in manifest.items) == [("a.wav", ""), ("b.wav", ""), ("c.wav", "train")]


def test_the_librarys_own_list_may_lead_anywhere(tmp_path: Path) -> None:
    for name in ("data/rock/album/a.wav", "data/jazz/b.wav", "music/c.wav"):
        touch(tmp_path / name)
    folder = tmp_path / "profile"
    folder.mkdir()
    rows = f"{tmp_path}/music/c.wav,disco,Chic\n{tmp_path}/data/rock/album/a.wav,blues,\n../gone.wav,disco,\n"
    (folder / "corrections.csv").write_text("path,label,group\n" + rows)
    manifest = read_manifest([tmp_path / "data"], library=[folder / "corrections.csv"])
    found = {item.path.name: (item.label, item.group) for item in manifest.items}
    # A correction changes the label of a track, not what the track belongs to.
    assert found == {
        "a.wav": ("blues", str(tmp_path / "data/rock/album")),
        "b.wav": ("jazz", str(tmp_path / "data/jazz/b.wav")),
        "c.wav": ("disco", "Chic"),
    }
    assert manifest.left_out == (("../gone.wav", "missing"),)
    assert read_manifest([], library=[folder / "corrections.csv"]).counts() == {"blues": 1, "disco": 1}


def test_a_correction_keeps_the_split_of_its_track(tmp_path: Path) -> None:
    touch(tmp_path / "a.wav")
    (tmp_path / "list.csv").write_text("path,label,group,split\na.wav,rock,x,test\n")
    (tmp_path / "fix.csv").write_text("path,label\na.wav,jazz\n")
    (item,) = read_manifest([tmp_path / "list.csv"], library=[tmp_path / "fix.csv"]).items
    assert (item.label, item.group, item.split) == ("jazz", "x", "test")


def test_a_list_of_its_own_may_not_lead_out_by_a_link(tmp_path: Path) -> None:
    touch(tmp_path / "secret.wav")
    (tmp_path / "data").mkdir()
    (tmp_path / "data/link.wav").symlink_to(tmp_path / "secret.wav")
    (tmp_path / "data/list.csv").write_text("path,label\nlink.wav,rock\n")
    assert read_manifest([tmp_path / "data/list.csv"]).left_out == (("link.wav", "outside the folder of the list"),)


def test_faults_are_one_sentence(tmp_path: Path) -> None:
    assert "does not exist" in refused(tmp_path / "none")
    (tmp_path / "folder").mkdir()
    assert "no genre folders" in refused(tmp_path / "folder")
    touch(tmp_path / "one/rock/a.wav")
    assert "one genre only (rock)" in refused(tmp_path / "one")
    (tmp_path / "bad.csv").write_text("file,genre\na.wav,rock\n")
    assert "needs path and label" in refused(tmp_path / "bad.csv")
    (tmp_path / "binary.csv").write_bytes(b"\xff\xfe\x00\x80")
    assert "not a CSV file" in refused(tmp_path / "binary.csv")


def test_same_data_same_fingerprint(tmp_path: Path) -> None:
    touch(tmp_path / "rock/a.wav"), touch(tmp_path / "jazz/b.wav")
    first = read_manifest([tmp_path]).fingerprint()
    assert read_manifest([tmp_path]).fingerprint() == first
    (tmp_path / "rock/a.wav").write_bytes(b"RIFFx")
    assert read_manifest([tmp_path]).fingerprint() != first


@given(
    st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 12)), min_size=3, max_size=80),
    st.integers(0, 5),
)
def test_no_group_is_on_both_sides_and_every_label_is_trained(rows: list[tuple[str, int]], seed: int) -> None:
    items = tuple(Item(Path(f"{i}"), label, f"{label}{group}", "") for i, (label, group) in enumerate(rows))
    result = with_splits(Manifest(items), 0.1, 0.1, seed)
    sides: dict[str, set[str]] = {}
    for item in result.items:
        sides.setdefault(item.group, set()).add(item.split)
    assert all(len(splits) == 1 for splits in sides.values())
    assert {item.label for item in result.split("train")} == {label for label, _ in rows}
    for label in set("abc"):
        if len({item.group for item in items if item.label == label}) >= 3:
            assert {"train", "valid", "test"} == {item.split for item in result.items if item.label == label}
    assert result == with_splits(Manifest(items), 0.1, 0.1, seed)


def test_a_split_that_is_brought_is_kept() -> None:
    items = (Item(Path("a"), "x", "1", "test"), Item(Path("b"), "x", "2", "train"), Item(Path("c"), "y", "3", "train"))
    assert with_splits(Manifest(items), 0.1, 0.1, 0).items == items


def test_a_label_without_training_tracks_is_named() -> None:
    items = (Item(Path("a"), "x", "1", "test"), Item(Path("b"), "y", "2", "train"))
    with pytest.raises(TrainingError, match="train on for x"):
        with_splits(Manifest(items), 0.1, 0.1, 0)
