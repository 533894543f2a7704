"""Tracks and verdicts for a library database."""

from __future__ import annotations

from mgc_desktop.core.values import FileResult, TrackTags, Verdict, VerdictKind, WindowScores
from mgc_desktop.library.identity import FileFacts, FileStamp
from mgc_desktop.library.store import FoundFile, Store

LABELS = ("blues", "jazz", "metal", "rock")
MODEL, OTHER = "a" * 64, "b" * 64


def verdict(label: str = "metal", confidence: float = 0.75, kind: VerdictKind = VerdictKind.GENRE) -> Verdict:
    rest = (1 - confidence) / (len(LABELS) - 1)
    scores = {name: confidence if name == label else rest for name in LABELS}
    return Verdict(kind, label, confidence, "rock", rest, scores, "genres-1", "")


def result(path: str = "", label: str = "metal", confidence: float = 0.75, **tags: str) -> FileResult:
    said = verdict(label, confidence)
    windows = tuple(WindowScores(10.0 * i, 10.0 * i + 5, said.probabilities) for i in range(3))
    return FileResult(path, 200.5, said, windows, TrackTags(genres=("Metal", "Heavy Metal"), **tags))


def add(store: Store, *paths: str, model: str = MODEL, size: int = 1000, mtime: int = 5) -> list[int]:
    added = store.add_files([FoundFile(name, size, mtime) for name in paths], model)
    assert len(added.new_ids) == len(paths)
    return list(added.new_ids)


def facts(path: str, size: int = 1000, mtime: int = 5, digest: str = "d" * 32, **tags: str) -> FileFacts:
    """Return what reading a file brought."""
    return FileFacts(path, FileStamp(size, mtime), TrackTags(genres=("Metal", "Heavy Metal"), **tags), digest)
