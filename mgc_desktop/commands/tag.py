"""`mgc-desktop tag`: write genres into files, or show what would be written; the same journal as the window's."""

from __future__ import annotations

import argparse
import contextlib
import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from mgc_desktop.audio.extensions import AUDIO_EXTENSIONS
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
from mgc_desktop.commands.model_choice import NO_MODEL
from mgc_desktop.commands.progress import make_progress
from mgc_desktop.commands.tagging import Desk, Ended, files, json_line, open_desk, wait_for_end
from mgc_desktop.core.errors import ModelError, UsageError
from mgc_desktop.core.logs import setup_logging
from mgc_desktop.core.paths import Profile
from mgc_desktop.core.settings import Settings
from mgc_desktop.core.values import TrackRow, TrackState
from mgc_desktop.engine.asking import ask
from mgc_desktop.engine.choice import MODEL_SETTING, choose_model
from mgc_desktop.engine.classifier import Classifier
from mgc_desktop.engine.events import (
    Event,
    ModelFailed,
    ModelLoading,
    ModelReady,
    PlannedWrite,
    ScanFinished,
    ScanProgress,
    TagPlanReady,
)
from mgc_desktop.engine.scanner import Scanner
from mgc_desktop.engine.sources import Found, TroubleKind, find_audio
from mgc_desktop.engine.tag_plan import TagPolicy, read_names

if TYPE_CHECKING:
    from mgc_desktop.library.journal import ChangeRow

_STATES = {"done": "written", "planned": "left", "pending": "left"}


@dataclass
class _Named:
    """The files that were named, or lie in folders that were."""

    paths: list[str] = field(default_factory=list)  # absolute
    trouble: list[tuple[str, str]] = field(default_factory=list)  # path, sentence


def run(args: argparse.Namespace) -> int:
    """Hear what is not known, plan, write if asked to, print a line for each file, and return the exit code."""
    prepare_streams()
    policy = TagPolicy(args.policy, args.min_confidence, read_names(args.map) if args.map else {}, args.accepted)
    profile = open_profile(args.profile)
    setup_logging(profile, args.verbose)
    try:
        with terminable(), open_desk(profile) as desk:
            return _run(args, policy, profile, desk)
    except ModelError as error:
        raise UsageError(error.sentence, error.detail) from error
    except BrokenPipeError:
        discard_output()
        return EXIT_BROKEN_PIPE
    except KeyboardInterrupt:
        say("Interrupted; no file was changed.")
        return EXIT_INTERRUPTED
    except Terminated:
        return EXIT_TERMINATED


def _run(args: argparse.Namespace, policy: TagPolicy, profile: Profile, desk: Desk) -> int:
    named = _look(args.paths)
    for _, sentence in named.trouble:
        say(sentence)
    _hear(args, profile, desk, named)
    rows = _rows(desk, named)
    desk.tagger.preview([row.id for row in rows], policy)
    plan = desk.ears.wait_for(TagPlanReady).rows
    errors = {row.id: row.error for row in rows if row.state is TrackState.FAILED}
    if args.dry_run:
        return _end(named, _print(plan, errors, {}, None))
    ended = _write(args, policy, desk, plan)
    changes = {change.path: change for change in desk.reader.changes(ended.finished.batch_id)}
    failed = _print(plan, errors, changes, ended.finished.batch_id)
    said = ended.finished
    undo = f" (to undo it: mgc-desktop undo {said.batch_id})" if said.written else ""
    say(f"Wrote {files(said.written)} in {said.seconds:.1f} s{undo}." if said.batch_id else "Nothing was written.")
    if ended.stopped is not None:
        return EXIT_TERMINATED if isinstance(ended.stopped, Terminated) else EXIT_INTERRUPTED
    return _end(named, failed)


def _look(names: Sequence[str]) -> _Named:
    named = _Named()
    for item in find_audio([os.path.abspath(name) for name in names], AUDIO_EXTENSIONS):
        if isinstance(item, Found):
            named.paths.append(item.path)
        elif item.kind is TroubleKind.EMPTY:
            say(item.sentence)
        else:
            named.trouble.append((item.path, item.sentence))
    return named


def _hear(args: argparse.Namespace, profile: Profile, desk: Desk, named: _Named) -> None:
    """Let the library know the files, and their verdicts.

    Raises
    ------
    ModelError
        Where there is no model.
    """
    from mgc_desktop.model.trust import TrustStore

    if not named.paths:
        return
    choice = choose_model(profile, args.model, Settings(profile.settings_file).get(MODEL_SETTING, None))
    fallback = None if args.model else choice.fallback  # who names a model wants that one or none
    with contextlib.ExitStack() as stack:
        classifier = Classifier(TrustStore(profile.trusted_file), desk.ears)
        classifier.start()
        stack.callback(classifier.stop)
        classifier.load(choice.folder, args.device, fallback=fallback)
        scanner = Scanner(classifier, desk.writer, lambda: _reader(profile), desk.ears)
        scanner.start()
        stack.callback(scanner.stop)
        progress = stack.enter_context(make_progress(lines_on_stdout=False))
        scanner.add(named.paths)

        def watch(event: Event | None) -> None:
            if isinstance(event, ModelLoading | ModelReady | ModelFailed):
                scanner.model_changed()
            if isinstance(event, ModelFailed):
                say(event.sentence)
            elif isinstance(event, ScanProgress):
                progress.found(event.total, complete=True)
                progress.done(event.done, event.failed)
            if not classifier.loading and classifier.info is None:
                raise ModelError(NO_MODEL)

        desk.ears.wait_for(ScanFinished, watch)


def _reader(profile: Profile) -> Any:
    from mgc_desktop.library.reader import Reader

    return Reader(profile.library_file)


def _rows(desk: Desk, named: _Named) -> list[TrackRow]:
    """Return the rows of the files, in their order."""
    real = {path: os.path.realpath(path) for path in named.paths}
    ids = ask(desk.writer, lambda store: store.track_ids({*real, *real.values()}))
    found = dict.fromkeys(ids.get(path, ids.get(target)) for path, target in real.items())
    return desk.reader.rows([track for track in found if track is not None])


def _write(args: argparse.Namespace, policy: TagPolicy, desk: Desk, plan: Sequence[PlannedWrite]) -> Ended:
    from mgc_desktop.library.tags.write import WriteOptions

    options = WriteOptions(keep_times=args.keep_times, insist=args.insist)
    with make_progress(lines_on_stdout=False) as progress:
        desk.tagger.write(plan, policy, options)
        return wait_for_end(desk, progress)


def _print(
    plan: Sequence[PlannedWrite], errors: dict[int, str], changes: dict[str, ChangeRow], batch: int | None
) -> int:
    """Print a line for each file and return how many could not be dealt with; `batch` is None in a dry run."""
    failed = 0
    for row in plan:
        change = changes.get(row.path)
        error = row.problem or errors.get(row.track_id, "")
        state, after = "left" if row.problem else "failed" if error else "unchanged", row.before
        if change is not None:
            state = _STATES.get(change.state, str(change.state))
            after = change.after if state == "written" else change.before
            error = "" if state == "written" else change.reason
        elif row.to_do:
            state, after = ("planned", row.after) if batch is None else ("left", row.before)
        failed += bool(error)
        said = {"why": row.why, "container": row.container or None, "state": state, "error": error or None}
        print(json_line(row.path, row.before, after, **said, batch=batch or None))
    return failed


def _end(named: _Named, failed: int) -> int:
    return EXIT_SOME_FAILED if failed or named.trouble else EXIT_OK
