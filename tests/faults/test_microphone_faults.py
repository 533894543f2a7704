"""No input, an input that goes away, a server that crashes or hangs: one sentence each, and the device is let go."""

from __future__ import annotations

import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator

import pytest

from mgc_desktop.audio import devices
from mgc_desktop.audio.capture import Capture
from mgc_desktop.audio.devices import list_inputs
from mgc_desktop.core.errors import DeviceError
from mgc_desktop.core.paths import Profile
from mgc_desktop.engine.classifier import Classifier
from mgc_desktop.engine.events import ListenChanged, ListenState
from mgc_desktop.engine.listener import Listener
from mgc_desktop.model.trust import TrustStore
from tests.events import Events
from tests.pulse import SoundServer


class _Session:
    def __init__(self, profile: Profile) -> None:
        self.events = Events()
        self.listener = Listener(Classifier(TrustStore(profile.trusted_file), self.events), self.events)

    def has(self, state: ListenState) -> bool:
        return any(event.state is state for event in self.events.of(ListenChanged))

    def wait_for(self, state: ListenState) -> ListenChanged:
        return self.events.wait(ListenChanged, where=lambda event: event.state is state, timeout=12.0)


def _wait(condition: Callable[[], bool], seconds: float) -> None:
    give_up = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < give_up, "waited in vain"
        time.sleep(0.02)


@pytest.fixture
def session(profile: Profile) -> Iterator[_Session]:
    session = _Session(profile)
    yield session
    session.listener.stop(wait_s=10)


def _is_one_sentence(text: str) -> bool:
    return text.endswith(".") and "\n" not in text and text[0].isupper()


def test_a_machine_without_any_input(no_sound_server: None, session: _Session) -> None:
    session.listener.start()
    failed = session.wait_for(ListenState.FAILED)
    assert failed.sentence.startswith("No microphone was found")
    assert _is_one_sentence(failed.sentence)
    assert session.listener.ring is None
    _wait(lambda: not session.listener.listening, 5)


def test_capture_alone_without_any_input(no_sound_server: None) -> None:
    # In a process of its own: PortAudio remembers the inputs of its first day.
    program = (
        "from mgc_desktop.audio.capture import Capture\n"
        "from mgc_desktop.core.errors import DeviceError\n"
        "try:\n    Capture(None).start()\n"
        "except DeviceError as error:\n    print(error.sentence)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=30, check=True)
    assert done.stdout.startswith("No microphone was found")


def test_an_input_that_is_not_there(virtual_microphone: SoundServer, session: _Session) -> None:
    session.listener.start("Studio microphone")
    failed = session.wait_for(ListenState.FAILED)
    assert failed.sentence == "Studio microphone is not connected: connect it, or choose another input."


def test_the_input_goes_away_while_the_server_moves_the_stream(
    virtual_microphone: SoundServer, session: _Session
) -> None:
    number = virtual_microphone.add_sink("Second")
    session.listener.start("Monitor of Second")
    session.wait_for(ListenState.RUNNING)
    virtual_microphone.remove(number)
    waiting = session.wait_for(ListenState.WAITING)
    assert "Monitor of Second went away" in waiting.sentence
    assert _is_one_sentence(waiting.sentence)
    assert session.listener.ring is None
    _wait(lambda: not virtual_microphone.pactl("list", "short", "source-outputs").stdout, 5)  # it is told first


def test_another_input_goes_away(virtual_microphone: SoundServer, session: _Session) -> None:
    number = virtual_microphone.add_sink("Second")
    session.listener.start("Monitor of Virtual")
    session.wait_for(ListenState.RUNNING)
    virtual_microphone.remove(number)
    ring = session.listener.ring
    assert ring is not None
    heard = ring.frames
    _wait(lambda: ring.frames > heard + 1.5 * ring.sample_rate, 10)
    assert not session.has(ListenState.WAITING)


def test_the_server_crashes_and_comes_back(virtual_microphone: SoundServer, session: _Session) -> None:
    session.listener.start()
    session.wait_for(ListenState.RUNNING)
    virtual_microphone.kill()
    waiting = session.wait_for(ListenState.WAITING)
    assert "went away" in waiting.sentence
    assert session.listener.ring is None
    session.events.seen.clear()
    virtual_microphone.start()
    session.wait_for(ListenState.RUNNING)


def test_the_server_hangs_and_goes_on(virtual_microphone: SoundServer, session: _Session) -> None:
    session.listener.start()
    session.wait_for(ListenState.RUNNING)
    virtual_microphone.freeze()
    began = time.monotonic()
    waiting = session.wait_for(ListenState.WAITING)
    assert "delivers no sound any more" in waiting.sentence
    assert time.monotonic() - began < 8.0
    began = time.monotonic()
    with pytest.raises(DeviceError, match=r"did not answer within 1 s|does not answer"):
        list_inputs(timeout=1.0)
    assert time.monotonic() - began < 3.0
    session.events.seen.clear()
    virtual_microphone.thaw()
    session.wait_for(ListenState.RUNNING)


def test_without_the_portaudio_library() -> None:
    program = (
        "import ctypes.util\n"
        "ctypes.util.find_library = lambda name: None\n"
        "from mgc_desktop.audio.capture import Capture\n"
        "from mgc_desktop.core.errors import DeviceError\n"
        "try:\n    Capture(None).start()\n"
        "except DeviceError as error:\n    print(error.sentence)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=30, check=True)
    assert "PortAudio library is missing" in done.stdout


def test_a_lister_that_dies(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(devices, "python_executable", lambda: shutil.which("false"))
    with pytest.raises(DeviceError, match="could not be listed"):
        list_inputs()


def test_a_stream_that_was_never_started() -> None:
    capture = Capture(None)
    assert not capture.alive
    with pytest.raises(DeviceError, match="never started"):
        capture.ring.read_last(1)
    capture.stop()
