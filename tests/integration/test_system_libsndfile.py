"""Decoding with the libsndfile of the system, as where the packaged one has no build for the machine."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests import synth

ROOT = Path(__file__).resolve().parents[2]
FORMATS = (".wav", ".flac", ".ogg", ".opus", ".mp3", ".m4a", ".wv", ".wma", ".mka")  # half of them FFmpeg's alone

# Without its own library the soundfile package looks for the system's.
PROGRAM = """
import json, os, sys
sys.modules["_soundfile_data"] = None
try:
    import soundfile
except OSError:
    sys.exit("there is no libsndfile")
from mgc_desktop.audio.decode import read_windows
from mgc_desktop.core.errors import DecodeError
from mgc_desktop.core.windows import WindowRequest

def heard(path):
    try:
        return read_windows(path, WindowRequest(12000, 3.0, 3.0, 2, 1.0)).duration
    except DecodeError as error:
        return error.sentence

heard(sys.argv[1])  # what is imported and opened once for all
before = sorted(os.listdir("/proc/self/fd")) if os.path.isdir("/proc/self/fd") else []
said = [heard(path) for path in sys.argv[1:]]
after = sorted(os.listdir("/proc/self/fd")) if before else []
print(json.dumps({"version": soundfile.__libsndfile_version__, "said": said, "before": before, "after": after}))
"""


def test_every_format_is_read_and_no_descriptor_is_lost(tmp_path: Path) -> None:
    good = [synth.write_audio(tmp_path / f"song{extension}", synth.song(4.0)) for extension in FORMATS]
    unknown = tmp_path / "noise.mp3"
    unknown.write_bytes(os.urandom(20_000))
    text = tmp_path / "text.wav"
    text.write_text("This is a letter and no music. " * 200)
    paths = [unknown, *good, text]
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, *map(str, paths)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    if done.stderr.strip() == "there is no libsndfile":
        pytest.skip("needs the system's libsndfile (libsndfile1)")
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    refused, *lengths, no_music = told["said"]
    assert lengths == pytest.approx([4.0] * len(FORMATS), abs=0.15), told["version"]
    for sentence in (refused, no_music):
        assert sentence.endswith(".")
    assert told["after"] == told["before"]
