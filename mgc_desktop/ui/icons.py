"""The icons: strokes on a grid of 24, drawn in the colour of the text they stand beside."""

from __future__ import annotations

from PySide6.QtCore import QByteArray, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QIcon, QPainter, QPalette, QPixmap
from PySide6.QtSvg import QSvgRenderer
from PySide6.QtWidgets import QApplication

from mgc_desktop.ui.theme import LABEL_COLOURS

_STROKES = {
    "add-folder": "M3 7V5.5h6L11 8h10v3 M3 7v12h9 M17.5 13.5v7 M14 17h7",
    "listen": "M12 3.5a3 3 0 0 1 3 3v5a3 3 0 0 1-6 0v-5a3 3 0 0 1 3-3z M5.5 11.5a6.5 6.5 0 0 0 13 0 M12 18v3",
    "stop": "M6.5 6.5h11v11h-11z",
    "search": "M10.5 4.5a6 6 0 1 1 0 12a6 6 0 0 1 0-12z M15 15l5 5",
    "pause": "M8.5 6v12 M15.5 6v12",
    "resume": "M8 5.5l10.5 6.5L8 18.5z",
    "close": "M6.5 6.5l11 11 M17.5 6.5l-11 11",
    "model": "M4 18v-4 M8 18V9 M12 18V5 M16 18v-7 M20 18v-3",
    "teach": "M3 9.5l9-4 9 4-9 4z M7 11.5v5c3 2 7 2 10 0v-5 M21 9.5v5",
    "tag": "M4 4h7.5l8.5 8.5-7.5 7.5L4 11.5z M8 8v.3",
    "drop": "M12 4v10 M8 10.5l4 4 4-4 M4 15v4.5h16V15",
    "warning": "M12 4l9 15.5H3z M12 10v4.5 M12 17v.3",
    "down": "M7.5 10l4.5 4.5 4.5-4.5",
    "more": "M5 11.4a.6.6 0 1 1 0 1.2a.6.6 0 0 1 0-1.2z M12 11.4a.6.6 0 1 1 0 1.2a.6.6 0 0 1 0-1.2z "
    "M19 11.4a.6.6 0 1 1 0 1.2a.6.6 0 0 1 0-1.2z",
    "freeze": "M12 3v18 M4.2 7.5l15.6 9 M19.8 7.5l-15.6 9 M9.5 4.5L12 7l2.5-2.5 M9.5 19.5L12 17l2.5 2.5",
    "now": "M5 6l7 6-7 6 M12 6l7 6-7 6",
    "judge": "M4.5 5v14 M19.5 5v14 M8 12.5l3 3 5-6.5",
    "why": "M9 9a3 3 0 1 1 4.6 2.6c-1 .6-1.6 1.3-1.6 2.6 M12 17.7v.3 M12 3a9 9 0 1 1 0 18a9 9 0 0 1 0-18z",
    "eye": "M2.5 12c4.5-7 14.5-7 19 0c-4.5 7-14.5 7-19 0z M12 9.2a2.8 2.8 0 1 1 0 5.6a2.8 2.8 0 0 1 0-5.6z",
    "options": "M4 7h9 M18 7h2 M15.5 4.5v5 M4 12h2 M11 12h9 M8.5 9.5v5 M4 17h8 M17 17h3 M14.5 14.5v5",
    "keep": "M7 4h10v16l-5-4-5 4z",
    "note": "M5 19l1-4.5L16 4.5l3.5 3.5-10 10z M14 6.5l3.5 3.5",
    "sessions": "M5 6.5h14 M5 12h14 M5 17.5h8",
    "file": "M6 3.5h8l4 4v13H6z M14 3.5v4h4 M10.5 17v-5l4-1v5",
    "numbers": "M4 17.5a9 9 0 1 1 16 0 M12 15l4-5",
    "save-picture": "M20 10V5H4v14h7 M4 15.5l4.5-4.5 4 4 M17 13v7 M14 17.5l3 3 3-3",
    "save-sound": "M4 10v4 M8 6v12 M12 9v5 M17 12v8 M14 17.5l3 3 3-3",
}
# A spectrum in the label colours: the mark of the program.
_MARK = ((3.2, 6, "jazz"), (6.9, 12, "blues"), (10.6, 17, "classical"), (14.3, 10, "rock"), (18.0, 5, "hiphop"))


def _svg(body: str) -> QSvgRenderer:
    text = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24">{body}</svg>'
    return QSvgRenderer(QByteArray(text.encode("ascii")))


def _picture(renderer: QSvgRenderer, size: int, ratio: float) -> QPixmap:
    pixmap = QPixmap(QSize(size, size) * ratio)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    renderer.render(painter, QRectF(pixmap.rect()))
    painter.end()
    pixmap.setDevicePixelRatio(ratio)
    return pixmap


def pixmap(name: str, colour: QColor, size: int = 18, ratio: float = 2.0) -> QPixmap:
    """Return the strokes of `name` in `colour`, `size` device-independent pixels wide."""
    body = (
        f'<path d="{_STROKES[name]}" fill="none" stroke="{colour.name()}" stroke-width="1.7"'
        ' stroke-linecap="round" stroke-linejoin="round"/>'
    )
    return _picture(_svg(body), size, ratio)


def icon(name: str) -> QIcon:
    """Return an icon in the colours of the scheme in use (ask again when the scheme changes)."""
    palette = QApplication.palette()
    result = QIcon()
    plain, accent = palette.color(QPalette.ColorRole.ButtonText), palette.color(QPalette.ColorRole.HighlightedText)
    faded = palette.color(QPalette.ColorGroup.Disabled, QPalette.ColorRole.ButtonText)
    result.addPixmap(pixmap(name, plain), QIcon.Mode.Normal, QIcon.State.Off)
    result.addPixmap(pixmap(name, accent), QIcon.Mode.Normal, QIcon.State.On)
    result.addPixmap(pixmap(name, faded), QIcon.Mode.Disabled, QIcon.State.Off)
    return result


def application_icon() -> QIcon:
    """Return the mark of the program."""
    bars = "".join(
        f'<rect x="{x}" y="{12 - height / 2}" width="2.8" height="{height}" rx="1.4" fill="{LABEL_COLOURS[label]}"/>'
        for x, height, label in _MARK
    )
    renderer = _svg(f'<rect x="0" y="0" width="24" height="24" rx="5" fill="#1b1c20"/>{bars}')
    result = QIcon()
    for size in (32, 128):
        result.addPixmap(_picture(renderer, size, 1.0))
    return result
