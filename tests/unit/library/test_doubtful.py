"""Which tracks a person is asked about, and in which order."""

from __future__ import annotations

from dataclasses import replace

from mgc_desktop.core.values import FileResult, VerdictKind
from mgc_desktop.library.doubtful import DOUBTFUL_BELOW
from mgc_desktop.library.reader import Reader
from mgc_desktop.library.store import Store
from tests.library_rows import MODEL, add, result


def heard(confidence: float, second: float, kind: VerdictKind = VerdictKind.GENRE) -> FileResult:
    made = result(confidence=confidence)
    said = replace(made.verdict, kind=kind, confidence=confidence, runner_up_confidence=second)
    return replace(made, verdict=said)


def test_unsure_first_then_the_least_confident_then_the_nearest_rival(store: Store, reader: Reader) -> None:
    ids = add(store, *(f"/m/{name}.mp3" for name in "abcdefghi"))
    unsure, kinds = VerdictKind.UNSURE, VerdictKind
    verdicts = [
        heard(0.95, 0.01),  # sure
        heard(0.601, 0.1),
        heard(0.603, 0.35),  # the same to a hundredth: its rival is nearer
        heard(0.5, 0.1),
        heard(0.45, 0.2, unsure),
        heard(0.30, 0.2, unsure),
        heard(0.6, 0.3, kinds.NOT_MUSIC),
        heard(0.0, 0.0, kinds.SILENCE),
    ]
    for track, verdict in zip(ids, verdicts, strict=False):  # the ninth is not heard yet
        store.set_result(track, verdict, MODEL)
    a, b, c, d, e, f, g, *_ = ids
    assert reader.doubtful().tolist() == [f, e, d, c, g, b]
    assert a not in reader.doubtful()
    assert DOUBTFUL_BELOW > 0.6


def test_what_a_person_said_is_not_doubtful(store: Store, reader: Reader) -> None:
    ids = add(store, "/m/a.mp3", "/m/b.mp3", "/m/c.mp3")
    for track in ids:
        store.set_result(track, heard(0.4, 0.3), MODEL)
    store.accept(ids[:1])
    store.correct(ids[1:2], "tango")
    assert reader.doubtful().tolist() == ids[2:]
    store.correct(ids[:1], None)
    assert reader.doubtful().tolist() == [ids[0], ids[2]]


def test_nothing_is_doubtful_in_an_empty_library(reader: Reader) -> None:
    assert reader.doubtful().tolist() == []
