"""`mgc-desktop undo`: put back what was in the files before a batch of tag writes, however long ago that was."""

from __future__ import annotations

import argparse

from mgc_desktop.commands.console import (
    EXIT_BROKEN_PIPE,
    EXIT_INTERRUPTED,
    EXIT_OK,
    EXIT_SOME_FAILED,
    EXIT_TERMINATED,
    Terminated,
    discard_output,
    open_profile,
    prepare_streams,
    say,
    terminable,
)
from mgc_desktop.commands.history import change_json, change_line, find_batch
from mgc_desktop.commands.progress import make_progress
from mgc_desktop.commands.tagging import Desk, files, open_desk, wait_for_end
from mgc_desktop.core.errors import UsageError
from mgc_desktop.core.logs import setup_logging
from mgc_desktop.library.journal import ChangeState


def run(args: argparse.Namespace) -> int:
    """Undo a batch, print a line for each of its files, and return the exit code."""
    prepare_streams()
    profile = open_profile(args.profile)
    setup_logging(profile, args.verbose)
    try:
        with terminable(), open_desk(profile) as desk:
            return _run(args, desk)
    except BrokenPipeError:
        discard_output()
        return EXIT_BROKEN_PIPE
    except KeyboardInterrupt:
        say("Interrupted; no file was changed.")
        return EXIT_INTERRUPTED
    except Terminated:
        return EXIT_TERMINATED


def _run(args: argparse.Namespace, desk: Desk) -> int:
    from mgc_desktop.library.tags.write import WriteOptions

    batch = find_batch(desk.reader.batches(), args.batch)
    if batch.undone_by is not None:
        raise UsageError(
            f"Batch {batch.id} was undone by batch {batch.undone_by} already; undo {batch.undone_by} to do it again."
        )
    if not batch.done:
        raise UsageError(f"Batch {batch.id} wrote nothing, so that there is nothing to put back.")
    with make_progress(lines_on_stdout=False) as progress:
        desk.tagger.undo(batch.id, WriteOptions(keep_times=args.keep_times, insist=args.insist))
        ended = wait_for_end(desk, progress)
    said = ended.finished
    changes = desk.reader.changes(said.batch_id)
    for change in changes:
        print(change_json(change) if args.json else change_line(change))
    again = f" (to do it again: mgc-desktop undo {said.batch_id})" if said.written else ""
    say(f"Put back {files(said.written)} in {said.seconds:.1f} s{again}.")
    if ended.stopped is not None:
        return EXIT_TERMINATED if isinstance(ended.stopped, Terminated) else EXIT_INTERRUPTED
    left = any(change.state is not ChangeState.DONE for change in changes) or any(said.problems)
    return EXIT_SOME_FAILED if left else EXIT_OK
