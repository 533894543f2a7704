"""Which tracks a person should hear, the most doubtful first. Used by `Reader`."""

from __future__ import annotations

import sqlite3

import numpy as np
from numpy.typing import NDArray

from mgc_desktop.core.values import TrackState, VerdictKind

# Confidence under which a verdict is not written into files unless the person asks for it: it should be looked at.
DOUBTFUL_BELOW = 0.7


def doubtful_ids(connection: sqlite3.Connection, below: float = DOUBTFUL_BELOW) -> NDArray[np.int64]:
    """Return the tracks whose verdict is unsure, or not sure enough, and which no person has judged.

    The unsure ones come first, then the others; of both the least confident first, to a hundredth, and of those the
    ones whose runner-up is nearest.

    Parameters
    ----------
    connection : Connection
    below : float
        Confidence under which a genre (or *not music*) is doubtful, 0..1.

    Returns
    -------
    int64[n]
    """
    (text,) = connection.execute(
        "SELECT group_concat(id) FROM (SELECT id FROM tracks WHERE corrected IS NULL AND state = ?"
        " AND (kind = ? OR (kind IN (?, ?) AND confidence < ?))"
        " ORDER BY kind != ?, round(confidence, 2), abs(confidence - coalesce(runner_up_confidence, 0)), id)",
        (TrackState.DONE, VerdictKind.UNSURE, VerdictKind.GENRE, VerdictKind.NOT_MUSIC, below, VerdictKind.UNSURE),
    ).fetchone()
    return np.fromstring(text, np.int64, sep=",") if text else np.empty(0, np.int64)
