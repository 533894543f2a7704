"""A library database of its own for each test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from mgc_desktop.library.reader import Reader
from mgc_desktop.library.store import Store


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "library.sqlite3"


@pytest.fixture
def store(path: Path) -> Iterator[Store]:
    made = Store(path)
    yield made
    made.close()


@pytest.fixture
def reader(store: Store) -> Iterator[Reader]:
    made = Reader(store.path)
    yield made
    made.close()
