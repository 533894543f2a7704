"""`evaluate` on a model that was never trained: what it tries, what it writes, and what it refuses in one sentence."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mgc_desktop.core.errors import MgcError, TrainingError, UsageError
from mgc_desktop.core.model_info import NOT_MUSIC_LABEL
from mgc_desktop.core.paths import Profile
from mgc_desktop.core.values import VerdictKind
from mgc_desktop.model.contract import file_sha256, read_info
from mgc_desktop.model.runtime import Runtime
from mgc_desktop.model.trust import TrustStore
from tests import synth
from tests.model_folders import make_model_folder, trust
from training.__main__ import main
from training.data.conditions import CONDITIONS
from training.data.items import Item
from training.data.manifest import read_manifest
from training.evaluate import EvaluateOptions, evaluate
from training.score import hear
from training.timing import timing
from training.trials import ALL


@pytest.fixture(autouse=True)
def one_decoder(monkeypatch: pytest.MonkeyPatch) -> None:
    """A second process takes longer to start than there is to decode."""
    monkeypatch.setattr("training.evaluate.available_cores", lambda: 1)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with lists of music, of other music, of excerpts, and of what is no music."""
    root = tmp_path_factory.mktemp("data")
    rows = [
        ("tracks", "rock-1.wav,rock,x,test,shelf,,"),
        ("tracks", "jazz-1.mp3,jazz,y,test,shelf,,jazz.00001.wav"),
        ("tracks", "rock-2.wav,rock,z,train,shelf,,"),
        ("short", "rock-3.wav,rock,x,test,box,,"),
        ("short", "jazz-2.wav,jazz,y,test,box,,jazz.00001.wav"),  # of a track that is there as a whole
        ("other", "folk-1.wav,folk,f,,web,,"),
        ("other", "rock-4.wav,rock,f,,web,,"),  # of a genre that it has: no other music
        ("sounds", "rain.wav,,r,test,web,noise,"),
        ("sounds", "hall.wav,,h,train,web,rir,"),
    ]
    for number, (name, row) in enumerate(rows):
        kind = {"rain.wav": synth.noise, "hall.wav": synth.drums}.get(row.split(",")[0], synth.song)
        seconds = 2.5 if name == "short" else 12.0 if name == "tracks" else 4.0
        synth.write_audio(root / row.split(",")[0], kind(seconds, synth.RATE, seed=number), synth.RATE)
        with (root / f"{name}.csv").open("a") as stream:
            if not stream.tell():
                stream.write("path,label,group,split,source,kind,original\n")
            stream.write(row + "\n")
    return root


@pytest.fixture
def model(tiny_model: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(tiny_model, tmp_path / "model"))


@pytest.fixture
def options(model: Path, tiny_model: Path, profile: Profile, data: Path) -> EvaluateOptions:
    trust(profile, tiny_model)
    return EvaluateOptions(model, (data / "tracks.csv",), profile, split="test", device="cpu")


def run(options: EvaluateOptions, **changes: Any) -> dict[str, Any]:
    return evaluate(replace(options, **changes), lambda done, total: None)


@pytest.fixture
def everything(options: EvaluateOptions, data: Path) -> EvaluateOptions:
    sounds = (data / "sounds.csv",)
    return replace(
        options,
        not_music=sounds,
        conditions=(ALL,),
        rooms=sounds,
        noise=sounds,
        other_music=(data / "other.csv",),
        also=(data / "short.csv",),
        timing=True,
        write=True,
    )


def test_all_there_is_to_try(everything: EvaluateOptions, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("training.timing._TIMES", 3)
    seen: list[tuple[int, int]] = []
    before = file_sha256(everything.model / "model.pt")
    result = evaluate(everything, lambda done, total: seen.append((done, total)))
    assert list(result["conditions"]) == list(CONDITIONS)
    assert {found["n"] for found in result["conditions"].values()} == {result["n"]} == {2}
    assert result["sources"]["shelf"]["n"] == 2
    assert result["kinds"] == {"noise": {"n": 1, "refused": result["not_music"]["refused"]}}
    assert (result["other_music"]["n"], result["also"]["rock"]["n"], "jazz" in result["also"]) == (1, 2, False)
    assert any("There are too few rooms to keep one" in note for note in result["notes"])
    assert any("1 of 2 excerpts are of tracks that are there as a whole" in note for note in result["notes"])
    assert [done for done, _ in seen] == list(range(1, 1 + 3 + 2 * len(CONDITIONS) + 1 + 1))
    assert {total for _, total in seen} == {len(seen)}
    timing = result["timing"]
    assert timing["alone_and_in_batch"] < 1e-5
    assert timing["window_ms"] > 0
    assert timing["cpu_ms"] > 0
    assert timing["model_bytes"] == (everything.model / "model.pt").stat().st_size
    assert result["unreadable"] == []
    _is_written(everything, result)
    assert file_sha256(everything.model / "model.pt") == before


def _is_written(options: EvaluateOptions, result: dict[str, Any]) -> None:
    kept = dict(read_info(options.model).metrics["test"])
    assert kept == {key: value for key, value in json.loads(json.dumps(result)).items() if key in kept}
    assert {"split", "accuracy", "confusion", "conditions", "other_music", "also", "timing"} <= set(kept)
    assert not {"unreadable", "notes", "left_out", "device"} & set(kept)
    card = (options.model / "card.md").read_text("utf-8")
    assert "### Under other conditions" in card
    assert (options.model / "confusion.png").exists()


def test_what_was_tried_on_the_same_tracks_stays(options: EvaluateOptions) -> None:
    _put(options.model, n=3, conditions={"gain": {"n": 3, "accuracy": 1.0}})  # of other tracks
    run(options, write=True)
    assert "conditions" not in read_info(options.model).metrics["test"]
    _put(options.model, **read_info(options.model).metrics["test"], conditions={"gain": KEPT})
    run(options, write=True)
    assert read_info(options.model).metrics["test"]["conditions"] == {"gain": KEPT}


KEPT = {"n": 2, "accuracy": 1.0, "low": 0.5, "high": 1.0, "points": 0.0}


def _put(model: Path, **figures: Any) -> None:
    data = json.loads((model / "model.json").read_bytes())
    (model / "model.json").write_text(json.dumps(data | {"metrics": {"test": figures}}))


def test_without_sounds_there_is_no_microphone(options: EvaluateOptions, data: Path) -> None:
    with pytest.raises(UsageError, match="add --rooms LIST and --noise LIST"):
        run(options, conditions=("microphone",))
    with pytest.raises(TrainingError, match="--rooms name no room responses"):
        run(options, conditions=("microphone",), rooms=(data / "other.csv",), noise=(data / "sounds.csv",))


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"conditions": ("bathroom",)}, "There is no condition 'bathroom': choose from microphone"),
        ({"split": "", "write": True}, "add --split test to --write"),
        ({"split": "valid"}, "There is no track in the split 'valid'"),
        ({"other_music": (Path("none.csv"),)}, "The training data none.csv does not exist"),
    ],
)
def test_refused_in_a_sentence(options: EvaluateOptions, changes: dict[str, Any], words: str) -> None:
    with pytest.raises(MgcError) as caught:
        run(options, **changes)
    assert words in caught.value.sentence
    assert "\n" not in caught.value.sentence


def test_a_window_that_the_model_cannot_hear_is_no_condition(options: EvaluateOptions) -> None:
    info = json.loads((options.model / "model.json").read_bytes())
    (options.model / "model.json").write_text(json.dumps(info | {"window_seconds": 4.0}))
    with pytest.raises(UsageError, match=r"window-5s cannot be tried on tiny, which hears 1 to 4 s"):
        run(options, conditions=("window-5s",))


def test_a_folder_that_cannot_be_written_is_named(options: EvaluateOptions) -> None:
    (options.model / "card.md").mkdir()  # as nobody can write over, whoever runs the tests
    with pytest.raises(TrainingError, match="The figures could not be written to"):
        run(options, write=True)


def test_sources_and_kinds_do_not_change_the_fingerprint(data: Path, tmp_path: Path) -> None:
    manifest = read_manifest([data / "tracks.csv"], [data / "sounds.csv"])
    bare = replace(manifest, items=tuple(replace(item, source="", kind="", licence="") for item in manifest.items))
    assert manifest.fingerprint() == bare.fingerprint()
    assert {item.kind for item in manifest.items if item.label == NOT_MUSIC_LABEL} == {"noise"}
    assert manifest.sources() == [{"name": "shelf", "tracks": 1, "licence": ""}]


def test_a_hum_is_no_music_in_scores_either(tmp_path: Path, profile: Profile) -> None:
    labels = ("jazz", "rock", NOT_MUSIC_LABEL)
    folder = make_model_folder(tmp_path / "m", labels, trusted_file=profile.trusted_file)
    info = json.loads((folder / "model.json").read_bytes())
    (folder / "model.json").write_text(json.dumps(info | {"thresholds": {**info["thresholds"], "not_music": 0.9}}))
    hum = synth.write_audio(tmp_path / "hum.wav", synth.tone(6.0, 50.0), synth.RATE)
    runtime = Runtime.load(folder, "cpu", trust=TrustStore(profile.trusted_file))
    (heard,) = hear(runtime, [Item(hum, "rock", "x", "test")], 1, lambda done, total: None).heard
    assert heard.verdict.kind is VerdictKind.NOT_MUSIC
    plain = runtime.logits(np.asarray(synth.tone(6.0, 50.0, 12_000))[None])[0]
    assert plain[2] < heard.logits[2]


def test_two_devices_are_compared_on_the_same_windows(
    options: EvaluateOptions, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("training.timing._TIMES", 1)
    other = make_model_folder(tmp_path / "other", seed=1, trusted_file=options.profile.trusted_file)
    store = TrustStore(options.profile.trusted_file)
    one, two = (Runtime.load(folder, "cpu", trust=store) for folder in (options.model, other))
    items = read_manifest(options.data).items
    assert "from_cpu" not in timing(one, items)
    assert timing(one, items, one)["from_cpu"] < 1e-5
    assert timing(one, items, two)["from_cpu"] > 1e-3  # another model stands for a device that is wrong


@pytest.fixture
def command(options: EvaluateOptions, monkeypatch: pytest.MonkeyPatch) -> Callable[..., int]:
    """Return a way to give the command in this process, whose signals stay as they are."""
    monkeypatch.setattr("training.stop.StopFlag.install", lambda flag: None)
    words = ["evaluate", str(options.model), *map(str, options.data), "--profile", str(options.profile.data_dir)]
    return lambda *more: main([*words, "--device", "cpu", *more])


def test_the_command_prints_figures_or_one_object(
    command: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    assert command("--split", "test", "--conditions", "gain, window-3s") == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("tiny on 2 tracks (test), ")
    assert sum(line.startswith(("  gain  ", "  window-3s  ")) for line in lines) == 2
    assert command("--split", "test", "--json") == 0
    assert json.loads(capsys.readouterr().out)["n"] == 2


@pytest.mark.parametrize(
    ("words", "code"),
    [(["--conditions", "bathroom"], 2), (["--write"], 2), (["--split", "valid"], 1), (["--also", "none.csv"], 1)],
)
def test_what_cannot_be_done_is_a_sentence_and_a_code(
    command: Callable[..., int], words: list[str], code: int, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command(*words) == code
    out, err = capsys.readouterr()
    assert out == ""
    assert len(err.strip().splitlines()) == 1


def test_asked_to_stop_it_ends_in_order(command: Callable[..., int], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("training.stop.StopFlag.__call__", lambda flag: True)
    assert command("--split", "test") == 130
