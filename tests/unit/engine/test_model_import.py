"""The process behind an import: what becomes of it when it dies, hangs or is cancelled, and that nothing is left."""

from __future__ import annotations

import os
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from mgc_desktop.core.errors import ModelError, UsageError
from mgc_desktop.core.paths import Profile
from mgc_desktop.engine.choice import shipped_model
from mgc_desktop.engine.model_import import RebuildProcess, import_model
from mgc_desktop.engine.models_manager import Done, ModelDone, ModelsListed, ModelsManager, ModelWork
from tests.unit.ui.fakes import FakeSettings


def instead(monkeypatch: pytest.MonkeyPatch, code: str) -> None:
    """Start `code` in place of the training program."""
    monkeypatch.setattr(
        "mgc_desktop.engine.training_process.training_command",
        lambda arguments: [sys.executable, "-c", code, *arguments],
    )


def test_a_process_that_dies_is_told_with_its_last_words(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    instead(monkeypatch, "import sys; print('{\"event\": \"note\"}'); sys.exit('no torch here')")
    with pytest.raises(ModelError, match="exit code 1") as caught:
        RebuildProcess()(["rebuild"], tmp_path)
    assert caught.value.detail == "no torch here"


def test_a_process_that_never_ends_is_killed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    instead(monkeypatch, "import time; time.sleep(60)")
    began = time.monotonic()
    with pytest.raises(ModelError, match="could not be rebuilt"):
        RebuildProcess(timeout=0.3)(["rebuild"], tmp_path)
    assert time.monotonic() - began < 20


def test_a_cancelled_process_is_killed_and_one_that_has_not_begun_never_starts(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    instead(monkeypatch, "import time; time.sleep(60)")
    process = RebuildProcess()
    threading.Timer(0.3, process.cancel).start()
    with pytest.raises(ModelError, match="was cancelled"):
        process(["rebuild"], tmp_path)
    with pytest.raises(ModelError, match="was cancelled"):
        process(["rebuild"], tmp_path / "nowhere")


def test_what_was_refused_or_left_by_a_crash_leaves_nothing(profile: Profile) -> None:
    left = profile.models_dir / ".import-old"
    left.mkdir()
    os.utime(left, (1, 1))
    recent = profile.models_dir / ".import-new"
    recent.mkdir()

    def refuse(arguments: list[str], folder: Path) -> list[dict[str, Any]]:
        assert arguments[:2] == ["rebuild", str(shipped_model())]
        assert arguments[-2:] == ["--profile", str(profile.data_dir)]
        (folder / "rebuilt").mkdir()
        return [{"event": "error", "sentence": "It is not what it says.", "detail": "x"}]

    with pytest.raises(ModelError, match="It is not what it says") as caught:
        import_model(shipped_model(), profile, refuse, lambda text: None)
    assert caught.value.detail == "x"
    assert list(profile.models_dir.iterdir()) == [recent]
    with pytest.raises(UsageError, match="does not exist"):
        import_model(Path("/nowhere"), profile, refuse, lambda text: None)


def test_the_thread_tells_each_step_and_ends_with_an_import_under_way(
    profile: Profile, monkeypatch: pytest.MonkeyPatch
) -> None:
    instead(monkeypatch, "import time; time.sleep(60)")
    events: list[Any] = []
    manager = ModelsManager(profile, FakeSettings(), events.append)
    manager.start()
    target = profile.data_dir / "given"
    manager.export(shipped_model(), target)
    manager.take_in(target)
    deadline = time.monotonic() + 20
    while not any(isinstance(event, ModelWork) and event.can_cancel for event in events):
        assert time.monotonic() < deadline, events
        time.sleep(0.01)
    assert manager.stop()
    kinds = [type(event) for event in events]
    assert kinds[:4] == [ModelWork, ModelWork, ModelsListed, ModelDone]
    assert events[3] == ModelDone(Done.EXPORTED, str(target), str(shipped_model()))
    assert not list(profile.models_dir.iterdir())
