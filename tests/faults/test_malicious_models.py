"""A corpus of malicious model folders and archives: refused in one sentence, or harmless; no trap ever goes off."""

from __future__ import annotations

import ast
import contextlib
import io
import json
import pickle
import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mgc_desktop import __main__ as program
from mgc_desktop.core.errors import MgcError
from mgc_desktop.core.paths import Profile
from mgc_desktop.engine.model_import import Imported, RebuildProcess, import_model
from mgc_desktop.engine.model_list import model_entries
from mgc_desktop.engine.own_models import MEMBERS
from mgc_desktop.engine.training_process import training_command, training_environment
from mgc_desktop.model.contract import file_sha256, read_info
from mgc_desktop.model.trust import TrustStore
from tests import hostile_models as hostile
from tests.model_folders import make_model_folder

GENRES = 10
DANGEROUS = {
    *("torch.load", "torch.jit.load", "pickle", "cPickle", "joblib", "dill", "cloudpickle", "marshal", "shelve"),
    *("allow_pickle", "np.load", "numpy.load", "yaml"),
}
RATHER = 100.0  # s that a real process may take to import all that it needs

_watched: list[tuple[str, str]] | None = None  # what was unpickled or opened while a test watches


def _watch(event: str, arguments: tuple[Any, ...]) -> None:
    if _watched is None:
        return
    if event == "pickle.find_class":
        _watched.append((event, str(arguments)))
    elif event == "open" and isinstance(arguments[0], str) and arguments[0].endswith("honest/model.pt"):
        _watched.append((event, arguments[0]))


@pytest.fixture(scope="module", autouse=True)
def _hook() -> None:
    sys.addaudithook(_watch)


@pytest.fixture(scope="module")
def honest(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a sound model folder that this profile does not know."""
    folder = make_model_folder(tmp_path_factory.mktemp("elsewhere") / "honest")
    (folder / "card.md").write_text("# tiny\n\nUntrained.\n\n![Confusion matrix](confusion.png)\n")
    (folder / "confusion.png").write_bytes(hostile.png(20, 20, (b"\0" + bytes(20)) * 20))
    (folder / "memory.safetensors").write_bytes(hostile.memory(3, 128))
    return folder


@pytest.fixture
def folder(honest: Path, tmp_path: Path) -> Path:
    """Return a copy of it, to be spoiled."""
    (tmp_path / "elsewhere").mkdir()
    shutil.copytree(honest, tmp_path / "elsewhere" / "honest")
    return tmp_path / "elsewhere" / "honest"


@pytest.fixture
def watched(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[tuple[str, str]]]:
    """Return what was unpickled, and how often a foreign model.pt was opened, during the test."""
    import torch

    def never(*args: Any, **more: Any) -> None:
        raise AssertionError("a foreign model was opened")

    monkeypatch.setattr(torch, "load", never)
    monkeypatch.setattr(torch.jit, "load", never)
    global _watched
    seen: list[tuple[str, str]] = []
    _watched = seen
    yield seen
    _watched = None


def in_process(arguments: list[str], folder: Path) -> list[dict[str, Any]]:
    """Do what the training process does, without its seconds of imports."""
    from training.__main__ import main

    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        code = main(arguments)
    messages: list[dict[str, Any]] = [json.loads(line) for line in out.getvalue().splitlines()]
    assert (messages[-1]["event"], code) in {("done", 0), ("error", 1)}
    return messages


def is_sentence(text: str) -> bool:
    return bool(text) and "\n" not in text and text.rstrip().endswith(".") and "Traceback" not in text


def nothing_happened(profile: Profile, folder: Path) -> None:
    """Check that no trap went off, and that nothing was kept or became trusted."""
    assert not hostile.marker_of(folder).exists()
    assert list(profile.models_dir.iterdir()) == []
    assert not profile.trusted_file.exists()
    assert not list(folder.parents[1].rglob("*climbed*"))
    assert not Path("/tmp/climbed-mgc.txt").exists()


def refused(source: Path, folder: Path, profile: Profile, monkeypatch: pytest.MonkeyPatch, capfd: Any) -> str:
    """Import by the engine and by the command line; return the sentence that both give."""
    with pytest.raises(MgcError) as caught:
        import_model(source, profile, in_process, lambda text: None)
    assert is_sentence(caught.value.sentence), caught.value.sentence
    nothing_happened(profile, folder)
    monkeypatch.setattr("mgc_desktop.commands.models.RebuildProcess", lambda: in_process)
    capfd.readouterr()
    assert program.main(["models", "import", str(source), "--profile", str(profile.data_dir)]) == 1
    said = capfd.readouterr()
    assert said.out == ""
    assert is_sentence(said.err.splitlines()[-1])
    nothing_happened(profile, folder)
    return caught.value.sentence


@pytest.mark.parametrize("case", hostile.REFUSED)
def test_a_folder_that_lies_is_refused(
    case: str, folder: Path, profile: Profile, watched: list[Any], monkeypatch: pytest.MonkeyPatch, capfd: Any
) -> None:
    hostile.REFUSED[case](folder)
    watched.clear()
    refused(folder, folder, profile, monkeypatch, capfd)
    assert watched == []


@pytest.mark.parametrize("case", hostile.ARCHIVES)
def test_an_archive_that_lies_is_refused(
    case: str, folder: Path, profile: Profile, watched: list[Any], monkeypatch: pytest.MonkeyPatch, capfd: Any
) -> None:
    archive = folder.parent / "model.zip"
    hostile.ARCHIVES[case](folder, archive)
    watched.clear()
    refused(archive, folder, profile, monkeypatch, capfd)
    assert watched == []


PARTS = {"card": "card.md", "picture": "confusion.png", "memory": "memory.safetensors"}
# Those that do not hinder each other, so that a few imports show them all; one by one they take a minute.
TOGETHER = (
    ("model.pt: a script that writes", "card: pictures and scripts", "picture: a bomb", "memory: a pickle"),
    ("model.pt: an archive of pickles", "card: a link", "picture: gigapixels", "memory: another width"),
)
LIES = tuple(
    case for case in hostile.HARMLESS if case.startswith("json") and "digest" not in case and "device" not in case
)


@pytest.mark.parametrize(
    "cases",
    [
        *((*cases, *LIES) for cases in TOGETHER),
        *(pytest.param((case,), marks=pytest.mark.slow, id=case) for case in hostile.HARMLESS),
    ],
)
def test_what_is_never_opened_or_left_out_does_no_harm(
    cases: tuple[str, ...], folder: Path, profile: Profile, watched: list[Any]
) -> None:
    for case in cases:
        hostile.HARMLESS[case](folder)
    watched.clear()
    taken = import_model(folder, profile, in_process, lambda text: None)
    assert watched == []
    assert not hostile.marker_of(folder).exists()
    assert taken.folder.parent == profile.models_dir
    assert list(profile.models_dir.iterdir()) == [taken.folder]
    info = read_info(taken.folder)
    assert TrustStore(profile.trusted_file).knows(info.sha256)
    assert len(info.labels) == GENRES
    left_out = {PARTS[case.split(":")[0]] for case in cases if case.split(":")[0] in PARTS}
    check_parts(taken, left_out)
    entry = next(entry for entry in model_entries(profile) if entry.folder == taken.folder)
    assert (entry.problem, entry.imported) == ("", True)
    assert len(entry.date) <= 10


@pytest.mark.parametrize("case", [case for case in hostile.HARMLESS if case.split(":")[0] in PARTS])
def test_a_part_that_lies_is_left_out(case: str, folder: Path, tmp_path: Path, watched: list[Any]) -> None:
    from training.carry_over import carry_over

    hostile.HARMLESS[case](folder)
    target = tmp_path / "target"
    target.mkdir()
    notes: list[str] = []
    carry_over(folder, target, {"labels": GENRES, "embedding": 128}, notes.append)
    assert watched == []
    check_parts(Imported(target, tuple(notes)), {PARTS[case.split(":")[0]]})


def check_parts(taken: Imported, spoiled: set[str]) -> None:
    """Check that spoiled parts are left out, and told; of a card, what could be loaded or run."""
    for part in spoiled:
        if (taken.folder / part).exists():
            assert part == "card.md"
            check_card((taken.folder / part).read_text("utf-8"))
        else:
            assert part in {note.split()[0] for note in taken.notes}
    assert {note.split()[0] for note in taken.notes} <= spoiled
    assert all(map(is_sentence, taken.notes))
    assert {path.name for path in taken.folder.iterdir()} <= {*MEMBERS}


def check_card(card: str) -> None:
    for word in ("tracker.example/pixel", "badge.svg", "javascript:", "/etc/passwd", "secret", "\x1b", "\x07"):
        assert word not in card
    assert card.count("![") == card.count("![Confusion matrix](confusion.png)")
    assert not re.search(r"(?<!\\)<[A-Za-z/!?]", card)


def test_a_sound_archive_is_imported_whole(folder: Path, profile: Profile, watched: list[Any]) -> None:
    hostile.pack(folder, folder.parent / "model.zip")
    watched.clear()
    taken = import_model(folder.parent / "model.zip", profile, in_process, lambda text: None)
    assert watched == []
    assert taken.notes == ()
    assert taken.folder.name == "tiny"
    assert {path.name for path in taken.folder.iterdir()} == {path.name for path in folder.iterdir()}
    assert (taken.folder / "card.md").read_text() == (folder / "card.md").read_text()


def test_nothing_in_the_program_unpickles_a_file() -> None:
    """Pickles go between our own processes alone, and TorchScript is loaded in the two places that ask for trust."""
    root = Path(program.__file__).parent
    found: dict[str, set[str]] = {}
    for path in (*root.rglob("*.py"), *(root.parent / "training").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_bytes())):
            if isinstance(node, ast.Import | ast.ImportFrom | ast.Attribute | ast.keyword):
                for word in DANGEROUS & {*re.split(r"[^\w.]+", ast.unparse(node))}:
                    found.setdefault(word, set()).add(path.name)
    assert found == {
        "torch.jit.load": {"runtime.py", "foreign_teachers.py"},
        "pickle": {"pool.py", "pool_crew.py", "pool_worker.py"},
    }


def test_the_traps_are_set(folder: Path, capfd: Any) -> None:
    """What the corpus carries does write the marker, once somebody opens it."""
    import torch

    marker = hostile.marker_of(folder)
    pickle.loads(hostile.pickled_trap(folder))
    assert marker.exists()
    marker.rmdir()
    hostile.scripted_trap(folder, folder / "model.pt")
    assert not marker.exists()
    torch.jit.load(str(folder / "model.pt"))
    assert marker.exists()


@pytest.mark.slow
@pytest.mark.parametrize("case", ["weights: a pickle", "model.pt: a script that writes"])
def test_real_processes_hold_it_too(case: str, folder: Path, profile: Profile) -> None:
    spoil = hostile.REFUSED.get(case) or hostile.HARMLESS[case]
    spoil(folder)
    if case in hostile.REFUSED:
        out = profile.data_dir / "out"
        words = ["rebuild", str(folder), "--out", str(out), "--profile", str(profile.data_dir)]
        command, environment = training_command(words), training_environment()
        done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=RATHER, check=False)
        assert done.returncode == 1
        assert not out.exists()
        assert is_sentence(" ".join(done.stderr.split()))
        nothing_happened(profile, folder)
        return
    taken = import_model(folder, profile, RebuildProcess(), lambda text: None)
    assert not hostile.marker_of(folder).exists()
    assert file_sha256(taken.folder / "model.pt") != file_sha256(folder / "model.pt")
    assert zipfile.is_zipfile(taken.folder / "model.pt")
