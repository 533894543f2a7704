"""What the pool's tests run in its workers: functions of a module, as a worker imports them by name."""

from __future__ import annotations

import ctypes
import gc
import os
import signal
import struct
import sys
import time
from multiprocessing.connection import Connection

import numpy as np
from numpy.typing import NDArray

from mgc_desktop.core.errors import DecodeError, TagError


def add(a: int, b: int) -> int:
    return a + b


def pid() -> int:
    return os.getpid()


def sleep(seconds: float) -> int:
    time.sleep(seconds)
    return os.getpid()


def stop_in_the_middle_of_an_answer() -> None:
    """Say that a long message comes, send its beginning, and stop."""
    pipes = [
        thing for thing in gc.get_objects() if isinstance(thing, Connection) and not thing.closed and thing.writable
    ]
    for pipe in pipes:
        os.write(pipe.fileno(), struct.pack("!i", 100_000) + bytes(100))
    os.kill(os.getpid(), signal.SIGSTOP)


def hang_in_c() -> None:
    """Block in C with the interpreter's lock held, as a decoder caught in a loop does."""
    ctypes.PyDLL(None).sleep(3600)


def large(value: float, count: int) -> NDArray[np.float32]:
    return np.full(count, value, np.float32)


def slow_large(value: float, count: int) -> NDArray[np.float32]:
    time.sleep(0.02)
    return large(value, count)


def kill_itself() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def crash() -> None:
    ctypes.string_at(8)


def leave() -> None:
    os._exit(3)


def swallow_memory() -> int:
    hoard = []
    while True:
        hoard.append(bytearray(64 << 20))


def known_failure() -> None:
    raise TagError("The tag is upside down; turn it.", "detail of it")


def decode_failure(sentence: str) -> None:
    raise DecodeError(sentence)


class Awkward(Exception):
    """An exception that cannot be unpickled, as many of C libraries cannot."""

    def __init__(self, one: int, two: int) -> None:
        super().__init__("awkward")


def bug() -> None:
    raise Awkward(1, 2)


def unpicklable() -> object:
    return lambda: None


def noise() -> None:
    os.write(1, b"on stdout\n")
    os.write(2, b"on stderr\n")
    sys.stdout.write("more\n")
    sys.stdout.flush()


def environment(name: str) -> str | None:
    return os.environ.get(name)


def niceness() -> int:
    return os.nice(0)


def ignores_interrupt() -> bool:
    os.kill(os.getpid(), signal.SIGINT)
    time.sleep(0.05)
    return True
