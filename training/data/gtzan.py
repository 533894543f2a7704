"""GTZAN by name: its layout, its artists, and the fault-filtered split.

The data set (Tzanetakis and Cook 2002) is a thousand excerpts called ``genre.NNNNN``, a hundred a genre. Sturm found
repetitions, mislabellings, distortions and few artists (2012, "An Analysis of the GTZAN Music Genre Dataset"; 2013,
arXiv 1306.1461). The fault-filtered split (Kereliuk, Sturm and Larsen 2015, arXiv 1507.04761) leaves 70 of them out
and keeps every artist on one side; `torchaudio.datasets.gtzan` carries its lists, 443, 197 and 290 names.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from mgc_desktop.core.errors import TrainingError

GENRES = ("blues", "classical", "country", "disco", "hiphop", "jazz", "metal", "pop", "reggae", "rock")
_NAME = re.compile(rf"({'|'.join(GENRES)})\.(\d{{5}})")


def gtzan_name(text: str) -> str:
    """Return the name in GTZAN that a file name or a cell of a list holds, or "".

    >>> gtzan_name("blues.00012.au"), gtzan_name("blues.00012"), gtzan_name("my blues.mp3")
    ('blues.00012', 'blues.00012', '')
    """
    found = _NAME.match(text)
    return found.group() if found and text[found.end() :].count(".") <= 1 else ""


@cache
def filtered_split() -> Mapping[str, str]:
    """Return "train", "valid" or "test" for each of the 930 names of the fault-filtered split."""
    # Here: torchaudio brings torch, and most of what reads manifests needs neither.
    from training.torchaudio_cpu import import_torchaudio

    import_torchaudio()
    from torchaudio.datasets import gtzan

    lists = {"train": gtzan.filtered_train, "valid": gtzan.filtered_valid, "test": gtzan.filtered_test}
    return {name: split for split, names in lists.items() for name in names}


def read_artists(index: Path) -> dict[str, str]:
    """Return the artist of each name that Sturm's index knows (lines ``blues.00000.wav ::: artist ::: title``).

    Raises
    ------
    TrainingError
        Where the file cannot be read, or is no such index.
    """
    try:
        lines = index.read_text("utf-8", errors="replace").splitlines()
    except OSError as error:
        raise TrainingError(f"The index {index} could not be read ({error.strerror}): choose another file.") from error
    rows = [[cell.strip() for cell in line.split(":::")] for line in lines if not line.startswith("#")]
    artists = {gtzan_name(row[0]): row[1].casefold() for row in rows if len(row) >= 2 and row[1]}
    artists.pop("", None)
    if not artists:
        raise TrainingError(
            f"The index {index} names no track of GTZAN: its lines are to read blues.00000.wav ::: artist ::: title."
        )
    return artists
