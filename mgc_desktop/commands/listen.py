"""`mgc-desktop listen`: what is playing at an input or in a file, a line each half second, without a window."""

from __future__ import annotations

import argparse
import contextlib
import queue
import sys
import time

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
from mgc_desktop.commands.live_output import LiveJson, LiveLines, LiveOutput
from mgc_desktop.commands.model_choice import NO_MODEL, choose_classifier
from mgc_desktop.core.errors import ModelError, UsageError
from mgc_desktop.core.native_stderr import native_stderr_to_log
from mgc_desktop.engine.classifier import Classifier
from mgc_desktop.engine.events import Event, ListenChanged, ListenState, LiveNumbers, LiveVerdict
from mgc_desktop.engine.listener import Listener
from mgc_desktop.engine.live_statistics import HOP_SECONDS

_WAIT = 0.1  # s between two looks at the clock and the model while nothing is told
_STOP_SECONDS = 3.0  # that letting go of the device may take
_OVER = (ListenState.STOPPED, ListenState.FAILED)


class ListenRun:
    """Writes what the engine tells until listening ends or its time is up. Runs in the main thread.

    Parameters
    ----------
    events : SimpleQueue
        What `listener` and `classifier` tell.
    seconds : float, optional
        How long, from the moment on at which the model hears the input; None: until it is interrupted.
    """

    def __init__(
        self,
        classifier: Classifier,
        listener: Listener,
        events: queue.SimpleQueue[Event],
        output: LiveOutput,
        seconds: float | None,
    ) -> None:
        self._classifier, self._listener, self._events = classifier, listener, events
        self._output, self._seconds = output, seconds
        self._until: float | None = None  # s of time.monotonic
        self._hop_seconds = HOP_SECONDS
        self._state = ListenState.STARTING

    @property
    def failed(self) -> bool:
        return self._state is ListenState.FAILED

    def run(self) -> None:
        """Listen to the end.

        Raises
        ------
        ModelError
            Where no model can be loaded.
        """
        while self._state not in _OVER and not self._is_time_up():
            self._need_a_model()
            with contextlib.suppress(queue.Empty):
                self._take(self._events.get(timeout=_WAIT))
        if self._state not in _OVER:
            self._listener.stop(_STOP_SECONDS)
            self._tell_the_rest()

    def _is_time_up(self) -> bool:
        if self._until is None and self._seconds is not None:
            if self._state is ListenState.RUNNING and self._classifier.ready:
                self._until = time.monotonic() + self._seconds
            return False
        return self._until is not None and time.monotonic() >= self._until

    def _need_a_model(self) -> None:
        if not self._classifier.loading and self._classifier.info is None:  # in this order: it may be done in between
            raise ModelError(NO_MODEL)

    def _take(self, event: Event) -> None:
        if isinstance(event, LiveVerdict):
            self._output.verdict(event, self._hop_seconds, self._listener.dropped, self._listener.overruns)
            return
        if isinstance(event, LiveNumbers):
            self._hop_seconds = event.hop_seconds
        elif isinstance(event, ListenChanged):
            self._state = event.state
        self._output.news(event)

    def _tell_the_rest(self) -> None:
        with contextlib.suppress(queue.Empty):
            while True:
                self._take(self._events.get_nowait())


def _check(args: argparse.Namespace) -> None:
    if args.seconds is not None and not args.seconds > 0:
        raise UsageError("--seconds takes how long to listen, in seconds, and more than 0.")
    if args.channel is not None and args.channel < 1:
        raise UsageError("--channel takes the number of a channel, from 1 on.")
    if args.file is not None and (args.device is not None or args.channel is not None):
        raise UsageError("A file is no input: leave --device and --channel out, or --file.")


def _begin(listener: Listener, args: argparse.Namespace) -> None:
    if args.file is not None:
        listener.start_file(args.file)
    else:
        listener.start(args.device, None if args.channel is None else args.channel - 1)


def run(args: argparse.Namespace) -> int:
    """Run `listen` and return its exit code."""
    prepare_streams()
    try:
        _check(args)
        with contextlib.ExitStack() as stack:
            stack.enter_context(native_stderr_to_log())  # ALSA and PortAudio write there when a sound server dies
            stack.enter_context(terminable())
            events: queue.SimpleQueue[Event] = queue.SimpleQueue()
            classifier, choice = choose_classifier(args, events.put)
            classifier.start()
            stack.callback(classifier.stop)
            classifier.load(choice.folder, args.compute, fallback=choice.fallback)
            listener = Listener(classifier, events.put)
            stack.callback(listener.stop, _STOP_SECONDS)
            output = (LiveJson if args.json else LiveLines)(sys.stdout, say)
            _begin(listener, args)
            job = ListenRun(classifier, listener, events, output, args.seconds)
            job.run()
        return EXIT_SOME_FAILED if job.failed else EXIT_OK
    except (ModelError, UsageError) as error:
        say(error.sentence)
        return EXIT_USAGE
    except BrokenPipeError:
        discard_output()
        return EXIT_BROKEN_PIPE
    except KeyboardInterrupt:
        return EXIT_INTERRUPTED
    except Terminated:
        return EXIT_TERMINATED
