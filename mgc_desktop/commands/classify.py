"""`mgc-desktop classify`: files in, verdicts out, each as it is done; without the library and without a window."""

from __future__ import annotations

import argparse
import contextlib
import queue
import sys
import time
from collections import deque
from collections.abc import Callable, Iterator
from typing import TextIO

from mgc_desktop.commands.console import (
    EXIT_BROKEN_PIPE,
    EXIT_INTERRUPTED,
    EXIT_OK,
    EXIT_SOME_FAILED,
    EXIT_TERMINATED,
    EXIT_USAGE,
    Terminated,
    discard_output,
    prepare_streams,
    say,
    terminable,
)
from mgc_desktop.commands.model_choice import NO_MODEL, choose_classifier
from mgc_desktop.commands.output import CsvTable, JsonLines, Lines, Output
from mgc_desktop.commands.progress import Progress, make_progress
from mgc_desktop.core.errors import ModelError, UsageError
from mgc_desktop.core.model_figures import confusion_of
from mgc_desktop.core.model_info import ModelInfo
from mgc_desktop.core.values import FileResult, VerdictKind
from mgc_desktop.engine.classifier import Classifier
from mgc_desktop.engine.events import Event, ModelFailed, Problem
from mgc_desktop.engine.pipeline import Pipeline
from mgc_desktop.engine.results import Heard, failed
from mgc_desktop.engine.sources import Found, Trouble, TroubleKind, find_audio

_WAIT = 0.1  # s between two looks at the walk and the model while no result comes
_WALK_AT_ONCE = 200  # names; keeps the decoders fed while a large tree is walked


class ClassifyRun:
    """One run of `classify`: walks, keeps the pipeline fed, and writes results in the main thread.

    Parameters
    ----------
    names : list of str
        Files and folders, as given.
    open_output : callable
        Makes the output once a model is known.
    """

    def __init__(
        self,
        names: list[str],
        classifier: Classifier,
        open_output: Callable[[ModelInfo | None], Output],
        progress: Progress,
    ) -> None:
        from mgc_desktop.audio.decode import AUDIO_EXTENSIONS

        self._classifier = classifier
        self._open_output = open_output
        self._output: Output | None = None
        self._progress = progress
        self._walk: Iterator[Found | Trouble] | None = find_audio(names, AUDIO_EXTENSIONS)
        self._paths: deque[str] = deque()
        self._results: queue.SimpleQueue[Heard] = queue.SimpleQueue()
        self._again: queue.SimpleQueue[str] = queue.SimpleQueue()
        self._pipeline = Pipeline(classifier, self._results.put, self._again.put)
        self._found = 0
        self._written = 0
        self._failed = 0

    @property
    def failed(self) -> int:
        """Files and folders that could not be read."""
        return self._failed

    @property
    def written(self) -> int:
        return self._written

    def run(self) -> None:
        """Hear everything.

        Raises
        ------
        ModelError
            Where no model can be loaded.
        """
        with contextlib.closing(self):
            while self._unfinished():
                self._walk_on()
                self._feed()
                self._write_waiting()

    def close(self) -> None:
        self._pipeline.stop()

    def _unfinished(self) -> bool:
        if self._walk is not None or self._paths or self._pipeline.in_flight:
            return True
        return not (self._results.empty() and self._again.empty())

    def _walk_on(self) -> None:
        for _ in range(_WALK_AT_ONCE):
            item = next(self._walk, None) if self._walk is not None else None
            if item is None:
                self._walk = None
                break
            if isinstance(item, Found):
                self._paths.append(item.path)
                self._found += 1
            else:
                self._take_trouble(item)
        self._progress.found(self._found, complete=self._walk is None)

    def _take_trouble(self, trouble: Trouble) -> None:
        if trouble.kind is TroubleKind.FILE:
            self._found += 1
            info = self._classifier.info
            self._results.put(failed(trouble.path, info.name if info else "", trouble.sentence))
            return
        say(trouble.sentence)
        self._failed += trouble.kind is TroubleKind.FOLDER

    def _feed(self) -> None:
        while not self._again.empty():
            self._paths.appendleft(self._again.get())
        if not self._classifier.loading and self._classifier.info is None:  # in this order: it may be done in between
            raise ModelError(NO_MODEL)
        while self._paths and self._pipeline.can_take():
            self._pipeline.submit(self._paths.popleft())

    def _write_waiting(self) -> None:
        # Wait only where there is nothing else to do than to wait for a decoder or the model.
        idle = self._walk is None and (self._pipeline.in_flight > 0 or bool(self._paths))
        with contextlib.suppress(queue.Empty):
            self._write(self._results.get(timeout=_WAIT if idle else 0.0).result)
            while True:
                self._write(self._results.get_nowait().result)

    def _write(self, result: FileResult) -> None:
        if self._output is None:
            self._output = self._open_output(self._classifier.info)
        self._output.write(result)
        self._written += 1
        self._failed += result.verdict.kind is VerdictKind.ERROR
        self._progress.done(self._written, self._failed)


def _complain(event: Event) -> None:
    if isinstance(event, ModelFailed | Problem):
        say(event.sentence)


@contextlib.contextmanager
def _csv_stream(name: str | None) -> Iterator[TextIO | None]:
    if name is None:
        yield None
        return
    if name == "-":
        yield sys.stdout
        return
    try:
        # Bytes of a name that are not UTF-8 go into the file as they are.
        stream = open(name, "w", encoding="utf-8", errors="surrogateescape", newline="")  # noqa: SIM115 closed below
    except OSError as error:
        raise UsageError(f"{name} could not be written ({error.strerror}): name another file after --csv.") from error
    with stream:
        yield stream


def _output_opener(args: argparse.Namespace, table: TextIO | None) -> Callable[[ModelInfo | None], Output]:
    if args.json:
        return lambda info: JsonLines(sys.stdout, args.windows, confusion_of(info))
    if table is not None:
        return lambda info: CsvTable(table, info.labels if info is not None else (), args.windows)
    return lambda info: Lines(sys.stdout, args.windows, confusion_of(info))


def _summary(run: ClassifyRun, seconds: float) -> str:
    files = "1 file" if run.written == 1 else f"{run.written} files"
    failures = f"; {run.failed} could not be read" if run.failed else ""
    return f"{files} in {seconds:.1f} s{failures}."


def run(args: argparse.Namespace) -> int:
    """Run `classify` and return its exit code."""
    prepare_streams()
    began = time.monotonic()
    try:
        with contextlib.ExitStack() as stack:
            stack.enter_context(terminable())
            table = stack.enter_context(_csv_stream(args.csv))
            classifier, choice = choose_classifier(args, _complain)
            classifier.start()
            stack.callback(classifier.stop)
            classifier.load(choice.folder, args.device, fallback=choice.fallback)
            progress = stack.enter_context(make_progress(lines_on_stdout=args.csv in (None, "-")))
            job = ClassifyRun(args.paths, classifier, _output_opener(args, table), progress)
            job.run()
        if sys.stderr.isatty():
            say(_summary(job, time.monotonic() - began))
        return EXIT_SOME_FAILED if job.failed else EXIT_OK
    except (ModelError, UsageError) as error:
        say(error.sentence)
        return EXIT_USAGE
    except BrokenPipeError:
        discard_output()
        return EXIT_BROKEN_PIPE
    except KeyboardInterrupt:
        say("Interrupted; what was done is kept.")
        return EXIT_INTERRUPTED
    except Terminated:
        return EXIT_TERMINATED
