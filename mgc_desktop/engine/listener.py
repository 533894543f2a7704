"""Listening: opens a microphone, hands its last window to the classifier twice a second, and says what was heard."""

from __future__ import annotations

import logging
import queue
import time
from dataclasses import dataclass

from mgc_desktop.audio.capture import Capture, no_input
from mgc_desktop.audio.devices import InputDevice, list_inputs
from mgc_desktop.core.errors import DeviceError
from mgc_desktop.core.model_info import ModelInfo
from mgc_desktop.core.ring import AudioRing
from mgc_desktop.core.smoothing import VerdictSmoother
from mgc_desktop.core.values import Samples, Verdict
from mgc_desktop.engine.classifier import Classifier, LiveResult
from mgc_desktop.engine.events import ListenChanged, ListenState, LiveVerdict
from mgc_desktop.engine.loop import EventSink, Loop
from mgc_desktop.engine.results import level_dbfs
from mgc_desktop.model.verdict import judge_probabilities, probabilities, silence_verdict

log = logging.getLogger(__name__)

HOP_SECONDS = 0.5
FIRST_SECONDS = 3.0  # less music than this says too little; silence of this length is called silence
_HAND_OVER_SECONDS = 5.0  # for the session before to let go of its device


class Listener:
    """Starts and stops listening. Every method returns at once and may be called from any thread.

    Parameters
    ----------
    classifier : Classifier
        Judges the windows. Sound is recorded whether or not a model answers.
    on_event : EventSink
        Gets `ListenChanged` and `LiveVerdict`, from the listener's thread.
    """

    def __init__(self, classifier: Classifier, on_event: EventSink) -> None:
        self._classifier = classifier
        self._emit = on_event
        self._session: _Session | None = None

    @property
    def listening(self) -> bool:
        """Whether a device is open, or about to be."""
        session = self._session
        return session is not None and session.alive and not session.ending

    @property
    def ring(self) -> AudioRing | None:
        """What is being recorded, or None."""
        capture = self._capture
        return capture.ring if capture is not None else None

    @property
    def sample_rate(self) -> int:
        """Hz of what is being recorded, or 0."""
        capture = self._capture
        return capture.sample_rate if capture is not None else 0

    @property
    def overruns(self) -> int:
        """How often the sound system lost input since listening began."""
        capture = self._capture
        return capture.overruns if capture is not None else 0

    @property
    def dropped(self) -> int:
        """How many windows were skipped since listening began because the model was still busy."""
        return self._session.dropped if self._session is not None else 0

    def start(self, device_name: str | None = None) -> None:
        """Listen to the input of that name, or to the system's default; ends what was listened to before."""
        before = self._session
        if before is not None:
            before.ask_to_end()
        self._session = _Session(self._classifier, self._emit, device_name, before)
        self._session.start()

    def stop(self, wait_s: float = 0.0) -> None:
        """Release the device; `ListenChanged` says when it is done. Idempotent.

        Parameters
        ----------
        wait_s : float
            How long to wait for that, s. The GUI thread does not wait.
        """
        session = self._session
        if session is not None:
            session.ask_to_end()
            if wait_s > 0:
                session.stop(wait_s)

    @property
    def _capture(self) -> Capture | None:
        return self._session.capture if self._session is not None else None


@dataclass(frozen=True, slots=True)
class _Heard:
    """Which stretch of the recording a window was."""

    end_frame: int
    end: float  # s since listening began
    arrived: float  # s of time.perf_counter, of the last sample


class _Session(Loop):
    """One stretch of listening, from opening a device to releasing it, in a thread of its own."""

    def __init__(
        self, classifier: Classifier, on_event: EventSink, device_name: str | None, before: _Session | None
    ) -> None:
        super().__init__("listener", on_event)
        self.capture: Capture | None = None  # set while sound arrives
        self.dropped = 0
        self._classifier = classifier
        self._device_name = device_name
        self._before = before
        self._failed = False
        self._answers: queue.SimpleQueue[LiveResult | None] = queue.SimpleQueue()
        self._smoother = VerdictSmoother()
        self._model: ModelInfo | None = None  # that gave the last answer
        self._fresh_from = 0  # frame at which the last silence ended: windows do not reach back over it
        self._waiting = False  # for the model's answer
        self._next_hop = 0.0

    @property
    def ending(self) -> bool:
        return self._stopping.is_set()

    def ask_to_end(self) -> None:
        self._stopping.set()
        self._wake()

    # Opening and closing ---------------------------------------------------------------------------

    def _begin(self) -> None:
        try:
            self._let_the_last_one_end()
            self._emit(ListenChanged(ListenState.STARTING, self._device_name or ""))
            self._open()
        except DeviceError as error:
            self._fail(error)
        self._next_hop = time.monotonic() + HOP_SECONDS

    def _let_the_last_one_end(self) -> None:
        before, self._before = self._before, None
        if before is not None and not before.stop(_HAND_OVER_SECONDS):
            raise DeviceError("Listening is not possible because the sound system does not answer: restart it.")

    def _open(self) -> None:
        capture = Capture(chosen_input(list_inputs(), self._device_name))
        if self._stopping.is_set():
            return
        capture.start(self._stopping)
        if self._stopping.is_set():
            capture.stop()
            return
        self.capture = capture
        log.info("Listening to %s at %d Hz.", capture.name, capture.sample_rate)
        self._emit(ListenChanged(ListenState.RUNNING, capture.name, capture.sample_rate))

    def _end(self) -> None:
        capture, self.capture = self.capture, None
        if capture is not None:
            capture.stop()
        if not self._failed:
            self._emit(ListenChanged(ListenState.STOPPED, capture.name if capture else self._device_name or ""))

    def _fail(self, error: DeviceError) -> None:
        log.warning("%s (%s)", error.sentence, error.detail)
        capture, self.capture = self.capture, None
        if capture is not None:
            capture.stop()
        self._give_up(error.sentence, capture.name if capture else self._device_name or "")

    def _abandon(self, sentence: str) -> None:
        self._give_up(sentence, self._device_name or "")

    def _give_up(self, sentence: str, device: str) -> None:
        self._failed = True
        self._stopping.set()
        self._emit(ListenChanged(ListenState.FAILED, device, 0, sentence))

    def _wake(self) -> None:
        self._answers.put(None)

    # Windows out, verdicts in ----------------------------------------------------------------------

    def _step(self) -> None:
        if self.capture is None:
            return
        try:
            result = self._answers.get(timeout=max(0.0, self._next_hop - time.monotonic()))
        except queue.Empty:
            self._next_hop = max(self._next_hop + HOP_SECONDS, time.monotonic())
            self._hop(self.capture)
            return
        if result is not None and not self.ending:
            self._answered(result)

    def _hop(self, capture: Capture) -> None:
        try:
            capture.check()
        except DeviceError as error:
            self._fail(error)
            return
        info = self._classifier.info
        if info is None or not self._classifier.ready:
            return
        rate = capture.sample_rate
        shortest = max(FIRST_SECONDS, info.min_seconds)
        samples, end_frame = capture.ring.read_last(int(info.window_seconds * rate))
        arrived = capture.last_arrival
        heard = _Heard(end_frame, end_frame / rate, arrived)
        recent = samples[-int(FIRST_SECONDS * rate) :]
        if len(recent) == int(FIRST_SECONDS * rate) and level_dbfs(recent) < info.thresholds.silence_dbfs:
            self._heard_nothing(info, heard)
            return
        samples = samples[max(0, len(samples) - (end_frame - self._fresh_from)) :]
        if len(samples) >= shortest * rate:
            self._submit(samples, rate, info, heard)

    def _submit(self, samples: Samples, rate: int, info: ModelInfo, heard: _Heard) -> None:
        if self._waiting:
            self.dropped += 1  # the slot keeps the newest alone
        self._waiting = True
        window = resampled(samples, rate, info.sample_rate)[-int(info.window_seconds * info.sample_rate) :]
        self._classifier.submit_live(window, heard, self._answers.put, sample_rate=info.sample_rate)

    def _heard_nothing(self, info: ModelInfo, heard: _Heard) -> None:
        self._fresh_from = heard.end_frame
        self._smoother.reset()
        verdict = self._smoother.hold(silence_verdict(info), heard.end)
        self._tell(verdict, heard, FIRST_SECONDS, dict(verdict.probabilities), 0.0, self._classifier.device_name)

    def _answered(self, result: LiveResult) -> None:
        self._waiting = False
        heard: _Heard = result.meta
        if heard.end_frame <= self._fresh_from:
            return  # judged the music before a silence that was told already
        if result.info is not self._model:
            self._smoother.reset()
            self._model = result.info
        raw = probabilities(result.info, result.logits)
        averaged = self._smoother.average(raw, heard.end, normalised=result.info.activation == "softmax")
        verdict = self._smoother.hold(judge_probabilities(result.info, averaged, result.level_dbfs), heard.end)
        by_label = dict(zip(result.info.labels, raw.tolist(), strict=True))
        self._tell(verdict, heard, result.seconds, by_label, result.inference_ms, result.device)

    def _tell(
        self, verdict: Verdict, heard: _Heard, seconds: float, raw: dict[str, float], inference_ms: float, device: str
    ) -> None:
        latency_ms = (time.perf_counter() - heard.arrived) * 1000.0
        self._emit(LiveVerdict(heard.end, seconds, verdict, raw, inference_ms, latency_ms, device))


def chosen_input(inputs: list[InputDevice], name: str | None) -> InputDevice:
    """Return the input called `name`, or the first one with it in its name, or for None the system's default.

    Raises
    ------
    DeviceError
        Where it is not there, or none is.
    """
    if not inputs:
        raise no_input()
    if name is None:
        return next((device for device in inputs if device.is_default), inputs[0])
    for fits in (name.__eq__, lambda text: name.casefold() in text.casefold()):
        for device in inputs:
            if fits(device.name) or fits(device.source):
                return device
    raise DeviceError(f"{name} is not connected: connect it, or choose another input.")


def resampled(samples: Samples, rate: int, wanted: int) -> Samples:
    """Return `samples` (float32[n] at `rate` Hz) at `wanted` Hz."""
    if rate == wanted:
        return samples
    import soxr  # here: nobody who does not listen needs it

    result: Samples = soxr.resample(samples, rate, wanted)
    return result
