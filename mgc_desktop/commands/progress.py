"""A progress bar on standard error where that is a terminal, and silence where it is not."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, Protocol

from mgc_desktop.engine.pace import Pace

if TYPE_CHECKING:
    from rich.progress import Progress as RichProgress


class Progress(Protocol):
    """Hears how far the work is; cheap to call often."""

    def found(self, total: int, *, complete: bool) -> None: ...

    def done(self, count: int, failed: int) -> None: ...


class Quiet:
    def found(self, total: int, *, complete: bool) -> None:
        del total, complete

    def done(self, count: int, failed: int) -> None:
        del count, failed


@contextlib.contextmanager
def make_progress(*, lines_on_stdout: bool) -> Iterator[Progress]:
    """Show a bar with count, rate and time left while the block runs.

    Where lines of results run through the same terminal they are the progress, and a bar would tear them.
    """
    if not sys.stderr.isatty() or (lines_on_stdout and sys.stdout.isatty()):
        yield Quiet()
        return
    from rich import progress as bars
    from rich.console import Console

    columns = (
        bars.BarColumn(),
        bars.MofNCompleteColumn(),
        bars.TextColumn("{task.fields[failures]}", markup=False),
        bars.TextColumn("{task.fields[rate]}"),
        bars.TimeRemainingColumn(),
    )
    console = Console(stderr=True)
    with bars.Progress(*columns, console=console, transient=True, redirect_stdout=False) as shown:
        yield _Bar(shown)


class _Bar:
    def __init__(self, shown: RichProgress) -> None:
        self._shown = shown
        self._task = shown.add_task("", total=None, failures="", rate="")
        self._pace = Pace()
        self._pace.restart(0)

    def found(self, total: int, *, complete: bool) -> None:
        if complete:
            self._shown.update(self._task, total=total)

    def done(self, count: int, failed: int) -> None:
        self._pace.mark(count)
        rate = self._pace.rate(count)
        failures = f"{failed} failed" if failed else ""
        self._shown.update(self._task, completed=count, failures=failures, rate=f"{rate:.1f}/s" if rate else "")
