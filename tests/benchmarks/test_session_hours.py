"""Hours of listening kept as a session, compressed: memory stays flat, nothing is lost, and joining takes little."""

from __future__ import annotations

import os
import statistics
import sys
import time
from pathlib import Path

import psutil
import pytest

from mgc_desktop.audio.long_flac import blocks, facts
from mgc_desktop.core.paths import Profile
from mgc_desktop.core.session_values import SoundState
from mgc_desktop.engine.events import SessionOpened, SessionsListed
from mgc_desktop.engine.writer import Writer
from tests import synth
from tests.events import Events
from tests.listening import RATE, kept_sessions

HOURS = float(os.environ.get("MGC_SESSION_HOURS", "2"))
SPEED = 200  # times real time
_PIECE = 10.0  # s of sound fed at once
_FIRST = 600.0  # s after which memory is to stay as it is


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_hours_are_kept_whole_in_flat_memory(profile: Profile, writer: Writer, events: Events) -> None:
    sessions, listening = kept_sessions(profile, writer, events)
    process = psutil.Process()
    listening.start()
    sessions.keep(True)
    music = synth.song(_PIECE, RATE)
    pieces, memory = round(HOURS * 3600 / _PIECE), list[float]()
    began = time.monotonic()
    for piece in range(pieces):
        listening.feed(music, ("jazz", "rock", "blues")[piece // 60 % 3])
        time.sleep(max(0.0, began + (piece + 1) * _PIECE / SPEED - time.monotonic()))
        memory.append(process.memory_info().rss / 1e6)
    listening.stop()
    stopped = time.monotonic()
    ten_minutes = round(_FIRST / _PIECE)
    after_first, last = (statistics.median(part) for part in (memory[ten_minutes:][:30], memory[-30:]))
    row = events.wait(
        SessionsListed,
        where=lambda e: len(e.sessions) == 1 and e.sessions[0].sound is SoundState.WHOLE,
        timeout=900.0,
    ).sessions[0]
    joined = time.monotonic() - stopped
    asked = time.monotonic()
    sessions.open(row.id)
    details = events.wait(SessionOpened).details
    opened = time.monotonic() - asked
    assert sessions.stop()
    assert details is not None
    frames, _ = facts(Path(details.path))
    size = Path(details.path).stat().st_size / 1e6
    sys.stderr.write(
        f"\n{HOURS:g} h: {after_first:.0f} MB after ten minutes, {last:.0f} MB in the end "
        f"({100 * (last / after_first - 1):+.1f} %), {max(memory):.0f} MB at most; {size:.0f} MB of sound at {RATE} Hz "
        f"joined in {joined:.1f} s; {len(details.stretches)} stretches opened in {opened:.2f} s\n"
    )
    assert frames >= (pieces * _PIECE - 1.0) * RATE
    assert details.stretches[-1].end == pytest.approx(pieces * _PIECE)
    # From the middle to the end it is what was fed.
    middle = frames // 2
    heard = next(blocks(Path(details.path), middle, middle + RATE))
    offset = (middle + round(row.start * RATE)) % len(music)
    expected = [*music[offset : offset + RATE], *music][: len(heard)]
    assert max(abs(a - b) for a, b in zip(heard, expected, strict=True)) < 1e-6
    assert last < 1.05 * after_first
