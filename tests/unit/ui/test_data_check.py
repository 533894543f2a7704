"""The look into a training folder: names and numbers, what is missing, and the check that follows."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from mgc_desktop.core.errors import LibraryError
from mgc_desktop.core.paths import Profile, shipped_models_dir
from mgc_desktop.engine.choice import SHIPPED_MODEL
from mgc_desktop.model.contract import MEMORY_FILE
from mgc_desktop.ui.models.data_check import DataCheck, Known, Source, judge, look_at
from mgc_desktop.ui.models.data_checker import DataChecker
from tests.fake_training import FakeTraining, fake_training
from tests.unit.ui.fakes import FakeLibrary

__all__ = ["fake_training"]

AUDIO = frozenset({".mp3", ".flac"})
KNOWN = Known(("blues", "rock", "_not_music"))
REPORT = {"tracks": 5, "labels": {"a": 3, "b": 2}, "left_out": [], "ok": True, "sentence": ""}


def fill(root: Path, **genres: int) -> Path:
    for genre, number in genres.items():
        folder = root / genre / "Some artist"
        folder.mkdir(parents=True)
        for place in range(number):
            (folder / f"{place}.MP3").touch()
        (folder / "cover.jpg").touch()
    return root


def found(labels: str = "only", *, in_full: bool = True, **counts: int) -> tuple[str, tuple[str, ...]]:
    """Return (blocker, warnings) for genres that a model which knows `KNOWN` is to be taught."""
    judgement = judge(DataCheck(Source("/music"), counts), KNOWN, labels, in_full=in_full)
    return judgement.blocker, judgement.warnings


def test_genres_are_counted(tmp_path: Path) -> None:
    check = look_at(str(fill(tmp_path, bebop=12, fado=20)), AUDIO)
    assert (check.genres, check.tracks, check.trouble) == ({"bebop": 12, "fado": 20}, 32, "")
    assert judge(check, Known(), "only", in_full=True).warnings == ()


def test_an_empty_class_is_named_and_left_out(tmp_path: Path) -> None:
    check = look_at(str(fill(tmp_path, bebop=12, fado=20, grime=0)), AUDIO)
    assert judge(check, Known(), "only", in_full=True).warnings == ("No audio in grime: left out.",)
    assert not judge(check, Known(), "only", in_full=True).blocker


def test_one_class_is_enough_only_where_others_are_known() -> None:
    sentence = "There is one genre only (bebop): it takes at least two to tell apart."
    assert found("only", bebop=12, grime=0)[0] == sentence
    assert found("add", bebop=12)[0] == ""
    assert found("keep", rock=12)[0] == ""


def test_genres_that_the_model_does_not_have_are_left_out_or_in_the_way() -> None:
    blocker, warnings = found("keep", in_full=False, rock=12, fado=11, bebop=1)
    assert blocker == ""
    assert warnings == ("bebop and fado, 12 tracks: left out, as the model in use has no such genre.",)
    assert found("keep", fado=12)[0] == "The model in use has no genre of these (fado): choose to add them."
    assert found("add", in_full=False, rock=12, fado=11) == ("", ())


def test_what_full_learning_forgets_is_said() -> None:
    assert found("add", rock=12, fado=12)[1] == (
        "No tracks of blues and what is no music: learnt in full, the model forgets what they sound like.",
    )
    assert found("only", rock=12, fado=12)[1] == ()
    assert found("add", in_full=False, rock=12, fado=12)[1] == ()


def test_a_model_that_remembers_nothing_needs_tracks_of_all_its_genres() -> None:
    check, known = DataCheck(Source("/music"), {"rock": 12, "fado": 12}), replace(KNOWN, remembers=False)
    sentence = judge(check, known, "add", in_full=False).blocker
    assert sentence.startswith("The model in use remembers no tracks of blues and what is no music: add some")
    assert not judge(check, known, "only", in_full=False).blocker
    assert not judge(check, known, "add", in_full=True).blocker


def test_a_genre_that_is_written_otherwise_is_named() -> None:
    assert found("add", in_full=False, Rock=12)[1] == (
        "Rock is written rock in the model in use: as it is, it counts as another genre.",
    )


def test_loose_files_and_small_genres_are_named(tmp_path: Path) -> None:
    fill(tmp_path, bebop=12, fado=3)
    (tmp_path / "loose.flac").touch()
    (tmp_path / ".hidden").mkdir()
    warnings = judge(look_at(str(tmp_path), AUDIO), Known(), "only", in_full=True).warnings
    assert "1 audio files lie beside" in warnings[0]
    assert "Few tracks for fado" in warnings[1]
    assert found(a=2, b=1)[0].startswith("There are too few tracks")


def test_a_list_is_read(tmp_path: Path) -> None:
    table = tmp_path / "tracks.csv"
    table.write_text("path,label\na.mp3,bebop\nb.mp3,bebop\nc.mp3,bebop\nd.mp3,fado\n", "utf-8")
    assert look_at(str(table), AUDIO).genres == {"bebop": 3, "fado": 1}
    table.write_text("file,genre\na.mp3,bebop\n", "utf-8")
    assert (
        "lacks the columns path and label" in judge(look_at(str(table), AUDIO), Known(), "only", in_full=True).blocker
    )


@pytest.mark.parametrize("name", ["nowhere", "empty"])
def test_nothing_there(tmp_path: Path, name: str) -> None:
    (tmp_path / "empty").mkdir()
    assert judge(look_at(str(tmp_path / name), AUDIO), Known(), "add", in_full=False).blocker


@pytest.fixture
def checker(profile: Profile, qtbot: QtBot) -> DataChecker:
    return DataChecker(profile, FakeLibrary().reader)


def test_only_the_last_question_is_answered(
    checker: DataChecker, qtbot: QtBot, tmp_path: Path, fake_training: FakeTraining
) -> None:
    fake_training.plan([{"event": "prepare", "done": 2, "total": 5}, REPORT])
    first, second = fill(tmp_path / "one", a=3, b=3), fill(tmp_path / "two", c=3, d=3)
    looks: list[str] = []
    reports: list[object] = []
    checker.looked.connect(lambda check: looks.append(check.source.data))
    checker.checked.connect(reports.append)
    checker.check(Source(str(first)))
    with qtbot.waitSignals([checker.looked, checker.progressed, checker.checked], timeout=20_000):
        checker.check(Source(str(second)))
    qtbot.wait(50)
    assert looks == [str(second)]
    assert len(reports) == 1
    assert fake_training.words()[:2] == ["prepare", str(second)]
    checker.stop()


def test_a_check_that_is_cancelled_says_nothing_more(
    checker: DataChecker, qtbot: QtBot, tmp_path: Path, fake_training: FakeTraining
) -> None:
    fake_training.plan([{"event": "prepare", "done": 2, "total": 5}], waits=True)
    ends: list[object] = []
    checker.checked.connect(ends.append)
    checker.failed.connect(ends.append)
    with qtbot.waitSignal(checker.progressed, timeout=20_000):
        checker.check(Source(str(fill(tmp_path / "one", a=3, b=3))))
    checker.stop()
    qtbot.wait(50)
    assert ends == []


def test_a_check_that_fails_says_why(
    checker: DataChecker, qtbot: QtBot, tmp_path: Path, fake_training: FakeTraining
) -> None:
    fake_training.plan([{"event": "error", "sentence": "The disk is full: free some space."}], code=1)
    with qtbot.waitSignal(checker.failed, timeout=20_000) as failed:
        checker.check(Source(str(fill(tmp_path / "one", a=3, b=3))))
    assert failed.args == ["The disk is full: free some space."]
    checker.stop()


def test_a_model_is_asked_what_it_knows(checker: DataChecker, qtbot: QtBot) -> None:
    shipped = shipped_models_dir() / SHIPPED_MODEL
    with qtbot.waitSignal(checker.model_asked, timeout=20_000) as asked:
        checker.ask_model(str(shipped))
    assert asked.args is not None
    assert {"blues", "rock"} <= set(asked.args[0].labels)
    assert asked.args[0].remembers is (shipped / MEMORY_FILE).is_file()
    with qtbot.waitSignal(checker.model_asked, timeout=20_000) as asked:
        checker.ask_model("/nowhere")
    assert asked.args == [Known()]
    checker.stop()


def test_a_library_that_cannot_be_read_is_its_sentence(profile: Profile, qtbot: QtBot) -> None:
    def broken() -> None:
        raise LibraryError("The library is damaged: put it back.")

    checker = DataChecker(profile, broken)  # type: ignore[arg-type]
    with qtbot.waitSignal(checker.looked, timeout=20_000) as looked:
        checker.check(Source("", corrections=True))
    assert looked.args is not None
    assert looked.args[0].trouble == "The library is damaged: put it back."
    checker.stop()
