"""How many cores there are to share out."""

from __future__ import annotations

import os


def available_cores() -> int:
    """Return how many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def model_threads() -> int:
    """Return how many threads the model gets on the processor: half the cores.

    The other half decodes and draws. A model on every core waits at each layer for its slowest thread, which then is
    the one that shares its core: three times slower in the middle of a scan on two cores.
    """
    return max(1, available_cores() // 2)
