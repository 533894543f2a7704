"""Plays an excerpt of a track, so that a person can judge by ear."""

from __future__ import annotations

import queue
from concurrent.futures import CancelledError, Future
from typing import TYPE_CHECKING

from mgc_desktop.audio.playback import Playback, output_rate
from mgc_desktop.core.errors import MgcError
from mgc_desktop.core.values import DecodedFile
from mgc_desktop.core.windows import WindowRequest
from mgc_desktop.engine.events import PlayerChanged, PlayState
from mgc_desktop.engine.loop import EventSink, Loop

if TYPE_CHECKING:
    from mgc_desktop.core.pool import LimitedPool

EXCERPT_SECONDS = 45.0  # from the middle: an intro says little
_DECODER_SECONDS = 20.0


class Player(Loop):
    """One track at a time. `play` and `silence` return at once and may be called from any thread.

    The thread and the decoder process start with the first track.

    Parameters
    ----------
    on_event : EventSink
        Gets `PlayerChanged`, from the player's thread.
    """

    def __init__(self, on_event: EventSink) -> None:
        super().__init__("player", on_event)
        self._orders: queue.SimpleQueue[str | Future[DecodedFile] | Playback | None] = queue.SimpleQueue()
        self._pool: LimitedPool | None = None
        self._path = ""  # what is loaded or played
        self._rate = 0
        self._loading: Future[DecodedFile] | None = None
        self._playing: Playback | None = None

    def play(self, path: str) -> None:
        """Play an excerpt of a track; ends what is played."""
        self._orders.put(path)
        self.start()

    def silence(self) -> None:
        """Play no more. Idempotent."""
        self._orders.put("")

    def _step(self) -> None:
        order = self._orders.get()
        try:
            self._follow(order)
        except MgcError as error:
            self._loading = self._playing = None
            self._tell(PlayState.FAILED, error.sentence)
            self._path = ""

    def _follow(self, order: str | Future[DecodedFile] | Playback | None) -> None:
        if isinstance(order, str):
            self._let_go()
            if order:
                self._load(order)
        elif order is not None and order is self._loading:
            self._play(order)
        elif order is not None and order is self._playing:
            self._let_go()

    def _load(self, path: str) -> None:
        # Imported here: the readers of audio files are loaded by who plays the first track.
        from mgc_desktop.audio.decode import read_windows
        from mgc_desktop.core.pool import LimitedPool

        self._path = path
        self._tell(PlayState.LOADING)
        self._rate = output_rate()
        if self._pool is None:
            self._pool = LimitedPool(1, timeout_s=_DECODER_SECONDS)
        request = WindowRequest(self._rate, EXCERPT_SECONDS, EXCERPT_SECONDS, 1, 0.05)
        self._loading = self._pool.schedule(read_windows, (path, request))
        self._loading.add_done_callback(self._orders.put)

    def _play(self, loaded: Future[DecodedFile]) -> None:
        self._loading = None
        try:
            decoded = loaded.result()
        except CancelledError:
            return
        playback = Playback(decoded.windows[0].samples, self._rate, lambda: self._orders.put(playback))
        playback.start()
        self._playing = playback
        self._tell(PlayState.PLAYING)

    def _let_go(self) -> None:
        loading, self._loading = self._loading, None
        if loading is not None:
            loading.cancel()
        playing, self._playing = self._playing, None
        if playing is not None:
            playing.stop()
        if self._path:
            self._tell(PlayState.STOPPED)
            self._path = ""

    def _tell(self, state: PlayState, sentence: str = "") -> None:
        self._emit(PlayerChanged(state, self._path, sentence))

    def _end(self) -> None:
        self._let_go()
        if self._pool is not None:
            self._pool.stop()

    def _wake(self) -> None:
        self._orders.put(None)
