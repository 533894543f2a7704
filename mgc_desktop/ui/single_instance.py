"""One window for each profile: a second start hands its paths to the first and ends."""

from __future__ import annotations

import hashlib
import json
import os
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QLockFile, QObject, Signal

from mgc_desktop.core.errors import MgcError

if TYPE_CHECKING:
    from PySide6.QtNetwork import QLocalServer, QLocalSocket

_ANSWER_MS = 2000  # a living window answers within this, also while it is busy
_START_SECONDS = 5.0  # one that is only just starting, or about to end, has come to it within this
_RETRY_SECONDS = 0.1
_MAX_MESSAGE = 4_000_000  # bytes: some ten thousand paths
_TAKEN = b"taken\n"


def server_name(lock_file: Path) -> str:
    """Return the name of the profile's local server: short enough for a Unix socket, the same in each start."""
    return "mgc-desktop-" + hashlib.sha256(os.fsencode(lock_file.resolve())).hexdigest()[:16]


class SingleInstance(QObject):
    """Holds the profile's lock, and listens for later starts.

    Parameters
    ----------
    lock_file : Path
    """

    paths_received = Signal(object)  # list[str]; empty where the later start named none

    def __init__(self, lock_file: Path, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._name = server_name(lock_file)
        self._path = lock_file
        self._lock = QLockFile(str(lock_file))
        self._lock.setStaleLockTime(0)  # stale when its process is gone, however old it is
        self._server: QLocalServer | None = None

    def take(self) -> bool:
        """Take the lock; False where another window of this profile is running.

        Raises
        ------
        MgcError
            Where the lock cannot be made.
        """
        if self._lock.tryLock(0):
            return True
        if self._lock.error() != QLockFile.LockError.LockFailedError:
            raise MgcError(
                f"The profile folder {self._path.parent} cannot be written to: check its permissions, "
                "or choose another with --profile."
            )
        return False

    def hand_over(self, paths: Sequence[str]) -> bool:
        """Give `paths` to the window that holds the lock, which comes to the front.

        Returns
        -------
        bool
            False where that window ended meanwhile: the lock is ours now.

        Raises
        ------
        MgcError
            Where it does not answer.
        """
        message = json.dumps({"paths": [os.path.abspath(path) for path in paths]}).encode() + b"\n"
        give_up = time.monotonic() + _START_SECONDS
        while not self._deliver(message):
            if self._lock.tryLock(0):
                return False
            if time.monotonic() > give_up:
                pid = self._lock.getLockInfo()[1] if len(self._lock.getLockInfo()) > 1 else 0
                raise MgcError(
                    f"Another window holds this profile (process {pid}) and does not answer: close it, wait until it "
                    "is done, or choose another profile with --profile.",
                    f"lock {self._path}",
                )
            time.sleep(_RETRY_SECONDS)
        return True

    def _deliver(self, message: bytes) -> bool:
        # Needed only now: the module takes some milliseconds of the window's start otherwise.
        from PySide6.QtNetwork import QLocalSocket

        socket = QLocalSocket()
        socket.connectToServer(self._name)
        done = socket.waitForConnected(_ANSWER_MS) and socket.write(message) == len(message)
        done = done and socket.waitForReadyRead(_ANSWER_MS) and bytes(socket.readAll().data()) == _TAKEN
        socket.abort()
        return bool(done)

    def listen(self) -> None:
        """Start to answer later starts; only this person's programs can connect."""
        from PySide6.QtNetwork import QLocalServer

        QLocalServer.removeServer(self._name)  # left by a crash: the lock is ours, so nobody uses it
        self._server = QLocalServer(self)
        self._server.setSocketOptions(QLocalServer.SocketOption.UserAccessOption)
        self._server.newConnection.connect(self._greet)
        self._server.listen(self._name)

    def _greet(self) -> None:
        while self._server is not None and (socket := self._server.nextPendingConnection()) is not None:
            socket.setReadBufferSize(_MAX_MESSAGE)
            socket.disconnected.connect(socket.deleteLater)
            socket.readyRead.connect(lambda socket=socket: self._read(socket))

    def _read(self, socket: QLocalSocket) -> None:
        if not socket.canReadLine():
            if socket.bytesAvailable() >= _MAX_MESSAGE:
                socket.abort()
            return
        paths = _paths_in(bytes(socket.readLine().data()))
        if paths is not None:
            socket.write(_TAKEN)
            socket.flush()
            self.paths_received.emit(paths)

    def release(self) -> None:
        """Stop listening and give the lock back. Idempotent."""
        if self._server is not None:
            self._server.close()
            self._server = None
        self._lock.unlock()


def _paths_in(line: bytes) -> list[str] | None:
    try:
        message = json.loads(line)
    except ValueError:
        return None
    paths = message.get("paths") if isinstance(message, dict) else None
    if not isinstance(paths, list) or not all(isinstance(path, str) for path in paths):
        return None
    return paths
