"""Running engines without a window, what stands in their libraries, and the processes that decode for them."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from mgc_desktop.core.paths import Profile
from mgc_desktop.core.values import TrackRow
from mgc_desktop.engine.engine import Engine
from mgc_desktop.engine.pipeline import DecoderLimits
from mgc_desktop.engine.trainer import Trainer
from mgc_desktop.engine.writer import Writer
from tests.events import Events
from tests.model_folders import trust

EngineFactory = Callable[..., contextlib.AbstractContextManager[tuple[Engine, Events]]]


@pytest.fixture
def events() -> Events:
    return Events()


@pytest.fixture
def writer(profile: Profile, events: Events) -> Iterator[Writer]:
    """Return a running writer of the profile's library."""
    writer = Writer(profile.library_file, events)
    writer.start()
    yield writer
    assert writer.stop()


@pytest.fixture
def trainer(profile: Profile, events: Events) -> Iterator[Trainer]:
    trainer = Trainer(profile, events)
    yield trainer
    trainer.stop()
    assert not trainer.running


@pytest.fixture
def engines(profile: Profile, two_models: Path) -> EngineFactory:
    """Return a maker of running engines on one profile, with model "one"; "two" is trusted as well."""
    usual = trust(profile, two_models / "one")

    @contextlib.contextmanager
    def make(model: Path = usual, limits: DecoderLimits | None = None) -> Iterator[tuple[Engine, Events]]:
        events = Events()
        engine = Engine(profile, device="cpu", model=model, on_event=events, limits=limits)
        engine.start()
        try:
            yield engine, events
        finally:
            engine.stop()
            engine.stop()  # harmless

    return make


def rows(engine: Engine) -> list[TrackRow]:
    """Return the rows of the library, by path."""
    with contextlib.closing(engine.reader()) as reader:
        return reader.rows(reader.ids())


def decoders() -> list[psutil.Process]:
    """Return the decoder processes of this process."""
    found = []
    for child in psutil.Process().children(recursive=True):
        with contextlib.suppress(psutil.NoSuchProcess):
            if "spawn_main" in " ".join(child.cmdline()):
                found.append(child)
    return found


def copies(song: Path, folder: Path, count: int, first: int = 0) -> Path:
    """Return a new folder with `song` in it under `count` names, from "000" on."""
    folder.mkdir()
    for number in range(first, first + count):
        os.link(song, folder / f"{number:03}{song.suffix}")
    return folder
