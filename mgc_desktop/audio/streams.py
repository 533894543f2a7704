"""Which sound streams are open in this process, and how one is let go of."""

from __future__ import annotations

import atexit
import logging
import threading
from types import ModuleType
from typing import Any

from mgc_desktop.audio.devices import load_portaudio

log = logging.getLogger(__name__)

CLOSE_SECONDS = 2.0

_lock = threading.Lock()
_open: list[Any] = []


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
        if _open:
            return False
        # Private, but the only way.
        portaudio._terminate()
        portaudio._initialize()
        return True
