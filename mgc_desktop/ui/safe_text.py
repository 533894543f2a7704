"""A pane for text from anywhere: nothing that it names is loaded, and no link is followed."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QUrl
from PySide6.QtGui import QImage, QTextCursor, QTextDocument, QTextOption
from PySide6.QtWidgets import QTextBrowser, QWidget

_MARGIN = 14  # px


class SafeTextBrowser(QTextBrowser):
    """Shows Markdown to read and copy. Pictures, files and addresses that it names stay untouched."""

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(name)
        self.setOpenLinks(False)
        self.document().setDocumentMargin(_MARGIN)
        self.setWordWrapMode(QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)

    def loadResource(self, kind: int, name: QUrl | str) -> Any:
        # An answer that is empty would make Qt look for a file of that name itself; this one is one clear pixel.
        nothing = QImage(1, 1, QImage.Format.Format_ARGB32_Premultiplied)
        nothing.fill(0)
        return nothing

    def show_markdown(self, text: str) -> None:
        """Show Markdown; HTML in it is shown as it stands."""
        self.document().setMarkdown(
            text,
            QTextDocument.MarkdownFeature(
                QTextDocument.MarkdownFeature.MarkdownDialectGitHub.value
                | QTextDocument.MarkdownFeature.MarkdownNoHTML.value
            ),
        )
        self._let_code_wrap()
        self.moveCursor(QTextCursor.MoveOperation.Start)
        self.verticalScrollBar().setValue(0)

    def _let_code_wrap(self) -> None:
        # Qt never breaks a line of a code block: one long command would make the whole page scroll sideways.
        block = self.document().begin()
        while block.isValid():
            form = block.blockFormat()
            if form.nonBreakableLines():
                form.setNonBreakableLines(False)
                QTextCursor(block).setBlockFormat(form)
            block = block.next()
