"""News of plugging where no sound server is: from the folder of the cards, and from a helper process elsewhere."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from mgc_desktop.audio import hotplug
from mgc_desktop.audio.pulse import server_socket


@pytest.fixture
def watched() -> Iterator[Callable[[], threading.Event]]:
    """Return what begins a watch, and gives the event that its news sets."""
    watching: list[hotplug.Watching] = []

    def begin() -> threading.Event:
        told = threading.Event()
        watching.append(hotplug.watch(told.set))
        return told

    yield begin
    for one in watching:
        one.stop()
        one.stop()  # nothing happens
    assert not any(thread.name.startswith("hotplug") for thread in threading.enumerate())


@pytest.fixture
def no_pactl(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.which", lambda name: None)
    monkeypatch.setattr(hotplug, "LOOK_SECONDS", 0.02)


def _touch_until(told: threading.Event, folder: Path) -> None:
    """Plug in one card after another: when the watch took its first look, nobody says."""
    for number in range(200):
        (folder / f"pcmC{number}D0c").touch()
        if told.wait(0.1):
            return


def test_a_sound_card_without_a_server(
    no_pactl: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, watched: Callable[[], threading.Event]
) -> None:
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(hotplug, "_CARDS", tmp_path)
    monkeypatch.setenv("PULSE_SERVER", f"unix:{tmp_path / 'none' / 'native'}")
    told = watched()
    _touch_until(told, tmp_path)
    assert told.is_set()


def test_a_server_that_appears(
    no_pactl: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, watched: Callable[[], threading.Event]
) -> None:
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(hotplug, "_CARDS", tmp_path / "none")
    monkeypatch.setenv("PULSE_SERVER", f"unix:{tmp_path}")
    told = watched()
    _touch_until(told, tmp_path)
    assert told.is_set()


def test_elsewhere_a_helper_process_tells(
    no_pactl: None, monkeypatch: pytest.MonkeyPatch, watched: Callable[[], threading.Event]
) -> None:
    program = "import sys; print('changed', flush=True); sys.stdin.read()"
    monkeypatch.setattr(sys, "platform", "darwin")
    monkeypatch.setattr(hotplug, "lister", lambda word: [sys.executable, "-c", program])
    assert watched().wait(20.0)


def test_where_the_servers_socket_is(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("PULSE_SERVER", "PULSE_RUNTIME_PATH"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("XDG_RUNTIME_DIR", "/run/user/1000")
    assert server_socket() == Path("/run/user/1000/pulse/native")
    monkeypatch.setenv("PULSE_RUNTIME_PATH", "/tmp/p")
    assert server_socket() == Path("/tmp/p/native")
    monkeypatch.setenv("PULSE_SERVER", "unix:/tmp/socket")
    assert server_socket() == Path("/tmp/socket")
    monkeypatch.setenv("PULSE_SERVER", "tcp:studio:4713")
    assert server_socket() is None  # nothing to look at
    assert hotplug._state(None) == hotplug._state(Path("/nowhere/at/all")) == (0, 0)
