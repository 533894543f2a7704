"""Zeros, clipping and lost input are noticed, in frames and not by a clock, and told in one sentence."""

from __future__ import annotations

import numpy as np
import pytest

from mgc_desktop.audio import health as health_module
from mgc_desktop.audio.devices import InputDevice
from mgc_desktop.audio.health import InputHealth
from mgc_desktop.audio.pulse import Source
from mgc_desktop.core.ring import AudioRing
from mgc_desktop.core.values import Samples
from tests import synth

_RATE = 16_000  # Hz
_MIC = InputDevice(0, "Blue Yeti", "PulseAudio", 2, float(_RATE), True, "alsa_input.yeti")
_MONITOR = InputDevice(0, "Monitor of Speakers", "PulseAudio", 2, float(_RATE), True, "alsa_output.monitor")


@pytest.fixture(autouse=True)
def _no_server(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health_module, "list_sources", list)


@pytest.fixture
def ring() -> AudioRing:
    return AudioRing(30.0, _RATE)


def _hear(health: InputHealth, ring: AudioRing, samples: Samples, overruns: int = 0) -> dict[str, str]:
    """Return what is wrong after `samples`, looked at twice a second."""
    said: dict[str, str] = {}
    for start in range(0, len(samples), _RATE // 2):
        ring.write(samples[start : start + _RATE // 2])
        said = health.look(overruns)
    return said


def test_music_is_in_good_health(ring: AudioRing) -> None:
    assert _hear(InputHealth(ring, _MIC), ring, synth.song(6.0, _RATE) * np.float32(0.7)) == {}


def test_two_seconds_of_zeros_are_muted_until_a_sound(ring: AudioRing) -> None:
    health = InputHealth(ring, _MIC)
    assert _hear(health, ring, synth.silence(1.5, _RATE)) == {}
    said = _hear(health, ring, synth.silence(0.5, _RATE))
    assert said == {"muted": said["muted"]}
    assert said["muted"].startswith("Only digital silence arrives from Blue Yeti: see that it is not muted")
    assert _hear(health, ring, synth.silence(5.0, _RATE)) == said
    assert _hear(health, ring, synth.noise(0.5, _RATE, 1e-4)) == {}


def test_a_quiet_room_is_not_muted(ring: AudioRing) -> None:
    assert _hear(InputHealth(ring, _MIC), ring, synth.noise(5.0, _RATE, 1e-4)) == {}


def test_what_the_server_muted_is_said_to_be_muted(ring: AudioRing, monkeypatch: pytest.MonkeyPatch) -> None:
    muted = Source("alsa_input.yeti", "Blue Yeti", 2, float(_RATE), True, (), True)
    asked = []

    def list_sources() -> list[Source]:
        asked.append(1)
        return [muted]

    monkeypatch.setattr(health_module, "list_sources", list_sources)
    said = _hear(InputHealth(ring, _MIC), ring, synth.silence(4.0, _RATE))
    assert said == {"muted": "Blue Yeti is muted: switch it on in the system's sound settings."}
    assert len(asked) == 1  # once, not at every hop


def test_where_nothing_is_played_a_monitor_is_not_called_muted(ring: AudioRing) -> None:
    said = _hear(InputHealth(ring, _MONITOR), ring, synth.silence(3.0, _RATE))
    assert said["muted"].startswith("Nothing is played that Monitor of Speakers could hear: ")


@pytest.mark.parametrize("system", ["linux", "darwin", "win32"])
def test_where_privacy_settings_give_zeros_they_are_named(
    ring: AudioRing, system: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.platform", system)
    sentence = _hear(InputHealth(ring, name="the file"), ring, synth.silence(3.0, _RATE))["muted"]
    assert ("rivacy" in sentence) == (system != "linux")
    assert sentence.count(".") == 1


def test_clipping_is_told_and_forgotten_after_two_seconds(ring: AudioRing) -> None:
    health = InputHealth(ring, _MIC)
    loud = np.clip(synth.tone(1.0, 440.0, _RATE, level=3.0), -1, 1)
    said = _hear(health, ring, loud)
    assert said == {"clipping": "The input level of Blue Yeti is too high and the sound is cut off: turn it down."}
    soft = synth.tone(1.0, 440.0, _RATE, level=0.3)
    assert _hear(health, ring, soft) == said
    assert _hear(health, ring, synth.tone(1.5, 440.0, _RATE, level=0.3)) == {}


def test_a_click_at_full_scale_is_not_clipping(ring: AudioRing) -> None:
    samples = synth.tone(2.0, 440.0, _RATE, level=0.3)
    samples[1000:1003] = 1.0
    assert _hear(InputHealth(ring, _MIC), ring, samples) == {}


def test_loud_records_are_no_fault_of_the_input(ring: AudioRing) -> None:
    loud = np.clip(synth.tone(2.0, 440.0, _RATE, level=1.01), -1, 1)  # cut off in 9 % of its frames
    assert _hear(InputHealth(ring, _MONITOR), ring, loud) == {}
    assert set(_hear(InputHealth(ring, _MIC), ring, loud)) == {"clipping"}


def test_clipping_of_one_channel_counts_though_the_mix_hides_it(ring: AudioRing) -> None:
    health = InputHealth(ring, _MONITOR)
    ring.write(synth.tone(1.0, 440.0, _RATE, level=0.6), clipped=8000)
    assert health.look()["clipping"].startswith("The sound of Monitor of Speakers is cut off")


def test_lost_input_is_told_for_five_seconds(ring: AudioRing) -> None:
    health = InputHealth(ring, _MIC)
    sound = synth.tone(1.0, 440.0, _RATE, level=0.3)
    assert _hear(health, ring, sound, overruns=0) == {}
    assert "too busy" in _hear(health, ring, sound, overruns=3)["overruns"]
    assert "overruns" in _hear(health, ring, np.tile(sound, 4), overruns=3)
    assert _hear(health, ring, np.tile(sound, 2), overruns=3) == {}


def test_the_same_however_fast_the_sound_comes(ring: AudioRing) -> None:
    health = InputHealth(ring, _MIC)
    ring.write(synth.silence(25.0, _RATE))  # a long wait, or a fast feed
    assert set(health.look()) == {"muted"}
