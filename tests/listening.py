"""A listener without a microphone: sound is put into its ring, and what it would tell is told to `Sessions`."""

from __future__ import annotations

from mgc_desktop.core.paths import Profile
from mgc_desktop.core.recording import KEPT_SECONDS, Gap, Recording
from mgc_desktop.core.ring import AudioRing
from mgc_desktop.core.values import Samples, Verdict, VerdictKind
from mgc_desktop.engine.events import InputGap, ListenChanged, ListenState, LiveVerdict
from mgc_desktop.engine.sessions import Sessions
from mgc_desktop.engine.writer import Writer
from mgc_desktop.library.reader import Reader
from tests.events import Events

RATE = 8000  # Hz: cheap
STARTED_AT = 1_750_000_000.0
LABELS = ("blues", "jazz", "rock")


def verdict_of(label: str | None, confidence: float = 0.8) -> Verdict:
    """Return what a model says that is sure of `label`; None: silence."""
    if label is None:
        return Verdict(VerdictKind.SILENCE, None, 0.0, None, 0.0, dict.fromkeys(LABELS, 0.0), "one", "too quiet")
    rest = (1 - confidence) / (len(LABELS) - 1)
    shares = {name: confidence if name == label else rest for name in LABELS}
    rival = next(name for name in LABELS if name != label)
    return Verdict(VerdictKind.GENRE, label, confidence, rival, rest, shares, "one")


class FakeListening:
    """Listens to what it is fed. `recording` is for `Sessions`; set `sessions` before anything is told."""

    def __init__(self, rate: int = RATE) -> None:
        self.rate = rate
        self.recording: Recording | None = None
        self.sessions: Sessions | None = None

    def start(self, source: str = "Microphone") -> None:
        self.recording = Recording(AudioRing(KEPT_SECONDS, self.rate), source, STARTED_AT)
        self._tell(ListenChanged(ListenState.RUNNING, source, self.rate))

    def stop(self) -> None:
        self._tell(ListenChanged(ListenState.STOPPED, "Microphone"))

    def feed(self, samples: Samples, label: str | None = "jazz") -> None:
        """Hear sound, with a verdict each half second."""
        assert self.recording is not None
        ring, half = self.recording.ring, self.rate // 2
        for at in range(0, len(samples), half):
            ring.write(samples[at : at + half])
            self._tell(LiveVerdict(ring.frames / self.rate, 3.0, verdict_of(label), {}, 1.0, 2.0, "cpu", -20.0))

    def gap(self, seconds: float) -> None:
        """Hear nothing, because the input is away."""
        assert self.recording is not None
        start = self.recording.ring.frames
        self.recording.ring.skip(round(seconds * self.rate))
        end = self.recording.ring.frames
        self.recording.gaps += (Gap(start, end),)
        self._tell(InputGap(start / self.rate, end / self.rate))

    def _tell(self, event: ListenChanged | LiveVerdict | InputGap) -> None:
        assert self.sessions is not None
        self.sessions.take(event)


def kept_sessions(profile: Profile, writer: Writer, events: Events) -> tuple[Sessions, FakeListening]:
    """Return sessions that are kept, of a listening that has not begun yet. Stop them in the end."""
    listening = FakeListening()
    sessions = Sessions(
        lambda: listening.recording, writer, lambda: Reader(profile.library_file), profile.sessions_dir, events
    )
    listening.sessions = sessions
    sessions.start()
    return sessions, listening
