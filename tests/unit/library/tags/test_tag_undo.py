"""The way back: byte for byte where nothing else changed, the old genre alone where something did."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import mutagen
import mutagen.flac
import mutagen.id3
import pytest

from mgc_desktop.core.errors import TagError, TagLeftError
from mgc_desktop.library.tags.edits import Edit, Source, apply, tidy
from mgc_desktop.library.tags.genre import read_genre
from mgc_desktop.library.tags.patch import make_patch, read_patch
from mgc_desktop.library.tags.write import WriteOptions, prepare_undo
from tests.unit.library.tags import tagging


def change_title(path: Path) -> None:
    """Change another field with mutagen, as a tag editor would."""
    if path.suffix == ".aac":
        tags = mutagen.id3.ID3(path)
        tags.add(mutagen.id3.TIT2(encoding=3, text="Changed"))
        tags.save(path)
        return
    file: Any = mutagen.dsf.DSF(path) if path.suffix == ".dsf" else mutagen.File(path)
    if isinstance(file.tags, mutagen.id3.ID3):
        file.tags.add(mutagen.id3.TIT2(encoding=3, text="Changed"))
    else:
        name = {".m4a": "\xa9nam", ".wma": "Title"}.get(path.suffix, "title")
        file.tags[name] = ["Changed"]
    file.save()


@pytest.mark.parametrize("extension", tagging.FORMATS)
def test_a_tag_changed_elsewhere_gets_its_old_genre_alone(tmp_path: Path, extension: str) -> None:
    path = tmp_path / f"song{extension}"
    path.write_bytes(tagging.full(extension))
    done = tagging.write(path, "Rock", "Hip-Hop")
    change_title(path)
    changed = path.read_bytes()
    undone = tagging.undo(path, done)
    assert read_genre(str(path)).values == ("Jazz", "Folk")
    assert b"Changed" in path.read_bytes() or "Changed".encode("utf-16-le") in path.read_bytes()
    assert tagging.audio_of(path.read_bytes()) == tagging.audio_of(tagging.full(extension))
    tagging.undo(path, undone)
    assert path.read_bytes() == changed


def test_a_genre_changed_since_is_left_and_named(tmp_path: Path) -> None:
    path = tmp_path / "song.flac"
    path.write_bytes(tagging.full(".flac"))
    done = tagging.write(path, "Rock")
    file = mutagen.flac.FLAC(path)
    assert file.tags is not None
    file["genre"] = ["Polka", "Waltz"]
    file.save()
    content = path.read_bytes()
    with pytest.raises(TagLeftError, match="changed since, to “Polka”; “Waltz”"):
        tagging.undo(path, done)
    del file["genre"]
    file.save()
    with pytest.raises(TagLeftError, match="changed since, to none"):
        tagging.undo(path, done)
    file["genre"] = ["Jazz", "Folk"]
    file.save()
    with pytest.raises(TagLeftError, match="old genre already"):
        tagging.undo(path, done)
    assert path.read_bytes() != content
    assert tagging.alone(path)


def test_a_moved_file_is_undone_where_it_is(tmp_path: Path) -> None:
    path = tmp_path / "song.mp3"
    path.write_bytes(tagging.full(".mp3"))
    done = tagging.write(path, "Rock")
    moved = path.rename(tmp_path / "moved.mp3")
    tagging.undo(moved, done)
    assert moved.read_bytes() == tagging.full(".mp3")


def test_a_genre_that_could_not_be_typed_comes_back(tmp_path: Path) -> None:
    path = tmp_path / "song.flac"
    path.write_bytes(tagging.full(".flac"))
    file = mutagen.flac.FLAC(path)
    file["genre"] = ["line\nbreak"]
    file.save()
    done = tagging.write(path, "Rock")
    change_title(path)
    tagging.undo(path, done)
    assert read_genre(str(path)).values == ("line\nbreak",)


def test_a_damaged_patch_harms_nothing(tmp_path: Path) -> None:
    path = tmp_path / "song.mp3"
    path.write_bytes(tagging.full(".mp3"))
    done = tagging.write(path, "Rock")
    content = path.read_bytes()
    for patch in (b"", done.patch[:-3], done.patch[:30], b"\0" * 80, done.patch[:-1] + b"!", done.patch * 2):
        try:
            prepared = prepare_undo(str(path), done.before, done.after, patch, done.new_digest, WriteOptions())
        except TagError:
            pass
        else:
            assert prepared.new_digest == done.old_digest  # what follows a whole patch does no harm
            Path(prepared.copy).unlink()
        assert path.read_bytes() == content
        assert tagging.alone(path)


def test_artwork_costs_nothing_in_the_journal(tmp_path: Path) -> None:
    path = tmp_path / "song.mp3"
    tags = mutagen.id3.ID3()
    tags.add(mutagen.id3.TCON(encoding=3, text="Jazz"))
    tags.add(mutagen.id3.APIC(encoding=0, mime="image/png", type=3, desc="", data=bytes(range(256)) * 8000))
    path.write_bytes(tagging.plain(".mp3"))
    tags.save(path, padding=lambda info: 0)
    old = path.read_bytes()
    done = tagging.write(path, "Rock " * 1000)
    assert len(old) > 2_000_000
    assert len(done.patch) < 300
    tagging.undo(path, done)
    assert path.read_bytes() == old


def test_patches_go_back_over_any_edits(tmp_path: Path) -> None:
    old = bytes(range(256)) * 40
    edits = tidy(
        [Edit(0, 0, b"front"), Edit(100, 200, b""), Edit(300, 301, b"x" * 500), Edit(len(old), len(old), b"end")]
    )
    before, after = tmp_path / "old", tmp_path / "new"
    before.write_bytes(old)
    after.write_bytes(apply(old, edits))
    with before.open("rb", buffering=0) as file:
        patch = make_patch(Source(file), edits, "00" * 16)
    with after.open("rb", buffering=0) as file:
        back = read_patch(patch, Source(file))
    assert apply(after.read_bytes(), list(back.edits)) == old
    assert (back.old_size, back.new_size, back.old_digest) == (len(old), after.stat().st_size, "00" * 16)
    with before.open("rb", buffering=0) as file, pytest.raises(TagError, match="record of this change is damaged"):
        read_patch(patch, Source(file))
