"""GTZAN by name: its layout, its artists, and its faults."""

from __future__ import annotations

from pathlib import Path

import pytest

from mgc_desktop.core.errors import TrainingError
from training.data.gtzan import gtzan_name, read_artists
from training.data.manifest import read_manifest

INDEX = """## by somebody
blues.00000.wav ::: John Lee Hooker ::: One Bourbon
blues.00001.wav ::: JOHN LEE HOOKER :::
blues.00002.wav ::: ::: Unknown
"""


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("blues.00012.wav", "blues.00012"),
        ("hiphop.00099.au", "hiphop.00099"),
        ("rock.00000", "rock.00000"),
        ("rock.0000.wav", ""),
        ("electronic.00000.wav", ""),
        ("acid jazz.00001.mp3", ""),
        ("data/classical/25.mp3", ""),
    ],
)
def test_names(text: str, name: str) -> None:
    assert gtzan_name(text) == name


def layout(root: Path) -> Path:
    for name in ("blues.00000.wav", "blues.00001.wav", "blues.00002.wav", "._blues.00000.wav", "rock.00000.wav"):
        path = root / "genres/blues" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"RIFF")
    return root / "genres"


def test_the_layout_is_known_and_leftovers_of_the_archive_are_not_tracks(tmp_path: Path) -> None:
    items = read_manifest([layout(tmp_path)]).items
    # A rock track under blues is somebody's own idea of the data, and not GTZAN's.
    assert [item.gtzan for item in items] == ["blues.00000", "blues.00001", "blues.00002", ""]
    assert len({item.group for item in items}) == 4


def test_artists_from_the_index_are_the_groups(tmp_path: Path) -> None:
    (tmp_path / "index.txt").write_text(INDEX)
    items = read_manifest([layout(tmp_path)], artists=tmp_path / "index.txt").items
    assert [item.group for item in items[:2]] == ["john lee hooker"] * 2
    assert items[2].group == str(items[2].path)


def test_a_file_that_is_no_index_gets_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "index.txt").write_text("once upon a time\n")
    for path in (tmp_path / "index.txt", tmp_path / "none.txt"):
        with pytest.raises(TrainingError, match="The index"):
            read_artists(path)


def test_the_real_index_knows_nearly_all(real_data: Path) -> None:
    artists = read_artists(real_data / "gtzan/GTZANindex.txt")
    assert len(artists) > 850
    assert artists["blues.00012"] == "robert johnson"
