"""Which of several tracks a file was, and whether a file's drive is away."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from mgc_desktop.core.values import TrackState
from mgc_desktop.engine.whereabouts import Devices, best_match
from mgc_desktop.library.identity import FileStamp
from mgc_desktop.library.known import KnownFile


def known(track: int, path: str, device: int = 1) -> KnownFile:
    return KnownFile(track, path, FileStamp(1, 1, 1, 1, device), "d", TrackState.DONE, False, "")


@pytest.mark.parametrize(
    ("path", "best"),
    [
        ("/n/b/x.mp3", "/m/b/x.mp3"),  # name and folder
        ("/n/c/x.mp3", "/m/a/x.mp3"),  # the name alone: the first
        ("/n/b/z.mp3", "/m/b/y.mp3"),  # another name, the same folder
        ("/m/b/z.mp3", "/m/b/y.mp3"),
    ],
)
def test_name_then_folder(path: str, best: str) -> None:
    tracks = [known(n, p.replace("/", os.sep)) for n, p in enumerate(("/m/a/x.mp3", "/m/b/y.mp3", "/m/b/x.mp3"))]
    match = best_match(path.replace("/", os.sep), tracks if "z" not in path else tracks[:2])
    assert match is not None
    assert match.path == best.replace("/", os.sep)
    assert best_match(path, []) is None


def test_a_drive_is_away_where_the_folder_above_lies_on_another(tmp_path: Path) -> None:
    here = tmp_path.stat().st_dev
    gone = str(tmp_path / "not" / "there" / "a.mp3")
    devices = Devices()
    assert not devices.is_away(known(1, gone, here))
    assert not devices.is_away(known(1, gone, 0))
    assert devices.is_away(known(1, gone, here + 1))
    devices.meet(here + 1, here)  # another file from there was met here: the drive has another number now
    assert not devices.is_away(known(1, gone, here + 1))
