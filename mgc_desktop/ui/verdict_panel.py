"""The verdict of what is listened to, or else of the selected track: headline, rival, all probabilities."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QPainter, QPaintEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QSizePolicy, QStackedWidget, QVBoxLayout, QWidget

from mgc_desktop.core.model_figures import Figures, figures_of
from mgc_desktop.core.rivals import Rival, rival_of
from mgc_desktop.ui import theme, wording
from mgc_desktop.ui.actions import Actions
from mgc_desktop.ui.details.facts_view import FactsView
from mgc_desktop.ui.details.side_pages import SidePages
from mgc_desktop.ui.elided import ElidedLabel, plain_tip
from mgc_desktop.ui.link_line import LinkLine
from mgc_desktop.ui.probability_bars import ProbabilityBars
from mgc_desktop.ui.verdict_actions import VerdictActions

if TYPE_CHECKING:  # numpy comes with the values: after the first paint
    from mgc_desktop.core.model_info import ModelInfo
    from mgc_desktop.core.values import TrackRow, Verdict

HINT = "Select a track, or press Listen, to see what it sounds like."

_TO_CARD = "Press to see all figures in the model's card."
_HEADLINE_SIZES = (2.1, 1.85, 1.6, 1.4)  # of the usual text
_HEADLINE_LEFT, _HEADLINE_GAP = 17, 8  # px: for the colour, and between word and number


@dataclass(frozen=True, slots=True)
class Subject:
    """What a verdict is about, in lines of plain text."""

    caption: str  # "Selected track", "Listening"
    title: str
    facts: str = ""  # duration, existing genre


class Headline(QWidget):
    """The label in large letters beside its colour, and its confidence."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._word, self._number, self._colour = "", "", QColor()
        self.setAccessibleName("Verdict")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._name_font()

    def _name_font(self) -> None:
        # From the one that is wanted to the least, which the word is cut for.
        self._fonts = [theme.tabular(theme.scaled(self.font(), size, bold=True)) for size in _HEADLINE_SIZES]

    def _fitting_font(self) -> QFont:
        """Return the largest font in which all of it has room."""
        for font in self._fonts:
            metrics = QFontMetrics(font)
            needed = metrics.horizontalAdvance(self._word) + metrics.horizontalAdvance(self._number)
            if needed + _HEADLINE_LEFT + _HEADLINE_GAP <= self.width():
                return font
        return self._fonts[-1]

    def show_words(self, word: str, number: str, colour: QColor) -> None:
        self._word, self._number, self._colour = word, number, colour
        self.setAccessibleDescription(f"{word} {number}".strip())
        self.update()

    @property
    def word(self) -> str:
        return self._word

    @property
    def number(self) -> str:
        return self._number

    def sizeHint(self) -> QSize:
        return QSize(220, round(self.fontMetrics().height() * 2.5))

    def paintEvent(self, event: QPaintEvent) -> None:
        if not self._word:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(self._fitting_font())
        metrics = painter.fontMetrics()
        chip = QRectF(0, (self.height() - metrics.capHeight() * 1.3) / 2, 7, metrics.capHeight() * 1.3)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self._colour)
        painter.drawRoundedRect(chip, 3, 3)
        painter.setPen(self.palette().color(self.foregroundRole()))
        right = metrics.horizontalAdvance(self._number)
        middle = Qt.AlignmentFlag.AlignVCenter
        painter.drawText(self.rect(), middle | Qt.AlignmentFlag.AlignRight, self._number)
        room = self.rect().adjusted(_HEADLINE_LEFT, 0, -right - _HEADLINE_GAP, 0)
        word = metrics.elidedText(self._word, Qt.TextElideMode.ElideRight, room.width())
        painter.drawText(room, middle | Qt.AlignmentFlag.AlignLeft, word)

    def changeEvent(self, event: QEvent) -> None:
        if event.type() == QEvent.Type.FontChange:
            self._name_font()
        super().changeEvent(event)


class VerdictPanel(QFrame):
    """Shows one verdict at a time. GUI thread."""

    def __init__(self, actions: Actions, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Verdict panel")
        self.setMinimumWidth(240)
        self._caption = QLabel(self)
        self._caption.setProperty("rank", "muted")
        self._title = ElidedLabel(self)
        self._title.setAccessibleName("What the verdict is about")
        self._title.setFont(theme.scaled(self.font(), 1.1, bold=True))
        self._facts = ElidedLabel(self, Qt.TextElideMode.ElideRight)
        self._facts.setAccessibleName("Facts of the track")
        self._facts.set_muted()
        self.headline = Headline(self)
        self._rival = self._plain("Reason or runner-up")
        self._line = ""
        self.confused = LinkLine(self)  # in its place, where there is more to say
        self.confused.clicked.connect(actions["model_card"].trigger)
        self.offers = VerdictActions(actions, self)
        self.bars = ProbabilityBars(self)
        self.facts = FactsView(self)
        self.pages = SidePages(self.bars, self.facts, self)
        self._made_by = self._plain("Model and device", muted=True)
        self._hint = self._plain("Hint", muted=True)
        self._hint.setAlignment(Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignLeft)
        self._device = self._model = ""
        self._figures: Figures | None = None  # of the model in use
        self._claimed = False  # they are its maker's
        self._verdict: Verdict | None = None  # on show
        self._named: Rival | None = None  # beside it
        self._lay_out()
        self.show_nothing()

    def _plain(self, name: str, *, muted: bool = False) -> QLabel:
        label = QLabel(self)
        label.setAccessibleName(name)
        label.setTextFormat(Qt.TextFormat.PlainText)
        label.setWordWrap(True)
        label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        if muted:
            label.setProperty("rank", "muted")
        return label

    def _lay_out(self) -> None:
        subject = QWidget(self)
        head = QVBoxLayout(subject)
        head.setContentsMargins(0, 0, 0, 0)
        head.setSpacing(2)
        for widget in (self._caption, self._title, self._facts, self.headline, self._rival, self.confused, self.offers):
            head.addWidget(widget)
        head.addStretch(1)
        # A line keeps its place when it is empty, so that the bars below stay where they are.
        for line in (self._caption, self._rival, self.confused):
            line.setMinimumHeight(line.fontMetrics().height() + 4)
        self._head = QStackedWidget(self)
        self._head.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self._head.addWidget(self._hint)
        self._head.addWidget(subject)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 8, 16, 8)
        layout.setSpacing(2)
        layout.addWidget(self._head)
        layout.addSpacing(4)
        layout.addWidget(self.pages, 1)
        foot = QHBoxLayout()
        foot.addWidget(self._made_by, 1)
        foot.addWidget(self.pages.switch, 0, Qt.AlignmentFlag.AlignBottom)
        layout.addLayout(foot)

    def set_model(self, name: str, labels: Sequence[str], device: str, info: ModelInfo | None = None) -> None:
        """Take the model in use: its labels have their places from now on, and what it says of itself counts."""
        self._model, self._device = name, device
        self._figures = figures_of(info.metrics, info.thresholds.unsure) if info is not None else None
        self._claimed = info is not None and info.imported
        self.bars.set_labels(labels)
        self._name_maker(name, device)
        if self._verdict is not None:
            self._say_line(self._verdict)

    def _name_maker(self, model: str, device: str) -> None:
        self._made_by.setText(" on ".join(part for part in (model, device) if part))

    def show_nothing(self, hint: str = HINT) -> None:
        """Show the hint: nothing is selected and nobody listens."""
        self._fill(Subject("", ""), "", "", QColor())
        self._show_line("")
        self.bars.clear()
        self._hint.setText(hint)
        self._head.setCurrentIndex(0)
        self._name_maker(self._model, self._device)

    def show_verdict(
        self, subject: Subject, verdict: Verdict, device: str = "", raw: Mapping[str, float] | None = None
    ) -> None:
        """Show a verdict.

        Parameters
        ----------
        device : str
            What it was computed on, where that is known.
        raw : Mapping
            Probabilities of the newest window alone, where `verdict` is smoothed over several.
        """
        is_label = verdict.kind in ("genre", "not_music")
        follows = raw is not None and self._verdict is not None
        colour = theme.label_colour((verdict.label if verdict.kind == "genre" else None) or verdict.kind)
        number = wording.percent(verdict.confidence) if is_label else ""
        self._fill(subject, wording.headline(verdict), number, colour)
        self._say_line(verdict, self._named.label if follows and self._named is not None else None)
        if any(verdict.probabilities.values()):  # silence has none
            self.bars.set_values(verdict.probabilities, raw)
        else:
            self.bars.clear()
        self._head.setCurrentIndex(1)
        self._name_maker(verdict.model or self._model, device)

    def _say_line(self, verdict: Verdict, named: str | None = None) -> None:
        """Say what comes second, and what such a verdict was worth where the model was tried.

        Parameters
        ----------
        named : str, optional
            The rival that was beside the verdict before, of the same sound.
        """
        figures = self._figures if verdict.model == self._model else None  # another model's are not at hand
        confusion = figures.confusion if figures is not None else None
        rival = rival_of(verdict, confusion, named)
        line = wording.rival_line(verdict, rival)
        if rival is not None and rival.taken is not None:
            self._show_confused(line, wording.short_rival_line(verdict, rival), wording.rival_tip(rival, confusion))
        else:
            self._show_line(line)
        worth = ""
        if verdict.kind == "genre":
            worth = wording.confidence_tip(figures, verdict.confidence, claimed=self._claimed)
        said = (worth, wording.said_of(confusion, verdict.label))
        self.headline.setToolTip(plain_tip("\n".join(filter(None, said))))
        self._verdict, self._named = verdict, rival

    def _show_line(self, line: str, tip: str = "") -> None:
        self._line = line
        self._rival.setText(wording.unbroken(line))
        self._rival.setToolTip(plain_tip(tip))
        self._rival.show()
        self.confused.show_words("", "")

    def _show_confused(self, line: str, short: str, tip: str) -> None:
        """Show a line about what is often confused, which leads to the model's card."""
        self._rival.hide()
        self.confused.show_words(line, plain_tip(f"{tip}\n{_TO_CARD}"), short)

    def show_correction(self, subject: Subject, row: TrackRow, verdict: Verdict | None) -> None:
        """Show the genre that the person set; the bars stay the model's."""
        self._fill(subject, wording.row_word(row), "", theme.label_colour(row.correction or ""))
        self._show_line(wording.date_line(row), wording.correction_line(row))
        if verdict is not None and any(verdict.probabilities.values()):
            self.bars.set_values(verdict.probabilities)
        else:
            self.bars.clear()
        self._head.setCurrentIndex(1)
        self._name_maker(verdict.model if verdict is not None else self._model, "")

    def offer(self, row: TrackRow | None) -> None:
        """Offer to accept or correct what is said of a track; nothing where the panel is about something else."""
        self.offers.setVisible(row is not None)
        if row is not None:
            self.offers.show_for(corrected=row.correction is not None)

    def show_waiting(self, subject: Subject, word: str, line: str = "") -> None:
        """Show a subject that has no verdict (yet): queued, failed, gone, listening but not long enough."""
        self._fill(subject, word, "", theme.label_colour("silence"))
        self._show_line(line)
        self.bars.clear()
        self._head.setCurrentIndex(1)

    def _fill(self, subject: Subject, word: str, number: str, colour: QColor) -> None:
        self._caption.setText(subject.caption)
        self._title.set_text(subject.title)
        self._facts.set_text(subject.facts)
        self.headline.show_words(word, number, colour)
        self.headline.setToolTip("")
        self._verdict = None

    def line(self) -> str:
        """Return the line under the headline."""
        return self.confused.words or self._line
