"""The engine as a whole: builds the threads, starts them, and stops them in reverse order. No Qt."""

from __future__ import annotations

import contextlib
import logging
from pathlib import Path

from mgc_desktop.core.errors import UsageError
from mgc_desktop.core.paths import Profile
from mgc_desktop.core.settings import Settings
from mgc_desktop.engine.choice import MODEL_SETTING, choose_for_later, choose_model, resolve_model
from mgc_desktop.engine.classifier import Classifier
from mgc_desktop.engine.corrections import Corrections
from mgc_desktop.engine.events import (
    Event,
    ModelFailed,
    ModelLoading,
    ModelReady,
    Problem,
    ScanFinished,
    ScanProgress,
    ScanState,
)
from mgc_desktop.engine.folders import Folders
from mgc_desktop.engine.listener import Listener
from mgc_desktop.engine.loop import EventSink
from mgc_desktop.engine.pipeline import DecoderLimits
from mgc_desktop.engine.player import Player
from mgc_desktop.engine.scanner import Scanner
from mgc_desktop.engine.sessions import Sessions
from mgc_desktop.engine.spans import Spans
from mgc_desktop.engine.tagger import Tagger
from mgc_desktop.engine.track_history import TrackHistories
from mgc_desktop.engine.track_picture import TrackPictures
from mgc_desktop.engine.trainer import Trainer
from mgc_desktop.engine.writer import Writer
from mgc_desktop.library.reader import Reader
from mgc_desktop.model.trust import TrustStore

log = logging.getLogger(__name__)

_OPEN_SECONDS = 30.0  # an upgrade of a large library, with its backup
_LISTENER_STOP_SECONDS = 3.0
_CANCELLED_SETTING = "scan cancelled"  # a person's cancel holds over the next start; a crash's end does not


class Engine:
    """Everything that works behind a shell. Building and starting it costs some milliseconds.

    Parameters
    ----------
    profile : Profile
    device : str
        "auto", "cpu", "cuda" or "mps".
    model : str or Path, optional
        Folder or name of the model to use; else the profile's choice, else the shipped one.
    on_event : EventSink
        Gets every event, from whichever engine thread it comes from; must return quickly.
    settings : Settings, optional
        The profile's, where the shell has it open already.
    limits : DecoderLimits, optional

    Attributes
    ----------
    classifier : Classifier
    writer : Writer
    corrections : Corrections
    scanner : Scanner
    folders : Folders
    tagger : Tagger
    listener : Listener
    spans : Spans
    trainer : Trainer
    player : Player
    pictures : TrackPictures
    histories : TrackHistories
    sessions : Sessions
    settings : Settings
    """

    def __init__(
        self,
        profile: Profile,
        *,
        device: str = "auto",
        model: str | Path | None = None,
        on_event: EventSink,
        settings: Settings | None = None,
        limits: DecoderLimits | None = None,
    ) -> None:
        self.profile = profile
        self.settings = settings if settings is not None else Settings(profile.settings_file)
        self._device = device
        self._asked = model
        self._on_event = on_event
        self._switching_to = ""
        self._in_use: Path | None = None  # folder of the model that answers
        self._stack = contextlib.ExitStack()
        self.writer = Writer(profile.library_file, self._tell)
        self.corrections = Corrections(self.writer, self._tell)
        self.classifier = Classifier(TrustStore(profile.trusted_file), self._tell)
        self.scanner = Scanner(self.classifier, self.writer, self.reader, self._tell, limits=limits)
        self.folders = Folders(self.writer, self.scanner, self._tell)
        self.tagger = Tagger(self.writer, self.reader, self._tell, lock_file=profile.tagging_lock)
        self.listener = Listener(self.classifier, self._tell)
        self.spans = Spans(self.listener, self.classifier, self._tell)
        self.trainer = Trainer(profile, self._tell, self.reader)
        self.player = Player(self._tell)
        self.pictures = TrackPictures(self._tell, str(profile.cache_dir / "pictures"))
        self.histories = TrackHistories(self.reader, self._tell)
        self.sessions = Sessions(
            lambda: self.listener.recording, self.writer, self.reader, profile.sessions_dir, self._tell
        )

    def start(self) -> None:
        """Start the threads and load the model; returns at once, events say how it goes."""
        self.writer.start()
        self._stack.callback(self.writer.stop)
        self.classifier.start()
        self._stack.callback(self.classifier.stop)
        self.scanner.start()
        self._stack.callback(self.scanner.stop)
        self._stack.callback(self.folders.stop)
        self.tagger.start()
        self._stack.callback(self.tagger.stop)
        self.tagger.settle()
        self._stack.callback(self.trainer.stop)
        self._stack.callback(self.player.stop)
        self._stack.callback(self.pictures.stop)
        self._stack.callback(self.histories.stop)
        self.sessions.start()
        self._stack.callback(self.sessions.stop)
        self._stack.callback(self.listener.stop, _LISTENER_STOP_SECONDS)
        self._stack.callback(self.spans.stop)
        choice = choose_model(self.profile, self._asked, self.settings.get(MODEL_SETTING, None))
        self.classifier.load(choice.folder, self._device, fallback=choice.fallback)
        cancelled = self.settings.get(_CANCELLED_SETTING, False)
        if not cancelled:
            self.scanner.resume_pending()
        self.folders.start(look=not cancelled)

    def stop(self) -> None:
        """Stop everything in reverse order, each stage bounded in time. Idempotent."""
        self._stack.close()

    def use_model(self, folder: str | Path) -> None:
        """Switch to another model, between two windows; remembered for the next start once it works."""
        chosen = resolve_model(self.profile, str(folder))
        self._switching_to = str(chosen)
        self.classifier.load(chosen, self._device)

    def reader(self) -> Reader:
        """Open a read connection to the library, for the calling thread; close it there.

        Waits while the library is made or upgraded: never call it in the GUI thread.

        Raises
        ------
        LibraryError
            Where there is no library to read.
        """
        self.writer.wait_open(_OPEN_SECONDS)
        return Reader(self.profile.library_file)

    def _tell(self, event: Event) -> None:
        if isinstance(event, ModelReady):
            self._note_choice(Path(event.folder))  # first: who hears of it may ask at once which was before
        self._on_event(event)
        self.sessions.take(event)
        if isinstance(event, ModelLoading | ModelReady | ModelFailed):
            self.scanner.model_changed()
        if isinstance(event, ModelReady):
            error = self._save()
            if error is not None:  # it is the person's own choice, so it is told
                self._on_event(Problem(error.sentence, error.detail))
        elif isinstance(event, ScanProgress) and event.state is ScanState.RUNNING:
            self._remember(_CANCELLED_SETTING, False)
        elif isinstance(event, ScanFinished):
            self._remember(_CANCELLED_SETTING, event.cancelled)

    def _note_choice(self, folder: Path) -> None:
        before, self._in_use = self._in_use, folder
        if str(folder) == self._switching_to:
            choose_for_later(self.settings, folder, before)

    def _remember(self, key: str, value: object) -> None:
        if self.settings.get(key, None) != value:
            self.settings.set(key, value)
            self._save()

    def _save(self) -> UsageError | None:
        """Save the settings; return why that failed."""
        try:
            self.settings.save()
        except UsageError as error:
            log.warning("%s (%s)", error.sentence, error.detail)
            return error
        return None
