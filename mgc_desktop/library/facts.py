"""What a scan reads of files before any is heard: stamp, tags and the digest of the audio.

The bytes are untrusted: the program calls this in limited processes (`mgc_desktop.core.pool`) only.
"""

from __future__ import annotations

import time
from collections.abc import Sequence

from mgc_desktop.library.identity import FileFacts, payload_digest, stamp
from mgc_desktop.library.tags.read import read_tags


def read_facts(paths: Sequence[str], seconds: float) -> list[FileFacts]:
    """Return the facts of files, in their order; at least of the first, and of no more once `seconds` are over."""
    until = time.monotonic() + seconds
    facts: list[FileFacts] = []
    for path in paths:
        if facts and time.monotonic() >= until:
            break
        facts.append(_facts(path))
    return facts


def _facts(path: str) -> FileFacts:
    try:
        before = stamp(path)
    except (OSError, ValueError):
        return FileFacts(path, None)
    return FileFacts(path, before, read_tags(path), payload_digest(path))
