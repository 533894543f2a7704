"""News that an input was plugged in or out, at next to no cost while nothing happens.

Where a sound server runs, its own tool waits for it (`pactl subscribe`). On Linux without one, the folder of the sound
cards and the server's socket are looked at. Elsewhere a helper process asks PortAudio afresh every few seconds, which
this process cannot do while it records.
"""

from __future__ import annotations

import logging
import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

from mgc_desktop.audio.devices import lister, lister_environment
from mgc_desktop.audio.pulse import server_socket

log = logging.getLogger(__name__)

LOOK_SECONDS = 1.0  # between two looks at the folder of the sound cards
_ASK_SERVER_SECONDS = 10.0  # between two tries to reach a server whose socket cannot be looked at
_SETTLE_SECONDS = 0.15  # one headset is several events
_REST_SECONDS = 0.3  # at least, between two pieces of news: each makes somebody ask for the list
_NEWS = re.compile(rb"'(?:new|remove)' on (?:source|card) #|'change' on server|'change' on card #")
_CARDS = Path("/dev/snd")


class Watching:
    """One listener's interest in the news; it ends with `stop`."""

    def __init__(self, tell: Callable[[], None]) -> None:
        self.tell = tell

    def stop(self) -> None:
        """Hear nothing any more. Idempotent, from any thread; the last one to stop ends the watch at once."""
        _leave(self)


def watch(on_change: Callable[[], None]) -> Watching:
    """Call `on_change` whenever inputs may have come or gone, or another one became the usual one.

    Parameters
    ----------
    on_change : callable
        Called in a thread of this module: must be quick. It may be called for nothing.
    """
    watching = Watching(on_change)
    with _lock:
        _watching.append(watching)
        if len(_watching) == 1:
            _start()
    return watching


_lock = threading.Lock()
_watching: list[Watching] = []
_running: list[_Watch] = []


def _leave(watching: Watching) -> None:
    with _lock:
        if watching not in _watching:
            return
        _watching.remove(watching)
        ended = _running.pop() if not _watching and _running else None
    if ended is not None:
        ended.stop()


def _start() -> None:
    running = _Watch()
    _running.append(running)
    running.start()


class _Watch(threading.Thread):
    """Waits for news in the way that this machine has; another thread tells everybody of it."""

    def __init__(self) -> None:
        super().__init__(name="hotplug", daemon=True)
        self._ending = threading.Event()
        self._news = threading.Event()
        self._teller = threading.Thread(target=self._tell_everybody, name="hotplug-news", daemon=True)
        self._process: subprocess.Popen[bytes] | None = None
        self._process_lock = threading.Lock()

    def start(self) -> None:
        super().start()
        self._teller.start()

    def stop(self) -> None:
        self._ending.set()
        self._news.set()
        with self._process_lock:
            if self._process is not None:
                self._process.kill()
        for thread in (self, self._teller):
            if threading.current_thread() is not thread:
                thread.join(2.0)

    def run(self) -> None:
        while not self._ending.is_set():
            if shutil.which("pactl"):
                self._follow(["pactl", "subscribe"], _NEWS)
                self._wait_for_server()
            elif sys.platform.startswith("linux"):
                self._wait_for_server()
            else:
                self._follow(lister("--watch"), re.compile(b"."))
                self._ending.wait(LOOK_SECONDS)

    def _follow(self, command: list[str], news: re.Pattern[bytes]) -> None:
        """Tell of each line of a process that is news, until it ends."""
        with self._process_lock:
            if self._ending.is_set():
                return
            process = self._process = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,  # its end tells the process to end, should this one be killed
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env={**lister_environment(), "LC_ALL": "C"},
                creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
            )
        heard = False
        with process:
            for line in process.stdout or ():
                heard = True
                if news.search(line):
                    self._news.set()
        with self._process_lock:
            self._process = None
        if heard:
            self._news.set()  # a server that ended takes its inputs along

    def _wait_for_server(self) -> None:
        """Return when a sound server may be there; tell of sound cards that come and go meanwhile."""
        cards, server, waited = _state(_CARDS), _state(server_socket()), 0.0
        while not self._ending.wait(LOOK_SECONDS):
            waited += LOOK_SECONDS
            if (now := _state(_CARDS)) != cards:
                cards = now
                self._news.set()
            if _state(server_socket()) != server or (waited >= _ASK_SERVER_SECONDS and server_socket() is None):
                self._news.set()
                return

    def _tell_everybody(self) -> None:
        while self._news.wait() and not self._ending.wait(_SETTLE_SECONDS):
            self._news.clear()
            with _lock:
                everybody = list(_watching)
            for watching in everybody:
                watching.tell()
            self._ending.wait(_REST_SECONDS)


def _state(path: Path | None) -> tuple[int, int]:
    """Return what is another after something was made or removed there."""
    try:
        seen = path.stat() if path is not None else None
    except OSError:
        seen = None
    return (seen.st_ino, seen.st_mtime_ns) if seen is not None else (0, 0)
