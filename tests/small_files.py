"""A disk that is full, as far as this process can tell. Import the fixture where it is used."""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator

import pytest

LARGEST = 100_000  # bytes


@pytest.fixture
def small_files() -> Iterator[None]:
    """Let no file grow beyond `LARGEST`."""
    if sys.platform == "win32":
        pytest.skip("needs limits of POSIX")
    import resource

    before, handler = resource.getrlimit(resource.RLIMIT_FSIZE), signal.getsignal(signal.SIGXFSZ)
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (LARGEST, before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, before)
    signal.signal(signal.SIGXFSZ, handler)
