"""The model folder: what is checked before anything of it runs, and what loading must hold."""

import json
import pickle
import shutil
import zipfile
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from mgc_desktop.core.errors import DeviceError, ModelError
from mgc_desktop.model.contract import read_info, self_test_clip
from mgc_desktop.model.devices import choose_device, compute_devices
from mgc_desktop.model.trust import TrustStore
from tests.model_folders import GENRES, make_model_folder


@pytest.fixture(scope="module")
def original(tmp_path_factory):
    return make_model_folder(tmp_path_factory.mktemp("models") / "tiny")


@pytest.fixture
def folder(original, tmp_path):
    """A copy of a good folder, to be spoiled."""
    shutil.copytree(original, tmp_path / "tiny")
    return tmp_path / "tiny"


@pytest.fixture(scope="module")
def trust(original):
    return TrustStore(original.with_name("tiny.trusted.json"))


def edit(folder, **changes):
    path = folder / "model.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))


def refused(folder, trust):
    from mgc_desktop.model.runtime import Runtime

    with pytest.raises(ModelError) as caught:
        Runtime.load(folder, "cpu", trust=trust)
    sentence = caught.value.sentence
    assert "\n" not in sentence
    assert sentence.endswith(".")
    return sentence


def test_a_good_folder_is_read(original):
    info = read_info(original)
    assert info.labels == GENRES
    assert (info.sample_rate, info.window_seconds) == (12_000, 29.12)
    assert {path.name for path in original.iterdir()} == {"model.pt", "weights.safetensors", "model.json"}


def test_a_good_folder_loads_and_answers(original, trust):
    from mgc_desktop.model.runtime import Runtime

    runtime = Runtime.load(original, "cpu", trust=trust)
    clip = self_test_clip(12_000, 29.12, 1)
    assert runtime.logits(clip[None]).shape == (1, 10)
    assert runtime.features(clip).shape == (96, 1366)
    assert runtime.embed(clip[None]).shape[0] == 1
    assert runtime.device_name == "cpu"


@pytest.mark.parametrize("seconds", [1.0, 1.37, 3.0, 10.0, 29.12])
def test_any_length_between_the_two_limits_is_legal(original, trust, seconds):
    from mgc_desktop.model.runtime import Runtime

    logits = Runtime.load(original, "cpu", trust=trust).logits(self_test_clip(12_000, seconds, 1)[None])
    assert np.isfinite(logits).all()


def test_a_clip_alone_and_in_a_batch_gets_the_same_logits(original, trust):
    from mgc_desktop.model.runtime import Runtime

    runtime = Runtime.load(original, "cpu", trust=trust)
    clips = np.stack([self_test_clip(12_000, 5.0, seed) * (0.1 + seed) for seed in range(5)])
    alone = np.concatenate([runtime.logits(clip[None]) for clip in clips])
    assert np.abs(runtime.logits(clips) - alone).max() < 1e-5


def test_the_head_on_the_embedding_gives_the_logits(original):
    import torch

    module = torch.jit.load(str(original / "model.pt")).eval()
    clip = torch.from_numpy(self_test_clip(12_000, 3.0, 1)[None])
    with torch.inference_mode():
        assert torch.allclose(module.head(module.embed(clip)), module(clip), atol=1e-6)


def test_a_missing_folder(tmp_path, trust):
    assert "is not a model folder" in refused(tmp_path / "none", trust)


def test_a_missing_model_file(folder, trust):
    (folder / "model.pt").unlink()
    assert "model.pt is missing" in refused(folder, trust)


def test_a_truncated_model(folder, trust):
    data = (folder / "model.pt").read_bytes()
    (folder / "model.pt").write_bytes(data[: len(data) // 2])
    assert "truncated or altered" in refused(folder, trust)


def test_an_altered_model(folder, trust):
    data = bytearray((folder / "model.pt").read_bytes())
    data[len(data) // 2] ^= 1
    (folder / "model.pt").write_bytes(data)
    assert "truncated or altered" in refused(folder, trust)


def test_an_empty_model(folder, trust):
    (folder / "model.pt").write_bytes(b"")
    assert "empty" in refused(folder, trust)


@pytest.mark.parametrize("version", [0, 2, "1", None])
def test_another_format(folder, trust, version):
    edit(folder, format=version)
    assert "format" in refused(folder, trust)


@pytest.mark.parametrize("text", ["", "{", "[]", "null", "\x00", "[" * 100_000, '{"format": 1}'])
def test_a_damaged_description(folder, trust, text):
    (folder / "model.json").write_text(text)
    assert refused(folder, trust)


@pytest.mark.parametrize(
    "changes",
    [
        {"labels": ["rock"]},
        {"labels": ["rock", "rock"]},
        {"labels": [f"g{i}" for i in range(2000)]},
        {"temperature": 0},
        {"sample_rate": 10**9},
        {"window_seconds": 1e9},
        {"min_seconds": 30.0},
        {"thresholds": {"unsure": 2, "not_music": 0.5, "silence_dbfs": -60}},
        {"labels": ["a", "b"]},
    ],
    ids=lambda changes: next(iter(changes)),
)
def test_a_description_that_cannot_be(folder, trust, changes):
    edit(folder, **changes)
    assert refused(folder, trust)


def test_a_model_that_fails_its_self_test(folder, trust):
    test = json.loads((folder / "model.json").read_text())["self_test"]
    edit(folder, self_test={**test, "logits": [x + 0.1 for x in test["logits"]]})
    assert "failed its self-test" in refused(folder, trust)


def test_a_model_from_elsewhere_is_never_opened(folder, tmp_path, monkeypatch):
    import torch

    opened = []
    monkeypatch.setattr(torch.jit, "load", lambda *args, **kwargs: opened.append(args))
    assert "not made on this computer" in refused(folder, TrustStore(tmp_path / "nobody.json"))
    assert opened == []


class _Marker:
    def __init__(self, path):
        self.path = str(path)

    def __reduce__(self):
        return (open, (self.path, "w"))


def test_a_pickle_in_the_place_of_the_model_does_not_run(folder, tmp_path):
    from mgc_desktop.model.contract import file_sha256

    marker = tmp_path / "marker"
    with zipfile.ZipFile(folder / "model.pt", "w") as archive:
        archive.writestr("archive/data.pkl", pickle.dumps(_Marker(marker)))
    edit(folder, sha256=file_sha256(folder / "model.pt"))
    refused(folder, TrustStore(tmp_path / "nobody.json"))
    assert not marker.exists()


def test_trust_is_kept_and_a_damaged_list_trusts_nothing(tmp_path):
    store = TrustStore(tmp_path / "sub" / "trusted.json")
    assert not store.knows("a" * 64)
    store.add("a" * 64, "one")
    store.add("b" * 64, "two")
    assert TrustStore(tmp_path / "sub" / "trusted.json").knows("a" * 64)
    (tmp_path / "sub" / "trusted.json").write_text("{")
    assert not store.knows("a" * 64)


def test_two_that_become_trusted_at_once_are_both_kept(tmp_path):
    store = TrustStore(tmp_path / "trusted.json")
    digests = [f"{number:064x}" for number in range(24)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda digest: TrustStore(tmp_path / "trusted.json").add(digest, "x"), digests))
    assert all(store.knows(digest) for digest in digests)
    assert [path.name for path in tmp_path.iterdir()] == ["trusted.json"]


def test_the_processor_is_always_there_and_a_missing_device_is_named():
    import torch

    assert compute_devices()[0] == "cpu"
    assert choose_device("cpu").type == "cpu"
    if not torch.cuda.is_available():
        with pytest.raises(DeviceError, match="--device auto"):
            choose_device("cuda")
