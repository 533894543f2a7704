"""Shapes that the pages of the dialog share."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPlainTextEdit, QPushButton, QToolButton, QVBoxLayout, QWidget

from mgc_desktop.ui import theme

_FOLD = (
    "QToolButton { border: 1px solid transparent; border-radius: 6px; background: transparent; padding: 3px 6px; }"
    "QToolButton:hover, QToolButton:focus { border-color: palette(highlight); }"
)


def page_layout(page: QWidget, spacing: int = 10) -> QVBoxLayout:
    """Return the column of a page, with the margins that all pages have."""
    layout = QVBoxLayout(page)
    layout.setContentsMargins(18, 16, 18, 16)
    layout.setSpacing(spacing)
    return layout


def bottom_row(left: Sequence[QWidget], right: Sequence[QWidget]) -> QHBoxLayout:
    """Return the row that ends a page: buttons at the left, and those that lead on at the right."""
    row = QHBoxLayout()
    for widget in left:
        row.addWidget(widget)
    row.addStretch(1)
    for widget in right:
        row.addWidget(widget)
    return row


def label(name: str, *, muted: bool = False, wrapped: bool = True) -> QLabel:
    """Return a label of plain text with an accessible name; its digits line up."""
    made = QLabel()
    made.setAccessibleName(name)
    made.setTextFormat(Qt.TextFormat.PlainText)
    made.setWordWrap(wrapped)
    made.setFont(theme.tabular(made.font()))
    if muted:
        made.setProperty("rank", "muted")
    return made


def headline(name: str) -> QLabel:
    made = label(name)
    made.setFont(theme.tabular(theme.scaled(made.font(), 1.25, bold=True)))
    return made


def set_rank(of: QLabel, rank: str) -> None:
    """Colour a label as "muted", "warning", "error", or plain (empty)."""
    if of.property("rank") != rank:
        of.setProperty("rank", rank)
        of.style().polish(of)


def log_pane(name: str) -> QPlainTextEdit:
    """Return a pane of lines that can be read and copied."""
    made = QPlainTextEdit()
    made.setAccessibleName(name)
    made.setReadOnly(True)
    made.setTabChangesFocus(True)
    return made


def button(text: str, tip: str) -> QPushButton:
    """Return a button that Return does not press unless it is made the default."""
    made = QPushButton(text)
    made.setToolTip(tip)
    made.setAutoDefault(False)
    return made


def fold_button(text: str, tip: str) -> QToolButton:
    """Return a button with an arrow that points down while it is checked: for what unfolds below or beside it."""
    made = QToolButton()
    made.setText(text)
    made.setAccessibleName(text)
    made.setToolTip(tip)
    made.setAutoRaise(True)
    made.setStyleSheet(_FOLD)
    made.setCheckable(True)
    made.setArrowType(Qt.ArrowType.RightArrow)
    made.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
    made.toggled.connect(lambda on: made.setArrowType(Qt.ArrowType.DownArrow if on else Qt.ArrowType.RightArrow))
    return made
