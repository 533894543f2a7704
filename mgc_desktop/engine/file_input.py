"""A file as input: played through the loudspeaker, and recorded exactly as it is heard."""

from __future__ import annotations

import logging
import os
import threading
import time
from collections import deque
from concurrent.futures import Future
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from mgc_desktop.audio.playback import Playback, output_rate
from mgc_desktop.core.clock import Clock
from mgc_desktop.core.errors import DecodeError, DeviceError
from mgc_desktop.core.recording import KEPT_SECONDS
from mgc_desktop.core.ring import AudioRing
from mgc_desktop.core.values import Samples
from mgc_desktop.engine.live_input import InputOver
from mgc_desktop.engine.loop import Loop

if TYPE_CHECKING:
    from mgc_desktop.audio.track_stream import Piece
    from mgc_desktop.core.pool import LimitedPool

log = logging.getLogger(__name__)

_RATE = 44_100  # Hz, where no loudspeaker says what it wants
_AHEAD_SECONDS = 12.0  # decoded ahead: a busy disk or processor is not heard
_FIRST_PIECE_SECONDS = 2.0  # soon there
_PIECE_SECONDS = 6.0
_DECODER_SECONDS = 20.0
_TURN_SECONDS = 0.015  # between two looks at what is heard by now
_STOP_SECONDS = 2.0
_UNHEARD = "runs without sound because {why}: it is shown and judged all the same."


class FileInput(Loop):
    """One file from its beginning to its end, in a thread of its own; decoded in a limited process.

    Without a loudspeaker it runs by the clock, and says so.

    Parameters
    ----------
    path : str
    clock : Clock

    Attributes
    ----------
    name : str
        The file's, without its folder.
    unheard : str
        A sentence that says why nobody hears it; empty where it is heard.
    """

    overruns = 0  # nothing is lost on the way

    def __init__(self, path: str, clock: Clock) -> None:
        super().__init__("file input", lambda _: None)
        self.name = os.path.basename(path)
        self.unheard = ""
        self.last_arrival = 0.0
        self._path, self._clock = path, clock
        self._rate, self._loudspeaker_problem = _wanted_rate()
        self._ring = AudioRing(KEPT_SECONDS, self._rate)
        self._channels = 0
        self._pool: LimitedPool | None = None
        self._awaited: Future[Piece] | None = None
        self._pieces: deque[NDArray[np.float32]] = deque()  # decoded, and not heard yet
        self._decoded = 0  # frames
        self._is_decoded = False  # to its end
        self._playing: Playback | None = None
        self._began = 0.0  # s of the clock at which frame 0 was heard, where nothing is played
        self._trouble: DeviceError | DecodeError | None = None
        self._is_over = False
        self._there = threading.Event()  # sound arrives, or never will

    @property
    def ring(self) -> AudioRing:
        return self._ring

    @property
    def channels(self) -> int:
        return self._channels

    def begin(self, cancelled: threading.Event) -> None:
        """Start to play, and wait until sound arrives.

        Raises
        ------
        DecodeError
            Where it cannot be read.
        """
        self.start()
        while not self._there.wait(0.02):
            if cancelled.is_set():
                return
        if self._trouble is not None and not self._ring.frames:
            self.stop()
            raise self._trouble

    def check(self) -> None:
        """Raise where it is over: `InputOver` at its end, `DecodeError` where it is damaged from here on."""
        if self._is_over:
            raise self._trouble or InputOver(f"{self.name} is over.")

    def stop(self, timeout: float = _STOP_SECONDS) -> bool:
        return super().stop(timeout)

    # Its own thread.

    def _begin(self) -> None:
        from mgc_desktop.core.pool import LimitedPool

        self._pool = LimitedPool(1, timeout_s=_DECODER_SECONDS)
        self._ask(_FIRST_PIECE_SECONDS)

    def _step(self) -> None:
        self._take()
        if self._is_over:
            self._stopping.wait(0.2)
            return
        if self._pieces or self._ring.frames:
            self._record()
        self._stopping.wait(self._clock.real(_TURN_SECONDS))

    def _ask(self, seconds: float) -> None:
        # Imported here: the readers of audio files are loaded by who needs them.
        from mgc_desktop.audio.track_stream import PieceRequest, read_piece

        if self._pool is not None:
            request = PieceRequest(self._path, self._rate, round(seconds * self._rate), self._decoded)
            self._awaited = self._pool.schedule(read_piece, (request,))

    def _take(self) -> None:
        """Take in the piece that was decoded, and ask for the next one where too little is ahead."""
        if self._awaited is not None and self._awaited.done():
            future, self._awaited = self._awaited, None
            try:
                self._fed(future.result())
            except DecodeError as error:
                # What came before the damage is heard to its end.
                self._trouble = error
                self._complete()
        ahead = self._decoded - self._ring.frames
        if self._awaited is None and not self._is_decoded and ahead < _AHEAD_SECONDS * self._rate:
            self._ask(_PIECE_SECONDS)

    def _fed(self, piece: Piece) -> None:
        if self._decoded == 0:
            self._channels = piece.samples.shape[1]
            self._open_loudspeaker()
        self._decoded += len(piece.samples)
        if len(piece.samples):
            self._pieces.append(piece.samples)
        if self._playing is not None:
            self._playing.feed(piece.samples)
        if piece.is_last:
            self._complete()

    def _complete(self) -> None:
        self._is_decoded = True
        if self._playing is not None:
            self._playing.complete()
        if not self._decoded:
            self._finish()

    def _open_loudspeaker(self) -> None:
        self._began = self._clock.now()
        if self._loudspeaker_problem is not None:
            self._go_on_unheard("no loudspeaker was found")
            return
        playing = Playback(self._rate, 0, lambda: None)
        try:
            playing.start()
            self._playing = playing
        except DeviceError as error:
            log.warning("%s (%s)", error.sentence, error.detail)
            self._go_on_unheard("the loudspeaker did not start")

    def _go_on_unheard(self, why: str) -> None:
        self.unheard = f"{self.name} {_UNHEARD.format(why=why)}"

    def _record(self) -> None:
        """Write what is heard by now into the ring."""
        playing = self._playing
        if playing is not None and not playing.is_open and not playing.is_over:
            self._let_go_of_loudspeaker()
            self._began = self._clock.now() - self._ring.frames / self._rate
            self._go_on_unheard("the loudspeaker went away")
            playing = None
        seconds = playing.position if playing is not None else self._clock.now() - self._began
        is_last = self._is_decoded and (playing is None or playing.is_over)
        heard = self._decoded if is_last and playing is not None else min(self._decoded, round(seconds * self._rate))
        if heard > self._ring.frames:
            self._ring.write(self._next(heard - self._ring.frames))
            self.last_arrival = time.perf_counter()
            self._there.set()
        if is_last and self._ring.frames >= self._decoded:
            self._finish()

    def _next(self, frames: int) -> Samples:
        """Return the next frames of what was decoded, mixed to one channel."""
        taken = []
        while frames:
            piece = self._pieces.popleft()
            if len(piece) > frames:
                self._pieces.appendleft(piece[frames:])
                piece = piece[:frames]
            taken.append(piece.mean(axis=1, dtype=np.float32))
            frames -= len(piece)
        return np.concatenate(taken)

    def _finish(self) -> None:
        self._is_over = True
        self._let_go_of_loudspeaker()
        self._there.set()

    def _let_go_of_loudspeaker(self) -> None:
        playing, self._playing = self._playing, None
        if playing is not None:
            playing.stop()

    def _abandon(self, sentence: str) -> None:
        self._trouble = DeviceError(sentence)
        self._finish()

    def _end(self) -> None:
        self._let_go_of_loudspeaker()
        if self._pool is not None:
            self._pool.stop()


def _wanted_rate() -> tuple[int, DeviceError | None]:
    """Return the rate that the loudspeaker wants, Hz, or why there is none."""
    try:
        return output_rate(), None
    except DeviceError as error:
        return _RATE, error
