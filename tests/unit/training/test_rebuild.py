"""Rebuilding a model folder: the same answers from weights alone, and nothing else taken on trust."""

from __future__ import annotations

import json
import shutil
import zlib
from pathlib import Path

import numpy as np
import pytest

from mgc_desktop.core.errors import ModelError, UsageError
from mgc_desktop.core.paths import Profile
from mgc_desktop.model.contract import self_test_clip
from mgc_desktop.model.trust import TrustStore
from tests.hostile_models import memory, png
from tests.model_folders import make_model_folder
from training.carry_over import clean_card, tame
from training.clean_picture import clean_png
from training.export import Description, export
from training.rebuild import RebuildOptions, rebuild
from training.systems import SYSTEMS, get_system


@pytest.fixture(scope="module")
def foreign(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = make_model_folder(tmp_path_factory.mktemp("elsewhere") / "theirs", name="theirs", seed=3)
    path = folder / "model.json"
    figures = {"n": 4, "accuracy": 0.5, "low": 0.2, "high": 0.8, "split": "test"}
    data = json.loads(path.read_text()) | {"metrics": {"test": figures}, "activation": "sigmoid", "temperature": 1.5}
    path.write_text(json.dumps(data))
    (folder / "memory.safetensors").write_bytes(memory(3, 128, label=9))
    return folder


def test_it_answers_as_the_original_and_is_trusted(foreign: Path, profile: Profile, tmp_path: Path) -> None:
    from mgc_desktop.model.runtime import Runtime

    source = shutil.copytree(foreign, tmp_path / "copy")
    (source / "model.pt").unlink()
    notes: list[str] = []
    info = rebuild(RebuildOptions(source, tmp_path / "out", profile, "mine"), notes.append)
    assert notes == []
    assert (info.name, info.activation, info.temperature) == ("mine", "sigmoid", 1.5)
    assert info.metrics["test"]["accuracy"] == 0.5
    assert info.made_with["imported"]["sha256"] == json.loads((source / "model.json").read_text())["sha256"]
    assert (tmp_path / "out" / "memory.safetensors").exists()
    ours = Runtime.load(tmp_path / "out", "cpu", trust=TrustStore(profile.trusted_file))
    theirs = Runtime.load(foreign, "cpu", trust=TrustStore(foreign.with_name("theirs.trusted.json")))
    clip = self_test_clip(12_000, 7.0, 99)[None]
    np.testing.assert_allclose(ours.logits(clip), theirs.logits(clip), atol=1e-5)


def test_what_is_there_is_not_written_over(foreign: Path, profile: Profile, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "mine.txt").write_text("mine")
    with pytest.raises(UsageError, match="holds something already"):
        rebuild(RebuildOptions(foreign, tmp_path / "out", profile))
    assert (tmp_path / "out" / "mine.txt").read_text() == "mine"
    with pytest.raises(ModelError, match="is not a folder"):
        rebuild(RebuildOptions(tmp_path / "nowhere", tmp_path / "new", profile))


def test_a_picture_keeps_its_pixels_and_nothing_else() -> None:
    text = b"tEXtComment\0" + b"secret"
    chunk = len(text[4:]).to_bytes(4, "big") + text + zlib.crc32(text).to_bytes(4, "big")
    pixels = b"".join(b"\0" + bytes([row] * 30) for row in range(20))
    clean = clean_png(png(30, 20, pixels, chunk))
    assert b"secret" not in clean
    assert clean == clean_png(png(30, 20, pixels))
    for spoiled in (clean[:-20], clean.replace(b"IDAT", b"IDAX"), png(30, 21, pixels), b"\x07" * 30):
        with pytest.raises(ValueError, match=r"."):
            clean_png(spoiled)


def test_a_card_loads_nothing_and_keeps_its_words() -> None:
    card = "# Mine\n\n![Confusion matrix](confusion.png)\n![a *b*](http://x/y.png) | 0.5 < 0.6 | `code`\n<b>x</b>\n"
    assert clean_card(card, has_picture=True) == (
        "# Mine\n\n![Confusion matrix](confusion.png)\na *b* | 0.5 < 0.6 | `code`\n\\<b>x\\</b>\n"
    )
    assert "![" not in clean_card(card, has_picture=False)


def test_values_are_cut_to_a_length() -> None:
    assert tame({"a\x00": ["x" * 9000, 1, None, {"b": 2.5}]}) == {"a ": ["x" * 2000, 1, None, {"b": 2.5}]}
    assert len(tame(list(range(10_000)))) == 2000


@pytest.mark.slow
@pytest.mark.parametrize("system", sorted(SYSTEMS))
def test_every_system_can_be_rebuilt(system: str, profile: Profile, tmp_path: Path) -> None:
    description = Description(
        name=system,
        labels=["fado", "samba", "polka"],
        temperature=1.0,
        thresholds={"unsure": 0.0, "not_music": 1.0, "silence_dbfs": -60.0},
        data={},
        made_with={},
    )
    chosen = get_system(system)
    export(tmp_path / "theirs", chosen, chosen.network(3).eval(), description, TrustStore(tmp_path / "trusted.json"))
    info = rebuild(RebuildOptions(tmp_path / "theirs", tmp_path / "ours", profile))
    assert (info.system, info.labels) == (system, ("fado", "samba", "polka"))
