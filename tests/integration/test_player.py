"""Playing a track for the ear, on a real sound server: it is heard, it ends, and what is in the way is a sentence."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from mgc_desktop.audio.playback import Feed, faded_out
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


def record(server: SoundServer, seconds: float, channels: int = 1) -> np.ndarray:
    """Return what the loudspeaker gave for a while, float32[n] at `RATE`, channels in turn."""
    words = ["parec", "--device=virtual.monitor", "--format=float32le", f"--rate={RATE}", f"--channels={channels}"]
    with subprocess.Popen(words, env={**os.environ, **server.environment}, stdout=subprocess.PIPE) as recorder:
        assert recorder.stdout is not None
        sound = recorder.stdout.read(4 * channels * round(seconds * RATE))
        recorder.kill()
    return np.frombuffer(sound, "<f4")


def streams_of(server: SoundServer) -> list[str]:
    """Return the numbers of the streams that play to the loudspeaker."""
    return [line.split()[0] for line in server.pactl("list", "short", "sink-inputs").stdout.splitlines()]


def states(events: Events) -> list[tuple[PlayState, str]]:
    """Return what the player was doing, one thing after the other."""
    told = [(event.state, Path(event.path).name) for event in events.of(PlayerChanged)]
    return [state for place, state in enumerate(told) if place == 0 or told[place - 1] != state]


def playing(events: Events, name: str) -> PlayerChanged:
    return events.wait(PlayerChanged, where=lambda e: e.state is PlayState.PLAYING and e.path.endswith(name))


def stairs(folder: Path, steps: int = 20, seconds: float = 2.0) -> Path:
    """Return a track whose pitch says where in it one is: 400 Hz, 500 Hz, ... for `seconds` each."""
    sound = [synth.tone(seconds, 400.0 + 100 * step) for step in range(steps)]
    return synth.write_audio(folder / "stairs.wav", np.concatenate(sound))


def pitch(sound: np.ndarray) -> float:
    return float(np.argmax(np.abs(np.fft.rfft(sound * np.hanning(sound.size)))) * RATE / sound.size)


def heard_pitch(server: SoundServer, seconds: float = 0.6) -> float:
    return pitch(record(server, seconds)[-round(0.3 * RATE) :])


def told_since(events: Events, number: int) -> list[PlayerChanged]:
    return events.of(PlayerChanged)[number:]


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
    assert events.of(PlayerChanged)[-1].position >= 10.0  # the excerpt from its middle
    assert len(virtual_microphone.pactl("list", "short", "sink-inputs").stdout.splitlines()) == 1


def test_another_track_comes_through_the_same_stream(
    player: Player, events: Events, virtual_microphone: SoundServer, tmp_path: Path
) -> None:
    """Who goes through many tracks must not wait for the loudspeaker each time."""
    low = synth.write_audio(tmp_path / "low.wav", synth.tone(20.0, 500.0))
    high = synth.write_audio(tmp_path / "high.wav", synth.tone(20.0, 2000.0))
    player.play(str(low), at=0.0)
    playing(events, "low.wav")
    before = streams_of(virtual_microphone)
    player.play(str(high), at=2.0)
    assert playing(events, "high.wav").position == pytest.approx(2.0, abs=0.5)
    assert streams_of(virtual_microphone) == before
    time.sleep(0.5)
    assert pitch(record(virtual_microphone, 0.5)) == pytest.approx(2000, abs=5)
    player.silence()
    events.wait(PlayerChanged, where=lambda e: e.state is PlayState.STOPPED and e.path.endswith("high.wav"))
    assert not streams_of(virtual_microphone)


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
    assert "loudspeaker went away" in stopped.sentence


def test_the_whole_track_from_any_place_with_seeking_and_pausing(
    player: Player, events: Events, virtual_microphone: SoundServer, tmp_path: Path
) -> None:
    track = stairs(tmp_path)
    player.play(str(track), at=4.1)
    began = playing(events, "stairs.wav")
    assert began.duration == pytest.approx(40.0)
    assert began.position == pytest.approx(4.1, abs=0.3)
    assert heard_pitch(virtual_microphone) in (pytest.approx(600, abs=8), pytest.approx(700, abs=8))
    number = len(events.of(PlayerChanged))
    player.seek(30.0)
    events.wait(PlayerChanged, where=lambda e: e.position >= 30.0)
    assert told_since(events, number)[0].state is PlayState.PLAYING
    assert heard_pitch(virtual_microphone) == pytest.approx(1900, abs=8)
    player.pause()
    paused = events.wait(PlayerChanged, where=lambda e: e.state is PlayState.PAUSED)
    assert 30.0 < paused.position < 34.0
    assert virtual_microphone.pactl("list", "short", "sink-inputs").stdout == ""  # the loudspeaker is let go
    player.seek(20.0)
    events.wait(PlayerChanged, where=lambda e: e.state is PlayState.PAUSED and e.position == 20.0)
    player.resume()
    events.wait(PlayerChanged, where=lambda e: e.state is PlayState.PLAYING and 20.0 <= e.position < 21.0)
    assert heard_pitch(virtual_microphone) == pytest.approx(1400, abs=8)
    for place in range(200):  # as who drags the cursor does
        player.seek(place / 10)
    events.wait(PlayerChanged, where=lambda e: e.position >= 19.9 and e.state is PlayState.PLAYING)
    player.seek(39.5)
    ended = events.wait(PlayerChanged, where=lambda e: e.state is PlayState.STOPPED)
    assert (ended.position, ended.sentence) == (0.0, "")


def test_pieces_follow_each_other_without_a_seam_in_stereo(
    player: Player, events: Events, virtual_microphone: SoundServer, tmp_path: Path
) -> None:
    # At another rate than the loudspeaker's, so that it is resampled on the way.
    left = np.stack([synth.tone(30.0, 441.0, rate=32_000), np.zeros(30 * 32_000, np.float32)], axis=1)
    player.play(str(synth.write_audio(tmp_path / "a.wav", left, 32_000)), at=0.0)
    playing(events, "a.wav")
    sound = record(virtual_microphone, 3.5, channels=2).reshape(-1, 2)[RATE:]  # the first piece is 2 s long
    jumps = np.abs(np.diff(sound[:, 0], 2))
    assert np.abs(sound[:, 0]).max() > 0.3
    assert jumps.max() < 3 * np.median(jumps)
    assert np.abs(sound[:, 1]).max() < 0.01
    assert player.underruns == 0


@pytest.mark.slow
@pytest.mark.alone
def test_the_position_is_that_of_what_is_heard(
    player: Player, events: Events, virtual_microphone: SoundServer, tmp_path: Path
) -> None:
    player.play(str(stairs(tmp_path)), at=0.0)
    playing(events, "stairs.wav")
    record(virtual_microphone, 0.5)  # the virtual loudspeaker begins later than it says
    errors = []
    for _ in range(3):
        number = len(events.of(PlayerChanged))
        events.wait(PlayerChanged, count=number + 1)
        before, clock = events.of(PlayerChanged)[-1], time.monotonic()
        sound = record(virtual_microphone, 2.3)
        taken = time.monotonic() - clock
        steps = [pitch(sound[at : at + 2048]) for at in range(0, sound.size - 2048, 256)]
        change = next(place for place, step in enumerate(steps) if step - steps[0] > 50) * 256 / RATE
        boundary = round((steps[0] - 400) / 100 + 1) * 2.0
        errors.append(before.position + (taken - sound.size / RATE) + change - boundary)
    assert np.abs(errors).max() < 0.15, errors  # 0.03 s on a machine that does nothing else
    told = [event.position for event in events.of(PlayerChanged) if event.state is PlayState.PLAYING]
    assert told == sorted(told)
    assert len(told) <= 11 * (told[-1] + 1)  # at most ten a second


def test_orders_for_nothing_are_no_trouble(player: Player, events: Events) -> None:
    player.start()
    for order in (player.pause, player.resume, player.silence, lambda: player.seek(3.0)):
        order()
    time.sleep(0.1)
    assert events.seen == []


def test_a_feed_gives_what_it_got() -> None:
    feed = Feed(100)
    feed.put(np.arange(5, dtype=np.float32)[:, None])
    feed.put(np.arange(5, 8, dtype=np.float32)[:, None])
    block = np.full((6, 2), -1, np.float32)
    assert feed.take(block) == 6
    assert block[:, 0].tolist() == block[:, 1].tolist() == [0, 1, 2, 3, 4, 5]
    assert feed.take(block) == 2
    assert feed.take(block) == 0
    assert (feed.fed, feed.used) == (8, 8)


def test_an_excerpt_goes_softly() -> None:
    loud = np.ones((1000, 2), np.float32)
    soft = faded_out(loud, 1000)
    assert soft[-1].tolist() == [0, 0]
    assert soft[900].tolist() == [1, 1]
    assert loud[-1, 0] == 1
    assert faded_out(loud[:0], 1000).shape == (0, 2)
