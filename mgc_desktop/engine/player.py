"""Plays tracks, so that a person can judge by ear: the whole of one from any place, or an excerpt of it."""

from __future__ import annotations

import queue
from collections.abc import Callable
from concurrent.futures import CancelledError, Future
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from mgc_desktop.audio.playback import Playback, faded_out, output_rate
from mgc_desktop.core.errors import MgcError
from mgc_desktop.engine.events import PlayerChanged, PlayState
from mgc_desktop.engine.loop import EventSink, Loop

if TYPE_CHECKING:
    from mgc_desktop.audio.track_stream import Piece
    from mgc_desktop.core.pool import LimitedPool

EXCERPT_SECONDS = 45.0  # from the middle: an intro says little
AHEAD_SECONDS = 12.0  # decoded ahead: a busy disk or processor is not heard
_FIRST_PIECE_SECONDS = 2.0  # soon there
_PIECE_SECONDS = 6.0
_DECODER_SECONDS = 20.0
_TELL_SECONDS = 0.1  # between two events that say where it is
_LOST = (
    "Playing stopped because the loudspeaker went away: connect it again, or choose another in the system's sound "
    "settings."
)


@dataclass(slots=True)
class _Track:
    """What is loaded, played or paused."""

    path: str
    start: float | None  # s to go on from; None: the excerpt's beginning, until it is known
    is_excerpt: bool
    rate: int = 0  # Hz of the loudspeaker
    duration: float = 0.0  # s
    next: int | None = None  # frame at which the next piece begins
    end: int | None = None  # frame at which an excerpt ends
    is_decoded: bool = False  # to its end
    trouble: str = ""  # why it could not be decoded to its end


class Player(Loop):
    """One track at a time. Every method returns at once and may be called from any thread.

    The thread and the decoder process start with the first track. A track that is paused holds neither the
    loudspeaker nor the file.

    Parameters
    ----------
    on_event : EventSink
        Gets `PlayerChanged`, from the player's thread.
    """

    def __init__(self, on_event: EventSink) -> None:
        super().__init__("player", on_event)
        self._orders: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()
        self._pool: LimitedPool | None = None
        self._track: _Track | None = None
        self._state = PlayState.STOPPED
        self._awaited: Future[Piece] | None = None
        self._is_outdated = False  # what is awaited is not wanted any more, but something else is
        self._playing: Playback | None = None
        self._kept: Playback | None = None  # silent, of the track before: to open the loudspeaker anew takes 0.3 s
        self.underruns = 0  # blocks that came too late, of all that was played

    def play(self, path: str, at: float | None = None) -> None:
        """Play a track; ends what is played.

        Parameters
        ----------
        path : str
        at : float or None
            s from its beginning, from where it is played to its end; None: an excerpt from its middle.
        """
        self._orders.put(partial(self._begin_track, path, at))
        self.start()

    def pause(self) -> None:
        """Hold what is played, for `resume`."""
        self._orders.put(self._hold)

    def resume(self) -> None:
        """Go on with what was paused."""
        self._orders.put(self._go_on)

    def seek(self, seconds: float) -> None:
        """Go to another place of what is played or paused; past the excerpt, if it is one."""
        self._orders.put(partial(self._jump, seconds))

    def silence(self) -> None:
        """Play no more. Idempotent."""
        self._orders.put(self._let_go)

    def _step(self) -> None:
        try:
            order = self._orders.get(timeout=_TELL_SECONDS if self._playing is not None else None)
        except queue.Empty:
            self._tell(self._state)
            self._top_up()
            return
        try:
            order()
        except MgcError as error:
            self._fail(error.sentence)

    # Orders.

    def _begin_track(self, path: str, at: float | None) -> None:
        track, playing = self._track, self._playing
        if track is not None and playing is not None:
            track.start = playing.position
            playing.jump(0)
            self._kept, self._playing = playing, None
        self._let_go(keep=self._kept)
        self._track = _Track(path, at, at is None)
        self._load()

    def _load(self) -> None:
        """Ask for the first piece from where the track is to go on."""
        track = self._track
        if track is None:
            return
        self._tell(PlayState.LOADING)
        track.rate = output_rate()
        track.is_decoded, track.trouble = False, ""
        track.next = None if track.start is None else round(max(0.0, track.start) * track.rate)
        self._ask(_FIRST_PIECE_SECONDS)

    def _hold(self) -> None:
        track = self._track
        if track is None or self._state not in (PlayState.LOADING, PlayState.PLAYING):
            return
        if self._playing is not None:
            track.start = self._position()
        self._hush()
        self._tell(PlayState.PAUSED)

    def _go_on(self) -> None:
        if self._state is PlayState.PAUSED:
            self._load()

    def _jump(self, seconds: float) -> None:
        track = self._track
        if track is None:
            return
        place = max(0.0, seconds if not track.duration else min(seconds, track.duration - 0.05))
        track.start, track.end, track.is_excerpt = place, None, False
        if self._state in (PlayState.PLAYING, PlayState.LOADING):
            track.next, track.is_decoded = round(place * track.rate), False
            if self._playing is not None:
                self._playing.jump(track.next)
            if self._awaited is None:
                self._ask(_FIRST_PIECE_SECONDS)
            else:  # who drags the cursor seeks faster than anything can be decoded
                self._is_outdated = True
        self._tell(self._state)

    def _let_go(self, keep: Playback | None = None) -> None:
        track = self._track
        if track is not None:
            track.start = self._position()
            self._hush(keep)
            self._tell(PlayState.STOPPED)
            self._track = None

    def _fail(self, sentence: str) -> None:
        self._hush()
        self._tell(PlayState.FAILED, sentence)
        self._track = None

    # Decoding ahead.

    def _ask(self, seconds: float) -> None:
        # Imported here: the readers of audio files are loaded by who plays the first track.
        from mgc_desktop.audio.track_stream import PieceRequest, read_piece
        from mgc_desktop.core.pool import LimitedPool

        track = self._track
        if track is None:
            return
        if self._pool is None:
            self._pool = LimitedPool(1, timeout_s=_DECODER_SECONDS)
        excerpt = EXCERPT_SECONDS if track.is_excerpt else 0.0
        self._is_outdated = False
        request = PieceRequest(track.path, track.rate, round(seconds * track.rate), track.next, excerpt)
        self._awaited = self._pool.schedule(read_piece, (request,))
        self._awaited.add_done_callback(lambda future: self._orders.put(partial(self._take, future)))

    def _top_up(self) -> None:
        track, playing = self._track, self._playing
        if track is None or playing is None or track.is_decoded or self._awaited is not None:
            return
        if playing.ahead < AHEAD_SECONDS:
            self._ask(_PIECE_SECONDS)

    def _take(self, future: Future[Piece]) -> None:
        track = self._track
        if track is None or future is not self._awaited:
            return  # asked for before it was to go on elsewhere
        self._awaited = None
        if self._is_outdated:
            self._ask(_FIRST_PIECE_SECONDS)
            return
        try:
            piece = future.result()
        except CancelledError:
            return
        except MgcError as error:
            if self._playing is None:
                raise
            # What came before the damage is heard to its end.
            track.trouble, track.is_decoded = error.sentence, True
            self._playing.complete()
            return
        self._feed(track, piece)

    def _feed(self, track: _Track, piece: Piece) -> None:
        track.duration = piece.duration
        if track.is_excerpt and track.end is None:
            first = piece.start if track.start is None else round(track.start * track.rate)
            track.end = first + round(EXCERPT_SECONDS * track.rate)
        samples, is_last = piece.samples, piece.is_last
        if track.end is not None and piece.start + len(samples) >= track.end:
            samples, is_last = faded_out(samples[: max(0, track.end - piece.start)], track.rate), True
        track.next, track.is_decoded = piece.start + len(piece.samples), is_last
        playing = self._playing or self._open(track.rate, piece.start)
        playing.feed(samples)
        if is_last:
            playing.complete()
        self._top_up()

    def _open(self, rate: int, start: int) -> Playback:
        playing, self._kept = self._kept, None
        if playing is not None and playing.is_open and playing.rate == rate:
            playing.jump(start)
        else:
            self._close(playing)
            playing = self._opened(rate, start)
        self._playing = playing
        self._tell(PlayState.PLAYING)
        return playing

    def _opened(self, rate: int, start: int) -> Playback:
        playing = Playback(rate, start, lambda: self._orders.put(partial(self._over, playing)))
        playing.start()
        return playing

    # The end.

    def _over(self, playing: Playback) -> None:
        track = self._track
        if playing is not self._playing or track is None:
            return
        reached_end = track.is_decoded and playing.is_over
        track.start = 0.0 if reached_end else self._position()
        self._hush()
        if playing.is_over and not reached_end:  # sought in its last moment
            self._load()
            return
        if track.trouble and reached_end:
            self._tell(PlayState.FAILED, track.trouble)
        else:
            self._tell(PlayState.STOPPED, "" if reached_end else _LOST)
        self._track = None

    def _hush(self, keep: Playback | None = None) -> None:
        """Be still, and let go of the file, and of the loudspeaker but for what is to be kept."""
        self._awaited = None  # what it brings is not wanted; to cancel it would cost the process
        open_ones, self._playing, self._kept = (self._playing, self._kept), None, keep
        for playing in open_ones:
            if playing is not keep:
                self._close(playing)
        if self._pool is not None:
            from mgc_desktop.audio.track_stream import let_go  # loaded by now

            self._pool.schedule(let_go, ())

    def _close(self, playing: Playback | None) -> None:
        if playing is not None:
            playing.stop()
            self.underruns += playing.underruns

    def _position(self) -> float:
        if self._playing is not None:
            return self._playing.position
        return (self._track.start if self._track is not None else 0.0) or 0.0

    def _tell(self, state: PlayState, sentence: str = "") -> None:
        self._state = state
        track = self._track
        if track is not None:
            self._emit(PlayerChanged(state, track.path, sentence, self._position(), track.duration))

    def _abandon(self, sentence: str) -> None:
        self._fail(sentence)

    def _end(self) -> None:
        self._let_go()
        if self._pool is not None:
            self._pool.stop()

    def _wake(self) -> None:
        self._orders.put(lambda: None)
