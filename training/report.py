"""Tell how a run goes: one JSON object a line, or a progress bar in a terminal."""

from __future__ import annotations

import json
import sys
from typing import Any, Protocol

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from training.figures_text import figures_text


class Reporter(Protocol):
    """Takes the events that `training/__main__.py` documents."""

    def __call__(self, event: str, **data: Any) -> None: ...

    def close(self) -> None: ...


class JsonReporter:
    """Each event on a line of its own, and nothing else on stdout."""

    def __call__(self, event: str, **data: Any) -> None:
        sys.stdout.write(json.dumps({"event": event, **data}) + "\n")
        sys.stdout.flush()

    def close(self) -> None:
        sys.stdout.flush()


class SilentReporter:
    """For the processes of a run that are not its first."""

    def __call__(self, event: str, **data: Any) -> None:
        pass

    def close(self) -> None:
        pass


class TerminalReporter:
    """A progress bar and a line an epoch, on stderr."""

    def __init__(self) -> None:
        self._console = Console(stderr=True, highlight=False)
        self._progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
            console=self._console,
            transient=True,
            disable=not self._console.is_terminal,  # in a file of its output a bar would leave blank lines
        )
        self._task = self._progress.add_task("getting ready", total=None)
        self._progress.start()

    def __call__(self, event: str, **data: Any) -> None:
        if event == "prepare":
            self._progress.update(self._task, description="features", completed=data["done"], total=data["total"])
        elif event == "start":
            counts = ", ".join(f"{n} {split}" for split, n in data["tracks"].items())
            self._say(f"{data['system']} on {data['device']}: {counts}; {', '.join(data['labels'])}")
        elif event == "hints":
            self._progress.update(self._task, description="hints", completed=data["step"], total=data["steps"])
        elif event == "hear":
            self._progress.update(self._task, description="last layer", completed=data["done"], total=data["total"])
        elif event == "conditions":
            self._progress.update(self._task, description="conditions", completed=data["done"], total=data["total"])
        elif event == "step":
            self._progress.update(
                self._task, description=f"epoch {data['epoch']}", completed=data["step"], total=data["steps"]
            )
        elif event == "epoch":
            self._say(
                f"epoch {data['epoch']:3d}/{data['epochs']}  train {data['train_loss']:.3f}  "
                f"valid {_figure(data['valid_loss'])}  accuracy {_figure(data['valid_accuracy'])}"
                f"{'  kept' if data['best'] else ''}  {data['seconds']:.0f} s, {data['seconds_left'] / 60:.0f} min left"
            )
        elif event == "done":
            self._say(f"model in {data['model']}")
            if "predictions" in data:  # a run's; figures of a model from elsewhere may be anything
                self._say(figures_text(data["metrics"]))
        elif event in {"note", "error", "cancelled"}:
            self._say(data["sentence"])

    def close(self) -> None:
        self._progress.stop()

    def _say(self, text: str) -> None:
        # Names of labels and files are data, not markup.
        self._console.print(text, markup=False, soft_wrap=True)


def _figure(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"
