"""Moving files to the trash: they lie there whole, and what stays is named."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

_SCRIPT = """
import json, os, sys
from mgc_desktop.core.values import TrackRow, TrackState
from mgc_desktop.engine.trash import move_to_trash
none = dict(title="", artist="", existing_genre="", state=TrackState.DONE, kind=None, label=None, confidence=None,
    runner_up=None, runner_up_confidence=None, duration=None, error="")
paths = [os.fsdecode(bytes.fromhex(name)) for name in sys.argv[1:]]
seen = []
done = move_to_trash([TrackRow(id=i, path=p, **none) for i, p in enumerate(paths)], lambda n: seen.append(n) or True)
assert done.moved == 2
print(json.dumps([done.gone, done.left, seen]))
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="looks into the trash as Linux' desktops keep it")
def test_files_lie_whole_in_the_trash(tmp_path: Path) -> None:
    home, music = tmp_path / "home", tmp_path / "music"
    home.mkdir()
    music.mkdir()
    names = [b"plain.mp3", b"odd \xff.mp3", b"gone.mp3", b"broken link.mp3"]
    (music / "broken link.mp3").symlink_to(tmp_path / "nothing")
    for name in names[:2]:
        (music / os.fsdecode(name)).write_bytes(b"sound of " + name)
    # The trash's place is looked up when its package is imported: a process of its own has a home of its own.
    told = subprocess.run(
        [sys.executable, "-c", _SCRIPT, *(os.fsencode(music / os.fsdecode(name)).hex() for name in names)],
        env={**os.environ, "HOME": str(home), "XDG_DATA_HOME": str(home / "data")},
        cwd=Path(__file__).resolve().parents[3],
        capture_output=True,
        check=True,
    )
    gone, left, seen = json.loads(told.stdout)
    assert gone == [0, 1, 2]  # what was gone before is gone too
    assert [path for path, _ in left] == [str(music / "broken link.mp3")]
    assert left[0][1]
    assert seen == [0, 1, 2, 3]
    assert [path.name for path in music.iterdir()] == ["broken link.mp3"]
    kept = {path.read_bytes() for path in (home / "data" / "Trash" / "files").iterdir()}
    assert kept == {b"sound of plain.mp3", b"sound of odd \xff.mp3"}
