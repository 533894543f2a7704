"""What is written into a genre field, and what never is."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from mgc_desktop.core.errors import UsageError
from mgc_desktop.core.values import TrackRow, TrackState, VerdictKind
from mgc_desktop.engine.tag_plan import TagPolicy, Why, is_settled, plan, read_names

ROW = TrackRow(
    1, "/m/a.mp3", "", "", "", TrackState.DONE, VerdictKind.GENRE, "hiphop", 0.87, "pop", 0.05, 200.0, ""
)  # fmt: skip
FILL, REPLACE, APPEND = (TagPolicy(policy) for policy in ("fill", "replace", "append"))


@pytest.mark.parametrize(
    ("existing", "policy", "after", "why"),
    [
        ((), FILL, ("Hip-Hop",), Why.VERDICT),
        (("", " "), FILL, ("Hip-Hop",), Why.VERDICT),
        (("Rock",), FILL, ("Rock",), Why.HAS_GENRE),
        ((), REPLACE, ("Hip-Hop",), Why.VERDICT),
        (("Rock", "Pop"), REPLACE, ("Hip-Hop",), Why.VERDICT),
        (("Hip-Hop",), REPLACE, ("Hip-Hop",), Why.SAME),
        (("hip hop",), REPLACE, ("Hip-Hop",), Why.VERDICT),  # in another spelling
        ((), APPEND, ("Hip-Hop",), Why.VERDICT),
        (("Rock", "Pop"), APPEND, ("Rock", "Pop", "Hip-Hop"), Why.VERDICT),
        (("Rock", "hip hop"), APPEND, ("Rock", "hip hop"), Why.SAME),
    ],
)
def test_policies(existing: tuple[str, ...], policy: TagPolicy, after: tuple[str, ...], why: Why) -> None:
    planned = plan(existing, ROW, policy)
    assert (planned.after, planned.why) == (after, why)
    assert planned.sentence
    if why is Why.VERDICT:
        assert planned.sentence == "Hip-Hop 87 %"


@pytest.mark.parametrize("policy", [FILL, REPLACE, APPEND])
@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"kind": VerdictKind.UNSURE}, Why.UNSURE),
        ({"kind": VerdictKind.NOT_MUSIC, "label": "_not_music"}, Why.NOT_MUSIC),
        ({"kind": VerdictKind.SILENCE, "label": None, "confidence": 0.0}, Why.SILENCE),
        ({"kind": VerdictKind.ERROR, "label": None}, Why.UNREADABLE),
        ({"kind": None, "label": None, "confidence": None, "state": TrackState.QUEUED}, Why.NOT_HEARD),
        ({"state": TrackState.QUEUED}, Why.NOT_HEARD),  # the former verdict does not count for other content
        ({"state": TrackState.FAILED, "kind": None, "label": None}, Why.UNREADABLE),
        ({"state": TrackState.MISSING}, Why.GONE),
        ({"state": TrackState.MISSING, "correction": "tango"}, Why.GONE),
        ({"offline": True, "correction": "tango"}, Why.GONE),
        ({"correction": "_not_music"}, Why.NOT_MUSIC),
        ({"confidence": 0.699}, Why.BELOW_MINIMUM),
    ],
)
def test_what_is_never_written(changes: dict[str, object], why: Why, policy: TagPolicy) -> None:
    planned = plan(("Old",), replace(ROW, **changes), policy)  # type: ignore[arg-type]
    assert (planned.after, planned.why) == (("Old",), why)
    assert planned.sentence


def test_what_is_just_below_the_minimum_is_not_rounded_up_to_it() -> None:
    assert plan((), replace(ROW, confidence=0.699), FILL).sentence == "Hip-Hop 69 % is less than 70 %"
    assert plan((), replace(ROW, confidence=0.7), FILL).after == ("Hip-Hop",)
    assert plan((), replace(ROW, confidence=0.01), TagPolicy(min_confidence=0.0)).after == ("Hip-Hop",)


def test_the_persons_word_beats_the_verdict_and_needs_no_confidence() -> None:
    for changes in ({"kind": VerdictKind.UNSURE, "confidence": 0.2}, {"kind": VerdictKind.SILENCE, "label": None}):
        row = replace(ROW, correction="deep_house", **changes)
        planned = plan((), row, TagPolicy(min_confidence=1.0))
        assert (planned.after, planned.why, planned.sentence) == (("Deep House",), Why.CORRECTED, "You set it")
    queued = replace(ROW, correction="tango", state=TrackState.QUEUED, kind=None, label=None, confidence=None)
    assert plan((), queued, FILL).after == ("Tango",)
    only = TagPolicy(only_accepted=True)
    assert plan((), ROW, only).why is Why.NOT_SET
    assert plan((), replace(ROW, correction="hiphop"), only).after == ("Hip-Hop",)


def test_names_of_the_person() -> None:
    names = {"Hip-Hop": "Rap & Hip-Hop", "pop": ""}
    assert plan((), ROW, TagPolicy(names=names)).after == ("Rap & Hip-Hop",)  # in another spelling of the label
    assert plan((), ROW, TagPolicy(names={"hiphop": "a", "Hip-Hop": "b"})).after == ("a",)  # the label itself first
    left_out = plan(("Old",), replace(ROW, label="pop"), TagPolicy("replace", names=names))
    assert (left_out.after, left_out.why) == (("Old",), Why.LEFT_OUT)
    assert plan((), replace(ROW, label="metal"), TagPolicy(names=names)).after == ("Metal",)
    assert TagPolicy("append", 0.5, {"a": "b"}, True).as_json() == {
        "policy": "append",
        "min_confidence": 0.5,
        "names": {"a": "b"},
        "only_accepted": True,
    }


def test_when_the_library_alone_can_say_that_nothing_is_written() -> None:
    assert is_settled(replace(ROW, existing_genre="Rock; Pop"), FILL) is not None
    assert is_settled(replace(ROW, kind=VerdictKind.UNSURE), FILL) is not None
    assert is_settled(ROW, FILL) is None  # the file may have got a genre since
    assert is_settled(replace(ROW, existing_genre="Hip-Hop"), REPLACE) is None  # or lost it
    assert is_settled(replace(ROW, existing_genre="Hip-Hop"), APPEND) is None


@pytest.mark.parametrize(
    ("policy", "minimum"), [("guess", 0.7), ("fill", 70.0), ("fill", -0.1), ("fill", float("nan"))]
)
def test_wrong_policies(policy: str, minimum: float) -> None:
    with pytest.raises(UsageError):
        TagPolicy(policy, minimum)


def test_lists_of_names_are_read(tmp_path: Path) -> None:
    said = {"hiphop": "Rap\n& Hip-Hop", "夜": "曲"}
    (tmp_path / "names.json").write_text(json.dumps(said), encoding="utf-8")
    (tmp_path / "names.csv").write_bytes("\ufefflabel,name\nhiphop, Rap & Hip-Hop \n\n夜,曲\npop,\n".encode())
    wanted = {"hiphop": "Rap & Hip-Hop", "夜": "曲"}
    assert read_names(tmp_path / "names.json") == wanted
    assert read_names(tmp_path / "names.csv") == {**wanted, "pop": ""}


@pytest.mark.parametrize(
    "content",
    [b"[1, 2]", b'{"a": 1}', b"{broken", b"a,b,c", b"a", b"\xff\xfe\x00", b"a,b\n" * 300_000, b"[" * 100_000],
    ids=["list", "number", "broken", "three", "one", "bytes", "large", "deep"],
)
def test_what_is_no_list_of_names_is_a_sentence(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "names").write_bytes(content)
    with pytest.raises(UsageError):
        read_names(tmp_path / "names")
    with pytest.raises(UsageError):
        read_names(tmp_path / "none")
