"""Which spans of what is listened to, or was kept, can be labelled; and the sound of one that is kept alone."""

from __future__ import annotations

from dataclasses import replace

from mgc_desktop.core.errors import MgcError
from mgc_desktop.core.session_values import SessionDetails, SessionLabel, SoundState
from mgc_desktop.engine.open_session import OpenSession, label_file

LEAST_LABEL_SECONDS = 1.0  # less music than this teaches nothing
TOO_SHORT = "That span is too short to learn from: choose a second or more."
NO_SOUND = "This session was kept without its sound: label while you listen instead."
_GONE = "That session is no longer there: choose another one."
_FORGOTTEN = "The sound of that span is kept no longer: label what was heard in the last ten minutes."


class LabelError(MgcError):
    """A span cannot be labelled."""


def cut_alone(session: OpenSession, label: SessionLabel) -> SessionLabel:
    """Keep the sound of a span alone, as far as the ring has it; return the label with it.

    Raises
    ------
    LabelError
    """
    from mgc_desktop.audio.long_flac import write_flac  # here: most starts keep no sound

    rate = session.recording.sample_rate
    samples, first = session.recording.ring.read(round(label.start * rate), round(label.end * rate))
    if len(samples) < LEAST_LABEL_SECONDS * rate:
        raise LabelError(_FORGOTTEN)
    name = label_file(label.id)
    try:
        write_flac(session.folder / name, samples, rate)
    except OSError as error:
        raise LabelError(
            f"The sound of that span could not be kept ({error.strerror}): free some space, and try again.", str(error)
        ) from error
    return replace(label, start=first / rate, sound=name)


def label_of_kept(details: SessionDetails | None, number: int, start: float, end: float, genre: str) -> SessionLabel:
    """Return the label of a span of a session that has ended.

    Parameters
    ----------
    details : SessionDetails or None
        None: it is gone.
    number : int
        Of the label.
    start, end : float
        s since listening began; what reaches beyond the session is left out.
    genre : str

    Raises
    ------
    LabelError
    """
    if details is None:
        raise LabelError(_GONE)
    if details.row.sound is SoundState.NONE:
        raise LabelError(NO_SOUND)
    start, end = max(start, details.row.start), min(end, details.row.end)
    if end - start < LEAST_LABEL_SECONDS:
        raise LabelError(TOO_SHORT)
    return SessionLabel(number, details.row.id, start, end, genre)
