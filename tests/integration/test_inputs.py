"""Real inputs of a real sound server: every rate and channel, each cause by its name, gaps of the right length."""

from __future__ import annotations

import os
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

from mgc_desktop.audio import hotplug
from mgc_desktop.audio.capture import Capture
from mgc_desktop.audio.devices import InputDevice, list_inputs, lister, lister_environment
from mgc_desktop.audio.health import InputHealth
from mgc_desktop.core.errors import DeviceCause, DeviceError
from mgc_desktop.core.values import Samples
from tests import synth
from tests.pulse import RATE, SoundServer

_PRO = [f"aux{number}" for number in range(18)]
_SURROUND = ["front-left", "front-right", "rear-left", "rear-right", "front-center", "lfe", "side-left", "side-right"]


def _wait(condition: Callable[[], bool], seconds: float = 15.0) -> None:
    give_up = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < give_up, "waited in vain"
        time.sleep(0.02)


def _input(name: str) -> InputDevice:
    return next(device for device in list_inputs(timeout=20.0) if device.name == f"Monitor of {name}")


@contextmanager
def _recording(capture: Capture) -> Iterator[Capture]:
    capture.start()
    try:
        yield capture
    finally:
        capture.stop()


def _loudest_hz(samples: Samples, rate: int) -> float:
    spectrum = np.abs(np.fft.rfft(samples * np.hanning(len(samples))))
    return float(np.argmax(spectrum) * rate / len(samples))


def _sounding(capture: Capture, fits: Callable[[Samples], bool] = lambda sound: True, seconds: float = 0.25) -> Samples:
    """Return the newest sound that fits, once so much of it has come: a busy machine plays with holes now and then."""
    count = round(seconds * capture.sample_rate)

    def newest() -> Samples:
        return capture.ring.read_last(count)[0]

    sound = newest()
    give_up = time.monotonic() + 15.0
    while not (len(sound) == count and np.abs(sound[: count // 8]).max() > 0.05 and fits(sound)):
        assert time.monotonic() < give_up, "waited in vain"
        time.sleep(0.05)
        sound = newest()
    return sound


def _chord(positions: list[str], rate: int, seconds: float) -> Samples:
    """Return float32[n, channels]: channel c is a tone of 300 + 100 c Hz."""
    tones = [synth.tone(seconds, 300.0 + 100.0 * channel, rate, level=0.4) for channel in range(len(positions))]
    return np.stack(tones, axis=1)


@pytest.mark.parametrize("rate", [8000, 192_000])
def test_an_input_is_recorded_at_its_own_rate(virtual_microphone: SoundServer, rate: int) -> None:
    virtual_microphone.add_sink("Second", rate=rate)
    virtual_microphone.play(synth.tone(30.0, 1234.0, rate, level=0.5), "Second", rate=rate)
    device = _input("Second")
    assert device.default_rate == rate
    with _recording(Capture(device)) as capture:
        assert capture.sample_rate == rate
        sound = _sounding(capture, lambda sound: abs(np.sqrt(np.mean(sound**2)) * np.sqrt(2) - 0.5) < 0.01)
    assert _loudest_hz(sound, rate) == pytest.approx(1234.0, abs=3.0)
    assert capture.overruns == 0


@pytest.mark.parametrize(
    ("positions", "channel"),
    [(_SURROUND, 4), (["front-right", "front-left", "aux0"], 1)],
    ids=["centre of eight", "left of three in another order"],
)
def test_a_channel_is_recorded_alone(virtual_microphone: SoundServer, positions: list[str], channel: int) -> None:
    virtual_microphone.add_sink("Second", positions=positions)
    virtual_microphone.play(_chord(positions, RATE, 20.0), "Second", positions=positions)
    device = _input("Second")
    assert (device.channels, list(device.positions)) == (len(positions), positions)
    with _recording(Capture(device, channel=channel)) as capture:
        _sounding(capture, lambda sound: _is_alone(sound, channel))


def _is_alone(sound: Samples, channel: int) -> bool:
    """Return whether it is a channel of the chord, at its level, and nothing of its neighbours."""
    spectrum = np.abs(np.fft.rfft(sound * np.hanning(len(sound))))
    distances = np.abs(np.fft.rfftfreq(len(sound), 1 / RATE) - (300.0 + 100.0 * channel))
    is_pure = spectrum[distances > 50].max() < spectrum.max() / 50
    return bool(is_pure and distances[np.argmax(spectrum)] < 4 and abs(np.abs(sound).max() - 0.4) < 0.012)


def _has_all(sound: Samples, channels: int) -> bool:
    """Return whether every channel of the chord is in it."""
    spectrum = np.abs(np.fft.rfft(sound * np.hanning(len(sound))))
    places = [round((300 + 100 * channel) * len(sound) / RATE) for channel in range(channels)]
    return bool(spectrum[places].min() > spectrum.max() / 2)


def test_an_interface_of_eighteen_channels_one_of_them_and_the_mix(virtual_microphone: SoundServer) -> None:
    virtual_microphone.add_sink("Second", positions=_PRO)
    virtual_microphone.play(_chord(_PRO, RATE, 40.0), "Second", positions=_PRO)
    device = _input("Second")
    with _recording(Capture(device, channel=16)) as capture:
        _sounding(capture, lambda sound: _is_alone(sound, 16))
    with _recording(Capture(device)) as capture:
        assert capture.channels == 18
        _sounding(capture, lambda sound: _has_all(sound, 18), 0.5)


def test_recording_goes_on_in_the_same_ring(virtual_microphone: SoundServer) -> None:
    virtual_microphone.add_sink("Second", rate=32_000)
    virtual_microphone.play(synth.tone(40.0, 1000.0, RATE))
    virtual_microphone.play(synth.tone(40.0, 3000.0, RATE), "Second")
    with _recording(Capture(_input("Virtual"))) as first:
        _sounding(first)
    before = first.ring.frames
    with _recording(Capture(_input("Second"), ring=first.ring)) as second:
        assert second.ring is first.ring
        _sounding(second, lambda sound: abs(_loudest_hz(sound, RATE) - 3000.0) < 5.0)  # at the rate of before
    assert _loudest_hz(first.ring.read(before - RATE // 8, before)[0], RATE) == pytest.approx(1000.0, abs=8.0)


def test_a_muted_input_is_named(virtual_microphone: SoundServer) -> None:
    virtual_microphone.play(synth.tone(40.0, 1000.0, RATE))
    device = _input("Virtual")
    with _recording(Capture(device)) as capture:
        health = InputHealth(capture.ring, device)
        _sounding(capture)
        assert health.look(capture.overruns) == {}
        virtual_microphone.mute("virtual.monitor")
        _wait(lambda: "muted" in health.look())
        assert health.look()["muted"] == "Monitor of Virtual is muted: switch it on in the system's sound settings."
        virtual_microphone.mute("virtual.monitor", muted=False)
        _wait(lambda: not health.look())


def test_an_input_that_clips_is_named(virtual_microphone: SoundServer) -> None:
    loud = synth.tone(20.0, 440.0, RATE, level=4.0)
    quiet = np.zeros_like(loud)
    positions = ["front-left", "front-right"]
    virtual_microphone.play(np.stack([loud, quiet], axis=1), positions=positions)
    device = _input("Virtual")
    with _recording(Capture(device)) as capture:
        health = InputHealth(capture.ring, device)
        _wait(lambda: set(health.look()) == {"clipping"})
        assert np.abs(_sounding(capture)).max() < 0.55  # half of it: the mix itself does not clip


def test_a_server_that_hangs_is_said_within_three_seconds(virtual_microphone: SoundServer) -> None:
    device = _input("Virtual")
    virtual_microphone.freeze()
    began = time.monotonic()
    with pytest.raises(DeviceError) as caught:
        Capture(device).start()
    took = time.monotonic() - began
    virtual_microphone.thaw()
    assert caught.value.cause is DeviceCause.STALLED
    assert took < 5.0  # three, and what a busy machine adds
    _wait(lambda: "open-stream" not in [thread.name for thread in threading.enumerate()])
    with _recording(Capture(device)) as capture:  # what opened too late was closed again, and nothing is in its way
        assert capture.alive
        assert len(virtual_microphone.pactl("list", "short", "source-outputs").stdout.splitlines()) == 1


def test_a_server_that_denies_access_is_said_to(
    virtual_microphone: SoundServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cookie = tmp_path / "cookie"
    cookie.write_bytes(os.urandom(256))
    other = tmp_path / "another cookie"
    other.write_bytes(os.urandom(256))
    port = 20_000 + os.getpid() % 20_000
    virtual_microphone.pactl(
        "load-module", "module-native-protocol-tcp", f"port={port}", "listen=127.0.0.1", f"auth-cookie={cookie}"
    )
    monkeypatch.setenv("PULSE_SERVER", f"tcp:127.0.0.1:{port}")
    monkeypatch.setenv("PULSE_COOKIE", str(other))
    with pytest.raises(DeviceError, match=r"^No microphone can be used because the system does not allow it") as caught:
        list_inputs(timeout=20.0)
    assert caught.value.cause is DeviceCause.DENIED
    assert caught.value.detail == "the sound server denies access"


def test_two_inputs_of_one_name_can_be_told_apart(virtual_microphone: SoundServer) -> None:
    for name in ("left", "right"):
        words = [f"sink_name={name}", "sink_properties=device.description=Twin", f"rate={RATE}"]
        virtual_microphone.pactl("load-module", "module-null-sink", *words)
    virtual_microphone.play(synth.tone(30.0, 500.0, RATE), "left")
    virtual_microphone.play(synth.tone(30.0, 3000.0, RATE), "right")
    twins = [device for device in list_inputs(timeout=20.0) if "Twin" in device.name]
    assert [device.name for device in twins] == ["Monitor of Twin", "Monitor of Twin (PulseAudio)"]
    heard = []
    for twin in twins:
        with _recording(Capture(twin)) as capture:
            heard.append(_loudest_hz(_sounding(capture), RATE))
    assert heard == pytest.approx([500.0, 3000.0], abs=4.0)


def test_news_of_plugging_reaches_everybody_who_listens(virtual_microphone: SoundServer) -> None:
    told = threading.Event(), threading.Event()
    watching = [hotplug.watch(news.set) for news in told]
    try:
        # The subscription needs a moment, and nobody says when it has been taken.
        for _ in range(50):
            virtual_microphone.remove(virtual_microphone.add_sink("Second"))
            if told[0].wait(0.3):
                break
        assert told[0].wait(5.0)
        assert told[1].wait(5.0)
        watching[0].stop()
        _wait(lambda: not _news(told[0], 0.5))
        told[1].clear()
        virtual_microphone.add_sink("Third")
        assert told[1].wait(10.0)
        assert not told[0].is_set()
    finally:
        for one in watching:
            one.stop()
    assert not any(thread.name.startswith("hotplug") for thread in threading.enumerate())


def _news(event: threading.Event, seconds: float) -> bool:
    event.clear()
    return event.wait(seconds)


def test_the_helper_for_systems_without_a_server_ends_with_its_reader(no_sound_server: None) -> None:
    process = subprocess.Popen(
        lister("--watch"), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
        env=lister_environment(),
    )  # fmt: skip
    output, _ = process.communicate(timeout=20)
    assert process.returncode == 0
    assert output == b""  # nothing was plugged
