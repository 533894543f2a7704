"""What the person decides about a batch: policy, minimum confidence, whose word counts, which files may be touched."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import (
    QButtonGroup,
    QCheckBox,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QRadioButton,
    QSlider,
    QVBoxLayout,
    QWidget,
)

from mgc_desktop.engine.tag_plan import TagPolicy
from mgc_desktop.ui import theme, wording
from mgc_desktop.ui.models.parts import button, label
from mgc_desktop.ui.port import SettingsPort

if TYPE_CHECKING:
    from mgc_desktop.library.tags.write import WriteOptions

WIDTH = 272  # px
_SETTING = "tags.choices"
_STILL_MS = 60  # the slider rests for so long before the files are planned anew
_MOST = 99  # percent
_POLICIES = (
    ("fill", "Fill &empty genres only", "A file that has a genre keeps it."),
    ("replace", "&Replace the genre", "The new genre stands in place of all the old ones."),
    ("append", "A&dd to the genre", "The new genre stands behind the old ones."),
)
_TIMES = ("&Keep the files' dates", "Otherwise a file's date says when its genre was written, as in other programs.")
_INSIST = (
    "Insist: also &protected and linked files",
    "Files that are read-only, or that have a second name (hard link). They are left alone otherwise; a second name "
    "keeps the old genre.",
)


@dataclass(frozen=True, slots=True)
class Choices:
    """What was chosen; all but `insist` is remembered."""

    policy: str = "fill"
    least: int = 70  # percent
    only_accepted: bool = False
    keep_times: bool = False
    insist: bool = False
    names: Mapping[str, str] = field(default_factory=dict)  # label to the name that is written

    def tag_policy(self) -> TagPolicy:
        return TagPolicy(self.policy, self.least / 100, dict(self.names), self.only_accepted)

    def options(self) -> WriteOptions:
        # Imported here: it brings in all that takes tags apart, which most sessions never need.
        from mgc_desktop.library.tags.write import WriteOptions

        return WriteOptions(keep_times=self.keep_times, insist=self.insist)


def remembered(settings: SettingsPort) -> Choices:
    """Return the choices of the last time; what can't be understood is as at a first start."""
    saved: Any = settings.get(_SETTING, {})
    made, usual = saved if isinstance(saved, dict) else {}, Choices()
    policy, least, names = made.get("policy"), made.get("least"), made.get("names")
    return Choices(
        policy if policy in {name for name, *_ in _POLICIES} else usual.policy,
        min(_MOST, max(0, least)) if isinstance(least, int) and not isinstance(least, bool) else usual.least,
        made.get("only_accepted") is True,
        made.get("keep_times") is True,
        names={k: v for k, v in names.items() if isinstance(v, str)} if isinstance(names, dict) else {},
    )


def remember(settings: SettingsPort, made: Choices) -> None:
    """Put the choices into the settings; "also protected files" is asked for anew each time."""
    settings.set(
        _SETTING,
        {
            "policy": made.policy,
            "least": made.least,
            "only_accepted": made.only_accepted,
            "keep_times": made.keep_times,
            "names": dict(made.names),
        },
    )


class ChoicesPanel(QWidget):
    """The column beside the preview's table.

    Signals
    -------
    touched
        Something else is being chosen.
    changed
        Something else is chosen, and nothing is moved any more: `choices` says what.
    names_asked
        The names that are written are to be edited.
    """

    touched = Signal()
    changed = Signal()
    names_asked = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("What to write")
        self.setFixedWidth(WIDTH)
        self._made = Choices()
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(_STILL_MS)
        self._timer.timeout.connect(self.changed)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 8, 0)
        self._column.setSpacing(4)
        self._make_policies()
        self._make_confidence()
        self._make_options()
        self._column.addStretch(1)
        self.show_choices(self._made)

    def choices(self) -> Choices:
        return self._made

    def show_choices(self, made: Choices) -> None:
        """Set everything without telling of it."""
        self.blockSignals(True)
        self.policies[made.policy].setChecked(True)
        self.least.setValue(made.least)
        for box, on in ((self.accepted, made.only_accepted), (self.times, made.keep_times), (self.insist, made.insist)):
            box.setChecked(on)
        self._made = made
        self._timer.stop()
        self.blockSignals(False)
        self._show_state()

    def set_names(self, names: Mapping[str, str]) -> None:
        """Take the names that were edited."""
        self._take(names=dict(names))

    def _make_policies(self) -> None:
        self._title("What to write")
        self._column.addSpacing(2)
        group = QButtonGroup(self)
        self.policies: dict[str, QRadioButton] = {}
        for name, text, meaning in _POLICIES:
            made = self.policies[name] = QRadioButton(text, self)
            made.setToolTip(meaning)
            made.setAccessibleDescription(meaning)
            made.toggled.connect(lambda on, name=name: self._take(policy=name) if on else None)
            group.addButton(made)
            self._column.addWidget(made)
            self._explain(meaning)

    def _make_confidence(self) -> None:
        row = QHBoxLayout()
        title = QLabel("&Minimum confidence", self)
        title.setFont(theme.scaled(title.font(), 1.0, bold=True))
        self._percent = label("Minimum confidence in percent")
        self._percent.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        row.addWidget(title)
        row.addWidget(self._percent, 1)
        self.least = QSlider(Qt.Orientation.Horizontal, self)
        self.least.setRange(0, _MOST)
        self.least.setPageStep(5)
        self.least.setAccessibleName("Minimum confidence")
        self.least.setToolTip("Verdicts that are less sure are not written; what you set or accepted always is")
        title.setBuddy(self.least)
        self.least.valueChanged.connect(lambda value: self._take(least=value))
        self.accepted = self._box("&Only what I accepted or set", "Verdicts that you did not look at are not written")
        self.accepted.toggled.connect(lambda on: self._take(only_accepted=on))
        self.names: QPushButton = button("&Names that are written…", "hiphop is written as Hip-Hop: change such names")
        self.names.setProperty("size", "small")
        self.names.clicked.connect(self.names_asked)
        self._column.addSpacing(10)
        self._column.addLayout(row)
        self._column.addWidget(self.least)
        self._column.addWidget(self.accepted)
        self._column.addSpacing(8)
        self._column.addWidget(self.names, 0, Qt.AlignmentFlag.AlignLeft)

    def _make_options(self) -> None:
        self._column.addSpacing(10)
        self._title("The files")
        self._column.addSpacing(2)
        self.times, self.insist = self._box(*_TIMES), self._box(*_INSIST)
        self.times.toggled.connect(lambda on: self._take(keep_times=on))
        self.insist.toggled.connect(lambda on: self._take(insist=on))
        self._column.addWidget(self.times)
        self._column.addSpacing(2)
        self._column.addWidget(self.insist)
        self._explain(_INSIST[1])

    def _title(self, text: str) -> None:
        title = QLabel(text, self)
        title.setFont(theme.scaled(title.font(), 1.0, bold=True))
        self._column.addWidget(title)

    def _explain(self, text: str) -> None:
        line = label("Explanation", muted=True)
        line.setText(text)
        line.setContentsMargins(22, 0, 0, 4)
        self._column.addWidget(line)

    def _box(self, text: str, tip: str) -> QCheckBox:
        box = QCheckBox(text, self)
        box.setToolTip(tip)
        box.setAccessibleDescription(tip)
        return box

    def _take(self, **changes: Any) -> None:
        made = replace(self._made, **changes)
        if made != self._made:
            self._made = made
            self._show_state()
            if not self.signalsBlocked():
                self.touched.emit()
                self._timer.start()

    def _show_state(self) -> None:
        made = self._made
        self._percent.setText(wording.percent(made.least / 100))
        for widget in (self.least, self._percent):
            widget.setEnabled(not made.only_accepted)  # a person's word needs no confidence
        self.names.setText(
            f"&Names that are written ({len(made.names)})…" if made.names else "&Names that are written…"
        )
