"""The row of tools over the picture: with names where there is room, icons where not, a menu for what is left."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QSize, Qt, QTimer
from PySide6.QtGui import QAction, QResizeEvent
from PySide6.QtWidgets import QMenu, QSizePolicy, QToolButton, QWidget

from mgc_desktop.ui import icons

HEIGHT = 24  # px
_ICON = QSize(16, 16)
_GAP, _GROUP_GAP = 2, 10  # px between two buttons, and between two groups
_SPARE = 6  # px that Qt leaves to the right of a name
_BESIDE, _ALONE = Qt.ToolButtonStyle.ToolButtonTextBesideIcon, Qt.ToolButtonStyle.ToolButtonIconOnly


@dataclass(slots=True)
class _Tool:
    button: FlatTool
    action: QAction  # stands for it in the menu
    begins_group: bool
    has_name: bool  # shown beside the icon where there is room


class FlatTool(QToolButton):
    """A button of the row, without anything on it."""

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "tool")
        self.setIconSize(_ICON)
        self.setFixedHeight(HEIGHT)
        self.setAccessibleName(name)


class PictureTools(QWidget):
    """Buttons of actions, in groups. What comes first stays in sight longest. GUI thread."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Tools of the picture")
        self.setFixedHeight(HEIGHT)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._tools: list[_Tool] = []
        self._hidden: list[QAction] = []
        self._only: tuple[QAction, ...] | None = None
        self._more = FlatTool("More tools of the picture", self)
        self._more.setToolTip("More tools of the picture")
        self._more.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self._menu = QMenu(self._more)
        self._menu.setAccessibleName("More tools of the picture")
        self._menu.setToolTipsVisible(True)
        self._menu.aboutToShow.connect(self._fill_menu)
        self._more.setMenu(self._menu)
        self._more.hide()
        self._again = QTimer(self)  # several changes, one layout
        self._again.setSingleShot(True)
        self._again.setInterval(0)
        self._again.timeout.connect(self._lay_out)
        self.renew_icons()

    def add_action(self, action: QAction, *, named: bool = False, begins_group: bool = False) -> FlatTool:
        """Add an action at the end.

        Parameters
        ----------
        named : bool
            Whether its name (`iconText`) stands beside the icon where there is room.
        begins_group : bool
            Whether it stands a little apart from the one before.
        """
        button = FlatTool(action.iconText().rstrip("…"), self)
        button.setDefaultAction(action)
        button.setToolButtonStyle(_ALONE)
        self._put(_Tool(button, action, begins_group, named))
        action.changed.connect(self._again.start)
        return button

    def add_button(self, button: FlatTool, *, begins_group: bool = False) -> None:
        """Add a button that has a menu, which stands for it where there is no room."""
        button.setParent(self)
        self._put(_Tool(button, button.menu().menuAction(), begins_group, False))

    def _put(self, tool: _Tool) -> None:
        before = self._tools[-1].button if self._tools else None
        self._tools.append(tool)
        tool.button.show()
        if before is not None:
            QWidget.setTabOrder(before, tool.button)
        QWidget.setTabOrder(tool.button, self._more)
        self.updateGeometry()
        self._again.start()

    def limit_to(self, actions: Sequence[QAction] | None) -> None:
        """Show these alone; None: all that there are."""
        only = None if actions is None else tuple(actions)
        if only != self._only:
            self._only = only
            self.updateGeometry()
            self._lay_out()

    def _shown(self) -> list[_Tool]:
        return [tool for tool in self._tools if self._only is None or tool.action in self._only]

    def renew_icons(self) -> None:
        """Draw the icon of its own in the colours of the scheme in use; those of actions are renewed with them."""
        self._more.setIcon(icons.icon("more"))

    # Layout ------------------------------------------------------------------------------------------

    def _lay_out(self) -> None:
        shown = self._shown()
        for tool in self._tools:
            if tool not in shown:
                tool.button.hide()
        for named in (True, False):
            widths = [self._width(tool, named=named) for tool in shown]
            if self._ends(widths)[-1:] <= [self.width()]:
                self._place(widths, len(widths))
                return
        room = self.width() - self._more.sizeHint().width() - _GAP
        ends = self._ends(widths)
        self._place(widths, sum(end <= room for end in ends))

    def _width(self, tool: _Tool, *, named: bool) -> int:
        if tool.has_name:
            tool.button.setToolButtonStyle(_BESIDE if named else _ALONE)
        spare = _SPARE if tool.has_name and named else 0
        return tool.button.sizeHint().width() - spare

    def _ends(self, widths: list[int]) -> list[int]:
        ends, at = [], 0
        for number, (tool, width) in enumerate(zip(self._shown(), widths, strict=True)):
            if number:
                at += _GROUP_GAP if tool.begins_group else _GAP
            at += width
            ends.append(at)
        return ends

    def _place(self, widths: list[int], shown: int) -> None:
        ends = self._ends(widths)
        tools = self._shown()
        for number, (tool, width, end) in enumerate(zip(tools, widths, ends, strict=True)):
            tool.button.setVisible(number < shown)
            tool.button.setGeometry(end - width, 0, width, HEIGHT)
        self._hidden = [tool.action for tool in tools[shown:]]
        self._more.setVisible(shown < len(tools))
        left = ends[shown - 1] + _GAP if shown else 0
        self._more.setGeometry(left, 0, self._more.sizeHint().width(), HEIGHT)

    def _fill_menu(self) -> None:
        self._menu.clear()
        self._menu.addActions(self._hidden)

    # Qt's events -------------------------------------------------------------------------------------

    def sizeHint(self) -> QSize:
        widths = [tool.button.sizeHint().width() for tool in self._shown()]
        return QSize((self._ends(widths) or [0])[-1], HEIGHT)

    def minimumSizeHint(self) -> QSize:
        return QSize(self._more.sizeHint().width(), HEIGHT)

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._lay_out()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in (QEvent.Type.FontChange, QEvent.Type.StyleChange):
            self._again.start()
        if event.type() == QEvent.Type.PaletteChange:
            QTimer.singleShot(0, self, self.renew_icons)  # after the palette is everywhere
