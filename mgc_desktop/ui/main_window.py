"""The window: tool bar, library, verdict, live picture, status. Knows no engine, and imports Qt only."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QEvent, QObject, QSize, Qt, QTimer, Signal
from PySide6.QtGui import (
    QAction,
    QCloseEvent,
    QDragEnterEvent,
    QDragLeaveEvent,
    QDragMoveEvent,
    QDropEvent,
    QKeySequence,
    QPaintEvent,
    QResizeEvent,
    QShowEvent,
)
from PySide6.QtWidgets import (
    QComboBox,
    QDockWidget,
    QHBoxLayout,
    QLineEdit,
    QMainWindow,
    QSizePolicy,
    QToolBar,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from mgc_desktop.ui import icons
from mgc_desktop.ui.actions import Actions
from mgc_desktop.ui.drop_overlay import DropOverlay, local_paths
from mgc_desktop.ui.library.filter_dock import FILTERS_WIDTH, FilterDock
from mgc_desktop.ui.library.filter_pane import FilterPane
from mgc_desktop.ui.library.library_panel import LibraryPanel
from mgc_desktop.ui.message_bar import MessageBar
from mgc_desktop.ui.panel_title import PanelTitle
from mgc_desktop.ui.status_line import StatusLine
from mgc_desktop.ui.verdict_panel import VerdictPanel

FIRST_SIZE = QSize(1280, 800)
LEAST_SIZE = QSize(1000, 640)
_FRAME_HEIGHT = 40  # px that a title bar may take: on a small screen the status bar must still be on it
_VERDICT_WIDTH = 310  # px at first
_NARROW, _SLIM_VERDICT_WIDTH = 1150, 250  # px: under the first, the panel is the second wide
_LIVE_HEIGHT = 280  # px at first
_LOW = 720  # px; a lower window has the verdict beside the picture, not above it: both need the height
_LEAST_LIVE_HEIGHT = 250  # px, there: 160 of them are the picture's
_DEVICE_WIDTH = 190  # px, the input chooser
_UNSEEN_MS = 2000  # without a paint for so long after it was shown, the window is out of sight


class MainWindow(QMainWindow):
    """Widgets and actions; `Conductor` connects them with the engine.

    Signals
    -------
    painted
        Once, after the first paint: what takes time may be imported now. A window that nobody can see, because it
        starts minimised or on another desktop, says so after a moment.
    closed
        The window has been closed for good.
    paths_given
        Files and folders were dropped.
    came_back
        The window is the active one again: another program may have changed what it shows.
    """

    painted = Signal()
    closed = Signal()
    paths_given = Signal(object)  # list[str]
    came_back = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setWindowTitle("mgc-desktop")
        self.setWindowIcon(icons.application_icon())
        self.setMinimumSize(LEAST_SIZE)
        self.resize(FIRST_SIZE.boundedTo(self.screen().availableSize() - QSize(0, _FRAME_HEIGHT)))
        self.setAcceptDrops(True)
        self.setDockOptions(QMainWindow.DockOption.AnimatedDocks | QMainWindow.DockOption.AllowNestedDocks)
        self.setCorner(Qt.Corner.BottomRightCorner, Qt.DockWidgetArea.BottomDockWidgetArea)
        self.may_close: Callable[[], bool] = lambda: True  # asked before the window closes
        self._is_painted = False
        self._live_share = _LIVE_HEIGHT / FIRST_SIZE.height()  # of the window's height
        self._shared_height = 0  # px, of the window when the share was last applied
        self.commands = Actions(self)
        self.commands.renew_icons()
        self.messages = MessageBar(self)
        self.library = LibraryPanel(self.commands, self)
        self.filters = FilterPane(self)
        self.verdict = VerdictPanel(self.commands, self)
        self.status = StatusLine(self.commands, self)
        self.overlay = DropOverlay(self, "Drop to hear what kind of music it is")
        self._put_in_place()
        self.commands.fill(self.menuBar())
        for action in self.commands.all():
            in_table = action.shortcutContext() == Qt.ShortcutContext.WidgetShortcut
            (self.library.table if in_table else self).addAction(action)
        self._connect_views()
        self.library.take_focus()

    def _put_in_place(self) -> None:
        centre = QWidget(self)
        column = QVBoxLayout(centre)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.messages)
        column.addWidget(self.library, 1)
        self._centre = column
        self.setCentralWidget(centre)
        self.setStatusBar(self.status)
        self._make_tool_bar()
        self.verdict_dock = self._dock("Verdict", self.verdict, Qt.DockWidgetArea.RightDockWidgetArea)
        self._live_place = QWidget(self)
        self._live_place.setMinimumHeight(150)
        self.live_dock = self._dock("Live picture", self._live_place, Qt.DockWidgetArea.BottomDockWidgetArea)
        self.live_dock.installEventFilter(self)
        self.filters_dock = self._dock("Genres and filters", self.filters, Qt.DockWidgetArea.LeftDockWidgetArea)
        self.filters_place = FilterDock(self, self.filters_dock, self.filters, self.commands["view_filters"])
        self.library.connect_filters(self.filters)
        self.arrange()

    def _dock(self, title: str, widget: QWidget, area: Qt.DockWidgetArea) -> QDockWidget:
        dock = QDockWidget(title, self)
        dock.setObjectName(title)  # the name that the saved state knows it by
        dock.setAccessibleName(title)
        dock.setTitleBarWidget(PanelTitle(dock))
        dock.setWidget(widget)
        self.addDockWidget(area, dock)
        return dock

    def arrange(self) -> None:
        """Give the panels the sizes of a first start."""
        docks, widths = [self.filters_dock, self.verdict_dock], [FILTERS_WIDTH, _VERDICT_WIDTH]
        self.resizeDocks(docks, widths, Qt.Orientation.Horizontal)
        self.resizeDocks([self.live_dock], [_LIVE_HEIGHT], Qt.Orientation.Vertical)

    def _share_width(self, width: int) -> None:
        # In a narrow window the table needs the room more than the bars do.
        narrow, is_slim = width < _NARROW, self.verdict_dock.width() <= _SLIM_VERDICT_WIDTH
        if narrow != is_slim and not self.verdict_dock.isFloating():
            wanted = _SLIM_VERDICT_WIDTH if narrow else _VERDICT_WIDTH
            self.resizeDocks([self.verdict_dock], [wanted], Qt.Orientation.Horizontal)

    def _share_height(self, height: int) -> None:
        # A larger window has a larger picture; what a person made of it by hand stays in proportion.
        low = height < _LOW
        corner = Qt.DockWidgetArea.RightDockWidgetArea if low else Qt.DockWidgetArea.BottomDockWidgetArea
        if self.corner(Qt.Corner.BottomRightCorner) != corner:
            self.setCorner(Qt.Corner.BottomRightCorner, corner)
        if self._live_is_below():
            wanted = max(round(self._live_share * height), _LEAST_LIVE_HEIGHT if low else 0)
            self.resizeDocks([self.live_dock], [wanted], Qt.Orientation.Vertical)
        QTimer.singleShot(0, self, self._end_sharing)

    def _end_sharing(self) -> None:
        self._shared_height = self.height()  # what the panel becomes from here on is somebody's wish

    def _note_share(self) -> None:
        is_settled = self._is_painted and self.height() == self._shared_height
        if is_settled and self._live_is_below() and self.height() >= _LOW:
            self._live_share = self.live_dock.height() / self.height()

    def _live_is_below(self) -> bool:
        below = self.dockWidgetArea(self.live_dock) == Qt.DockWidgetArea.BottomDockWidgetArea
        return below and not self.live_dock.isFloating()

    def _make_tool_bar(self) -> None:
        bar = QToolBar("Tools", self)
        bar.setObjectName("Tools")
        bar.setMovable(False)
        bar.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        bar.setIconSize(QSize(18, 18))
        bar.setContextMenuPolicy(Qt.ContextMenuPolicy.PreventContextMenu)
        bar.addAction(self.commands["add_folder"])
        bar.addSeparator()
        bar.addAction(self.commands["listen"])
        bar.addWidget(self._make_device_place())
        bar.addSeparator()
        bar.addWidget(self._make_search())
        bar.addSeparator()
        bar.addAction(self.commands["write_tags"])
        bar.addWidget(self._make_model_button())
        self.addToolBar(bar)
        for name, text in (("add_folder", "Add folder"), ("listen", "Listen"), ("write_tags", "Write tags")):
            self.commands[name].setIconText(text)
            button = bar.widgetForAction(self.commands[name])
            button.setAccessibleName(text)
        _keep_width(bar, self.commands["listen"], ("Stop", "Listen"))

    def _make_device_place(self) -> QWidget:
        place = QWidget(self)
        place.setFixedWidth(_DEVICE_WIDTH)
        self._device_row = QHBoxLayout(place)
        self._device_row.setContentsMargins(0, 0, 0, 0)
        waiting = QComboBox(place)
        waiting.setAccessibleName("Input device")
        waiting.addItem("Default input")
        waiting.setEnabled(False)
        self._device_row.addWidget(waiting)
        return place

    def _make_search(self) -> QWidget:
        self.search = QLineEdit(self)
        self.search.setPlaceholderText("Search")
        self.search.setAccessibleName("Search the library")
        self.search.setToolTip(self.commands["find"].toolTip())
        self.search.setClearButtonEnabled(True)
        self.search.setMinimumWidth(140)
        self.search.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.search.addAction(self.commands["find"].icon(), QLineEdit.ActionPosition.LeadingPosition)
        return self.search

    def _make_model_button(self) -> QToolButton:
        self.model_button = QToolButton(self)
        self.model_button.setAccessibleName("Model in use")
        self.model_button.setToolTip("The model in use: choose another, or teach a new one")
        self.model_button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.model_button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.model_button.setMinimumWidth(130)
        self.model_button.setMaximumWidth(220)
        self.model_button.setText("Model")
        self.model_button.setIcon(icons.icon("model"))
        return self.model_button

    def _connect_views(self) -> None:
        for name, dock in (("view_verdict", self.verdict_dock), ("view_live", self.live_dock)):
            action = self.commands[name]
            action.setChecked(True)
            action.triggered.connect(lambda shown, d=dock: d.setVisible(shown))
            dock.visibilityChanged.connect(lambda _, d=dock, a=action: a.setChecked(not d.isHidden()))
        self.commands["full_screen"].triggered.connect(self._fill_screen)
        self.commands["find"].triggered.connect(self._find)
        self.commands["select_all"].triggered.connect(self.library.table.selectAll)
        self.commands["quit"].triggered.connect(self.close)
        self.search.textChanged.connect(self.library.search_for)
        escape = QAction(self.search)
        escape.setShortcut(QKeySequence(Qt.Key.Key_Escape))
        escape.setShortcutContext(Qt.ShortcutContext.WidgetShortcut)
        escape.triggered.connect(self.search.clear)
        self.search.addAction(escape)
        self.library.search_dropped.connect(self.search.clear)
        self.library.table.selection_counted.connect(lambda n: self.commands.enable_for_selection(count=n))

    def set_device_chooser(self, chooser: QWidget) -> None:
        """Put the input chooser in its place in the tool bar."""
        while (item := self._device_row.takeAt(0)) is not None:
            if (widget := item.widget()) is not None:
                widget.deleteLater()
        self._device_row.addWidget(chooser)

    def add_bar(self, bar: QWidget) -> None:
        """Put a bar between the messages and the table."""
        self._centre.insertWidget(self._centre.count() - 1, bar)

    def set_live_panel(self, panel: QWidget) -> None:
        """Put the live picture in its place."""
        self.live_dock.setWidget(panel)
        self._live_place.deleteLater()

    def name_model(self, text: str, tip: str) -> None:
        """Show the model in use on its button."""
        metrics = self.model_button.fontMetrics()
        self.model_button.setText(metrics.elidedText(text, Qt.TextElideMode.ElideMiddle, 150))
        self.model_button.setToolTip(tip)

    def renew_icons(self) -> None:
        """Draw the icons in the colours of the scheme in use."""
        self.commands.renew_icons()
        self.model_button.setIcon(icons.icon("model"))
        self.search.actions()[0].setIcon(icons.icon("search"))

    def come_to_front(self) -> None:
        self.setWindowState(self.windowState() & ~Qt.WindowState.WindowMinimized)
        self.show()
        self.raise_()
        self.activateWindow()

    def _find(self) -> None:
        self.search.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.search.selectAll()

    def _fill_screen(self, wanted: bool) -> None:
        self.showFullScreen() if wanted else self.showNormal()

    # Qt's events.
    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if not self._is_painted:
            QTimer.singleShot(0, self, self._say_painted)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if not self._is_painted:
            QTimer.singleShot(_UNSEEN_MS, self, self._say_painted)

    def _say_painted(self) -> None:
        if not self._is_painted:
            self._is_painted = True
            self._note_share()
            self.painted.emit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if event.size().width() != event.oldSize().width():
            self._share_width(event.size().width())
        if event.size().height() != event.oldSize().height():
            self._share_height(event.size().height())
        if self.overlay.isVisible():
            self.overlay.cover()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self.live_dock and event.type() == QEvent.Type.Resize:
            self._note_share()
        return super().eventFilter(watched, event)

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.PaletteChange:
            QTimer.singleShot(0, self, self.renew_icons)
        if event.type() == QEvent.Type.WindowActivate:
            self.came_back.emit()
        if event.type() == QEvent.Type.StatusTip and self.status.scanning:
            return True  # what is going on matters more than what a button would do
        return super().event(event)

    def closeEvent(self, event: QCloseEvent) -> None:
        if self.may_close():
            event.accept()
            self.closed.emit()
        else:
            event.ignore()

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if event.source() is None and local_paths(event.mimeData()):  # its own rows are in the library already
            event.setDropAction(Qt.DropAction.CopyAction)
            event.accept()
            self.overlay.cover()

    def dragMoveEvent(self, event: QDragMoveEvent) -> None:
        event.setDropAction(Qt.DropAction.CopyAction)
        event.accept()

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        self.overlay.hide()

    def dropEvent(self, event: QDropEvent) -> None:
        self.overlay.hide()
        event.setDropAction(Qt.DropAction.CopyAction)
        event.accept()
        self.paths_given.emit(local_paths(event.mimeData()))


def _keep_width(bar: QToolBar, action: QAction, texts: Sequence[str]) -> None:
    """Give an action's button the width of its widest text, so that what stands beside it never moves."""
    button = bar.widgetForAction(action)
    widths = []
    for text in texts:  # the last one stays
        action.setIconText(text)
        widths.append(button.sizeHint().width())
    button.setMinimumWidth(max(widths))
