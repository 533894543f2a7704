"""Labelled spans of sessions as a list to train on: a sound file each, grouped by what was listened to."""

from __future__ import annotations

import csv
import logging
import os
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

from mgc_desktop.audio.long_flac import write_flac
from mgc_desktop.core.errors import DecodeError, LibraryError
from mgc_desktop.engine.session_audio import read_span

if TYPE_CHECKING:  # SQLite is loaded after the window's first paint
    from mgc_desktop.library.reader import Reader
    from mgc_desktop.library.sessions import SessionSpan

log = logging.getLogger(__name__)


def write_session_list(reader: Reader, sessions_dir: Path, path: Path) -> Counter[str]:
    """Write every labelled span as a list to train on: a CSV with columns path (absolute), label and group.

    All spans of one listening are one group: the same music is never learnt from and tried on. A span that lies in
    the sound of its session is written as a file of its own beside it, once.

    Parameters
    ----------
    reader : Reader
        Of the calling thread.
    sessions_dir : Path
        `Profile.sessions_dir`.
    path : Path
        Written anew as a whole, or left as it was.

    Returns
    -------
    Counter of str
        Spans a label. Those whose sound is gone are left out.

    Raises
    ------
    LibraryError
        Where the library can't be read, or a file not be written.
    """
    with reader.sessions() as sessions:
        spans = sessions.spans()
    part = path.with_name(f"{path.name}.part")
    counts: Counter[str] = Counter()
    try:
        with part.open("w", encoding="utf-8", newline="") as stream:
            table = csv.writer(stream, lineterminator="\n")
            table.writerow(("path", "label", "group"))
            for span in spans:
                sound = _sound_of(span, sessions_dir.absolute() / str(span.session))
                if sound is not None:
                    table.writerow((sound, span.label, f"listening: {span.started_at:.3f}"))
                    counts[span.label] += 1
        os.replace(part, path)
    except OSError as error:
        raise LibraryError(
            f"The spans that you labelled could not be written for training ({error.strerror}): free some space.",
            str(error),
        ) from error
    return counts


def _sound_of(span: SessionSpan, folder: Path) -> Path | None:
    """Return the file with a span alone, made where it is not there yet; None where its sound is gone."""
    if span.sound:
        alone = folder / span.sound
        return alone if alone.is_file() else None
    alone = folder / f"span-{span.id}.flac"
    if alone.is_file():
        return alone
    try:
        samples, rate = read_span(folder, span.kept_from, span.start, span.end)
    except DecodeError as error:
        log.warning("A labelled span is left out: %s (%s)", error.sentence, error.detail)
        return None
    if not len(samples):
        return None
    write_flac(alone, samples, rate)
    return alone
