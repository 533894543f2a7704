"""A session whose program is killed: what was heard is there at the next start, but for the last seconds."""

from __future__ import annotations

import contextlib
import signal
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest

from mgc_desktop.audio.long_flac import blocks
from mgc_desktop.core.paths import Profile
from mgc_desktop.core.session_values import SoundState
from mgc_desktop.engine.events import SessionDeleted, SessionOpened, SessionsListed
from mgc_desktop.engine.sessions import Sessions
from mgc_desktop.engine.writer import Writer
from mgc_desktop.library.reader import Reader
from tests import synth
from tests.events import WAIT, Events
from tests.listening import RATE, kept_sessions

ROOT = Path(__file__).resolve().parents[2]
SPEED = 20  # times real time
# Sound that a crash may cost, s: what comes between two looks into the ring, and a busy machine is late.
LOST_SECONDS = 15.0
_SCRIPT = f"""
import sys, time
from mgc_desktop.core.paths import Profile
from mgc_desktop.engine import sessions as module
from mgc_desktop.engine.writer import Writer
from mgc_desktop.library.reader import Reader
from tests import synth
from tests.listening import RATE, FakeListening, kept_sessions
module.RECORD_SECONDS = 1.0 / {SPEED}
profile = Profile.open(sys.argv[1])
writer = Writer(profile.library_file, lambda event: None)
writer.start()
writer.wait_open(30)
listening = FakeListening()
listening.sessions = module.Sessions(lambda: listening.recording, writer, lambda: Reader(profile.library_file),
    profile.sessions_dir, lambda event: None)
listening.sessions.start()
listening.start()
listening.sessions.keep(True)
while not listening.sessions.keeping:
    time.sleep(0.01)
music = synth.song(300.0, RATE)
for second in range(300):
    listening.feed(music[second * RATE : (second + 1) * RATE])
    if second == 50:
        listening.sessions.label(10.0, 20.0, "jazz")
    print(second + 1, flush=True)
    time.sleep(1.0 / {SPEED})
"""


def settled(profile: Profile, writer: Writer, events: Events) -> Sessions:
    """Return the sessions of a program that has just started."""
    sessions = Sessions(lambda: None, writer, lambda: Reader(profile.library_file), profile.sessions_dir, events)
    sessions.start()
    sessions.settle()
    return sessions


@pytest.fixture
def killed(profile: Profile) -> int:
    """Kill a program that keeps a session; return how many seconds it had heard."""
    words = [sys.executable, "-c", _SCRIPT, str(profile.data_dir)]
    heard = 0
    with subprocess.Popen(words, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        for line in process.stdout:
            heard = int(line)
            if heard >= 65:
                process.send_signal(signal.SIGKILL)
                break
    assert process.returncode == -signal.SIGKILL
    return heard


def test_all_but_the_last_seconds_survive_a_kill(killed: int, profile: Profile, writer: Writer, events: Events) -> None:
    (folder,) = profile.sessions_dir.iterdir()
    assert len(list(folder.glob("*-*.flac"))) == 2  # two whole half minutes, and what was under way
    assert len(list(folder.glob("*.raw"))) == 1
    sessions = settled(profile, writer, events)
    try:
        (row,) = events.wait(
            SessionsListed, where=lambda e: len(e.sessions) == 1 and e.sessions[0].sound is SoundState.WHOLE
        ).sessions
        assert killed - LOST_SECONDS <= row.end <= killed + 1
        assert row.labels == 1
        sessions.open(row.id)
        details = events.wait(SessionOpened).details
        assert details is not None
        assert details.stretches[-1].end >= killed - LOST_SECONDS
        read = np.concatenate(list(blocks(Path(details.path))))
        assert np.abs(read - synth.song(300.0, RATE)[: len(read)]).max() < 1e-6
        assert len(read) / RATE >= killed - LOST_SECONDS
        assert sorted(path.name for path in folder.iterdir()) == ["lock", "sound.flac"]
    finally:
        assert sessions.stop()


def test_what_another_program_is_at_is_left_alone(profile: Profile, writer: Writer, events: Events) -> None:
    recording, listening = kept_sessions(profile, writer, events)
    listening.start()
    recording.keep(True)
    listening.feed(synth.song(3.0, RATE))
    events.wait(SessionsListed, where=lambda e: len(e.sessions) == 1)
    others = Events()
    second = settled(profile, writer, others)
    second.ask()
    row = others.wait(SessionsListed).sessions[0]
    assert row.sound is SoundState.PARTS
    assert second.stop()
    listening.stop()
    events.wait(SessionsListed, where=lambda e: e.sessions[0].sound is SoundState.WHOLE)
    assert recording.stop()


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="looks into the trash as Linux' desktops keep it")
def test_a_deleted_session_goes_to_the_trash_when_the_program_ends(
    profile: Profile, writer: Writer, events: Events, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "share"))
    for name in ("send2trash", "send2trash.plat_other"):
        sys.modules.pop(name, None)  # it looks for the trash when it is imported
    sessions, listening = kept_sessions(profile, writer, events)
    listening.start()
    sessions.keep(True)
    listening.feed(synth.song(3.0, RATE))
    listening.stop()
    (row,) = events.wait(
        SessionsListed, where=lambda e: len(e.sessions) == 1 and e.sessions[0].sound is SoundState.WHOLE
    ).sessions
    sessions.delete(row.id)
    events.wait(SessionDeleted)
    events.wait(SessionsListed, where=lambda e: not e.sessions)
    assert (profile.sessions_dir / str(row.id) / "sound.flac").is_file()  # it can be undone as yet
    assert sessions.stop()
    assert not (profile.sessions_dir / str(row.id)).exists()
    assert list((tmp_path / "share" / "Trash" / "files").glob("*/sound.flac"))
    written = threading.Event()
    writer.after_all(written.set)
    assert written.wait(WAIT)
    with contextlib.closing(Reader(profile.library_file)) as reader, reader.sessions() as kept:
        assert (kept.deleted(), kept.row(row.id)) == ([], None)
