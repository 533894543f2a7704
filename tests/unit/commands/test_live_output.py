"""How `listen` writes: every line stands alone, for people and for programs."""

from __future__ import annotations

import io
import json
import math
from dataclasses import replace
from typing import Any

import pytest

from mgc_desktop.commands.live_output import LiveJson, LiveLines, moment
from mgc_desktop.core.values import Verdict, VerdictKind
from mgc_desktop.engine.events import (
    Event,
    InputGap,
    InputWarned,
    ListenChanged,
    ListenState,
    LiveNumbers,
    LiveVerdict,
    ModelFailed,
    ModelReady,
    Problem,
    WarningKind,
)
from tests.model_figures import FULL, model_info

METAL = Verdict(VerdictKind.GENRE, "metal", 0.874, "rock", 0.09, {"metal": 0.874, "rock": 0.09, "jazz": 0.036}, "tiny")
HEARD = LiveVerdict(63.5, 29.1, METAL, {"metal": 0.5, "rock": 0.3, "jazz": 0.2}, 23.4, 51.2, "cpu", -18.3)
NEWS: list[Event] = [
    ListenChanged(ListenState.STARTING, "Yeti"),
    ListenChanged(ListenState.RUNNING, "Yeti", 48000, "", 2),
    ListenChanged(ListenState.WAITING, "Yeti", 0, "Yeti went away: it is waited for."),
    InputWarned(WarningKind.MUTED, "Nothing but zeros arrives from Yeti: see that it is not muted."),
    InputWarned(WarningKind.MUTED, ""),
    InputGap(12.0, 15.25),
    ModelReady("/models/tiny", "tiny", ("metal",), "cpu", 1.0),
    ModelFailed("/models/tiny", "It is damaged."),
    Problem("The disk is full."),
    LiveNumbers((20.0, 40.0), (10.0, 20.0), 0.5, 100, 0, 0, "cpu"),
]


def lines_of(event: LiveVerdict) -> str:
    stream = io.StringIO()
    LiveLines(stream, print).verdict(event, 0.5, 0, 0)
    return stream.getvalue()


def json_of(event: LiveVerdict) -> dict[str, Any]:
    stream = io.StringIO()
    LiveJson(stream, print).verdict(event, 0.75, 3, 1)
    assert stream.getvalue().endswith("\n")
    assert stream.getvalue().count("\n") == 1
    said: dict[str, Any] = json.loads(stream.getvalue())
    return said


def test_an_object_says_everything() -> None:
    assert json_of(HEARD) == {
        "time": 63.5,
        "seconds": 29.1,
        "verdict": "genre",
        "label": "metal",
        "confidence": 0.874,
        "runner_up": "rock",
        "runner_up_confidence": 0.09,
        "rival": None,
        "probabilities": {"metal": 0.874, "rock": 0.09, "jazz": 0.036},
        "raw": {"metal": 0.5, "rock": 0.3, "jazz": 0.2},
        "reason": None,
        "level_dbfs": -18.3,
        "latency_ms": 51.2,
        "inference_ms": 23.4,
        "hop_seconds": 0.75,
        "dropped": 3,
        "overruns": 1,
        "device": "cpu",
        "model": "tiny",
    }


def test_digital_silence_is_valid_json_too() -> None:
    silence = Verdict(VerdictKind.SILENCE, None, 0.0, None, 0.0, {}, "tiny", "too quiet")
    said = json_of(replace(HEARD, verdict=silence, level_dbfs=-math.inf))
    assert (said["verdict"], said["label"], said["level_dbfs"], said["reason"]) == ("silence", None, None, "too quiet")


def test_a_line_to_read() -> None:
    assert lines_of(HEARD).split() == ["1:03.5", "metal", "87%", "then", "rock", "9%", "-18", "dBFS", "23", "ms"]
    unsure = replace(METAL, kind=VerdictKind.UNSURE, confidence=0.31, reason="between metal and rock")
    assert "metal?" in lines_of(replace(HEARD, verdict=unsure))
    assert "between metal and rock" in lines_of(replace(HEARD, verdict=unsure))
    refused = replace(METAL, kind=VerdictKind.NOT_MUSIC, label="_not_music", reason="speech or noise")
    assert "not music" in lines_of(replace(HEARD, verdict=refused))
    assert "%" not in lines_of(replace(HEARD, verdict=refused))


def test_lines_keep_their_columns() -> None:
    silence = Verdict(VerdictKind.SILENCE, None, 0.0, None, 0.0, {}, "tiny", "too quiet")
    quiet = lines_of(replace(HEARD, verdict=silence, level_dbfs=-math.inf, time=3.0))
    assert quiet.index("dBFS") == lines_of(HEARD).index("dBFS")


def test_a_label_cannot_move_the_cursor() -> None:
    rude = replace(METAL, label="\x1b[2Jmetal\n", runner_up="\x07rock")
    assert all(character.isprintable() for character in lines_of(replace(HEARD, verdict=rude)).rstrip("\n"))


def test_news_as_objects() -> None:
    aside: list[str] = []
    output = LiveJson(io.StringIO(), aside.append)
    for event in NEWS:
        output.news(event)
    said = [json.loads(line) for line in aside]
    events = [one["event"] for one in said]
    assert events == ["state"] * 3 + ["warning"] * 2 + ["gap", "model", "problem", "problem"]
    assert said[1] == {
        "event": "state", "state": "running", "device": "Yeti", "sample_rate": 48000, "channels": 2, "sentence": None,
    }  # fmt: skip
    assert said[3]["kind"] == "muted"
    assert said[4]["sentence"] is None
    assert said[5] == {"event": "gap", "start": 12.0, "end": 15.25}


def test_news_as_sentences() -> None:
    aside: list[str] = []
    output = LiveLines(io.StringIO(), aside.append)
    for event in NEWS:
        output.news(event)
    assert aside == [
        "Listening to Yeti (48000 Hz, 2 channels).",
        "Yeti went away: it is waited for.",
        "Nothing but zeros arrives from Yeti: see that it is not muted.",
        "Nothing arrived from 0:12.0 to 0:15.2.",
        "The model tiny listens, on cpu.",
        "It is damaged.",
        "The disk is full.",
    ]


@pytest.mark.parametrize(
    ("seconds", "text"), [(0.0, "0:00.0"), (59.96, "1:00.0"), (187.5, "3:07.5"), (3723.04, "1:02:03.0")]
)
def test_moments(seconds: float, text: str) -> None:
    assert moment(seconds) == text


def test_what_the_model_often_confuses_is_named_in_both() -> None:
    close = Verdict(VerdictKind.GENRE, "rock", 0.54, "jazz", 0.3, {"rock": 0.54, "jazz": 0.3, "pop": 0.16}, "m")
    event = LiveVerdict(1.0, 3.0, close, {}, 20.0, 30.0, "cpu", -20.0)
    ready = ModelReady("/models/m", "m", ("jazz", "pop", "rock"), "cpu", 1.0, model_info({"test": FULL}))
    stream = io.StringIO()
    for output in (LiveJson(stream, lambda _: None), LiveLines(stream, lambda _: None)):
        output.verdict(event, 0.5, 0, 0)
        output.news(ready)
        output.verdict(event, 0.5, 0, 0)
    before, after, plain, knowing = stream.getvalue().splitlines()
    assert json.loads(before)["rival"] is None
    assert json.loads(after)["rival"] == {"label": "pop", "confidence": 0.16, "taken": 5, "of": 19}
    assert "then jazz 30%" in plain
    assert "or pop 16%" in knowing
