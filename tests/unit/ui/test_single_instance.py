"""One window for each profile: the second start hands its paths over and ends."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from mgc_desktop.core.errors import MgcError
from mgc_desktop.ui.single_instance import SingleInstance

SECOND_START = """
import sys
from pathlib import Path
from PySide6.QtCore import QCoreApplication
from mgc_desktop.core.errors import MgcError
from mgc_desktop.ui.single_instance import SingleInstance
app = QCoreApplication([])
instance = SingleInstance(Path(sys.argv[1]))
if instance.take():
    sys.exit(3)
try:
    instance.hand_over(sys.argv[2:])
except MgcError as error:
    sys.stdout.write(error.sentence)
    sys.exit(1)
"""
KILLED_START = """
import os, signal, sys
from pathlib import Path
from mgc_desktop.ui.single_instance import SingleInstance
instance = SingleInstance(Path(sys.argv[1]))
assert instance.take()
os.kill(os.getpid(), signal.SIGKILL)
"""


def start(code: str, lock: Path, *paths: str) -> subprocess.Popen[str]:
    root = Path(__file__).resolve().parents[3]
    command = [sys.executable, "-c", code, str(lock), *paths]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=root)


@pytest.fixture
def first(qtbot: QtBot, tmp_path: Path) -> Iterator[SingleInstance]:
    instance = SingleInstance(tmp_path / "instance.lock")
    assert instance.take()
    yield instance
    instance.release()


def test_paths_are_handed_over(qtbot: QtBot, first: SingleInstance, tmp_path: Path) -> None:
    first.listen()
    names = [str(tmp_path / "a b.mp3"), str(tmp_path / "ünïcode\nline"), str(tmp_path / "-dash")]
    with qtbot.waitSignal(first.paths_received, timeout=20_000) as received:
        second = start(SECOND_START, tmp_path / "instance.lock", *names)
    qtbot.waitUntil(lambda: second.poll() is not None, timeout=10_000)
    second.communicate()
    assert (received.args, second.returncode) == ([names], 0)


def test_a_first_window_that_does_not_answer_is_named(qtbot: QtBot, first: SingleInstance, tmp_path: Path) -> None:
    said, _ = start(SECOND_START, tmp_path / "instance.lock").communicate(timeout=20)
    assert said.startswith("Another window holds this profile (process ")
    assert "does not answer" in said


def test_the_lock_of_a_killed_window_is_taken(qtbot: QtBot, tmp_path: Path) -> None:
    lock = tmp_path / "instance.lock"
    start(KILLED_START, lock).communicate(timeout=20)
    assert lock.exists()
    instance = SingleInstance(lock)
    assert instance.take()
    instance.listen()
    instance.release()
    instance.release()


def test_rubbish_is_not_taken_for_paths(qtbot: QtBot, first: SingleInstance) -> None:
    from PySide6.QtNetwork import QLocalSocket

    first.listen()
    received: list[object] = []
    first.paths_received.connect(received.append)
    for message in (b"\x00\xff\n", b"[1]\n", b'{"paths": [1]}\n', b'{"paths": "x"}\n'):
        socket = QLocalSocket()
        socket.connectToServer(first._name)
        assert socket.waitForConnected(1000)
        socket.write(message)
        socket.flush()
        qtbot.wait(30)
        socket.abort()
    assert received == []


def test_a_folder_that_cannot_be_written_is_named(qtbot: QtBot, tmp_path: Path) -> None:
    instance = SingleInstance(tmp_path / "missing" / "instance.lock")
    with pytest.raises(MgcError, match="cannot be written to"):
        instance.take()
