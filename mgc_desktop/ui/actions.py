"""Everything a person can ask for, once: text, shortcut, tool tip, icon; the menus are made from it."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QObject, Qt
from PySide6.QtGui import QAction, QActionGroup, QKeySequence
from PySide6.QtWidgets import QMenu, QMenuBar

from mgc_desktop.ui import icons


@dataclass(frozen=True, slots=True)
class Spec:
    name: str
    text: str
    shortcut: str
    tip: str
    icon: str = ""
    checkable: bool = False
    in_table: bool = False  # its key works only while the table has the keyboard: elsewhere it is a letter


_SPECS = (
    Spec("add_folder", "Add &Folder…", "Ctrl+O", "Add a folder of music to the library and hear it", "add-folder"),
    Spec("add_files", "Add F&iles…", "Ctrl+Shift+O", "Add single files to the library and hear them"),
    Spec("pause_scan", "&Pause Hearing", "Ctrl+P", "Pause hearing the queued tracks, or go on", "pause", True),
    Spec("cancel_scan", "&Cancel Hearing", "Ctrl+Shift+X", "Drop the tracks that are still queued", "close"),
    Spec("quit", "&Quit", "Ctrl+Q", "Close the window; what was heard is kept"),
    Spec("undo", "&Undo", "Ctrl+Z", "Undo what was last done to the genres of tracks"),
    Spec("redo", "&Redo", "Ctrl+Shift+Z", "Do again what was undone last"),
    Spec("accept", "&Accept Verdict", "A", "Take the verdicts of the selected tracks for right", in_table=True),
    Spec("set_genre", "Set &Genre…", "F2", "Say what the selected tracks are"),
    Spec("take_back", "&Take Back Your Genre", "Shift+F2", "Let the verdict count again for the selected tracks"),
    Spec("keep_existing", "&Keep Existing Genre", "K", "Say that what the files say is right", in_table=True),
    Spec("find", "&Find", "Ctrl+F", "Search titles, artists, genres and paths", "search"),
    Spec("select_all", "Select &All", "Ctrl+A", "Select every track that is listed"),
    Spec("copy_path", "&Copy Path", "Ctrl+Shift+C", "Copy the paths of the selected tracks"),
    Spec("copy_rows", "&Copy", "Ctrl+C", "Copy the selected rows as text", in_table=True),
    Spec("show_in_files", "&Show in File Manager", "Ctrl+E", "Open the folder of the selected track"),
    Spec("hear_again", "&Hear Again", "F5", "Analyse the selected tracks anew with the model in use"),
    Spec("review", "&Review…", "Ctrl+D", "Hear the doubtful tracks one after the other, and say what they are"),
    Spec("audit", "&Audit Existing Genres", "Ctrl+Shift+D", "List the tracks whose genre the model firmly disputes"),
    Spec("write_tags", "&Write Tags…", "Ctrl+T", "See which genres would go into which files, and write", "tag"),
    Spec("history", "&History…", "Ctrl+H", "What was written into files, and the way back"),
    Spec("folders", "&Folders…", "Ctrl+Shift+F", "Where the tracks come from: look again, watch, remove"),
    Spec("rescan", "&Look for Changes", "Ctrl+F5", "See what is new, moved, changed or gone in the library's folders"),
    Spec("export", "&Export…", "Ctrl+Shift+E", "Write what is listed into a table or into playlists"),
    Spec("trash", "Move to &Trash…", "Del", "Move the files of the selected tracks to the trash", in_table=True),
    Spec("play", "&Play or Pause", "Space", "Play the selected track, or pause what is played of it", in_table=True),
    Spec("listen", "&Listen", "Ctrl+L", "Listen to the chosen input and say what is playing", "listen", True),
    Spec("listen_file", "Listen to a &File…", "Ctrl+Alt+L", "Play a file, and show it as it plays", "file"),
    Spec("listen_track", "Listen to This &Track", "Ctrl+Alt+T", "Play the selected track, and judge it as it plays"),
    Spec("freeze", "Free&ze Picture", "Ctrl+Shift+Space", "Hold the picture still, to look back", "freeze", True),
    Spec("judge_span", "&Judge Selection", "Ctrl+J", "Judge a span as a whole; drag in the picture for one", "judge"),
    Spec("explain", "Wh&y?", "Ctrl+Y", "Show which times and bands the verdict rests on", "why"),
    Spec("model_sees", "What the &Model Sees", "Ctrl+Shift+V", "Show the model's own view of the sound", "eye", True),
    Spec("picture_options", "&Picture Options…", "Ctrl+Shift+P", "Detail, range, colours, time span", "options"),
    Spec("save_picture", "Save P&icture…", "Ctrl+S", "Save the picture with its axes as a PNG file", "save-picture"),
    Spec("save_sound", "Save S&ound…", "Ctrl+Alt+S", "Save the selection, or all that is kept, as FLAC", "save-sound"),
    Spec("keep_session", "&Keep This Session", "Ctrl+K", "Keep what is heard, with its verdicts", "keep", True),
    Spec("session_note", "Add &Note…", "Ctrl+N", "Write a note at this moment of the session", "note"),
    Spec("sessions", "&Sessions…", "Ctrl+Shift+S", "What was kept: look, hear, export, label, delete", "sessions"),
    Spec("numbers", "Live N&umbers", "Ctrl+Shift+N", "Delays and overruns of listening", "numbers", True),
    Spec("retrain", "&Retrain…", "Ctrl+R", "Teach a new model from folders of your own genres", "teach"),
    Spec("manage_models", "&Models…", "Ctrl+M", "List all models: cards, scores; use, rename, export, import, delete"),
    Spec("previous_model", "&Back to the Previous Model", "Ctrl+B", "Use the model again that was in use before"),
    Spec("open_models", "&Open Models Folder", "Ctrl+Shift+M", "Show where models that were trained here are kept"),
    Spec(
        "model_card", "About the Mo&del…", "Ctrl+I", "What the model in use is worth, where it is weak, how it was made"
    ),
    Spec("view_verdict", "&Verdict", "Ctrl+1", "Show or hide the verdict panel", checkable=True),
    Spec("view_live", "&Live Picture", "Ctrl+2", "Show or hide the spectrogram and ribbon", checkable=True),
    Spec("view_filters", "&Genres and Filters", "Ctrl+3", "Show or hide the genres and filters", checkable=True),
    Spec("full_screen", "&Full Screen", "F11", "Fill the screen, or go back", checkable=True),
    Spec("theme_system", "Like the &System", "Ctrl+Alt+0", "Light or dark, as the system says", checkable=True),
    Spec("theme_light", "&Light", "Ctrl+Alt+1", "Always light", checkable=True),
    Spec("theme_dark", "&Dark", "Ctrl+Alt+2", "Always dark", checkable=True),
    Spec("guide", "&User Guide", "F1", "How to do what this program does"),
    Spec("shortcuts", "&Keyboard Shortcuts", "Ctrl+/", "Every shortcut on one page"),
    Spec("open_logs", "Open &Log Folder", "Ctrl+Shift+L", "Show the log: useful in a bug report"),
    Spec("about", "&About", "Shift+F1", "Version, licence, and what this program is made with"),
)
TRACK_ACTIONS = ("copy_rows", "copy_path", "show_in_files", "hear_again", "trash")
GENRE_ACTIONS = ("accept", "keep_existing", "set_genre", "take_back")
_MENUS = (
    ("&File", ("add_folder", "add_files", "", "pause_scan", "cancel_scan", "", "quit")),
    ("&Edit", ("undo", "redo", "", *GENRE_ACTIONS, "", "find", "select_all", "", *TRACK_ACTIONS)),
    ("&Library", ("play", "", "review", "audit", "", "write_tags", "history", "", "folders", "rescan", "", "export")),
    (
        "&Listen",
        (
            "listen",
            ">devices",
            ">channels",
            "listen_file",
            "listen_track",
            "",
            "freeze",
            "judge_span",
            "explain",
            "model_sees",
            "picture_options",
            "",
            "keep_session",
            "session_note",
            "sessions",
            "",
            "save_picture",
            "save_sound",
            "",
            "numbers",
        ),
    ),
    ("&Model", ("retrain", "manage_models", "", ">models", "previous_model", "", "model_card", "open_models")),
    ("&View", ("view_verdict", "view_live", "view_filters", "", ">theme", "", "full_screen")),
    ("&Help", ("guide", "shortcuts", "", "open_logs", "model_card", "about")),
)
_SUBMENUS = {"devices": "&Input Device", "channels": "&Channels", "models": "&Use Model", "theme": "&Appearance"}
_THEMES = ("theme_system", "theme_light", "theme_dark")


class Actions(QObject):
    """The program's actions by name: `actions["listen"]`. GUI thread."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._by_name = {spec.name: self._make(spec) for spec in _SPECS}
        self.submenus: dict[str, QMenu] = {}
        group = QActionGroup(self)
        for name in _THEMES:
            group.addAction(self[name])
        self.enable_for_scan(running=False)
        self.enable_for_selection(count=0)
        for name in ("undo", "redo", *GENRE_ACTIONS):
            self[name].setEnabled(False)

    def __getitem__(self, name: str) -> QAction:
        return self._by_name[name]

    def all(self) -> list[QAction]:
        return list(self._by_name.values())

    def _make(self, spec: Spec) -> QAction:
        action = QAction(spec.text, self)
        action.setObjectName(spec.name)
        action.setCheckable(spec.checkable)
        action.setIconVisibleInMenu(not spec.checkable)  # there, a tick says more than an icon in a box
        action.setShortcut(QKeySequence(spec.shortcut))
        if spec.in_table:
            action.setShortcutContext(Qt.ShortcutContext.WidgetShortcut)
        action.setToolTip(f"{spec.tip} ({_native(action)})")
        action.setStatusTip(spec.tip)
        return action

    def tip(self, name: str) -> str:
        """Return what an action does, as it was made."""
        return next(spec.tip for spec in _SPECS if spec.name == name)

    def keys(self, name: str) -> str:
        """Return an action's shortcut as people write it."""
        return _native(self[name])

    def renew_icons(self) -> None:
        """Draw the icons in the colours of the scheme in use."""
        for spec in _SPECS:
            if spec.icon:
                self[spec.name].setIcon(icons.icon(spec.icon))

    def fill(self, bar: QMenuBar) -> None:
        """Make the menus, with the submenus `devices`, `models` and `theme` left for others to fill."""
        for title, names in _MENUS:
            menu = bar.addMenu(title)
            menu.setToolTipsVisible(True)
            for name in names:
                if not name:
                    menu.addSeparator()
                elif name.startswith(">"):
                    self.submenus[name[1:]] = menu.addMenu(_SUBMENUS[name[1:]])
                else:
                    menu.addAction(self[name])
        for name in _THEMES:
            self.submenus["theme"].addAction(self[name])

    def enable_for_scan(self, *, running: bool) -> None:
        self["pause_scan"].setEnabled(running)
        self["cancel_scan"].setEnabled(running)

    def enable_for_selection(self, *, count: int) -> None:
        for name in (*TRACK_ACTIONS, "listen_track"):
            self[name].setEnabled(count > 0)

    def table(self) -> list[tuple[str, str, str]]:
        """Return (text, keys, what it does) of each action, for the page of shortcuts."""
        return [(s.text.replace("&", "").rstrip("…"), self.keys(s.name), s.tip) for s in _SPECS]


def _native(action: QAction) -> str:
    return action.shortcut().toString(QKeySequence.SequenceFormat.NativeText)
