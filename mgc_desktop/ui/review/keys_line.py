"""The line of keys: what each does, always in sight, and to be clicked by those who prefer that."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QPoint, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QMouseEvent, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from mgc_desktop.ui import theme
from mgc_desktop.ui.review.caps import cap_size, paint_cap

_GAP, _BETWEEN, _LINE_GAP = 6, 20, 5  # px: cap to word, word to cap, line to line


@dataclass(frozen=True, slots=True)
class KeyHint:
    """Keys that do the same, and what that is."""

    name: str  # what `clicked` says
    caps: tuple[str, ...]
    word: str
    clickable: bool = True


class KeysLine(QWidget):
    """Wraps where there is too little room. GUI thread."""

    clicked = Signal(str)  # the name of a hint

    def __init__(self, hints: Sequence[KeyHint], parent: QWidget | None = None, *, muted: bool = True) -> None:
        super().__init__(parent)
        self._muted = muted  # whether the words are second in rank; not on a coloured ground
        self._hints = tuple(hints)
        self._words = {hint.name: hint.word for hint in hints}
        self._quiet: frozenset[str] = frozenset()
        self._places: list[tuple[KeyHint, QRect]] = []
        self.setAccessibleName("Keys")
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        self.setMouseTracking(True)
        self._describe()

    def say(self, name: str, word: str) -> None:
        """Change what a hint says: Pause becomes Play."""
        if self._words[name] != word:
            self._words[name] = word
            self._describe()
            self._arrange(self.width())
            self.update()

    def enable(self, name: str, on: bool) -> None:
        """Show whether a key does something now."""
        quiet = self._quiet - {name} if on else self._quiet | {name}
        if quiet != self._quiet:
            self._quiet = quiet
            self.update()

    def _describe(self) -> None:
        self.setAccessibleDescription(
            ", ".join(f"{' or '.join(hint.caps)}: {self._words[hint.name]}" for hint in self._hints)
        )

    # Places.
    def _arrange(self, width: int) -> int:
        """Lay the hints out in lines of `width` px, and return the height that takes."""
        self._places = []
        left = top = 0
        height = round(cap_size(self.font(), "A")[1]) + 2
        for hint in self._hints:
            caps = sum(round(cap_size(self.font(), cap)[0]) + 3 for cap in hint.caps)
            # Of the longest word that it may say, so that nothing beside it moves.
            own = caps + _GAP + self.fontMetrics().horizontalAdvance(max((hint.word, self._words[hint.name]), key=len))
            if left and left + own > width:
                left, top = 0, top + height + _LINE_GAP
            self._places.append((hint, QRect(left, top, own, height)))
            left += own + _BETWEEN
        return top + height

    def hasHeightForWidth(self) -> bool:
        return True

    def heightForWidth(self, width: int) -> int:
        return self._arrange(width)

    def sizeHint(self) -> QSize:
        return QSize(700, self._arrange(700))

    def minimumSizeHint(self) -> QSize:
        return QSize(240, self._arrange(max(240, self.width())))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.setFixedHeight(self._arrange(event.size().width()))

    # Painting and the mouse.
    def paintEvent(self, event: QPaintEvent) -> None:
        self._arrange(self.width())
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        colours = theme.tokens()
        for hint, box in self._places:
            painter.setOpacity(0.45 if hint.name in self._quiet else 1.0)
            left = float(box.left())
            for cap in hint.caps:
                left = paint_cap(painter, self.font(), left, box.center().y() + 0.5, cap) + 3
            painter.setPen(QColor(colours.muted if self._muted else colours.text))
            text = QRectF(left + _GAP - 3, box.top(), box.right() - left + 8, box.height())
            painter.drawText(text, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, self._words[hint.name])

    def _hint_at(self, where: QPoint) -> KeyHint | None:
        found = next((hint for hint, box in self._places if box.contains(where)), None)
        return found if found is not None and found.clickable and found.name not in self._quiet else None

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        over = self._hint_at(event.position().toPoint()) is not None
        self.setCursor(Qt.CursorShape.PointingHandCursor if over else Qt.CursorShape.ArrowCursor)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        hint = self._hint_at(event.position().toPoint())
        if hint is not None and event.button() == Qt.MouseButton.LeftButton:
            self.clicked.emit(hint.name)
