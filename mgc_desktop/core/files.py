"""Opening files that may be anything: pipes, devices and folders are refused without waiting for them."""

from __future__ import annotations

import io
import os
import stat


class NotRegularError(OSError):
    """The name leads to a folder, pipe, socket or device."""


def open_regular(path: str) -> io.FileIO:
    """Open a regular file for reading, unbuffered, so that C libraries may share its descriptor.

    Parameters
    ----------
    path : str
        Any name the system allows, undecodable bytes as surrogates. A symbolic link is followed.

    Returns
    -------
    FileIO
        Its `name` is a number: a reader that guesses formats by extension has only the content to go by.

    Raises
    ------
    NotRegularError
    OSError
        Where it is gone, may not be read, or the disk fails.
    ValueError
        Where the name holds a NUL.
    """
    # Without O_NONBLOCK, opening a pipe that nobody writes to would wait for ever.
    flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0) | getattr(os, "O_NOINHERIT", 0)
    descriptor = os.open(path, flags)
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise NotRegularError("not a regular file")
        return io.FileIO(descriptor, "rb")
    except OSError:
        os.close(descriptor)
        raise
