"""The window as a program: bugs in a quiet bar, one instance, an orderly end, no display."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication

from mgc_desktop.core.paths import Profile
from tests.app.harness import live_for, open_window, wait_for

ROOT = Path(__file__).resolve().parents[3]


def command(profile: Path, *words: str) -> list[str]:
    return [sys.executable, "-m", "mgc_desktop", "--profile", str(profile), *words]


def _live_through_a_bug(app: QApplication, profile: Profile) -> None:
    def fail() -> None:
        raise RuntimeError("a bug in a thread")

    with open_window(app, profile) as session:
        wait_for(lambda: session.window.messages.sentence or session.window.model_button.text() != "Model", 30)
        thread = threading.Thread(target=fail)
        thread.start()
        thread.join()
        live_for(50)
        while "Something went wrong" not in session.window.messages.sentence:
            assert session.window.messages.sentence
            session.window.messages.dismiss()
        assert session.window.isVisible()


def test_a_bug_goes_to_the_log_and_a_quiet_bar(qapp: QApplication, profile: Profile) -> None:
    hook = sys.excepthook
    with pytest.raises(AssertionError, match="a bug in a thread"):
        _live_through_a_bug(qapp, profile)
    assert "RuntimeError: a bug in a thread" in profile.log_file.read_text("utf-8")
    assert sys.excepthook is hook


def test_what_is_asked_before_the_engine_is_there_is_done_then(qapp: QApplication, profile: Profile) -> None:
    import argparse

    from mgc_desktop.app import WindowSession
    from mgc_desktop.ui.single_instance import SingleInstance

    options = argparse.Namespace(paths=[], listen=None, model=None, device="cpu", profile=None, verbose=False)
    instance = SingleInstance(profile.lock_file)
    assert instance.take()
    session = WindowSession(qapp, options, profile, instance)
    session.window.commands["retrain"].trigger()
    session.show()
    try:
        wait_for(lambda: session.conductor is not None, 30, "the engine")
        assert session.conductor is not None
        assert session.conductor.teaching.dialog is not None
        assert session.conductor.teaching.dialog.isVisible()
        session.conductor.teaching.dialog.close()
    finally:
        session.window.close()
        session.stop()


@pytest.mark.skipif(os.name != "posix", reason="signals of this kind are POSIX's")
def test_a_second_start_hands_over_and_a_signal_ends_in_order(tmp_path: Path, qapp: QApplication) -> None:
    profile = tmp_path / "profile"
    song = tmp_path / "nothing here.mp3"
    song.touch()
    first = subprocess.Popen(command(profile), cwd=ROOT)
    try:
        second = None
        wait_for((profile / "instance.lock").exists, 30, "the first window")
        for _ in range(20):  # the first answers once its engine is there
            time.sleep(1.0)
            second = subprocess.run(
                command(profile, str(song)), cwd=ROOT, capture_output=True, text=True, timeout=60, check=False
            )
            if second.returncode == 0:
                break
            assert "does not answer" in second.stderr
        assert second is not None
        assert (second.returncode, second.stdout, second.stderr) == (0, "", "")
        assert first.poll() is None
        first.send_signal(signal.SIGTERM)
        assert first.wait(30) == 0
    finally:
        if first.poll() is None:
            first.kill()
            first.wait()
    assert '"window.geometry"' in (profile / "settings.json").read_text("utf-8")


def test_without_a_display_the_commands_are_named(tmp_path: Path) -> None:
    hidden = {"DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"}
    environment = {name: value for name, value in os.environ.items() if name not in hidden}
    done = subprocess.run(
        command(tmp_path), cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60, check=False
    )
    if not sys.platform.startswith("linux"):
        pytest.skip("other systems always have a display")
    assert done.returncode == 1
    assert done.stderr.startswith("mgc-desktop: There is no display to open a window on: use the commands classify")
    assert done.stderr.count("\n") == 1
