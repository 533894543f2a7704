"""Damaged files of every format on the whole way: dropped, decoded, classified, tagged, and put back.

The part of forty files runs with every test. A thousand:
``python -m pytest -m slow -s tests/faults/test_fuzzed_library.py``
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QElapsedTimer, QTimer
from PySide6.QtWidgets import QApplication

from mgc_desktop.app import WindowSession
from mgc_desktop.audio.decode import load_audio
from mgc_desktop.core.errors import MgcError
from mgc_desktop.core.paths import Profile
from mgc_desktop.core.pool import LimitedPool
from mgc_desktop.core.values import TrackRow, TrackState
from mgc_desktop.engine.events import CorrectionsChanged, PlannedWrite, TagFinished
from mgc_desktop.engine.tag_plan import TagPolicy
from mgc_desktop.library.identity import payload_digest
from mgc_desktop.library.reader import Reader
from mgc_desktop.library.tags.genre import read_genre
from mgc_desktop.library.tags.write import WriteOptions
from tests import synth
from tests.app.harness import kept, open_window, trust, wait_for
from tests.mutations import write_mutants

FEW, MANY = 40, 1000
LARGEST = 300_000  # bytes of a file to mutate: larger ones take longer and break no other way
GENRE = "Fuzzed"
HANG = 5000  # ms without a turn of the event loop; a busy machine may take some hundred
_SYNTHESIZED = (
    ".wav",
    ".flac",
    ".ogg",
    ".opus",
    ".mp3",
    ".aiff",
    ".m4a",
    ".wma",
    ".wv",
    ".tta",
    ".aac",
    ".mka",
    ".ac3",
)


@pytest.fixture(scope="module")
def material(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Return a sound file of every format, real ones where there are any."""
    real = Path(os.environ.get("MGC_TEST_DATA") or Path(__file__).resolve().parents[3] / "shared" / "data") / "formats"
    found = sorted(path for path in real.glob("*.*") if path.suffix != ".md" and 0 < path.stat().st_size <= LARGEST)
    if found:
        return found
    folder = tmp_path_factory.mktemp("material")
    return [synth.write_audio(folder / f"song{ending}", synth.song(3.0)) for ending in _SYNTHESIZED]


@dataclass(frozen=True)
class Print:
    """What must not change: audio bytes as we find them, and the sound as the decoders make it."""

    payload: str
    sound: str  # of the first seconds; empty where nothing can be decoded
    seconds: float = 0.0

    def same(self, other: Print) -> bool:
        """Return whether two prints are of the same audio.

        The length of a damaged MP3 is guessed from its size. What could not be decoded before may be now: an Ogg page
        that is written anew has a checksum that is right.
        """
        alike = not self.sound or self.sound == other.sound
        near = not self.sound or abs(self.seconds - other.seconds) <= 0.01 * max(1.0, self.seconds)
        return self.payload == other.payload and alike and near


def fingerprint(path: str) -> Print:
    """Return the print of a file; runs in a limited process."""
    try:
        samples, rate = load_audio(path, sample_rate=None)
    except MgcError:
        return Print(payload_digest(path), "")
    sound = hashlib.blake2b(samples[: 3 * rate].tobytes() + str(rate).encode(), digest_size=8).hexdigest()
    return Print(payload_digest(path), sound, samples.size / rate)


def fingerprints(pool: LimitedPool, paths: Iterable[str]) -> dict[str, Print | str]:
    """Return the print of each file, or why its reader was given up."""
    waiting: dict[str, Future[Print]] = {path: pool.schedule(fingerprint, (path,)) for path in paths}

    def outcome(future: Future[Print]) -> Print | str:
        try:
            return future.result(120)
        except MgcError as error:
            return error.sentence

    return {path: outcome(future) for path, future in waiting.items()}


@dataclass
class Fuzzing:
    """A run over a folder of mutants in the real window."""

    session: WindowSession
    folder: Path
    kinds: dict[str, str]
    plan: list[PlannedWrite] = field(default_factory=list)
    finished: list[TagFinished] = field(default_factory=list)
    corrected: list[CorrectionsChanged] = field(default_factory=list)
    worst_stall: int = 0  # ms

    def __post_init__(self) -> None:
        bridge = self.session.bridge
        assert bridge is not None
        bridge.corrections_changed.connect(self.corrected.append)
        bridge.tag_plan_ready.connect(lambda event: self.plan.extend(event.rows))
        bridge.tag_finished.connect(self.finished.append)
        self.clock = QElapsedTimer()
        self.clock.start()
        self.beat = QTimer(self.session.window)
        self.beat.timeout.connect(self._note_beat)
        self.beat.start(5)

    def _note_beat(self) -> None:
        self.worst_stall = max(self.worst_stall, self.clock.restart() - 5)

    def wait(self, condition: Callable[[], object], what: str) -> None:
        """Let the window live until `condition` holds; this time alone counts for its stalls, not the test's work."""
        self.clock.restart()
        wait_for(condition, 120 + 20 * len(self.kinds), what)
        assert self.worst_stall < HANG, f"the window hung for {self.worst_stall} ms while it waited for {what}"

    @property
    def engine(self) -> Any:
        assert self.session.engine is not None
        return self.session.engine

    def hear(self) -> list[TrackRow]:
        """Drop the folder, and return the rows when everything was heard or given up."""
        assert self.session.bridge is not None
        scans: list[Any] = []
        self.session.bridge.scan_finished.connect(scans.append)
        self.session.window.paths_given.emit([str(self.folder)])
        self.wait(lambda: scans, "the scan")
        profile_rows = kept(self.engine.profile)
        assert Counter(row.path for row in profile_rows) == Counter(list(self.kinds))  # each once
        failed = [row for row in profile_rows if row.state is TrackState.FAILED]
        assert scans[0].done == len(self.kinds)
        assert scans[0].failed == len(failed)
        assert all(row.error.endswith(".") and "\n" not in row.error for row in failed)
        return profile_rows

    def write(self, rows: list[TrackRow]) -> TagFinished:
        """Say that everything is `GENRE`, and write it into the files."""
        ids = [row.id for row in rows]
        self.engine.corrections.set_label(ids, GENRE)
        self.wait(lambda: self.corrected, "the corrections")
        policy = TagPolicy("replace", 0.0)
        self.engine.tagger.preview(ids, policy)
        self.wait(lambda: self.plan, "the preview")
        assert Counter(row.path for row in self.plan) == Counter(list(self.kinds))
        self.engine.tagger.write(self.plan, policy, WriteOptions())
        self.wait(lambda: self.finished, "the tags")
        return self.finished[0]

    def undo(self, batch: int) -> TagFinished:
        self.engine.tagger.undo(batch, WriteOptions())
        self.wait(lambda: len(self.finished) > 1, "the undo")
        return self.finished[1]


def run(qapp: QApplication, profile: Profile, model: Path, folder: Path, kinds: dict[str, str]) -> str:
    """Take the mutants all the way, check what must hold, and return the figures."""
    before = {path: Path(path).read_bytes() for path in kinds}
    with contextlib.ExitStack() as stack:
        pool = LimitedPool(2, timeout_s=30.0)
        stack.callback(pool.stop)
        session = stack.enter_context(open_window(qapp, profile, model=trust(profile, model)))
        fuzzing = Fuzzing(session, folder, kinds)
        rows = fuzzing.hear()
        finished = fuzzing.write(rows)
        to_do = [row.path for row in fuzzing.plan if row.to_do]
        problems = {row.path: row.problem for row in fuzzing.plan if row.problem}
        assert finished.written + finished.left + finished.failed == len(to_do)
        assert not finished.cancelled
        listed_once(problems, finished)
        written = [path for path, data in before.items() if Path(path).read_bytes() != data]
        assert len(written) == finished.written  # and whatever was not written is as it was, byte for byte
        after = fingerprints(pool, written)
        check_genres(pool, written)
        undone = fuzzing.undo(finished.batch_id) if written else finished
        assert undone.written == len(written)
        assert {path for path, data in before.items() if Path(path).read_bytes() != data} == set()
        old = fingerprints(pool, written)
        assert not (found := differing(old, after)), "\n".join(map(str, found))
        assert sorted(os.listdir(folder)) == sorted(os.path.basename(path) for path in kinds)  # no stray copy
        check_journal(profile, finished.batch_id, to_do)
    failed = sum(row.state is TrackState.FAILED for row in rows)
    return (
        f"{len(kinds)} mutants: {len(rows) - failed} heard, {failed} not; {finished.written} written and put back, "
        f"{finished.left} left, {finished.failed} failed, {len(problems)} refused in the preview; "
        f"longest stall of the window {fuzzing.worst_stall} ms"
    )


def differing(old: Mapping[str, Print | str], new: Mapping[str, Print | str]) -> list[object]:
    """Return the files whose audio is another one, with both prints."""
    found: list[object] = []
    for path, before in old.items():
        after = new[path]
        same = before.same(after) if isinstance(before, Print) and isinstance(after, Print) else before == after
        if not same:
            found.append((path, before, after))
    return found


def listed_once(problems: dict[str, str], finished: TagFinished) -> None:
    """Every file that was not written is named once, with one sentence."""
    named = Counter([*problems, *(path for path, _ in finished.problems)])
    assert all(count == 1 for count in named.values()), named.most_common(3)
    for sentence in [*problems.values(), *(sentence for _, sentence in finished.problems)]:
        assert sentence.endswith("."), sentence
        assert "\n" not in sentence


def check_genres(pool: LimitedPool, written: list[str]) -> None:
    said = {path: pool.schedule(read_genre, (path,)) for path in written}
    assert {path: future.result(60).values for path, future in said.items()} == dict.fromkeys(written, (GENRE,))


def check_journal(profile: Profile, batch: int, to_do: list[str]) -> None:
    """The journal names every file of the batch once."""
    if to_do:
        with contextlib.closing(Reader(profile.library_file)) as reader:
            changes = reader.changes(batch)
        assert Counter(change.path for change in changes) == Counter(to_do)
        assert all(change.state in ("done", "left", "failed") for change in changes)


Runner = Callable[[int, int], str]


@pytest.fixture
def fuzz(qapp: QApplication, profile: Profile, tiny_model: Path, material: list[Path], tmp_path: Path) -> Runner:
    """Return a run over a number of mutants of a seed."""

    def go(count: int, seed: int) -> str:
        folder = tmp_path / "mutants"
        folder.mkdir()
        return run(qapp, profile, tiny_model, folder, write_mutants(folder, material, count, seed))

    return go


def test_forty_damaged_files_go_all_the_way_and_back(fuzz: Runner) -> None:
    assert fuzz(FEW, 1).startswith(f"{FEW} mutants")


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_a_thousand_damaged_files_go_all_the_way_and_back(fuzz: Runner) -> None:
    said = fuzz(MANY, 2)
    sys.stdout.write(f"\n{said}\n")
    assert said.startswith(f"{MANY} mutants")
