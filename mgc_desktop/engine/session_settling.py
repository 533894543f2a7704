"""What is left to do for sessions: joining the sound of those that ended, however they ended, and deleting for good."""

from __future__ import annotations

import logging
from collections.abc import Callable, Generator
from pathlib import Path

from mgc_desktop.audio.long_flac import facts
from mgc_desktop.core.locks import FileLock
from mgc_desktop.core.session_values import SessionRow, SoundState
from mgc_desktop.engine import session_audio
from mgc_desktop.engine.open_session import LOCK

log = logging.getLogger(__name__)


def settle_sound(
    folder: Path, row: SessionRow, done: Callable[[float, SoundState], None]
) -> Generator[None, None, None]:
    """Make one file of the sound of a session that ended or was broken off; a step a part.

    Parameters
    ----------
    folder : Path
        Of the session.
    row : SessionRow
        What the library says of it.
    done : callable
        Hears where it ends, s since listening began, and what is kept of its sound.

    Raises
    ------
    OSError
        The disk is full, say: all stays, to be tried again at the next start.
    """
    folder.mkdir(parents=True, exist_ok=True)
    lock = FileLock(folder / LOCK)
    if not lock.take():  # another program is at it
        return
    try:
        end, sound = row.end, row.sound
        if sound is SoundState.PARTS:
            session_audio.recover(folder)
            yield
            first = round(row.start * row.sample_rate)
            yield from session_audio.join(folder, first)
            whole = folder / session_audio.WHOLE
            sound = SoundState.WHOLE if whole.is_file() else SoundState.NONE
            if sound is SoundState.WHOLE:
                frames, rate = facts(whole)
                end = max(end, row.start + frames / rate)
        done(end, sound)
    finally:
        lock.release()


def delete_for_good(folder: Path) -> bool:
    """Move the folder of a session to the system's trash; return whether nothing is left in its place."""
    if not folder.exists():
        return True
    from send2trash import send2trash  # it looks for the desktop's libraries when it is imported

    (folder / LOCK).unlink(missing_ok=True)
    try:
        if any(folder.iterdir()):
            send2trash(str(folder))
        else:
            folder.rmdir()
    except OSError as error:
        log.warning("The sound of a deleted session stays in %s: %s", folder, error)
        return False
    return True
