"""Nothing talks to the network: every socket of the program and its children is a local one."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from mgc_desktop.core.paths import Profile
from mgc_desktop.core.values import TrackState
from tests import synth
from tests.app.harness import ROOT, command, kept, trust
from tests.pulse import SoundServer

pytestmark = pytest.mark.skipif(os.name != "posix", reason="watches POSIX sockets")

# Found by every Python that is started with its folder on PYTHONPATH: the program and all its children.
WATCH = """
import os, socket, sys

_NAMED = ("socket.connect", "socket.bind", "socket.sendto", "socket.sendmsg", "socket.getaddrinfo",
          "socket.gethostbyname", "socket.gethostbyaddr", "socket.getnameinfo", "urllib.Request")

def _watch(event, arguments):
    if event == "socket.__new__":
        local = arguments[1] in (socket.AF_UNIX, getattr(socket, "AF_NETLINK", None))
    elif event in _NAMED:
        local = isinstance(arguments[0], socket.socket) and arguments[0].family == socket.AF_UNIX
    else:
        return
    if not local:
        with open(os.environ["MGC_SOCKET_LOG"], "a") as log:
            log.write(f"{sys.argv[:3]} {event} {arguments!r}\\n")

sys.addaudithook(_watch)
with open(os.environ["MGC_SOCKET_LOG"] + ".watched", "a") as log:
    log.write(f"{os.getpid()}\\n")
"""


class Watch:
    """What was seen: sockets by Python code, and, sampled, connections of any code."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir()
        (folder / "sitecustomize.py").write_text(WATCH)
        self._log = folder / "sockets.txt"
        self.connections: set[str] = set()

    @property
    def environment(self) -> dict[str, str]:
        """The environment of this moment, in which every Python is watched."""
        paths = [str(self._log.parent), str(ROOT), os.environ.get("PYTHONPATH", "")]
        return {
            **os.environ,
            "PYTHONPATH": os.pathsep.join(filter(None, paths)),
            "MGC_SOCKET_LOG": str(self._log),
        }

    @property
    def sockets(self) -> list[str]:
        return self._log.read_text().splitlines() if self._log.exists() else []

    @property
    def processes(self) -> int:
        """How many Python processes were watched."""
        watched = self._log.with_name(self._log.name + ".watched")
        return len(set(watched.read_text().splitlines())) if watched.exists() else 0

    def look(self, process: psutil.Process) -> None:
        """Note what `process` and its children are connected to or wait on, whoever opened it."""
        for one in [process, *process.children(recursive=True)]:
            try:
                self.connections |= {f"{one.pid} {connection}" for connection in one.net_connections("inet")}
            except psutil.Error:
                continue  # it has ended meanwhile


@pytest.fixture
def watch(tmp_path: Path) -> Watch:
    return Watch(tmp_path / "watch")


@pytest.fixture
def music(tmp_path: Path) -> Path:
    folder = tmp_path / "music"
    folder.mkdir()
    for name in ("a.wav", "b.mp3", "c.m4a", "d.flac"):
        synth.write_audio(folder / name, synth.song(4.0))
    return folder


@contextmanager
def running(watch: Watch, words: list[str]) -> Iterator[psutil.Process]:
    with subprocess.Popen(words, cwd=ROOT, env=watch.environment, stdout=subprocess.DEVNULL) as process:
        try:
            yield psutil.Process(process.pid)
        finally:
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
                try:
                    process.wait(20)
                finally:
                    process.kill()


def test_the_watch_itself_sees_what_it_should(watch: Watch) -> None:
    code = (
        "import multiprocessing, socket, sys, time\n"
        "socket.socket(socket.AF_UNIX).close()\n"
        "server = socket.create_server(('127.0.0.1', 0))\n"
        "sys.stdout.write('open\\n'); sys.stdout.flush(); time.sleep(1.0)\n"
    )
    with subprocess.Popen([sys.executable, "-c", code], env=watch.environment, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        watch.look(psutil.Process(process.pid))
    assert watch.processes == 1
    assert len(watch.sockets) == 2  # made, and bound
    assert "127.0.0.1" in watch.sockets[-1]
    assert len(watch.connections) == 1


def test_classify_opens_no_connection(watch: Watch, profile: Profile, tiny_model: Path, music: Path) -> None:
    words = [*command(profile)[:3], "classify", "--profile", str(profile.data_dir), "--json", "--device", "cpu"]
    words += ["--model", str(trust(profile, tiny_model)), str(music)]
    with subprocess.Popen(words, cwd=ROOT, env=watch.environment, stdout=subprocess.PIPE, text=True) as process:
        while process.poll() is None:
            watch.look(psutil.Process(process.pid))
            time.sleep(0.1)
        assert process.stdout is not None
        said = [json.loads(line) for line in process.stdout]
    assert [line["verdict"] for line in said] == ["genre"] * 4
    assert watch.processes >= 2  # the program and its decoders
    assert watch.sockets == []
    assert watch.connections == set()


def test_the_window_opens_no_connection(
    qapp: object,
    watch: Watch,
    profile: Profile,
    tiny_model: Path,
    music: Path,
    virtual_microphone: SoundServer,
) -> None:
    model = trust(profile, tiny_model)
    words = command(profile, "--device", "cpu", "--model", model, "--listen", "Virtual", music)
    with running(watch, words) as process:
        until = time.monotonic() + 60.0
        while not (_all_heard(profile, 4) and _recorded(virtual_microphone)):
            assert time.monotonic() < until, "the window neither heard nor listened"
            watch.look(process)
            time.sleep(0.1)
        for _ in range(20):
            watch.look(process)
            time.sleep(0.1)
    assert watch.processes >= 3  # the window, a decoder, the lister of inputs
    assert watch.sockets == []
    assert watch.connections == set()


def _all_heard(profile: Profile, number: int) -> bool:
    rows = kept(profile)
    return len(rows) == number and all(row.state is TrackState.DONE for row in rows)


def _recorded(server: SoundServer) -> bool:
    return bool(server.pactl("list", "short", "source-outputs").stdout)
