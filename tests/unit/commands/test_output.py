"""What `classify` writes: valid for any name, and harmless in a spreadsheet or a terminal."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mgc_desktop.commands.output import CsvTable, JsonLines, Lines, as_json, clock
from mgc_desktop.core.cells import safe_cell
from mgc_desktop.core.confusion import Confusion
from mgc_desktop.core.values import FileResult, Verdict, VerdictKind, WindowScores
from mgc_desktop.engine.results import failed
from tests.model_figures import CONFUSION

LABELS = ("jazz", "rock")


def result(path: str = "a.wav", kind: VerdictKind = VerdictKind.GENRE) -> FileResult:
    p = {"jazz": 0.8, "rock": 0.2}
    verdict = Verdict(kind, "jazz", 0.8, "rock", 0.2, p, "tiny")
    return FileResult(path, 61.0, verdict, (WindowScores(0.0, 29.0, p), WindowScores(32.0, 61.0, p)))


def test_json_has_the_promised_fields() -> None:
    said = json.loads(as_json(result()))
    assert said == {
        "path": "a.wav",
        "duration": 61.0,
        "verdict": "genre",
        "label": "jazz",
        "confidence": 0.8,
        "runner_up": "rock",
        "runner_up_confidence": 0.2,
        "rival": None,
        "probabilities": {"jazz": 0.8, "rock": 0.2},
        "model": "tiny",
        "error": None,
    }
    assert json.loads(as_json(result(), windows=True))["windows"][1] == {
        "start": 32.0,
        "end": 61.0,
        "probabilities": {"jazz": 0.8, "rock": 0.2},
    }


def test_json_of_a_failure_carries_the_sentence() -> None:
    said = json.loads(as_json(failed("b.wav", "tiny", "It is empty.").result))
    assert (said["verdict"], said["error"], said["duration"], said["label"]) == ("error", "It is empty.", None, None)


@given(st.text(st.characters(codec=None, categories=None), max_size=60))  # lone surrogates among them
def test_json_is_one_line_of_ascii_for_any_name(name: str) -> None:
    stream = io.StringIO()
    JsonLines(stream, windows=False).write(result(name))
    written = stream.getvalue()
    assert written.isascii()
    assert written.count("\n") == 1
    assert json.loads(written)["path"] == name


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "\n"])
def test_a_cell_cannot_start_a_formula(start: str) -> None:
    assert safe_cell(start + "cmd|' /C calc'!A0") == "'" + start + "cmd|' /C calc'!A0"


def rows_of(stream: io.StringIO) -> list[list[str]]:
    return list(csv.reader(io.StringIO(stream.getvalue(), newline="")))


def test_csv_rows() -> None:
    stream = io.StringIO(newline="")
    table = CsvTable(stream, LABELS, windows=False)
    table.write(result("=HYPERLINK(1).wav"))
    table.write(failed('odd,\n"name".wav', "tiny", "It is empty.").result)
    header, first, second = rows_of(stream)
    assert header[:3] == ["path", "duration", "verdict"]
    assert header[-2:] == ["jazz", "rock"]
    by_name = dict(zip(header, first, strict=True))
    assert by_name["path"] == "'=HYPERLINK(1).wav"
    assert (by_name["verdict"], by_name["label"], by_name["confidence"]) == ("genre", "jazz", "0.8000")
    assert (by_name["jazz"], by_name["rock"], by_name["runner_up"]) == ("0.800000", "0.200000", "rock")
    by_name = dict(zip(header, second, strict=True))
    assert by_name["path"] == 'odd,\n"name".wav'
    assert (by_name["verdict"], by_name["error"], by_name["jazz"]) == ("error", "It is empty.", "")


def test_csv_with_windows_has_a_row_for_each() -> None:
    stream = io.StringIO(newline="")
    CsvTable(stream, LABELS, windows=True).write(result())
    header, track, one, two = rows_of(stream)
    start, end = header.index("start"), header.index("end")
    assert track[start] == ""
    assert (one[2], one[start], one[end], one[-2:]) == ("window", "0.000", "29.000", ["0.800000", "0.200000"])
    assert two[start] == "32.000"


def test_lines_are_aligned_and_steer_no_terminal() -> None:
    stream = io.StringIO()
    lines = Lines(stream, windows=False)
    lines.write(result("a.wav"))
    lines.write(result("evil\x1b[2J\n.wav", VerdictKind.UNSURE))
    lines.write(result("c.wav", VerdictKind.SILENCE))
    written = stream.getvalue().splitlines()
    assert len(written) == 3
    assert written[0] == "jazz            80%                        1:01  a.wav"
    assert written[1] == "jazz?           80%                        1:01  evil\\x1b[2J\\n.wav"
    assert written[2] == "silence                                    1:01  c.wav"


def test_a_rival_is_named() -> None:
    verdict = Verdict(VerdictKind.GENRE, "rock", 0.54, "jazz", 0.3, {"rock": 0.54, "jazz": 0.3, "pop": 0.16}, "m")
    heard = FileResult("a.wav", 61.0, verdict)
    assert json.loads(as_json(heard))["rival"] is None
    confusion = Confusion.from_json(CONFUSION)
    rival = {"label": "pop", "confidence": 0.16, "taken": 5, "of": 19}
    assert json.loads(as_json(heard, confusion=confusion))["rival"] == rival
    near = replace(verdict, probabilities={"rock": 0.54, "jazz": 0.45}, runner_up_confidence=0.45)
    stream = io.StringIO()
    Lines(stream, windows=False, confusion=confusion).write(heard)
    Lines(stream, windows=False).write(replace(heard, verdict=near))
    assert stream.getvalue().splitlines() == [
        "rock            54%  or pop 16%            1:01  a.wav",
        "rock            54%  or jazz 45%           1:01  a.wav",
    ]
    said = json.loads(as_json(replace(heard, verdict=near)))["rival"]
    assert (said["label"], said["taken"], said["of"]) == ("jazz", None, None)


def test_clock() -> None:
    assert [clock(seconds) for seconds in (None, 0.4, 59.6, 187, 3723)] == ["", "0:00", "1:00", "3:07", "1:02:03"]
