"""Playing a track for the ear, on a real sound server: it is heard, it ends, and what is in the way is a sentence."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from mgc_desktop.audio.playback import faded
from mgc_desktop.engine.events import PlayerChanged, PlayState
from mgc_desktop.engine.player import EXCERPT_SECONDS, Player
from tests import synth
from tests.events import Events
from tests.pulse import RATE, SoundServer, no_sound_server, virtual_microphone

__all__ = ["no_sound_server", "virtual_microphone"]


@pytest.fixture
def player(events: Events) -> Iterator[Player]:
    player = Player(events)
    yield player
    assert player.stop()


def record(server: SoundServer, seconds: float) -> np.ndarray:
    """Return what the loudspeaker gave for a while, float32[n] at `RATE`."""
    words = ["parec", "--device=virtual.monitor", "--format=float32le", f"--rate={RATE}", "--channels=1"]
    with subprocess.Popen(words, env={**os.environ, **server.environment}, stdout=subprocess.PIPE) as recorder:
        assert recorder.stdout is not None
        sound = recorder.stdout.read(4 * round(seconds * RATE))
        recorder.kill()
    return np.frombuffer(sound, "<f4")


def states(events: Events) -> list[tuple[PlayState, str]]:
    return [(event.state, Path(event.path).name) for event in events.of(PlayerChanged)]


def playing(events: Events, name: str) -> None:
    events.wait(PlayerChanged, where=lambda e: e.state is PlayState.PLAYING and e.path.endswith(name))


def test_a_track_is_heard_and_stops_when_asked(
    player: Player, events: Events, virtual_microphone: SoundServer, tmp_path: Path
) -> None:
    track = synth.write_audio(tmp_path / "a.wav", synth.tone(20.0, 990.0))
    player.play(str(track))
    playing(events, "a.wav")
    sound = record(virtual_microphone, 1.5)[RATE // 2 :]
    spectrum = np.abs(np.fft.rfft(sound))
    assert np.argmax(spectrum) * RATE / sound.size == pytest.approx(990, abs=3)
    assert np.abs(sound).max() > 0.3
    began = time.monotonic()
    player.silence()
    events.wait(PlayerChanged, where=lambda e: e.state is PlayState.STOPPED)
    assert time.monotonic() - began < 3
    assert virtual_microphone.pactl("list", "short", "sink-inputs").stdout == ""
    assert states(events) == [(state, "a.wav") for state in (PlayState.LOADING, PlayState.PLAYING, PlayState.STOPPED)]


def test_a_short_track_ends_by_itself_and_another_takes_over(
    player: Player, events: Events, virtual_microphone: SoundServer, tmp_path: Path
) -> None:
    short = synth.write_audio(tmp_path / "short.wav", synth.tone(0.5))
    long = synth.write_audio(tmp_path / "long.wav", synth.drums(20.0))
    other = synth.write_audio(tmp_path / "other.wav", synth.drums(EXCERPT_SECONDS + 20.0))
    player.play(str(short))
    events.wait(PlayerChanged, where=lambda e: e.state is PlayState.STOPPED)
    player.play(str(long))
    playing(events, "long.wav")
    player.play(str(other))
    playing(events, "other.wav")
    assert (PlayState.STOPPED, "long.wav") in states(events)
    assert len(virtual_microphone.pactl("list", "short", "sink-inputs").stdout.splitlines()) == 1


def test_what_cannot_be_played_is_a_sentence_and_the_next_can(
    player: Player, events: Events, virtual_microphone: SoundServer, tmp_path: Path
) -> None:
    (tmp_path / "bad.mp3").write_bytes(os.urandom(3000))
    player.play(str(tmp_path / "bad.mp3"))
    failed = events.wait(PlayerChanged, where=lambda e: e.state is PlayState.FAILED)
    assert "No audio could be read" in failed.sentence
    player.play(str(synth.write_audio(tmp_path / "good.wav", synth.drums(8.0))))
    playing(events, "good.wav")


def test_a_machine_without_a_loudspeaker(player: Player, events: Events, no_sound_server: None, tmp_path: Path) -> None:
    player.play(str(synth.write_audio(tmp_path / "a.wav", synth.drums(3.0))))
    failed = events.wait(PlayerChanged, where=lambda e: e.state is PlayState.FAILED)
    assert failed.sentence.startswith("The track cannot be played because")
    assert failed.sentence.endswith(".")


def test_a_sound_server_that_is_killed_ends_what_is_played(
    player: Player, events: Events, virtual_microphone: SoundServer, tmp_path: Path
) -> None:
    player.play(str(synth.write_audio(tmp_path / "a.wav", synth.drums(20.0))))
    playing(events, "a.wav")
    virtual_microphone.kill()
    stopped = events.wait(PlayerChanged, where=lambda e: e.state is PlayState.STOPPED)
    assert stopped.path.endswith("a.wav")


def test_a_sound_comes_and_goes_softly() -> None:
    loud = np.ones(1000, np.float32)
    soft = faded(loud, 1000)
    assert soft[0] == soft[-1] == 0
    assert soft[100] == 1
    assert loud[0] == 1
    assert faded(np.ones(1, np.float32), 1000).tolist() == [1]
