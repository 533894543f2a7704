"""The window as a whole: builds, connects and stops it. Nothing is imported before the first paint but Qt.

The window is on the screen before numpy, the engine or torch are imported; those follow in a thread, while the
window answers.
"""

from __future__ import annotations

import argparse
import importlib
import os
import signal
import sys
import threading
import traceback
from types import TracebackType
from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication, QObject, QSocketNotifier, Qt, Signal, Slot
from PySide6.QtWidgets import QApplication

from mgc_desktop.core.errors import MgcError
from mgc_desktop.core.paths import APP_NAME, Profile
from mgc_desktop.core.settings import Settings
from mgc_desktop.ui import window_state
from mgc_desktop.ui.main_window import MainWindow
from mgc_desktop.ui.single_instance import SingleInstance
from mgc_desktop.ui.theme import Theme

if TYPE_CHECKING:
    from mgc_desktop.engine.engine import Engine
    from mgc_desktop.ui.bridge import Bridge
    from mgc_desktop.ui.conductor import Conductor

# Imported in a thread after the first paint, so that the GUI thread finds them ready; numpy comes with the first.
_AFTERWARDS = (
    "mgc_desktop.core.values",
    "mgc_desktop.engine.engine",
    "mgc_desktop.ui.bridge",
    "mgc_desktop.ui.conductor",
)
_ASKED_EARLY = ("add_folder", "add_files", "listen", "retrain")
_WARM_UP_SECONDS = 10.0
_BUG = "Something went wrong inside the program; the log has the details, and everything else goes on."


class WindowSession(QObject):
    """One run of the window, from the first paint to the last thread. GUI thread.

    Parameters
    ----------
    options : argparse.Namespace
        `paths`, `listen` (None, "" or an input's name), `model`, `device`.
    profile : Profile
    instance : SingleInstance
        Holds the profile's lock.

    Signals
    -------
    bug : str
        An exception that nobody expected, as its traceback; from any thread.
    """

    _imported = Signal()
    bug = Signal(str)

    def __init__(self, app: QApplication, options: argparse.Namespace, profile: Profile, instance: SingleInstance):
        super().__init__()
        self._app, self._options, self._profile, self._instance = app, options, profile, instance
        self._settings = Settings(profile.settings_file)
        self._theme = Theme(app, str(self._settings.get(window_state.THEME, "system")))
        self.window = MainWindow()
        self.engine: Engine | None = None
        self.bridge: Bridge | None = None
        self.conductor: Conductor | None = None
        self._paths: list[str] = list(options.paths or ())
        self._early = ""  # what was asked before the engine could answer
        self._warm_up = threading.Thread(target=self._import_the_rest, name="warm-up", daemon=True)
        self._imported.connect(self._build, Qt.ConnectionType.QueuedConnection)
        self.bug.connect(self._show_bug, Qt.ConnectionType.QueuedConnection)
        self.window.painted.connect(self._warm_up.start)
        self.window.painted.connect(instance.listen)
        self.window.paths_given.connect(self._take_paths)
        self.window.closed.connect(self._remember_and_quit)
        for name in _ASKED_EARLY:
            self.window.commands[name].triggered.connect(lambda _=False, name=name: self._ask_early(name))
        instance.paths_received.connect(self._take_later_start)
        self._hook_in()

    def show(self) -> None:
        window_state.restore(self.window, self._settings)
        self.window.show()

    # After the first paint.
    def _import_the_rest(self) -> None:
        for name in _AFTERWARDS:
            importlib.import_module(name)
        self._imported.emit()

    @Slot()
    def _build(self) -> None:
        # Imported by now: these lines only name what the warm-up thread has loaded.
        from mgc_desktop.core.logs import setup_logging
        from mgc_desktop.engine.engine import Engine
        from mgc_desktop.ui.bridge import Bridge
        from mgc_desktop.ui.conductor import Conductor

        setup_logging(self._profile, bool(getattr(self._options, "verbose", False)))
        self.bridge = Bridge(self)
        self.engine = Engine(
            self._profile,
            device=self._options.device or "auto",
            model=self._options.model,
            on_event=self.bridge.post,
            settings=self._settings,
        )
        self.conductor = Conductor(self.window, self.bridge, self.engine, self._settings, self._profile, self._theme)
        self.engine.start()
        self.conductor.start()
        if self._settings.note:
            self.window.messages.show_problem(self._settings.note)
        paths, self._paths = self._paths, []
        self.conductor.add_paths(paths)
        if self._options.listen is not None:
            self.conductor.listening.listen_to(self._options.listen)
        if self._early:
            self.window.commands[self._early].setChecked(False)
            self.window.commands[self._early].trigger()

    def _ask_early(self, name: str) -> None:
        if self.conductor is None:
            self._early = name

    def _take_paths(self, paths: list[str]) -> None:
        if self.conductor is None:
            self._paths += paths
        else:
            self.conductor.add_paths(paths)

    def _take_later_start(self, paths: list[str]) -> None:
        self.window.come_to_front()
        self._take_paths(paths)

    # The end.
    def _remember_and_quit(self) -> None:
        window_state.remember(self.window, self._settings)
        self._app.quit()

    def stop(self) -> None:
        """Stop everything in reverse order, each stage bounded in time. The window is gone already."""
        if self._warm_up.ident is not None:
            self._warm_up.join(_WARM_UP_SECONDS)
        if self.bridge is not None:
            self.bridge.close()
        if self.conductor is not None:
            self.conductor.stop()
        if self.engine is not None:
            self.engine.stop()
        try:
            self._settings.save()
        except MgcError as error:
            sys.stderr.write(f"mgc-desktop: {error.sentence}\n")
        self._instance.release()
        sys.excepthook, threading.excepthook = self._hooks_before
        if self.conductor is not None:
            from mgc_desktop.core.logs import stop_logging

            stop_logging()

    # Bugs: to the log, and a quiet bar.
    def _hook_in(self) -> None:
        self._hooks_before = (sys.excepthook, threading.excepthook)
        sys.excepthook = self._on_bug
        threading.excepthook = lambda args: self._on_bug(args.exc_type, args.exc_value, args.exc_traceback)

    def _on_bug(self, kind: type[BaseException], error: BaseException | None, trace: TracebackType | None) -> None:
        if issubclass(kind, KeyboardInterrupt):
            self.window.close()
            return
        text = "".join(traceback.format_exception(kind, error, trace))
        # Imported here: it is not needed for the first paint.
        import logging

        logging.getLogger(__name__).critical("A bug reached the window:\n%s", text)
        self.bug.emit(text)

    @Slot(str)
    def _show_bug(self, text: str) -> None:
        self.window.messages.show_problem(_BUG, text)


class SignalWatch(QObject):
    """Turns SIGINT and SIGTERM into an orderly end, also while Qt sits in its event loop."""

    asked = Signal()

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._read, self._write = os.pipe()
        os.set_blocking(self._read, False)
        os.set_blocking(self._write, False)
        self._notifier = QSocketNotifier(self._read, QSocketNotifier.Type.Read, self)
        self._notifier.activated.connect(self._wake)
        self._before = {number: signal.signal(number, self._ignore) for number in (signal.SIGINT, signal.SIGTERM)}
        self._fd_before = signal.set_wakeup_fd(self._write, warn_on_full_buffer=False)

    def _ignore(self, number: int, frame: object) -> None:
        """Let the wake-up descriptor speak: this handler runs only when Python code does."""

    def _wake(self) -> None:
        os.read(self._read, 64)
        self.asked.emit()

    def stop(self) -> None:
        """Put the handlers back that were there before."""
        self._notifier.setEnabled(False)
        signal.set_wakeup_fd(self._fd_before)
        for number, handler in self._before.items():
            signal.signal(number, handler)
        os.close(self._read)
        os.close(self._write)


def _need_display() -> None:
    has_display = any(os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"))
    if sys.platform.startswith("linux") and not has_display:
        raise MgcError(
            "There is no display to open a window on: use the commands classify, train, evaluate, devices and doctor, "
            "which need none."
        )


def run_window(options: argparse.Namespace) -> int:
    """Open the window and return the exit code when it is closed.

    Parameters
    ----------
    options : argparse.Namespace
        `paths`: list of str; `listen`: None, "" or the name of an input; `profile`, `model`: str or None;
        `device`: "auto", "cpu", "cuda" or "mps".
    """
    try:
        return _run(options)
    except MgcError as error:
        sys.stderr.write(f"mgc-desktop: {error.sentence}\n")
        return 1


def _open_profile(folder: str | None) -> Profile:
    try:
        return Profile.open(folder)
    except OSError as error:
        raise MgcError(
            f"The profile folder could not be made ({error.strerror}: {error.filename}): choose another with --profile."
        ) from error


def _run(options: argparse.Namespace) -> int:
    profile = _open_profile(options.profile)
    instance = SingleInstance(profile.lock_file)
    if not instance.take():
        core = QCoreApplication(sys.argv[:1])
        taken = instance.hand_over(options.paths or ())
        del core
        if taken:
            return 0
    try:
        _need_display()
    except MgcError:
        instance.release()
        raise
    app = QApplication(sys.argv[:1])
    app.setApplicationName(APP_NAME)
    app.setDesktopFileName(APP_NAME)
    app.setQuitOnLastWindowClosed(False)  # the session quits when the main window closes, whatever else is open
    session = WindowSession(app, options, profile, instance)
    watch = SignalWatch(session) if os.name == "posix" else None
    if watch is not None:
        watch.asked.connect(session.window.close)
    session.show()
    code = app.exec()
    session.stop()
    if watch is not None:
        watch.stop()
    return int(code)
