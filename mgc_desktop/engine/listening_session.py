"""One stretch of listening, from opening an input to releasing it, through its going away and coming back."""

from __future__ import annotations

import logging
import math
import queue
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from mgc_desktop.core.clock import Clock
from mgc_desktop.core.errors import DeviceCause, DeviceError, MgcError
from mgc_desktop.core.memory import give_back
from mgc_desktop.core.recording import Recording
from mgc_desktop.core.ring import AudioRing
from mgc_desktop.engine.classifier import Classifier, LiveResult
from mgc_desktop.engine.events import InputGap, ListenChanged, ListenState
from mgc_desktop.engine.live_input import InputOver, LiveInput
from mgc_desktop.engine.live_judge import LiveJudge
from mgc_desktop.engine.live_warnings import LiveWarnings
from mgc_desktop.engine.loop import EventSink, Loop
from mgc_desktop.engine.lost_input import LostInput

log = logging.getLogger(__name__)

_HAND_OVER_SECONDS = 5.0  # for the session before to let go of its input
_CHECK_SECONDS = 0.25  # between two questions whether the input is still there
_LOOK_SECONDS = 0.5  # between two looks at what is wrong with the sound
_TIDY_SECONDS = 120.0  # after which free memory is given back: windows of hours leave holes in it
_LEAST_WAIT = 0.005  # s: a block that is due comes a little later
# For these an input that was there is waited for. A system that denies it would ask the person again and again.
_HOPELESS = (DeviceCause.DENIED,)

Opener = Callable[[AudioRing | None, threading.Event], LiveInput]


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to listen to."""

    name: str | None  # of the input, or of the file; None: the usual input
    open: Opener  # gets the ring to go on in, or None for a new one
    is_device: bool = True  # one that goes away is waited for


class ListeningSession(Loop):
    """Listens in a thread of its own until it is asked to end.

    Parameters
    ----------
    classifier : Classifier
    on_event : EventSink
    wanted : Wanted
    clock : Clock
    before : ListeningSession or None
        The one whose input has to be released first.
    """

    def __init__(
        self,
        classifier: Classifier,
        on_event: EventSink,
        wanted: Wanted,
        clock: Clock,
        before: ListeningSession | None = None,
    ) -> None:
        super().__init__("listener", on_event)
        self.input: LiveInput | None = None  # while sound arrives
        self.recording: Recording | None = None
        self._classifier, self._wanted, self._clock, self._before = classifier, wanted, clock, before
        self._failed = False
        self._answers: queue.SimpleQueue[LiveResult | None] = queue.SimpleQueue()
        self.judge = LiveJudge(classifier, on_event, self._answers.put, clock)
        self._warnings = LiveWarnings(on_event)
        self._lost: LostInput | None = None  # while it is waited for
        self._overruns = 0  # of inputs that went away
        self._next_check = 0.0  # s
        self._next_look = -math.inf  # s of the clock
        self._next_tidy = clock.now() + _TIDY_SECONDS
        self._input_name = wanted.name or ""

    @property
    def ending(self) -> bool:
        return self._stopping.is_set()

    @property
    def overruns(self) -> int:
        """How often the sound system lost input since this began."""
        present = self.input
        return self._overruns + (present.overruns if present is not None else 0)

    def ask_to_end(self) -> None:
        self._stopping.set()
        self._wake()

    # Opening and closing ---------------------------------------------------------------------------

    def _begin(self) -> None:
        try:
            self._let_the_last_one_end()
            self._emit(ListenChanged(ListenState.STARTING, self._input_name))
            if self._open(None):
                self._running()
        except MgcError as error:
            self._fail(error.sentence, error.detail)

    def _let_the_last_one_end(self) -> None:
        before, self._before = self._before, None
        if before is not None and not before.stop(_HAND_OVER_SECONDS):
            raise DeviceError("Listening is not possible because the sound system does not answer: restart it.")

    def _open(self, ring: AudioRing | None) -> bool:
        """Open what is wanted; return whether sound arrives."""
        opened = self._wanted.open(ring, self._stopping)
        if self._stopping.is_set():
            opened.stop()
            return False
        self.input, self._input_name = opened, opened.name
        if self.recording is None or self.recording.ring is not opened.ring:
            self.recording = Recording(opened.ring, opened.name)
            self.judge.listen_to(opened.ring)
        self.recording.source = opened.name
        self._warnings.watch(opened)
        self._found()
        log.info("Listening to %s at %d Hz.", opened.name, opened.ring.sample_rate)
        return True

    def _running(self, sentence: str = "") -> None:
        opened = self.input
        if opened is not None:
            rate = opened.ring.sample_rate
            self._emit(ListenChanged(ListenState.RUNNING, opened.name, rate, sentence, opened.channels))

    # Going away and coming back --------------------------------------------------------------------

    def _check(self, opened: LiveInput) -> bool:
        """Return whether sound arrives; let go of an input that gives none."""
        try:
            opened.check()
            return True
        except InputOver:
            self._stopping.set()
        except MgcError as error:
            if self._wanted.is_device and isinstance(error, DeviceError) and error.cause not in _HOPELESS:
                self._lose(opened, error)
            else:
                self._fail(error.sentence, error.detail)
        return False

    def _lose(self, opened: LiveInput, error: DeviceError) -> None:
        log.warning("%s (%s)", error.sentence, error.detail)
        self.input = None
        verb = "delivers no sound any more" if error.cause is DeviceCause.STALLED else "went away"
        sentence = f"{opened.name} {verb}: listening goes on by itself as soon as it is back."
        # First of all: a sound system that hangs takes its time to let go.
        self._emit(ListenChanged(ListenState.WAITING, opened.name, opened.ring.sample_rate, sentence))
        self._warnings.clear()
        opened.stop()
        self._overruns += opened.overruns
        if self.recording is not None:
            self._lost = LostInput(self.recording, self._clock.at(opened.last_arrival), self._clock, self._wake)

    def _look_for(self, lost: LostInput) -> None:
        """Wait a while, or until something was plugged in, and try to open what went away."""
        # What is usual may be another input by now: that need not be waited for.
        self._pause(self._clock.real(lost.next_pause(at_once=self._wanted.name is None)))
        if self._stopping.is_set():
            return
        try:
            self._reopen(lost)
        except DeviceError as error:
            log.info("Still waiting for %s: %s (%s)", self._input_name, error.sentence, error.detail)
            if error.cause in _HOPELESS:
                self._fail(error.sentence, error.detail)

    def _found(self) -> None:
        lost, self._lost = self._lost, None
        if lost is not None:
            lost.stop()

    def _pause(self, seconds: float) -> None:
        """Wait; answers to windows from before are of no use."""
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            try:
                if self._answers.get(timeout=left) is None:
                    return
            except queue.Empty:
                return

    def _reopen(self, lost: LostInput) -> None:
        recording = self.recording
        if recording is None:
            return
        lost.fill_gap(True)
        try:
            is_back = self._open(recording.ring)
        except DeviceError as error:
            if error.cause is not DeviceCause.UNSUPPORTED:
                raise
            self._begin_another()
            return
        finally:
            lost.fill_gap(False)
        if is_back:
            gap = lost.gap()
            self.judge.leap(gap.end)
            self._emit(InputGap(gap.start / recording.sample_rate, gap.end / recording.sample_rate))
            self._running()

    def _begin_another(self) -> None:
        """Open the input at a rate of its own, in a recording of its own."""
        if self._open(None) and self.recording is not None:
            rate = self.recording.sample_rate
            self._running(f"{self._input_name} came back at {rate} Hz, so a new recording has begun.")

    # Hearing ---------------------------------------------------------------------------------------

    def _step(self) -> None:
        opened = self.input
        if opened is None:
            if self._lost is not None:
                self._look_for(self._lost)
            return
        result = self._answer()
        if self._stopping.is_set():
            return
        if result is not None:
            self.judge.answered(result)
        now = time.monotonic()
        if now >= self._next_check:
            self._next_check = now + _CHECK_SECONDS
            if not self._check(opened):
                return
        self.judge.look(opened.last_arrival)
        self._tell_numbers()
        self._tidy()

    def _answer(self) -> LiveResult | None:
        try:
            return self._answers.get(timeout=max(_LEAST_WAIT, self._clock.real(self.judge.seconds_to_next)))
        except queue.Empty:
            return None

    def _tell_numbers(self) -> None:
        statistics, now = self.judge.statistics, self._clock.now()
        if statistics.due(now):
            hop = self.judge.pace.seconds
            self._emit(statistics.numbers(now, hop, self.overruns, self._classifier.device_name))
        if now >= self._next_look:
            self._next_look = now + _LOOK_SECONDS
            self._warnings.look(self.judge.pace.seconds)

    def _tidy(self) -> None:
        now = self._clock.now()
        if now >= self._next_tidy:
            self._next_tidy = now + _TIDY_SECONDS
            give_back()

    # The end ---------------------------------------------------------------------------------------

    def _end(self) -> None:
        self._found()
        self._release()
        if not self._failed:
            self._emit(ListenChanged(ListenState.STOPPED, self._input_name))

    def _release(self) -> None:
        opened, self.input = self.input, None
        if opened is not None:
            opened.stop()
            self._overruns += opened.overruns

    def _fail(self, sentence: str, detail: str = "") -> None:
        log.warning("%s (%s)", sentence, detail)
        self._release()
        self._failed = True
        self._stopping.set()
        self._emit(ListenChanged(ListenState.FAILED, self._input_name, 0, sentence))

    def _abandon(self, sentence: str) -> None:
        self._fail(sentence)

    def _wake(self) -> None:
        self._answers.put(None)
