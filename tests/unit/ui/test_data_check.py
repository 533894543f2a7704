"""The look into a training folder: names and numbers, and what is missing."""

from __future__ import annotations

from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from mgc_desktop.ui.models.data_check import DataChecker, check_data

AUDIO = frozenset({".mp3", ".flac"})


def fill(root: Path, **genres: int) -> Path:
    for genre, number in genres.items():
        folder = root / genre / "Some artist"
        folder.mkdir(parents=True)
        for place in range(number):
            (folder / f"{place}.MP3").touch()
        (folder / "cover.jpg").touch()
    return root


def test_genres_are_counted(tmp_path: Path) -> None:
    check = check_data(str(fill(tmp_path, bebop=12, fado=20)), AUDIO)
    assert (dict(check.genres), check.files, check.blocker, check.warnings) == ({"bebop": 12, "fado": 20}, 32, "", ())


def test_an_empty_class_is_named_and_left_out(tmp_path: Path) -> None:
    check = check_data(str(fill(tmp_path, bebop=12, fado=20, grime=0)), AUDIO)
    assert check.warnings == ("No audio in grime: left out.",)
    assert not check.blocker


def test_one_class_is_not_enough(tmp_path: Path) -> None:
    check = check_data(str(fill(tmp_path, bebop=12, grime=0)), AUDIO)
    assert check.blocker == "There is one genre only (bebop): it takes at least two to tell apart."


def test_loose_files_and_small_genres_are_named(tmp_path: Path) -> None:
    fill(tmp_path, bebop=12, fado=3)
    (tmp_path / "loose.flac").touch()
    (tmp_path / ".hidden").mkdir()
    check = check_data(str(tmp_path), AUDIO)
    assert "1 audio files lie beside" in check.warnings[0]
    assert "Few tracks for fado" in check.warnings[1]


def test_a_list_is_read(tmp_path: Path) -> None:
    table = tmp_path / "tracks.csv"
    table.write_text("path,label\na.mp3,bebop\nb.mp3,bebop\nc.mp3,bebop\nd.mp3,fado\n", "utf-8")
    assert dict(check_data(str(table), AUDIO).genres) == {"bebop": 3, "fado": 1}
    table.write_text("file,genre\na.mp3,bebop\n", "utf-8")
    assert "lacks the columns path and label" in check_data(str(table), AUDIO).blocker


@pytest.mark.parametrize("name", ["nowhere", "empty"])
def test_nothing_there(tmp_path: Path, name: str) -> None:
    (tmp_path / "empty").mkdir()
    assert check_data(str(tmp_path / name), AUDIO).blocker


def test_only_the_last_question_is_answered(qtbot: QtBot, tmp_path: Path) -> None:
    first, second = fill(tmp_path / "one", a=3, b=3), fill(tmp_path / "two", c=3, d=3)
    checker = DataChecker()
    answers: list[str] = []
    checker.checked.connect(lambda check: answers.append(check.data))
    checker.check(str(first))
    with qtbot.waitSignal(checker.checked, timeout=20_000):
        checker.check(str(second))
    qtbot.wait(50)
    assert answers == [str(second)]
    checker.stop()
