"""Save Picture and Save Sound: what is meant by them now, where it goes, and what came of it."""

from __future__ import annotations

import os
import time

from PySide6.QtCore import QObject, QStandardPaths
from PySide6.QtGui import QImage

from mgc_desktop.core.recording import Recording
from mgc_desktop.core.values import VerdictKind
from mgc_desktop.engine.events import ListenChanged
from mgc_desktop.engine.save_sound import save_sound
from mgc_desktop.library.export import file_name
from mgc_desktop.ui.live import saving
from mgc_desktop.ui.live.heard import Heard
from mgc_desktop.ui.live.live_panel import LivePanel
from mgc_desktop.ui.live.selection import seconds_text
from mgc_desktop.ui.main_window import MainWindow
from mgc_desktop.ui.port import SettingsPort
from mgc_desktop.ui.theme import display_name

PICTURE_FOLDER, SOUND_FOLDER = "live.picture.folder", "live.sound.folder"
_SOFTWARE = "mgc-desktop"
_LONG_SECONDS = 60.0  # of sound; less is written before anybody reads how far it is


class LiveSaving(QObject):
    """Connects the actions that save what is listened to. GUI thread."""

    def __init__(self, window: MainWindow, settings: SettingsPort, live: LivePanel) -> None:
        super().__init__(window)
        self._window, self._settings, self._live = window, settings, live
        self.job = saving.SaveJob(self)
        self.job.progressed.connect(self._tell_progress)
        self.job.finished.connect(window.status.say)
        self.job.failed.connect(window.messages.show_problem)
        self._seconds = 0.0  # of the sound that is being written
        window.commands["save_picture"].triggered.connect(self.save_picture)
        window.commands["save_sound"].triggered.connect(self.save_sound)
        live.selection.changed.connect(self._name_sound)
        self.listen_changed()

    def listen_changed(self, event: ListenChanged | None = None) -> None:
        """Offer what can be saved now."""
        for name in ("save_picture", "save_sound"):
            self._window.commands[name].setEnabled(self._live.recording is not None)

    def stop(self) -> None:
        """End what is under way; a file that is half written is removed."""
        self.job.stop()

    def save_picture(self) -> None:
        """Take the picture as it is now, ask where to, and write it."""
        recording = self._live.recording
        if recording is None or not self._is_free():
            return
        self._live.picture_cursor.put(None)
        start, end = self._live.spectrogram.visible
        start = max(0.0, start)
        when = recording.started_at + start
        word = heard_word(self._live.heard, start, end)
        left = " · ".join(part for part in (recording.source, word) if part)
        image = self._image(left, _when(when, recording.started_at + end))
        path = self._ask("Save the picture", when, word, "PNG picture", "png", PICTURE_FOLDER)
        if path:
            said = {"Title": left, "Description": _when(when, recording.started_at + end), "Software": _SOFTWARE}
            self._start(path, lambda _: saving.save_picture(image, path, said))

    def _image(self, left: str, right: str) -> QImage:
        picture = self._live.spectrogram
        had_keys = picture.hasFocus()
        picture.clearFocus()  # its frame is no part of the picture
        image = saving.picture_image(self._live.parts(), left, right)
        if had_keys:
            picture.setFocus()
        return image

    def save_sound(self) -> None:
        """Ask where to, and write the selected span, or all that is kept."""
        recording = self._live.recording
        if recording is None or not self._is_free():
            return
        start, end = self._live.selection.span or (recording.kept_from, recording.seconds)
        start, end = max(start, recording.kept_from), min(end, recording.seconds)
        when = recording.started_at + start
        word = heard_word(self._live.heard, start, end)
        title = "Save the selected sound" if self._live.selection.span else "Save all sound that is kept"
        path = self._ask(title, when, word, "FLAC sound", "flac", SOUND_FOLDER)
        if path:
            self._seconds = end - start
            tags = _tags(recording, when, word)
            self._start(path, lambda on: save_sound(recording, start, end, path, tags=tags, going_on=on))

    def _ask(self, title: str, when: float, word: str, kind: str, suffix: str, setting: str) -> str:
        music = setting == SOUND_FOLDER
        places = QStandardPaths.StandardLocation
        usual = QStandardPaths.writableLocation(places.MusicLocation if music else places.PicturesLocation)
        folder = str(self._settings.get(setting, "")) or usual
        name = file_name(saving.suggested_name(when, word))
        path = saving.ask_target(self._window, title, os.path.join(folder, name), kind, suffix)
        if path:
            self._settings.set(setting, os.path.dirname(path))
        return path

    def _start(self, path: str, work: saving.Work) -> None:
        def write(going_on: saving.Progress) -> str:
            seconds = work(going_on)
            length = f"{seconds_text(seconds)} of sound" if isinstance(seconds, float) else "the picture"
            return f"Saved {length} as {os.path.basename(path)}"

        self.job.start(write)

    def _is_free(self) -> bool:
        if self.job.running:
            self._window.status.say("The file before is still being written")
        return not self.job.running

    def _tell_progress(self, share: float) -> None:
        if self._seconds > _LONG_SECONDS:
            self._window.status.say(f"Saving sound, {100 * share:.0f} %")

    def _name_sound(self) -> None:
        span = self._live.selection.span
        self._window.commands["save_sound"].setText("Save Selected S&ound…" if span else "Save S&ound…")


def heard_word(heard: Heard, start: float, end: float) -> str:
    """Return what was heard for most of a span, or nothing where that is no genre."""
    seconds: dict[str, float] = {}
    for stretch in heard.stretches:
        inside = min(end, stretch.end) - max(start, stretch.start)
        if inside > 0:
            word = display_name(stretch.label or "") if stretch.kind is VerdictKind.GENRE else ""
            seconds[word] = seconds.get(word, 0.0) + inside
    return max(seconds, key=lambda word: seconds[word], default="")


def _when(start: float, end: float) -> str:
    """Return from when to when something was heard: `22 Nov 2026, 14:03:12 to 14:03:31`."""
    first = time.localtime(start)
    day = f"{first.tm_mday} {time.strftime('%b %Y', first)}"
    return f"{day}, {time.strftime('%H:%M:%S', first)} to {time.strftime('%H:%M:%S', time.localtime(end))}"


def _tags(recording: Recording, when: float, word: str) -> dict[str, str]:
    return {
        "title": word or "Recording",
        "date": time.strftime("%Y-%m-%d", time.localtime(when)),
        "comment": f"Heard at {time.strftime('%H:%M:%S', time.localtime(when))} from {recording.source or 'the input'}",
        "software": _SOFTWARE,
    }
