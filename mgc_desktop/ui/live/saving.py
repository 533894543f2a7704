"""Saving the picture as PNG and the sound as FLAC: asked for in the window, written in a thread."""

from __future__ import annotations

import contextlib
import os
import threading
import time
from collections.abc import Callable, Mapping, Sequence

from PySide6.QtCore import QBuffer, QIODevice, QObject, QPoint, QRect, Qt, Signal
from PySide6.QtGui import QColor, QImage, QImageWriter, QPainter, QRegion
from PySide6.QtWidgets import QDialog, QFileDialog, QMessageBox, QWidget

from mgc_desktop.core.errors import MgcError, SaveError
from mgc_desktop.engine.save_sound import refusal
from mgc_desktop.ui.theme import scaled, tabular, tokens

_STOP_SECONDS = 5.0
_CAPTION_HEIGHT, _CAPTION_MARGIN = 26, 14  # px

Progress = Callable[[float], bool]  # hears the share that is done; False: end
Work = Callable[[Progress], object]


class SaveJob(QObject):
    """One file at a time; another is refused while one is being written. GUI thread.

    Signals
    -------
    progressed : float
        Share that is written, 0..1.
    finished : object
        What the work returned.
    failed : str, str
        Sentence and detail.
    """

    progressed = Signal(float)
    finished = Signal(object)
    failed = Signal(str, str)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._thread: threading.Thread | None = None
        self._ended = threading.Event()

    @property
    def running(self) -> bool:
        return self._thread is not None and self._thread.is_alive()

    def start(self, work: Work) -> bool:
        """Begin; return False where another file is being written."""
        if self.running:
            return False
        self._ended.clear()
        self._thread = threading.Thread(target=self._run, args=(work,), name="save", daemon=True)
        self._thread.start()
        return True

    def stop(self) -> None:
        """End what is under way, which leaves nothing behind; bounded in time, idempotent."""
        self._ended.set()
        if self._thread is not None:
            self._thread.join(_STOP_SECONDS)

    # In the job's thread.
    def _run(self, work: Work) -> None:
        def going_on(share: float) -> bool:
            self.progressed.emit(share)
            return not self._ended.is_set()

        try:
            result = work(going_on)
        except MgcError as error:
            self.failed.emit(error.sentence, error.detail)
        else:
            self.finished.emit(result)


def ask_target(parent: QWidget, title: str, suggested: str, kind: str, suffix: str) -> str:
    """Ask where to save, also before a file is replaced; return an empty string where the person thinks better of it.

    Parameters
    ----------
    suggested : str
        Path without its extension.
    kind : str
        What a file of this kind is called.
    suffix : str
        Its extension, without the dot; a name without any gets it before it is asked whether to replace a file.
    """
    dialog = QFileDialog(parent, title, "", f"{kind} (*.{suffix})")
    dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
    dialog.selectFile(f"{suggested}.{suffix}")
    chosen = dialog.selectedFiles() if dialog.exec() == QDialog.DialogCode.Accepted else []
    dialog.deleteLater()
    path = chosen[0] if chosen else ""
    if path and not path.lower().endswith(f".{suffix}"):
        path += f".{suffix}"
        # Of this name the dialog knows nothing: not every system's adds the extension before it asks.
        return path if not os.path.exists(path) or _may_replace(parent, path) else ""
    return path


def _may_replace(parent: QWidget, path: str) -> bool:
    buttons = QMessageBox.StandardButton
    text = f"{os.path.basename(path)} is there already. Do you want to replace it?"
    asked = QMessageBox.question(parent, "Replace the file", text, buttons.Yes | buttons.No, buttons.No)
    return asked == buttons.Yes


def picture_image(parts: Sequence[QWidget], left: str, right: str) -> QImage:
    """Return widgets that stand one above the other as they look, at device pixels, with a line over them. GUI thread.

    What lies over them (buttons, warnings) is left out.

    Parameters
    ----------
    parts : sequence of QWidget
        Of one parent; the first is the widest.
    left, right : str
        What the line says at its ends.
    """
    top, ratio = parts[0].y(), parts[0].devicePixelRatioF()
    width, height = parts[0].width(), parts[-1].geometry().bottom() + 1 - top + _CAPTION_HEIGHT
    image = QImage(round(width * ratio), round(height * ratio), QImage.Format.Format_RGB32)
    image.setDevicePixelRatio(ratio)
    image.fill(QColor(tokens().window))
    painter = QPainter(image)
    for part in parts:
        place = QPoint(part.x() - parts[0].x(), part.y() - top + _CAPTION_HEIGHT)
        part.render(painter, place, QRegion(), QWidget.RenderFlag.DrawWindowBackground)
    painter.setFont(tabular(scaled(parts[0].font(), 0.9)))
    _paint_caption(painter, QRect(_CAPTION_MARGIN, 2, width - 2 * _CAPTION_MARGIN, _CAPTION_HEIGHT - 2), left, right)
    painter.end()
    return image


def _paint_caption(painter: QPainter, room: QRect, left: str, right: str) -> None:
    metrics, middle = painter.fontMetrics(), Qt.AlignmentFlag.AlignVCenter
    painter.setPen(QColor(tokens().muted))
    painter.drawText(room, int(Qt.AlignmentFlag.AlignRight | middle), right)
    room.setRight(room.right() - metrics.horizontalAdvance(right) - 20)
    painter.setPen(QColor(tokens().text))
    text = metrics.elidedText(left, Qt.TextElideMode.ElideMiddle, room.width())
    painter.drawText(room, int(Qt.AlignmentFlag.AlignLeft | middle), text)


def save_picture(image: QImage, path: str, said: Mapping[str, str]) -> None:
    """Write an image as PNG, whole or not at all. Not for the GUI thread.

    Parameters
    ----------
    said : Mapping[str, str]
        Texts that the file carries: Title, Description, Software, ...

    Raises
    ------
    SaveError
    """
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    writer = QImageWriter(buffer, b"png")
    for key, text in said.items():
        writer.setText(key, text)
    if not writer.write(image):
        raise SaveError(f"The picture could not be written ({writer.errorString()}); try a smaller window.")
    _write(path, bytes(buffer.data().data()))


def _write(path: str, data: bytes) -> None:
    beside = f"{path}.part"
    try:
        with open(beside, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(beside, path)
    except OSError as error:
        with contextlib.suppress(OSError):  # the failure before is what is told
            os.unlink(beside)
        raise SaveError(refusal(path, error), repr(error)) from error


def suggested_name(seconds: float, word: str) -> str:
    """Return the name of a file without its extension: `2026-11-22 14.03.12 Jazz`.

    Parameters
    ----------
    seconds : float
        s since the epoch, of what the file shows.
    word : str
        What was heard; may be empty.
    """
    when = time.strftime("%Y-%m-%d %H.%M.%S", time.localtime(seconds))
    return f"{when} {word}".rstrip()
