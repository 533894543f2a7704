"""Pages to read, each in a window of its own that blocks nothing: guide, shortcuts, about."""

from __future__ import annotations

import platform
from importlib import metadata
from pathlib import Path

import PySide6
from PySide6.QtCore import Qt, qVersion
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QDialog, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from mgc_desktop import __version__
from mgc_desktop.ui.actions import Actions
from mgc_desktop.ui.safe_text import SafeTextBrowser

_MAX_PAGE = 400_000  # characters
_PARTS = ("numpy", "torch", "librosa", "soundfile", "av", "sounddevice", "mutagen", "pyqtgraph")
_NO_GUIDE = (
    "# User guide\n\n- **Hear music:** drop files or folders on the window.\n"
    "- **Listen:** choose an input and press Listen.\n- **Teach:** Model > Retrain, with a folder for each genre.\n"
)


class Page(QDialog):
    """Text to read and copy; links are shown and never followed."""

    def __init__(self, title: str, parent: QWidget, size: tuple[int, int] = (640, 560)) -> None:
        super().__init__(parent)
        self.setWindowTitle(title)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.resize(*size)
        self._text = SafeTextBrowser(title, self)
        copy = QPushButton("Copy", self)
        copy.setToolTip("Copy the whole text")
        copy.setAutoDefault(False)
        copy.clicked.connect(lambda: QGuiApplication.clipboard().setText(self._text.toPlainText()))
        close = QPushButton("Close", self)
        close.setDefault(True)
        close.clicked.connect(self.close)
        buttons = QHBoxLayout()
        buttons.addWidget(copy)
        buttons.addStretch(1)
        buttons.addWidget(close)
        layout = QVBoxLayout(self)
        layout.addWidget(self._text)
        layout.addLayout(buttons)

    def text(self) -> str:
        return self._text.toPlainText()

    def show_markdown(self, text: str) -> None:
        """Show Markdown; HTML in it is shown as it stands, not followed."""
        self._text.show_markdown(text)
        self.show()
        self._text.verticalScrollBar().setValue(0)


def _versions() -> list[str]:
    lines = [f"Python {platform.python_version()}, Qt {qVersion()}, PySide6 {PySide6.__version__}"]
    for name in _PARTS:
        try:
            lines.append(f"{name} {metadata.version(name)}")
        except metadata.PackageNotFoundError:
            lines.append(f"{name} is missing")
    return lines


def show_about(parent: QWidget) -> Page:
    page = Page("About mgc-desktop", parent, (520, 420))
    page.show_markdown(
        f"# mgc-desktop\n\nVersion {__version__}\n\nHears what kind of music something is, and says how sure "
        "it is. Everything stays on this computer: nothing is sent anywhere.\n\n"
        "Free software under the GNU General Public License, version 3 or later (GPL-3.0-or-later). "
        "It comes without any warranty.\n\n## Made with\n\n" + "\n".join(f"- {line}" for line in _versions())
    )
    return page


def show_shortcuts(parent: QWidget, actions: Actions) -> Page:
    rows = "\n".join(f"| {text} | `{keys}` | {tip} |" for text, keys, tip in actions.table())
    page = Page("Keyboard shortcuts", parent, (760, 640))
    page.show_markdown(f"# Keyboard shortcuts\n\n| What | Keys | What it does |\n|---|---|---|\n{rows}\n")
    return page


def show_guide(parent: QWidget, guide: Path) -> Page:
    """Show the guide: every page in the folder `guide`, in the order of their names."""
    parts = [_read(path) for path in sorted(guide.glob("*.md"))] if guide.is_dir() else []
    page = Page("User guide", parent, (760, 640))
    page.show_markdown("\n\n".join(part for part in parts if part) or _NO_GUIDE)
    return page


def _read(path: Path) -> str:
    try:
        with path.open(encoding="utf-8", errors="replace") as stream:
            return stream.read(_MAX_PAGE)
    except OSError:
        return ""
