"""Memory that is free goes back to the system, and nothing else happens."""

from __future__ import annotations

import sys

import numpy as np
import psutil
import pytest

from mgc_desktop.core.memory import give_back


@pytest.mark.skipif(sys.platform != "linux", reason="only glibc keeps memory so")
def test_holes_between_small_blocks_go_back() -> None:
    # Blocks under the size that is mapped one by one, every second one freed: nothing can be given back from the end.
    blocks = [np.ones(12_000) for _ in range(1000)]
    kept = blocks[::2]
    del blocks
    before = psutil.Process().memory_info().rss
    give_back()
    assert psutil.Process().memory_info().rss < before - 20e6
    assert len(kept) == 500
