"""The list of inputs, as it is put together and as it travels between processes."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import stat
import subprocess
import sys
import threading
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from mgc_desktop.audio import devices, pulse
from mgc_desktop.audio.devices import InputDevice, list_inputs
from mgc_desktop.core.errors import DeviceCause, DeviceError


def _answering(text: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Put a program in the place of the interpreter that lists the inputs."""
    program = folder / "lister"
    program.write_text(f"#!{sys.executable}\n{text}\n")
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setattr(devices, "python_executable", lambda: str(program))


def test_the_module_prints_json_and_nothing_else() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "mgc_desktop.audio.devices"], capture_output=True, timeout=30, check=True
    )
    answer = json.loads(done.stdout)
    assert set(answer) == {"inputs"} or set(answer) == {"error", "detail", "cause"}


def test_the_answer_arrives_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    entry = {
        "index": 3, "name": "Mikrofon é中", "host_api": "ALSA", "channels": 2, "default_rate": 48000.0,
        "is_default": True, "source": "", "positions": ["front-left", "front-right"],
    }  # fmt: skip
    _answering(f"print({json.dumps({'inputs': [entry]})!r})", tmp_path, monkeypatch)
    assert list_inputs() == [
        InputDevice(3, "Mikrofon é中", "ALSA", 2, 48000.0, True, "", ("front-left", "front-right"))
    ]


def test_an_error_in_the_other_process_is_raised_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _answering(
        """print('{"error": "It is broken: mend it.", "detail": "why", "cause": "denied"}')""", tmp_path, monkeypatch
    )
    with pytest.raises(DeviceError, match="It is broken") as caught:
        list_inputs()
    assert caught.value.detail == "why"
    assert caught.value.cause is DeviceCause.DENIED


@pytest.mark.parametrize("text", ["", "print('Segmentation fault')", "import os; os.kill(os.getpid(), 9)"])
def test_a_lister_that_fails_is_one_sentence(text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _answering(text, tmp_path, monkeypatch)
    with pytest.raises(DeviceError, match=r"^The inputs could not be listed .*\.$|try again\.$"):
        list_inputs()


def test_a_lister_that_hangs_is_killed_with_its_children(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pid_file = tmp_path / "pid"
    text = (
        "import subprocess, pathlib, time\n"
        "child = subprocess.Popen(['sleep', '60'])\n"
        f"pathlib.Path({str(pid_file)!r}).write_text(str(child.pid))\n"
        "time.sleep(60)"
    )
    _answering(text, tmp_path, monkeypatch)
    with pytest.raises(DeviceError, match="did not answer within 2 s"):
        list_inputs(timeout=2.0)
    status = Path("/proc") / pid_file.read_text() / "stat"
    deadline = time.monotonic() + 5.0
    while _runs(status) and time.monotonic() < deadline:
        time.sleep(0.02)  # it was killed, and may have to be given its last turn
    assert not _runs(status)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells who is at work")
def test_a_machine_with_too_much_to_do_is_no_system_that_hangs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = (
        "import subprocess, sys, time\n"
        "work = 'import time; end = time.process_time() + 1.0\\nwhile time.process_time() < end: pass'\n"
        "subprocess.run([sys.executable, '-c', work])\n"  # a child of its own is slow
        "print('{\"inputs\": []}')"
    )
    _answering(text, tmp_path, monkeypatch)
    assert list_inputs(timeout=0.3) == []


def _runs(status: Path) -> bool:
    """Return whether a process is alive, by its file in /proc."""
    try:
        # Its parent is gone as well: whoever inherits it may not have waited for it yet.
        return status.read_text().split()[2] != "Z"
    except OSError:
        return False


def _alsa(index: int, name: str, default: bool = False) -> InputDevice:
    return InputDevice(index, name, "ALSA", 32, 44100.0, default)


_SOURCES = [pulse.Source("mic", "Built-in microphone", 2, 48000.0, True), pulse.Source("usb", "USB", 1, 44100.0, False)]


def test_the_servers_inputs_stand_in_for_alsas(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pulse, "list_sources", lambda: _SOURCES)
    jack = InputDevice(5, "system", "JACK Audio Connection Kit", 2, 48000.0, False)
    found = devices._with_sources([_alsa(0, "HDA Intel: ALC (hw:0,0)"), _alsa(1, "pulse"), _alsa(2, "default"), jack])
    assert found == [
        InputDevice(1, "Built-in microphone", "PulseAudio", 2, 48000.0, True, "mic"),
        InputDevice(1, "USB", "PulseAudio", 1, 44100.0, False, "usb"),
        jack,
    ]


def test_without_a_server_alsas_inputs_stay(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pulse, "list_sources", list)
    found = [_alsa(0, "HDA Intel: ALC (hw:0,0)"), _alsa(1, "pulse")]
    assert devices._with_sources(found) == found


def test_where_there_is_no_alsa_no_server_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pulse, "list_sources", lambda: pytest.fail("asked"))
    found = [InputDevice(0, "MacBook Microphone", "Core Audio", 1, 48000.0, True)]
    assert devices._with_sources(found) == found


def test_a_server_that_does_not_answer_has_no_inputs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PULSE_SERVER", f"unix:{tmp_path / 'nowhere'}")
    assert pulse.list_sources() == []
    monkeypatch.setenv("PATH", str(tmp_path))
    assert pulse.list_sources() == []
    watch = pulse.SourceWatch("mic")
    assert not watch.removed()
    watch.stop()


class _PortAudio:
    """PortAudio whose list is read once, until it is asked to begin anew."""

    def __init__(self, lists: list[list[str]], ended: threading.Event) -> None:
        self.lists, self.ended = lists, ended
        self.default = SimpleNamespace(device=(0, 0))

    def query_hostapis(self) -> list[dict[str, str]]:
        return [{"name": "Core Audio"}, {"name": "ALSA"}]

    def query_devices(self) -> list[dict[str, Any]]:
        names = self.lists[0]
        return [
            {
                "name": name,
                "index": place,
                "hostapi": 1 if "hw:" in name or name == "default" else 0,
                "max_input_channels": 0 if name == "Speakers" else 32,
                "default_samplerate": 48000.0,
            }
            for place, name in enumerate(names)
        ]

    def _terminate(self) -> None:
        self.lists.pop(0)

    def _initialize(self) -> None:
        if len(self.lists) == 1:
            self.ended.set()


def test_the_watch_prints_a_line_for_each_other_list(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    ended = threading.Event()
    lists = [["Mic"], ["Mic"], ["Mic", "USB"], ["Mic", "USB"], ["USB"], ["USB"]]
    monkeypatch.setattr(devices, "load_portaudio", lambda: _PortAudio(lists, ended))
    devices.watch_inputs(ended, pause=0.001)
    assert capsys.readouterr().out == "changed\nchanged\n"


def test_each_entry_has_a_name_of_its_own_and_the_channels_it_really_has() -> None:
    names = ["Mic", "Speakers", "Mic", "Mic", "Scarlett: USB (hw:1,0)", "default"]
    found = devices.entries(_PortAudio([names], threading.Event()))  # type: ignore[arg-type]
    assert [(device.index, device.name, device.channels) for device in found] == [
        (0, "Mic", 32),
        (2, "Mic (Core Audio)", 32),
        (3, "Mic 2", 32),
        (4, "Scarlett: USB (hw:1,0)", 32),
        (5, "default", 2),
    ]


def test_a_card_that_may_not_be_used_is_not_called_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(devices, "_CARDS", tmp_path)
    monkeypatch.setattr(pulse, "denies", lambda: False)
    assert devices._shut_out() == ""
    (tmp_path / "pcmC0D0c").touch()
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    assert devices._shut_out() == f"no access to {tmp_path / 'pcmC0D0c'}"
    monkeypatch.setattr(devices, "load_portaudio", lambda: _PortAudio([[]], threading.Event()))
    with pytest.raises(DeviceError) as caught:
        devices.query_inputs()
    assert caught.value.cause is DeviceCause.DENIED


def test_a_removal_that_a_busy_server_does_not_confirm_is_asked_for_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "pactl"
    program.write_text("#!/bin/sh\nexec sleep 60\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    answers: list[list[pulse.Source]] = [_SOURCES, _SOURCES, [], [], _SOURCES[1:]]
    monkeypatch.setattr(pulse, "list_sources", lambda timeout: answers.pop(0))
    news = [b"", b"Event 'new' on client #7", b"", b"Event 'remove' on source #3", b"", b""]
    watch = pulse.SourceWatch("mic")
    monkeypatch.setattr(watch, "_events", lambda: SimpleNamespace(read=lambda: news.pop(0)))
    said = [watch.removed() for _ in range(6)]
    watch.stop()
    assert said == [False, False, False, False, False, True]
    assert answers == []  # and in between, when all was well, nobody was asked


def test_a_server_that_takes_no_more_callers_hangs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "s"
    monkeypatch.setenv("PULSE_SERVER", f"unix:{path}")
    assert not pulse.hangs()  # there is none
    callers = []
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(path))
        assert not pulse.hangs()  # it died, and left this behind
        server.listen(1)
        assert not pulse.hangs()
        for _ in range(3):
            caller = socket.socket(socket.AF_UNIX)
            caller.setblocking(False)
            with contextlib.suppress(BlockingIOError):
                caller.connect(str(path))
            callers.append(caller)
        assert pulse.hangs()
        monkeypatch.setattr(devices, "load_portaudio", lambda: _PortAudio([[]], threading.Event()))
        with pytest.raises(DeviceError, match="The sound system does not answer") as caught:
            devices.query_inputs()
        assert caught.value.cause is DeviceCause.STALLED
    for caller in callers:
        caller.close()
