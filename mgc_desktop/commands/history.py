"""`mgc-desktop history`: what was written into files, batch by batch or file by file."""

from __future__ import annotations

import argparse
import contextlib
import json
from collections.abc import Sequence
from datetime import datetime

from mgc_desktop.commands.console import EXIT_BROKEN_PIPE, EXIT_OK, discard_output, open_profile, prepare_streams, say
from mgc_desktop.commands.tagging import json_line
from mgc_desktop.core.errors import UsageError
from mgc_desktop.engine.sources import shown
from mgc_desktop.library.journal import BatchRow, ChangeRow, ChangeState
from mgc_desktop.library.reader import Reader
from mgc_desktop.library.store import Store


def run(args: argparse.Namespace) -> int:
    """Print the history, and return the exit code."""
    prepare_streams()
    profile = open_profile(args.profile)
    Store(profile.library_file).close()  # one of an older format is upgraded
    try:
        with contextlib.closing(Reader(profile.library_file)) as reader:
            batches = reader.batches()
            if args.batch is None:
                _print_batches(batches, args.json)
            else:
                find_batch(batches, args.batch)
                _print_changes(reader.changes(args.batch), args.json)
    except BrokenPipeError:
        discard_output()
        return EXIT_BROKEN_PIPE
    return EXIT_OK


def find_batch(batches: Sequence[BatchRow], number: int) -> BatchRow:
    """Return the batch of a number.

    Raises
    ------
    UsageError
    """
    for batch in batches:
        if batch.id == number:
            return batch
    raise UsageError(f"There is no batch {number}: mgc-desktop history lists those that there are.")


def _print_batches(batches: Sequence[BatchRow], as_json: bool) -> None:
    if not batches and not as_json:
        say("Nothing was written into any file yet.")
    for batch in batches:
        print(_batch_json(batch) if as_json else _batch_line(batch))


def _batch_json(batch: BatchRow) -> str:
    said = {
        "batch": batch.id,
        "kind": batch.kind,
        "undoes": batch.undoes,
        "undone_by": batch.undone_by,
        "origin": batch.origin,
        "policy": dict(batch.policy),
        "begun": _moment(batch.begun_at),
        "ended": None if batch.ended_at is None else _moment(batch.ended_at),
        "written": batch.done,
        "left": batch.left,
        "failed": batch.failed,
    }
    return json.dumps(said, ensure_ascii=True)


def _batch_line(batch: BatchRow) -> str:
    what = "write" if batch.undoes is None else f"undo of {batch.undoes}"
    counts = [f"{batch.done:,} written"]
    counts += [f"{batch.left:,} left"] if batch.left else []
    counts += [f"{batch.failed:,} failed"] if batch.failed else []
    notes = [f"undone by {batch.undone_by}"] if batch.undone_by is not None else []
    notes += ["under way, or interrupted"] if batch.ended_at is None else []
    line = f"{batch.id:>5}  {_moment(batch.begun_at, ' ')[:16]}  {what:<12}  {', '.join(counts)}"
    return f"{line}  ({'; '.join(notes)})" if notes else line


def _print_changes(changes: Sequence[ChangeRow], as_json: bool) -> None:
    for change in changes:
        print(change_json(change) if as_json else change_line(change))


def change_json(change: ChangeRow) -> str:
    """Return a file of a batch as a line of JSON; `after` is what it was to say where it was not written."""
    when = None if change.changed_at is None else _moment(change.changed_at)
    state = "written" if change.state is ChangeState.DONE else str(change.state)
    more = {"container": change.container, "state": state, "reason": change.reason or None, "when": when}
    return json_line(change.path, change.before, change.after, **more, batch=change.batch_id)


def change_line(change: ChangeRow) -> str:
    """Return a file of a batch as a line to read."""
    state = "written" if change.state is ChangeState.DONE else str(change.state)
    if change.state is ChangeState.DONE:
        said = f"{_values(change.before)} -> {_values(change.after)}"
    else:
        said = shown(change.reason)
    return f"{state:<7}  {shown(change.path)}\n         {said}"


def _values(values: Sequence[str]) -> str:
    return shown("; ".join(values)) if values else "(empty)"


def _moment(seconds: float, separator: str = "T") -> str:
    return datetime.fromtimestamp(seconds).astimezone().isoformat(separator, "seconds")
