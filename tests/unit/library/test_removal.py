"""A folder that is taken out of the library, and put back with all that was known of its tracks."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mgc_desktop.library import removal
from mgc_desktop.library.journal import NewChange
from mgc_desktop.library.store import Store
from tests.library_rows import MODEL, OTHER, add, result

TABLES = ("tracks", "verdicts", "windows", "corrections", "past_corrections", "tag_changes", "folders")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = Store(tmp_path / "library.sqlite3")
    yield store
    store.close()


def content(store: Store) -> dict[str, list[tuple[Any, ...]]]:
    """Return all rows of all tables, the generated columns too, as another program sees them."""
    connection = sqlite3.connect(store.path)
    try:
        rows = {name: sorted(connection.execute(f"SELECT * FROM {name}").fetchall(), key=repr) for name in TABLES}
        rows["search"] = connection.execute("SELECT rowid FROM search WHERE search MATCH 'tango'").fetchall()
        return rows
    finally:
        connection.close()


def fill(store: Store) -> list[int]:
    """Add a watched folder with three tracks: heard by two models, corrected, written into, and just found."""
    store.add_folder("/music/a")
    store.set_folder("/music/a", watched=True)
    ids = add(store, "/music/a/1.mp3", "/music/a/2.mp3", "/music/a/3.mp3", "/music/b/4.mp3")
    store.set_result(ids[0], result(title="Evening"), MODEL, "d" * 32)
    store.set_result(ids[0], result(label="jazz", title="Evening"), OTHER, "d" * 32)
    store.set_result(ids[1], result(label="rock"), MODEL, "e" * 32)
    store.correct(ids[1:2], "polka")
    store.correct(ids[1:2], "tango")
    batch = store.journal.begin("write", "window", {})
    store.journal.plan(batch, [NewChange(ids[1], "/music/a/2.mp3", "ID3v2.4", ("Rock",), ("Tango",), "")])
    return ids


def remove(store: Store, ids: list[int]) -> int:
    number = store.begin_removal("/music/a")
    store.remove(ids, number)
    store.remove_folder("/music/a")
    return number


def test_all_is_as_it_was(store: Store) -> None:
    ids = fill(store)
    before = content(store)
    number = remove(store, ids[:3])
    between = content(store)
    assert len(between["tracks"]) == 1
    assert between["verdicts"] == between["corrections"] == between["folders"] == between["search"] == []
    assert store.removed_folder(number) == "/music/a"
    assert store.put_back(number, 2) == ids[:2]  # piece by piece
    assert store.removed_folder(number) == "/music/a"
    assert store.put_back(number, 2) == ids[2:3]
    after = content(store)
    folder = [row[1:] for row in before.pop("folders")]
    assert [row[1:] for row in after.pop("folders")] == folder
    assert after == before
    assert store.removed_folder(number) is None


def test_a_number_that_was_given_away_is_another(store: Store) -> None:
    ids = fill(store)
    store.remove(ids[3:])
    number = remove(store, ids[:3])
    store.close()
    later = Store(store.path)  # the next start
    try:
        new = add(later, "/music/c/5.mp3", "/music/c/6.mp3")
        assert set(new) & set(ids)
        back = later.put_back(number, 500)
        assert len({*back, *new}) == 5
        rows = content(later)
        (corrected,) = (row[0] for row in rows["corrections"])
        assert later.track_ids(["/music/a/2.mp3"]) == {"/music/a/2.mp3": corrected}
        assert len(rows["verdicts"]) == 3
        (change,) = rows["tag_changes"]
        assert corrected in change
    finally:
        later.close()


def test_a_file_that_came_again_keeps_its_row_and_gets_its_genre(store: Store) -> None:
    ids = fill(store)
    number = remove(store, ids[:3])
    (again,) = add(store, "/music/a/2.mp3")
    assert again in store.put_back(number, 500)
    rows = content(store)
    assert len(rows["tracks"]) == 4
    assert [row[:2] for row in rows["corrections"]] == [(again, "tango")]


def test_what_was_removed_long_ago_is_forgotten(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    number = remove(store, fill(store)[:3])
    monkeypatch.setattr(removal, "KEPT_SECONDS", -1.0)
    assert store.begin_removal("/music/b") > number  # numbers are not given away again
    assert store.removed_folder(number) is None
    assert store.put_back(number, 500) == []
    assert len(content(store)["tracks"]) == 1
