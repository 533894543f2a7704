"""How a verb tells of its work, and how that ends: in an event and an exit code."""

from __future__ import annotations

import os
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from training.report import Reporter
    from training.stop import StopFlag


@contextmanager
def reporter(json_progress: bool) -> Generator[Reporter, None, None]:
    """Give what tells of the work, and close it; of several processes, only the first has something to say."""
    # rich takes its time to import: only a verb that was asked for rightly pays.
    from training.report import JsonReporter, SilentReporter, TerminalReporter

    report: Reporter
    if os.environ.get("RANK", "0") != "0":
        report = SilentReporter()
    else:
        report = JsonReporter() if json_progress else TerminalReporter()
    try:
        yield report
    finally:
        report.close()


def exit_code(
    work: Callable[[StopFlag], None],
    report: Reporter,
    out: Path,
    resumable: Callable[[], bool] = lambda: False,
    how: str = "go on with --resume",
) -> int:
    """Do the work until it ends or a signal stops it; tell what failed, and return the exit code.

    Parameters
    ----------
    out : Path
        The folder to look after where the system names none.
    resumable : callable
        Whether there is something to go on from.
    how : str
        What to do for that.
    """
    from mgc_desktop.core.errors import MgcError, UsageError
    from training.stop import StopFlag, Stopped

    flag = StopFlag()
    flag.install()
    try:
        work(flag)
    except Stopped:
        can = resumable()
        report("cancelled", resumable=can, sentence=f"Stopped; {how}." if can else "Stopped.")
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
