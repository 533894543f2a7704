"""Taking what the files say for right: a label each, one step to undo."""

from __future__ import annotations

import queue

from mgc_desktop.core.paths import Profile
from mgc_desktop.engine.corrections import FEW, Corrections
from mgc_desktop.engine.events import CorrectionAction, CorrectionsChanged, CorrectionStep
from mgc_desktop.engine.sources import Found
from mgc_desktop.engine.writer import Writer
from mgc_desktop.library.intake import AddResult
from mgc_desktop.library.reader import Reader
from mgc_desktop.ui import wording
from tests.events import WAIT, Events


def add(writer: Writer, number: int) -> tuple[int, ...]:
    answers: queue.Queue[AddResult | None] = queue.Queue()
    writer.register([Found(f"/music/{place:03}.wav", 1, 1) for place in range(number)], "", answers.put)
    added = answers.get(timeout=WAIT)
    assert added is not None
    return added.new_ids


def labels(profile: Profile) -> list[str | None]:
    reader = Reader(profile.library_file)
    try:
        return [row.correction for row in reader.rows(reader.ids(order="id"))]
    finally:
        reader.close()


def test_each_track_gets_its_own_label_and_all_are_undone_at_once(
    writer: Writer, events: Events, profile: Profile
) -> None:
    corrections, (one, two, three) = Corrections(writer, events), add(writer, 3)
    corrections.set_label([three], "polka")
    corrections.keep({one: "rock", two: "Britpop", three: "rock"})
    kept = events.wait(CorrectionsChanged, 2)
    assert labels(profile) == ["rock", "Britpop", "rock"]
    assert (kept.step, set(kept.ids)) == (CorrectionStep(CorrectionAction.KEEP, "", 3), {one, two, three})
    assert wording.correction_summary(kept) == "Kept 3 existing genres"
    assert wording.step_name(kept.step) == "Keep 3 existing genres"
    corrections.undo()
    undone = events.wait(CorrectionsChanged, 3)
    assert labels(profile) == [None, None, "polka"]
    assert (undone.way, set(undone.ids)) == ("undone", {one, two, three})


def test_an_event_names_few_tracks_only(writer: Writer, events: Events) -> None:
    corrections, ids = Corrections(writer, events), add(writer, FEW + 1)
    corrections.keep(dict.fromkeys(ids, "rock"))
    event = events.wait(CorrectionsChanged)
    assert (event.changed, event.ids) == (FEW + 1, ())
