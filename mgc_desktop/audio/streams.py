"""Which sound streams are open in this process, how one is waited for, and how one is let go of."""

from __future__ import annotations

import atexit
import ctypes
import logging
import sys
import threading
import time
from collections.abc import Callable
from types import ModuleType
from typing import Any

from mgc_desktop.audio.causes import no_answer
from mgc_desktop.audio.devices import load_portaudio
from mgc_desktop.core.errors import DeviceError

log = logging.getLogger(__name__)

CLOSE_SECONDS = 2.0

_lock = threading.Lock()
_open: list[Any] = []
_hanging: list[_Opening] = []


class _Opening(threading.Thread):
    """Opens a stream, for as long as that takes: a sound server that hangs keeps PortAudio waiting half a minute."""

    def __init__(self, open_stream: Callable[[], Any]) -> None:
        super().__init__(name="open-stream", daemon=True)
        self._open_stream = open_stream
        self._done = threading.Event()
        self._is_given_up = False
        self._stream: Any = None
        self._error: DeviceError | None = None

    def run(self) -> None:
        try:
            self._stream = self._open_stream()
        except DeviceError as error:
            self._error = error
        finally:
            with _lock:
                self._done.set()
                given_up = self._is_given_up
            if given_up:
                self._tidy_up()

    def wait(self, seconds: float) -> bool:
        return self._done.wait(seconds)

    def result(self) -> Any:
        if self._error is not None:
            raise self._error
        return self._stream

    def give_up(self) -> bool:
        """Leave it alone: what it still opens it closes again. Returns False where it is done after all."""
        with _lock:
            if self._done.is_set():
                return False
            self._is_given_up = True
            _hanging.append(self)
        handler = getattr(sys.modules.get("sounddevice"), "_exit_handler", None)  # its import may be what hangs
        if handler is not None:
            atexit.unregister(handler)  # it would not wait for this thread
        return True

    def _tidy_up(self) -> None:
        if self._stream is not None:
            close(self._stream, "an input that opened too late")
        with _lock:
            _hanging.remove(self)


def open_within(seconds: float, open_stream: Callable[[], Any], cancelled: threading.Event) -> Any:
    """Return what `open_stream` opens.

    Parameters
    ----------
    seconds : float
        How long to wait for it.
    open_stream : callable
        Called in a thread of its own; on Windows in this one, with no end to the wait.
    cancelled : Event
        Setting it ends the wait early.

    Returns
    -------
    stream or None
        None: it was cancelled.

    Raises
    ------
    DeviceError
        Of `open_stream`, or where the sound system does not answer.
    """
    if sys.platform == "win32":
        # No server hangs there, but a thread has to be known to COM, and to live as long as the stream.
        ctypes.windll.ole32.CoInitializeEx(None, 0)
        return open_stream()
    give_up_at = time.monotonic() + seconds
    while _hanging:  # PortAudio is not made for two at a time
        if cancelled.wait(0.02):
            return None
        if time.monotonic() > give_up_at:
            raise no_answer()
    opening = _Opening(open_stream)
    opening.start()
    while not opening.wait(0.02):
        if (cancelled.is_set() or time.monotonic() > give_up_at) and opening.give_up():
            if cancelled.is_set():
                return None
            raise no_answer()
    return opening.result()


def opened(stream: Any) -> None:
    """Take note of a stream, until `close`."""
    with _lock:
        _open.append(stream)


def close(stream: Any, name: str) -> None:
    """Release a stream, at the latest after 2 s.

    Parameters
    ----------
    name : str
        Of its device, for the log.
    """
    # A sound server that hangs makes the close hang too, and nothing can end that but the server.
    closer = threading.Thread(target=stream.close, name="close-stream", daemon=True)
    closer.start()
    closer.join(CLOSE_SECONDS)
    if closer.is_alive():
        log.warning("The sound system does not let go of %s.", name)
        atexit.unregister(load_portaudio()._exit_handler)  # it would hang as well
    with _lock:
        _open[:] = [other for other in _open if other is not stream]


def look_again(portaudio: ModuleType) -> bool:
    """Let PortAudio ask which devices there are now, where that would silence no stream of ours.

    Returns
    -------
    bool
        Whether it did.
    """
    with _lock:
        if _open or _hanging:
            return False
        # Private, but the only way.
        portaudio._terminate()
        portaudio._initialize()
        return True
