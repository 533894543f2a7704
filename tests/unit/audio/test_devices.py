"""The list of inputs, as it is put together and as it travels between processes."""

from __future__ import annotations

import json
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest

from mgc_desktop.audio import devices, pulse
from mgc_desktop.audio.devices import InputDevice, list_inputs
from mgc_desktop.core.errors import DeviceError


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
    assert set(answer) == {"inputs"} or set(answer) == {"error", "detail"}


def test_the_answer_arrives_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    entry = {
        "index": 3, "name": "Mikrofon é中", "host_api": "ALSA", "channels": 2, "default_rate": 48000.0,
        "is_default": True, "source": "",
    }  # fmt: skip
    _answering(f"print({json.dumps({'inputs': [entry]})!r})", tmp_path, monkeypatch)
    assert list_inputs() == [InputDevice(3, "Mikrofon é中", "ALSA", 2, 48000.0, True, "")]


def test_an_error_in_the_other_process_is_raised_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _answering("""print('{"error": "It is broken: mend it.", "detail": "why"}')""", tmp_path, monkeypatch)
    with pytest.raises(DeviceError, match="It is broken") as caught:
        list_inputs()
    assert caught.value.detail == "why"


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
