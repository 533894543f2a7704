"""What a decoder process brings back from one file."""

from __future__ import annotations

import pickle
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import mutagen
import pytest

from mgc_desktop.core.errors import DecodeError
from mgc_desktop.core.windows import WindowRequest
from mgc_desktop.engine.analyse import analyse_file
from mgc_desktop.library.identity import payload_digest

WavFactory = Callable[..., Path]


def test_windows_tags_and_digest_come_together(wav_file: WavFactory) -> None:
    path = wav_file("song.flac", seconds=8.0)
    file = mutagen.File(path)
    assert file is not None
    file["title"], file["genre"] = "Été", ["Jazz", "Swing"]
    file.save()
    decoded = analyse_file(str(path), WindowRequest(12000, 2.0, 2.0, 3, 0.5))
    assert len(decoded.windows) == 3
    assert decoded.duration == pytest.approx(8.0)
    assert (decoded.tags.title, decoded.tags.genres) == ("Été", ("Jazz", "Swing"))
    assert decoded.payload_digest == payload_digest(str(path))
    again = pickle.loads(pickle.dumps(decoded))
    assert again.payload_digest == decoded.payload_digest
    assert (again.windows[0].samples == decoded.windows[0].samples).all()


def test_what_cannot_be_decoded_raises(tmp_path: Path) -> None:
    (tmp_path / "no.mp3").write_bytes(b"nothing")
    with pytest.raises(DecodeError):
        analyse_file(str(tmp_path / "no.mp3"), WindowRequest(12000, 2.0, 2.0, 3, 0.5))


def test_a_decoder_process_loads_neither_torch_nor_qt_nor_librosa() -> None:
    script = (
        "import sys, mgc_desktop.engine.analyse;"
        "sys.exit(str([m for m in ('torch', 'librosa', 'PySide6', 'scipy', 'sqlite3', 'sklearn') if m in sys.modules]))"
    )
    root = Path(__file__).resolve().parents[3]
    done = subprocess.run([sys.executable, "-c", script], cwd=root, capture_output=True, text=True, check=False)
    assert done.stderr.strip() == "[]"
