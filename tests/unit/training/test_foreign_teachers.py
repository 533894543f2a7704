"""Networks of others: which files are opened, and what is asked of those that are."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import pytest
import torch

from mgc_desktop.core.errors import ModelError
from tests import synth
from tests.teacher_files import FEATURES, TAGS, make_teacher
from training.foreign_teachers import KNOWN, KNOWN_TEACHERS, SAMPLE_RATE, ForeignTeacher, load_teachers


def waves(n: int = 3, seconds: float = 1.0) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    return np.stack([synth.drums(seconds, SAMPLE_RATE, seed=i) for i in range(n)])


def test_a_trusted_file_gives_tags_and_features(tmp_path: Path) -> None:
    path = tmp_path / "mine.pt"
    digest = make_teacher(path)
    teacher = ForeignTeacher.load(path, KNOWN | {digest})
    assert (teacher.name, teacher.sha256, teacher.sample_rate, teacher.about) == ("mine", digest, 12_000, None)
    tags, features = teacher.outputs(waves())
    assert (tags.shape, features.shape) == ((3, TAGS), (3, FEATURES))
    assert tags.dtype == features.dtype == np.float32
    alone = np.concatenate([teacher.outputs(wave[None])[1] for wave in waves()])
    assert np.abs(alone - features).max() < 1e-5


def test_an_unknown_file_is_never_loaded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "from-somewhere.pt"
    digest = make_teacher(path)
    monkeypatch.setattr(torch.jit, "load", lambda *_, **__: pytest.fail("it was loaded"))
    with pytest.raises(ModelError, match=rf"from-somewhere\.pt is not one .* add --trust-teacher {digest}\."):
        ForeignTeacher.load(path)


def test_what_was_looked_at_is_what_is_loaded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "swapped.pt"
    digest = make_teacher(path, seed=1)
    expected = ForeignTeacher.load(path, frozenset({digest})).outputs(waves())[1]
    load = torch.jit.load

    def swap_and_load(*arguments: object, **named: object) -> object:
        path.unlink()
        make_teacher(path, seed=2)
        return load(*arguments, **named)

    monkeypatch.setattr(torch.jit, "load", swap_and_load)
    assert np.array_equal(ForeignTeacher.load(path, frozenset({digest})).outputs(waves())[1], expected)


@pytest.mark.parametrize(
    ("kind", "sentence"),
    [
        ("one", "does not give tags and features"),
        ("logits", "are no probabilities"),
        ("nan", "gave numbers that are none"),
    ],
)
def test_a_network_that_is_no_teacher_is_told(kind: str, sentence: str, tmp_path: Path) -> None:
    path = tmp_path / f"{kind}.pt"
    teacher = ForeignTeacher.load(path, frozenset({make_teacher(path, kind=kind)}))
    with pytest.raises(ModelError, match=sentence):
        teacher.outputs(waves())


def test_no_sound_at_all_is_told(tmp_path: Path) -> None:
    path = tmp_path / "mine.pt"
    teacher = ForeignTeacher.load(path, frozenset({make_teacher(path)}))
    with pytest.raises(ModelError, match="failed on a sound"):
        teacher.outputs(np.zeros((0,), np.float32))


def test_other_files_are_no_teachers(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"nothing\.pt could not be read"):
        ForeignTeacher.load(tmp_path / "nothing.pt")
    listing = tmp_path / "tracks.csv"
    listing.write_text("path,label\n", "utf-8")
    with pytest.raises(ModelError, match=r"tracks\.csv is no scripted network"):
        ForeignTeacher.load(listing)
    broken = tmp_path / "broken.pt"
    broken.write_bytes(b"PK\x03\x04 and then nothing")
    with pytest.raises(ModelError, match=r"broken\.pt could not be loaded"):
        ForeignTeacher.load(broken, frozenset({hashlib.sha256(broken.read_bytes()).hexdigest()}))


def test_the_order_they_are_named_in_does_not_matter(tmp_path: Path) -> None:
    paths = [tmp_path / f"{seed}.pt" for seed in range(3)]
    trusted = frozenset(make_teacher(path, seed) for seed, path in enumerate(paths))
    twice = (*paths, paths[0])
    there, back = (load_teachers(several, trusted) for several in (twice, twice[::-1]))
    assert [teacher.sha256 for teacher in there] == [teacher.sha256 for teacher in back] == sorted(trusted)


def test_the_known_ones_are_told_by_their_content(real_data: Path) -> None:
    files = sorted((real_data / "teachers").glob("*.pt"))
    if not files:
        pytest.skip(f"needs the published networks in {real_data / 'teachers'}")
    assert {hashlib.sha256(path.read_bytes()).hexdigest() for path in files} == set(KNOWN_TEACHERS)
    teacher = ForeignTeacher.load(next(path for path in files if path.stem == "msd_tags_cliplevel"))
    assert teacher.about is not None
    assert teacher.about.licence == "MIT"
    tags, features = teacher.outputs(waves(2, seconds=3.0))
    assert (tags.shape, features.shape) == ((2, 50), (2, 160))
    # It levels each clip by itself.
    assert np.allclose(teacher.outputs(waves(2, seconds=3.0) * 0.25)[0], tags, atol=1e-3)
