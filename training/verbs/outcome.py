"""How a verb's work ends: in an event and an exit code."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from training.report import Reporter
    from training.stop import StopFlag


def exit_code(
    work: Callable[[StopFlag], None], report: Reporter, out: Path, resumable: Callable[[], bool] = lambda: False
) -> int:
    """Do the work until it ends or a signal stops it; tell what failed, and return the exit code.

    Parameters
    ----------
    out : Path
        The folder to look after where the system names none.
    resumable : callable
        Whether the same command goes on where it was stopped.
    """
    from mgc_desktop.core.errors import MgcError, UsageError
    from training.stop import StopFlag, Stopped

    flag = StopFlag()
    flag.install()
    try:
        work(flag)
    except Stopped:
        report("cancelled", resumable=resumable())
        return 130
    except MgcError as error:
        report("error", sentence=error.sentence, detail=error.detail)
        return 2 if isinstance(error, UsageError) else 1
    except OSError as error:
        place = error.filename or out
        sentence = f"It could not go on ({error.strerror}): look after {place}, then give the command again."
        report("error", sentence=sentence, detail=str(error))
        return 1
    return 0
