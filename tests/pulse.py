"""A sound server of the test's own, with a sink that is heard as a microphone.

Import the fixture where it is used: ``from tests.pulse import virtual_microphone``.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

RATE = 44100  # Hz, of every sink made here
_START_SECONDS = 10.0


class SoundServer:
    """A private PulseAudio without sound cards; what is played into its sinks can be recorded from their monitors.

    Parameters
    ----------
    folder : Path
        For its socket and home; the path of a socket must be short.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.address = f"unix:{folder / 'native'}"
        self.environment = {
            "HOME": str(folder),
            "XDG_RUNTIME_DIR": str(folder),
            "XDG_CONFIG_HOME": str(folder / "config"),
            "PULSE_RUNTIME_PATH": str(folder),
            "PULSE_STATE_PATH": str(folder / "state"),
            "PULSE_SERVER": self.address,
            "DBUS_SESSION_BUS_ADDRESS": f"unix:path={folder / 'no-bus'}",
        }
        self._server: subprocess.Popen[bytes] | None = None
        self._players: list[subprocess.Popen[bytes]] = []

    def start(self) -> None:
        """Start the server with one sink, "Virtual", whose monitor is the default input."""
        modules = [
            f"module-native-protocol-unix auth-anonymous=1 socket={self.folder / 'native'}",
            "module-rescue-streams",
            "module-null-sink sink_name=virtual sink_properties=device.description=Virtual rate=44100 channels=2 "
            "norewinds=1",  # it wakes up every 50 ms instead of every 2 s
        ]
        options = ["-n", "--daemonize=no", "--exit-idle-time=-1", "--use-pid-file=no", "--disable-shm=yes"]
        self._server = subprocess.Popen(
            ["pulseaudio", *options, *(word for module in modules for word in ("-L", module))],
            env={**os.environ, **self.environment},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        give_up = time.monotonic() + _START_SECONDS
        while self.pactl("info", check=False).returncode != 0:
            if time.monotonic() > give_up or self._server.poll() is not None:
                self.stop()
                raise RuntimeError("the sound server did not start")
            time.sleep(0.05)

    def pactl(self, *words: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        """Ask the server something."""
        return subprocess.run(
            ["pactl", *words],
            env={**os.environ, **self.environment},
            capture_output=True,
            text=True,
            timeout=10,
            check=check,
        )

    def add_sink(self, name: str, *, rate: int = RATE, positions: Sequence[str] = ("front-left", "front-right")) -> str:
        """Add another sink, heard as the input "Monitor of NAME"; return the number that takes it away again.

        Parameters
        ----------
        rate : int
            Hz.
        positions : sequence of str
            What its channels are called.
        """
        words = [
            f"sink_name={name}", f"sink_properties=device.description={name}", f"rate={rate}",
            f"channels={len(positions)}", f"channel_map={','.join(positions)}", "norewinds=1",
        ]  # fmt: skip
        return self.pactl("load-module", "module-null-sink", *words).stdout.strip()

    def remove(self, number: str) -> None:
        """Take a sink away."""
        self.pactl("unload-module", number)

    def play(
        self,
        samples: NDArray[np.float32],
        sink: str = "virtual",
        *,
        rate: int = RATE,
        positions: Sequence[str] = ("mono",),
        latency_ms: int = 40,
    ) -> None:
        """Begin to play samples, float32[n] or float32[n, channels]; returns at once.

        With more latency than usual, a busy machine plays it without gaps.
        """
        sound = self.folder / f"sound-{len(self._players)}.raw"
        sound.write_bytes(samples.astype("<f4").tobytes())
        self._players.append(
            subprocess.Popen(
                [
                    "pacat", "--playback", f"--device={sink}", "--format=float32le", f"--rate={rate}",
                    f"--channels={len(positions)}", f"--channel-map={','.join(positions)}",
                    f"--latency-msec={latency_ms}", str(sound),
                ],
                env={**os.environ, **self.environment},
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
        )  # fmt: skip

    def mute(self, source: str, *, muted: bool = True) -> None:
        """Mute an input, as the key on a keyboard does."""
        self.pactl("set-source-mute", source, str(int(muted)))

    def hush(self) -> None:
        """End everything that plays."""
        for player in self._players:
            player.kill()
            player.wait(5)

    def freeze(self) -> None:
        """Let the server hang, as one with a broken driver does."""
        self._send(signal.SIGSTOP)

    def thaw(self) -> None:
        self._send(signal.SIGCONT)

    def kill(self) -> None:
        """Let the server crash."""
        self._send(signal.SIGKILL)
        if self._server is not None:
            self._server.wait(5)

    def stop(self) -> None:
        """End the server and everything that plays."""
        self.hush()
        self.thaw()
        self.kill()

    def _send(self, number: signal.Signals) -> None:
        if self._server is not None and self._server.poll() is None:
            self._server.send_signal(number)


@pytest.fixture
def virtual_microphone(monkeypatch: pytest.MonkeyPatch) -> Iterator[SoundServer]:
    """Start a sound server for one test, which then is the only one that the program can find."""
    missing = [tool for tool in ("pulseaudio", "pactl", "pacat") if shutil.which(tool) is None]
    if missing:
        pytest.skip(f"needs a sound server: {', '.join(missing)} not installed (pulseaudio, pulseaudio-utils)")
    with tempfile.TemporaryDirectory(prefix="mgc-", dir="/tmp") as folder:
        server = SoundServer(Path(folder))
        for name, value in server.environment.items():
            if name != "HOME":
                monkeypatch.setenv(name, value)
        server.start()
        try:
            yield server
        finally:
            server.stop()


@pytest.fixture
def no_sound_server(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Make it a machine without any sound."""
    monkeypatch.setenv("PULSE_SERVER", f"unix:{tmp_path / 'nowhere'}")
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    monkeypatch.setenv("PULSE_RUNTIME_PATH", str(tmp_path))
