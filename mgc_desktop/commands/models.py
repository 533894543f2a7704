"""`mgc-desktop models`: list them, choose one, and take care of those that were made here."""

from __future__ import annotations

import argparse
import dataclasses
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

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
from mgc_desktop.engine.choice import choose_for_later, chosen_model, follow_move, previous_model
from mgc_desktop.engine.model_import import Rebuilder, RebuildProcess, import_model
from mgc_desktop.engine.model_list import ModelEntry, find_entry, model_entries
from mgc_desktop.engine.own_models import export_model, rename_model, trash_model
from mgc_desktop.engine.sources import shown
from mgc_desktop.model.contract import read_info
from mgc_desktop.model.trust import TrustStore


@dataclasses.dataclass(frozen=True, slots=True)
class Models:
    """The models of a profile, as the words of the command line ask for them."""

    profile: Profile
    settings: Settings
    rebuild: Rebuilder

    def show(self, *, as_json: bool) -> None:
        chosen = chosen_model(self.profile, self.settings).resolve()
        entries = model_entries(self.profile)
        if as_json:
            print(json.dumps([_row(entry, in_use=entry.place == chosen) for entry in entries]))
            return
        width = max(len(shown(entry.folder.name)) for entry in entries)
        for entry in entries:
            mark = "*" if entry.place == chosen else " "
            print(f"{mark} {shown(entry.folder.name):<{width}}  {_line(entry)}")

    def use(self, name: str) -> None:
        entry = find_entry(self.profile, name)
        info = read_info(entry.folder)
        if not TrustStore(self.profile.trusted_file).knows(info.sha256):
            raise ModelError(
                f"{name} was not made on this computer, so it cannot be used: "
                f"import it with: mgc-desktop models import {entry.folder}."
            )
        self._choose(entry.folder)

    def previous(self) -> None:
        folder = previous_model(self.profile, self.settings)
        if folder is None:
            raise UsageError("There is no other model to go back to: choose one with: mgc-desktop models use NAME.")
        self._choose(folder)

    def rename(self, old: str, new: str) -> None:
        folder = find_entry(self.profile, old).folder
        self._moved(folder, rename_model(self.profile, folder, new))
        print(f"{shown(old)} is called {shown(new)} now.")

    def export(self, name: str, target: str) -> None:
        written = export_model(find_entry(self.profile, name).folder, Path(target).absolute())
        print(f"{shown(name)} is in {shown(str(written))}.")

    def take_in(self, source: str) -> None:
        taken = import_model(Path(source).absolute(), self.profile, self.rebuild, lambda text: say(f"{text}..."))
        for note in taken.notes:
            say(note)
        print(f"{shown(taken.folder.name)} was imported; to use it: mgc-desktop models use {shown(taken.folder.name)}")

    def delete(self, name: str) -> None:
        entry = find_entry(self.profile, name)
        folder, was_chosen = entry.folder, entry.place == chosen_model(self.profile, self.settings).resolve()
        trash_model(self.profile, folder)
        self._moved(folder, None)
        rest = f"; {chosen_model(self.profile, self.settings).name} will be used" if was_chosen else ""
        print(f"{shown(name)} is in the trash{rest}.")

    def _choose(self, folder: Path) -> None:
        choose_for_later(self.settings, folder, chosen_model(self.profile, self.settings))
        self.settings.save()
        print(f"{shown(folder.name)} will be used from the next start on.")

    def _moved(self, old: Path, new: Path | None) -> None:
        follow_move(self.settings, old, new)
        self.settings.save()


def _row(entry: ModelEntry, *, in_use: bool) -> dict[str, Any]:
    values = dataclasses.asdict(entry) | {"folder": str(entry.folder), "in_use": in_use}
    del values["place"]
    return values


def _line(entry: ModelEntry) -> str:
    if entry.problem:
        return shown(entry.problem)
    figure = entry.figure
    score = "no score"
    if figure is not None:
        ends = f"{100 * figure.low:.0f} to {100 * figure.high:.0f}"
        score = f"{100 * figure.accuracy:.0f} % ({ends}), {figure.n} tracks, {shown(figure.what)}"
    origin = "shipped" if entry.shipped else "imported" if entry.imported else "made here"
    genres = f"{len(entry.genres)} genres"
    return f"{shown(entry.system)}  {genres}  {score}  {entry.size / 1e6:.1f} MB  {shown(entry.date)}  {origin}"


def run(args: argparse.Namespace, rebuild: Rebuilder | None = None) -> int:
    """Do what the words ask for, and return the exit code. `rebuild` is the training process where it is not given."""
    prepare_streams()
    profile = open_profile(args.profile)
    models = Models(profile, Settings(profile.settings_file), rebuild or RebuildProcess())
    verbs: dict[str, Callable[..., None]] = {
        "use": models.use,
        "previous": models.previous,
        "rename": models.rename,
        "export": models.export,
        "import": models.take_in,
        "delete": models.delete,
    }
    try:
        if args.what in verbs:
            verbs[args.what](*(getattr(args, word) for word in args.words))
        else:
            models.show(as_json=args.json)
    except ModelError as error:
        say(error.sentence)
        return EXIT_SOME_FAILED
    except BrokenPipeError:
        discard_output()
        return EXIT_BROKEN_PIPE
    return EXIT_OK
