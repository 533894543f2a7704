"""`mgc-desktop correct`: say what tracks are, in the same library as the window's, also while it is open."""

from __future__ import annotations

import argparse
import contextlib
import os
from collections.abc import Sequence
from dataclasses import dataclass, field

from mgc_desktop.audio.extensions import AUDIO_EXTENSIONS
from mgc_desktop.commands.console import (
    EXIT_BROKEN_PIPE,
    EXIT_OK,
    EXIT_SOME_FAILED,
    discard_output,
    open_profile,
    prepare_streams,
    say,
)
from mgc_desktop.core.errors import ModelError, UsageError
from mgc_desktop.core.paths import Profile
from mgc_desktop.core.settings import Settings
from mgc_desktop.engine.choice import MODEL_SETTING, choose_model
from mgc_desktop.engine.genre_words import GenreWords
from mgc_desktop.engine.sources import Found, TroubleKind, find_audio, shown
from mgc_desktop.library.reader import Reader
from mgc_desktop.library.store import FoundFile, Store
from mgc_desktop.model.contract import read_description

_WIDTH = 14  # characters, as classify writes a verdict


@dataclass
class _Files:
    """The files that were named, or lie in folders that were."""

    found: list[Found] = field(default_factory=list)
    gone: dict[str, str] = field(default_factory=dict)  # absolute path to why it cannot be opened

    real: dict[str, str] = field(default_factory=dict)  # each path without its links

    def paths(self) -> list[str]:
        """Return the absolute paths of all, in order; what is gone last."""
        return [*(file.path for file in self.found), *self.gone]


def run(args: argparse.Namespace) -> int:
    """Write the corrections, a line for each file, and return the exit code."""
    prepare_streams()
    names: Sequence[str] = args.words if args.remove else args.words[1:]
    if not names:
        raise UsageError("There is no file to correct: mgc-desktop correct LABEL FILE ...")
    profile = open_profile(args.profile)
    files = _look(names)
    try:
        with contextlib.closing(Store(profile.library_file)) as store:
            if args.remove:
                return _take_back(store, files)
            return _set(store, files, _label(profile, args.words[0]))
    except BrokenPipeError:
        discard_output()
        return EXIT_BROKEN_PIPE


def _look(names: Sequence[str]) -> _Files:
    files = _Files()
    for item in find_audio([os.path.abspath(name) for name in names], AUDIO_EXTENSIONS):
        if isinstance(item, Found):
            files.found.append(item)
        elif item.kind is TroubleKind.EMPTY:
            say(item.sentence)
        else:
            files.gone[item.path] = item.sentence
    files.real = {path: os.path.realpath(path) for path in files.paths()}  # before anything is locked
    return files


def _label(profile: Profile, text: str) -> str:
    """Return the label that `text` means, in the spelling of the model or of earlier corrections."""
    folder = choose_model(profile, None, Settings(profile.settings_file).get(MODEL_SETTING, None)).folder
    labels: tuple[str, ...] = ()
    with contextlib.suppress(ModelError):
        labels = read_description(folder).labels
    with contextlib.closing(Reader(profile.library_file)) as reader:
        known = reader.genre_names()
    label = GenreWords((*labels, *known.corrected, *known.models)).label(text)
    if not label:
        raise UsageError(f"“{shown(text)}” is no genre: name one, for example tango.")
    return label


def _known(store: Store, files: _Files) -> dict[str, int]:
    """Return the ids of the files that the library knows, by the names given here, in order."""
    ids = store.track_ids({*files.real, *files.real.values()})
    found = ((path, ids.get(path, ids.get(real))) for path, real in files.real.items())
    return {path: track for path, track in found if track is not None}


def _set(store: Store, files: _Files, label: str) -> int:
    with store.batch():  # one transaction: the window may add the same files meanwhile
        ids = _known(store, files)
        new = [FoundFile(file.path, file.size, file.mtime_ns) for file in files.found if file.path not in ids]
        store.add_files(new, "")
        ids = _known(store, files)
        changed = len(store.correct(ids.values(), label))
    for path in ids:
        _line(label, path)
    had = len(ids) - changed
    parts = [f"Set {shown(label)} on {_tracks(changed)}"]
    parts += [f"{_tracks(had)} had it already"] if had else []
    parts += [f"{_tracks(len(new))} new in the library, to be heard when its window opens next"] if new else []
    say("; ".join(parts) + ".")
    return _end(files, ids)


def _take_back(store: Store, files: _Files) -> int:
    with store.batch():
        ids = _known(store, files)
        changed = {change.track_id for change in store.correct(ids.values(), None)}
    for path in [path for path in files.paths() if path in ids or path not in files.gone]:
        _line("taken back" if ids.get(path) in changed else "none was set", path)
    say(f"Took back the genre of {_tracks(len(changed))}.")
    return _end(files, ids)


def _line(word: str, path: str) -> None:
    print(f"{shown(word):<{_WIDTH}}  {shown(path)}")


def _end(files: _Files, ids: dict[str, int]) -> int:
    """Name what was found neither on the disk nor in the library."""
    failed = [sentence for path, sentence in files.gone.items() if path not in ids]
    for sentence in failed:
        say(sentence)
    return EXIT_SOME_FAILED if failed else EXIT_OK


def _tracks(number: int) -> str:
    return "1 track" if number == 1 else f"{number:,} tracks"
