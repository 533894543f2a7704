"""The window of Model > Retrain: form, run, result, one after the other. It blocks nothing."""

from __future__ import annotations

from PySide6.QtGui import QCloseEvent
from PySide6.QtWidgets import QDialog, QStackedWidget, QVBoxLayout, QWidget

from mgc_desktop.ui.models.form import RetrainForm
from mgc_desktop.ui.models.result_view import ResultView
from mgc_desktop.ui.models.run_view import RunView


class RetrainDialog(QDialog):
    """Three pages in one place. Closing it hides it: a run goes on, and Model > Retrain shows it again."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle("Teach it your genres")
        self.setAccessibleName("Teach it your genres")
        self.resize(720, 560)
        self.setMinimumSize(560, 460)
        self.form, self.progress, self.outcome = RetrainForm(self), RunView(self), ResultView(self)
        self._pages = QStackedWidget(self)
        for page in (self.form, self.progress, self.outcome):
            self._pages.addWidget(page)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._pages)
        self.outcome.again_asked.connect(self.show_form)

    def page(self) -> QWidget | None:
        return self._pages.currentWidget()

    def show_form(self) -> None:
        self._pages.setCurrentWidget(self.form)
        self.form.start.setDefault(True)

    def show_run(self) -> None:
        self._pages.setCurrentWidget(self.progress)

    def show_result(self) -> None:
        self._pages.setCurrentWidget(self.outcome)

    def come_up(self) -> None:
        self.show()
        self.raise_()
        self.activateWindow()

    def closeEvent(self, event: QCloseEvent) -> None:
        self.form.checker.stop()
        super().closeEvent(event)
