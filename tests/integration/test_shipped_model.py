"""The model that comes with the program: whole, trusted, small, quick, and worth what its card says."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from mgc_desktop.core.paths import Profile, shipped_models_dir
from mgc_desktop.engine.choice import shipped_model
from mgc_desktop.model.contract import read_info, self_test_clip
from mgc_desktop.model.trust import SHIPPED_DIGESTS, TrustStore, shipped_digests
from tests.model_folders import GENRES

ROOT = Path(__file__).resolve().parents[2]
SHIPPED = shipped_model()


def test_every_shipped_model_is_whole_and_on_the_list() -> None:
    folders = [path for path in shipped_models_dir().iterdir() if path.is_dir()]
    assert SHIPPED in folders
    assert {read_info(folder).sha256 for folder in folders} == shipped_digests()
    assert (shipped_models_dir() / SHIPPED_DIGESTS).is_file()


def test_it_knows_the_ten_genres_and_what_is_not_music() -> None:
    info = read_info(SHIPPED)
    assert info.genres == GENRES
    assert "_not_music" in info.labels
    assert (SHIPPED / "model.pt").stat().st_size < 5_000_000


def test_its_card_tells_the_figures_that_its_description_has() -> None:
    info = read_info(SHIPPED)
    test = info.metrics["test"]
    assert test["n"] >= 125
    card = (SHIPPED / "card.md").read_text("utf-8")
    assert f"{test['accuracy']:.3f} [{test['low']:.3f}, {test['high']:.3f}]" in card
    assert info.made_with["command"] in card


def test_it_loads_in_any_profile_and_does_not_hang_on_the_batch(profile: Profile) -> None:
    from mgc_desktop.model.runtime import Runtime

    runtime = Runtime.load(SHIPPED, "cpu", trust=TrustStore(profile.trusted_file))
    clips = np.stack([self_test_clip(12_000, 6.0, seed) for seed in range(3)])
    alone = np.concatenate([runtime.logits(clip[None]) for clip in clips])
    assert np.abs(runtime.logits(clips) - alone).max() < 1e-5


def test_the_model_is_what_its_weights_say() -> None:
    """The scripted model and the network rebuilt from the safetensors give the same logits."""
    import torch
    from safetensors.torch import load_file

    from training.scripted import Listener
    from training.systems import get_system

    info = read_info(SHIPPED)
    system = get_system(info.system)
    network = system.network(len(info.labels))
    network.load_state_dict(load_file(SHIPPED / "weights.safetensors"))
    eager = Listener(system.frontend(system.frontend_config), network).eval()
    scripted = torch.jit.load(str(SHIPPED / "model.pt")).eval()
    clip = torch.from_numpy(self_test_clip(12_000, 10.0, 3)[None])
    with torch.inference_mode():
        assert torch.allclose(eager(clip), scripted(clip), atol=1e-4)


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_its_figures_come_out_again_on_the_frozen_test_split(real_data: Path, profile: Profile) -> None:
    words = ["evaluate", SHIPPED, real_data / "tracks.csv", "--not-music", real_data / "not_music.csv"]
    words += ["--split", "test", "--json", "--profile", profile.data_dir, "--device", "cpu"]
    done = subprocess.run(
        [sys.executable, "-m", "training", *map(str, words)], cwd=ROOT, capture_output=True, text=True, check=True
    )
    result, stated = json.loads(done.stdout), read_info(SHIPPED).metrics["test"]
    assert result["n"] == stated["n"]
    # Decoders differ in the last bit between versions: one track may turn.
    assert result["accuracy"] == pytest.approx(stated["accuracy"], abs=0.01)
