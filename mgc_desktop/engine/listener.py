"""Listening: opens a microphone or plays a file, asks the model about it twice a second, and says what it is."""

from __future__ import annotations

import os
import threading

from mgc_desktop.core.clock import Clock
from mgc_desktop.core.recording import Recording
from mgc_desktop.core.ring import AudioRing
from mgc_desktop.engine.classifier import Classifier
from mgc_desktop.engine.file_input import FileInput
from mgc_desktop.engine.listening_session import ListeningSession, Wanted
from mgc_desktop.engine.live_input import LiveInput, OpenCapture, open_input
from mgc_desktop.engine.loop import EventSink


class Listener:
    """Starts and stops listening. Every method returns at once and may be called from any thread.

    Parameters
    ----------
    classifier : Classifier
        Judges the windows. Sound is recorded whether or not a model answers.
    on_event : EventSink
        Gets `ListenChanged`, `InputWarned`, `InputGap`, `SoundBegan`, `LiveVerdict` and `LiveNumbers`, from the
        listener's thread.
    open_capture : callable
        Opens an input (`mgc_desktop.engine.live_input.OpenCapture`).
    clock : Clock
        By which gaps are as long as they were.
    """

    def __init__(
        self,
        classifier: Classifier,
        on_event: EventSink,
        *,
        open_capture: OpenCapture = open_input,
        clock: Clock | None = None,
    ) -> None:
        self._classifier = classifier
        self._emit = on_event
        self._open_capture = open_capture
        self._clock = clock or Clock()
        self._session: ListeningSession | None = None
        self._wants_features = False

    @property
    def listening(self) -> bool:
        """Whether an input is open, or about to be, or waited for."""
        session = self._session
        return session is not None and session.alive and not session.ending

    @property
    def recording(self) -> Recording | None:
        """What is being recorded; after the end what was, until the next start."""
        return self._session.recording if self._session is not None else None

    @property
    def ring(self) -> AudioRing | None:
        """What is being recorded, or None where no sound arrives."""
        present = self._input
        return present.ring if present is not None else None

    @property
    def sample_rate(self) -> int:
        """Hz of what is being recorded, or 0."""
        present = self._input
        return present.ring.sample_rate if present is not None else 0

    @property
    def input_channels(self) -> int:
        """How many the input has that sound arrives from, or 0."""
        present = self._input
        return present.channels if present is not None else 0

    @property
    def overruns(self) -> int:
        """How often the sound system lost input since listening began."""
        return self._session.overruns if self._session is not None else 0

    @property
    def dropped(self) -> int:
        """How many windows were left out since listening began because the model was still busy."""
        return self._session.judge.statistics.dropped if self._session is not None else 0

    def want_features(self, on: bool) -> None:
        """Have live verdicts bring what the model saw, or no more."""
        self._wants_features = on
        if self._session is not None:
            self._session.judge.wants_features = on

    def start(self, device_name: str | None = None, channel: int | None = None) -> None:
        """Listen to an input; ends what was listened to before.

        Parameters
        ----------
        device_name : str or None
            None: the system's default.
        channel : int or None
            From 0; None: the mix of all.
        """

        def opened(ring: AudioRing | None, cancelled: threading.Event) -> LiveInput:
            return self._open_capture(device_name, channel, ring, cancelled)

        self._start(Wanted(device_name, opened))

    def start_file(self, path: str) -> None:
        """Play a file and listen to it as it is heard; ends what was listened to before.

        `ListenChanged` says STOPPED at its end.
        """

        def opened(_: AudioRing | None, cancelled: threading.Event) -> LiveInput:
            file = FileInput(path, self._clock)
            file.begin(cancelled)
            return file

        self._start(Wanted(os.path.basename(path), opened, is_device=False))

    def stop(self, wait_s: float = 0.0) -> None:
        """Release the input; `ListenChanged` says when it is done. Idempotent.

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

    def _start(self, wanted: Wanted) -> None:
        before = self._session
        if before is not None:
            before.ask_to_end()
        self._session = ListeningSession(self._classifier, self._emit, wanted, self._clock, before)
        self._session.judge.wants_features = self._wants_features
        self._session.start()

    @property
    def _input(self) -> LiveInput | None:
        return self._session.input if self._session is not None else None
