"""The files of the feature cache and its index by themselves: bounded, shared, read when they cannot be mapped."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import psutil
import pytest

from training.data.digests import DigestIndex
from training.data.entries import EntryStore, Features

ROOT = Path(__file__).resolve().parents[3]


def settled(path: Path) -> Path:
    """Make a file old enough to be remembered."""
    os.utime(path, (time.time() - 1000,) * 2)
    return path


def block(seed: int = 0, frames: int = 500) -> Features:
    rng = np.random.default_rng(seed)
    return rng.standard_normal((10, frames)).astype(np.float16)


def names(store: EntryStore) -> set[str]:
    return {path.name.removesuffix(".f16") for path in store.folder.glob("*/*/*")}


def aged(store: EntryStore, name: str, seconds: float) -> None:
    os.utime(store.folder / f"{name}.f16", (time.time() - seconds,) * 2)


def test_what_was_not_used_for_longest_goes_first(tmp_path: Path) -> None:
    store = EntryStore(tmp_path, limit_bytes=35_000)  # three entries of 10,064 bytes
    for number in range(5):
        store.write(f"key/ab/{number}", block(number))
        aged(store, f"key/ab/{number}", 1000 - number)
    assert store.read("key/ab/0") is not None  # used just now
    store.tidy()
    assert names(store) == {"0", "3", "4"}
    store.close()


def test_what_this_run_uses_stays_even_over_the_limit(tmp_path: Path) -> None:
    ours, other = EntryStore(tmp_path, limit_bytes=15_000), EntryStore(tmp_path, limit_bytes=15_000)
    ours.claim(["key/ab/0", "key/ab/1"])
    for number in range(4):
        ours.write(f"key/ab/{number}", block(number))
    other.tidy()
    assert names(other) == {"0", "1"}
    ours.close()
    other.tidy()
    assert len(names(other)) == 1
    other.close()


CLAIMANT = """
import sys, time
from pathlib import Path
from training.data.entries import EntryStore
store = EntryStore(Path(sys.argv[1]))
store.claim(["key/ab/0"])
(Path(sys.argv[1]) / "key" / "ab" / f"1.f16.{store._token}.tmp").write_bytes(b"half an entry")
print("ready", flush=True)
time.sleep(60)
"""


def test_a_claim_ends_with_its_process_however_it_ends(tmp_path: Path) -> None:
    store = EntryStore(tmp_path, limit_bytes=0)
    store.write("key/ab/0", block())
    with subprocess.Popen(
        [sys.executable, "-c", CLAIMANT, str(tmp_path)], cwd=ROOT, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        store.tidy()
        assert len(names(store)) == 2  # the entry, and what is being written
        process.kill()
    store.tidy()
    assert names(store) == set()
    assert len(list((tmp_path / "in-use").iterdir())) == 1  # our own
    store.close()


def test_thousands_of_entries_keep_no_file_open(tmp_path: Path) -> None:
    store = EntryStore(tmp_path)
    before = psutil.Process().num_fds() if hasattr(psutil.Process, "num_fds") else psutil.Process().num_handles()
    kept = [store.write(f"key/ab/{number}", block(number, 20)) for number in range(200)]
    after = psutil.Process().num_fds() if hasattr(psutil.Process, "num_fds") else psutil.Process().num_handles()
    assert after - before < 10
    assert np.array_equal(kept[150], block(150, 20))
    store.close()


def test_what_the_system_does_not_map_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = EntryStore(tmp_path / "odd \udcff folder")
    assert np.array_equal(store.write("key/ab/0", block()), block())
    store.close()
    monkeypatch.setattr("training.data.entries._most_maps", lambda: 0)
    store = EntryStore(tmp_path / "full")
    assert np.array_equal(store.write("key/ab/1", block(1)), block(1))
    store.close()


def test_the_limit_is_a_tenth_of_a_small_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = shutil.disk_usage(tmp_path)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage._replace(free=290_000))
    store = EntryStore(tmp_path)
    for number in range(4):
        store.write(f"key/ab/{number}", block(number))
        aged(store, f"key/ab/{number}", 100 - number)
    store.tidy()  # a tenth of 290,000 free and 40,256 used: three entries
    assert names(store) == {"1", "2", "3"}
    store.close()


def test_the_index_of_two_writers_holds_what_both_have_read(tmp_path: Path) -> None:
    paths = [tmp_path / name for name in ("a", "b", "odd \udcff name")]
    for path in paths:
        path.write_bytes(os.fsencode(path.name))
        settled(path)
    first, second = (DigestIndex(tmp_path / "digests.json", tmp_path / "lock") for _ in range(2))
    digests = [first.digest(paths[0]), second.digest(paths[1]), second.digest(paths[2])]
    first.save()
    second.save()
    third = DigestIndex(tmp_path / "digests.json", tmp_path / "lock")
    assert [third.known(path) for path in paths] == digests
    paths[0].write_bytes(b"c")  # as long as before
    assert third.known(paths[0]) is None
    new = third.digest(paths[0])
    assert new != digests[0]
    assert third.unsaved == 0  # written a moment ago: it may be written again before the clock moves
    assert third.known(paths[0]) is None
