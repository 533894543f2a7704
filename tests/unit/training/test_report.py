"""What a run tells of itself where nobody watches it on a terminal."""

from __future__ import annotations

import pytest

from training.report import TerminalReporter


def test_in_a_file_the_output_has_lines_and_no_bar(capsys: pytest.CaptureFixture[str]) -> None:
    report = TerminalReporter()
    for step in range(3):
        report("step", epoch=1, step=step, steps=3)
    report("hints", step=1, steps=3, unexplained=0.5)
    report("note", sentence="[bold]Rock[/bold] has 3 tracks.")
    report("cancelled", resumable=True, sentence="Stopped; go on with --resume.")
    report.close()
    assert capsys.readouterr().err == "[bold]Rock[/bold] has 3 tracks.\nStopped; go on with --resume.\n"
