"""The feature cache: right, shared, bounded, and whole whatever happens to it; real processes, kills and disks."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from mgc_desktop.core.errors import TrainingError, WorkerError
from tests import synth
from tests.broken_python import break_python
from training.data.cache import FeatureCache, Features
from training.data.decoding import decode_ahead
from training.data.digests import DigestIndex
from training.data.middle import load_middle
from training.data.variants import NONE, Change
from training.frontends.log_mel import LogMel
from training.stop import Stopped
from training.systems import System, get_system

ROOT = Path(__file__).resolve().parents[3]
OLD = time.time() - 1000  # s: files that have settled


class Louder(LogMel):
    """The same settings, other code."""

    def forward(self, waveform: Tensor) -> Tensor:
        return super().forward(waveform) + 1.0


class Broken(LogMel):
    """Gives no numbers where the sound is loud."""

    def forward(self, waveform: Tensor) -> Tensor:
        features = super().forward(waveform)
        return torch.where(waveform.abs().amax() > 0.7, torch.full_like(features, torch.nan), features)


def with_frontend(frontend: Callable[..., nn.Module]) -> System:
    return replace(get_system("crnn"), frontend=frontend)


@pytest.fixture(scope="module")
def music(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Return a few short tracks, old enough to be remembered."""
    folder = tmp_path_factory.mktemp("music")
    return [settled(synth.write_audio(folder / f"{n}.wav", synth.drums(1.5, seed=n))) for n in range(5)]


def settled(path: Path) -> Path:
    os.utime(path, (OLD, OLD))
    return path


def quiet(done: int, total: int) -> None:
    assert 0 <= done <= total


def load(cache: FeatureCache, paths: list[Path]) -> dict[Path, Features]:
    features, bad = cache.load_all(paths, 1, quiet)
    assert not bad
    return features


def entries(folder: Path) -> dict[str, bytes]:
    """Return every file of the cache that holds features, by its name."""
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.glob("*/*/*")}


def at_once(cache: FeatureCache, paths: list[Path]) -> dict[Path, Features]:
    """Load what must be there already."""
    told: list[tuple[int, int]] = []
    features, bad = cache.load_all(paths, 1, lambda done, total: told.append((done, total)))
    assert not bad
    assert told == [(len(paths), len(paths))]
    return features


@pytest.fixture(scope="module")
def filled(music: list[Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a cache folder with the music in it; for copying."""
    folder = tmp_path_factory.mktemp("filled")
    cache = FeatureCache(folder, get_system("crnn"), 30.0)
    load(cache, music)
    cache.close()
    return folder


@pytest.fixture
def folder(filled: Path, tmp_path: Path) -> Path:
    """Return a filled cache folder of this test's own."""
    return Path(shutil.copytree(filled, tmp_path / "cache"))


def test_what_is_kept_is_what_the_front_end_gives(music: list[Path], folder: Path) -> None:
    system = get_system("crnn")
    features = at_once(FeatureCache(folder, system, 30.0), music)
    frontend = system.frontend(system.frontend_config).eval()
    assert list(features) == music
    for path, found in features.items():
        wave = load_middle(str(path), 12_000, 30.0, 1.0)
        expected = frontend(torch.from_numpy(wave[None]))[0].numpy().astype(np.float16)
        assert np.array_equal(found, expected)
        assert found.dtype == np.float16
        assert not found.flags.writeable
        assert found.base is not None  # mapped, not read


def test_a_track_is_known_by_its_content(music: list[Path], folder: Path, tmp_path: Path) -> None:
    moved = Path(shutil.copy(music[0], tmp_path / "another name.wav"))
    cache = FeatureCache(folder, get_system("crnn"), 30.0)
    assert np.array_equal(at_once(cache, [music[0]])[music[0]], load(cache, [moved])[moved])
    assert len(entries(folder)) == len(music)
    settled(synth.write_audio(moved, synth.chords(1.5)))  # the same size, another sound
    os.utime(moved, (OLD + 5, OLD + 5))
    assert not np.array_equal(load(cache, [moved])[moved], at_once(cache, [music[0]])[music[0]])
    assert len(entries(folder)) == len(music) + 1


def test_other_settings_or_other_code_have_entries_of_their_own(music: list[Path], folder: Path) -> None:
    one = music[:1]
    before = at_once(FeatureCache(folder, get_system("crnn"), 30.0), one)[one[0]]
    louder = load(FeatureCache(folder, with_frontend(Louder), 30.0), one)[one[0]]
    assert np.allclose(louder.astype(np.float32), before.astype(np.float32) + 1, atol=0.1)
    system = get_system("crnn")
    half = replace(system, frontend_config=replace(system.frontend_config, hop=512))
    assert load(FeatureCache(folder, half, 30.0), one)[one[0]].shape[1] == (before.shape[1] + 1) // 2
    assert load(FeatureCache(folder, system, 1.2), one)[one[0]].shape[1] == 1 + 14_400 // 256
    assert len(entries(folder)) == len(music) + 3


def test_the_key_depends_neither_on_the_cores_nor_on_the_system_around(folder: Path, music: list[Path]) -> None:
    before = torch.get_num_threads()
    try:
        for threads in (1, 2, 3):
            torch.set_num_threads(threads)
            assert len(at_once(FeatureCache(folder, get_system("crnn"), 30.0), music)) == len(music)
    finally:
        torch.set_num_threads(before)
    renamed = replace(get_system("crnn"), name="another", network=nn.Identity)
    assert len(at_once(FeatureCache(folder, renamed, 30.0), music)) == len(music)


def _cut(data: bytes) -> bytes:
    return data[:-100]


def _flip(data: bytes) -> bytes:
    return data[:5000] + bytes([data[5000] ^ 1]) + data[5001:]


def _lie(data: bytes) -> bytes:
    return data[:8] + (1 << 30).to_bytes(4, "little") + data[12:]


def _empty(data: bytes) -> bytes:
    return b""


def _zeros(data: bytes) -> bytes:
    return bytes(len(data))


def test_a_damaged_entry_is_made_again(music: list[Path], folder: Path) -> None:
    whole = entries(folder)
    spoilers = (_cut, _flip, _lie, _empty, _zeros)
    for name, spoil in zip(whole, spoilers, strict=True):
        (folder / name).write_bytes(spoil(whole[name]))
    threads = torch.get_num_threads()
    load(FeatureCache(folder, get_system("crnn"), 30.0), music)
    assert entries(folder) == whole
    assert torch.get_num_threads() == threads


def test_a_damaged_index_only_costs_reading(music: list[Path], folder: Path) -> None:
    whole = entries(folder)
    for text in ("{", "[1, 2]", '{"a": 3}', '{"a": ["x", 1, 2]}'):
        (folder / "digests.json").write_text(text)
        assert len(load(FeatureCache(folder, get_system("crnn"), 30.0), music)) == len(music)
        (folder / "digests.json").unlink(missing_ok=True)
    assert entries(folder) == whole


def test_what_cannot_be_learnt_from_has_its_reason(music: list[Path], folder: Path, tmp_path: Path) -> None:
    noise = tmp_path / "noise.mp3"
    noise.write_bytes(os.urandom(4000))
    short = synth.write_audio(tmp_path / "short.wav", synth.tone(0.5))
    loud = synth.write_audio(tmp_path / "loud.wav", synth.tone(1.5, level=0.9))
    paths = [music[0], tmp_path / "gone.wav", noise, short, loud]
    features, bad = FeatureCache(folder, with_frontend(Broken), 30.0).load_all(paths, 1, quiet)
    assert list(features) == [music[0]]
    assert list(bad) == paths[1:]
    assert bad[paths[1]] == "could not be read (No such file or directory)"
    assert bad[loud] == "gives features that are no numbers"
    assert "0.5 s" in bad[short]


def test_variants_are_kept_beside_the_track(folder: Path, tmp_path: Path) -> None:
    track = settled(synth.write_audio(tmp_path / "tone.wav", synth.tone(2.0, 1000.0)))
    other = settled(synth.write_audio(tmp_path / "noise.wav", synth.noise(1.0)))
    up, faster, noisy = Change(pitch=12.0), Change(speed=1.25), Change(noise=other, snr_db=0.0)
    items = [(track, change) for change in (NONE, up, faster, noisy)]
    cache = FeatureCache(folder, get_system("crnn"), 30.0)
    features, bad = cache.load_changed(items, 1, quiet)
    assert not bad
    plain = features[track, NONE].astype(np.float32)
    assert plain.mean(axis=1).argmax() < features[track, up].mean(axis=1, dtype=np.float32).argmax()
    assert features[track, faster].shape[1] == 1 + round(24_000 / 1.25) // 256
    assert np.median(features[track, noisy].astype(np.float32)) > np.median(plain) + 20
    again, _ = FeatureCache(folder, get_system("crnn"), 30.0).load_changed(items, 1, quiet)
    assert all(np.array_equal(again[item], features[item]) for item in items)
    settled(synth.write_audio(other, synth.tone(1.0, 3000.0)))
    os.utime(other, (OLD + 5, OLD + 5))
    changed, _ = FeatureCache(folder, get_system("crnn"), 30.0).load_changed(items[-1:], 1, quiet)
    assert not np.array_equal(changed[items[-1]], features[items[-1]])


def test_a_missing_background_sound_is_a_sentence(music: list[Path], folder: Path, tmp_path: Path) -> None:
    cache = FeatureCache(folder, get_system("crnn"), 30.0)
    items = [(music[0], Change(noise=tmp_path / "gone.wav"))]
    with pytest.raises(TrainingError, match=r"The background sound .*gone\.wav could not be read \(No such file"):
        cache.load_changed(items, 1, quiet)
    bad_sound = tmp_path / "bad.wav"
    bad_sound.write_bytes(b"not a sound")
    _, bad = cache.load_changed([(music[0], Change(room=bad_sound))], 1, quiet)
    assert next(iter(bad.values())).startswith(f"The background sound {bad_sound} could not be used: ")


def test_stopping_keeps_what_was_done(music: list[Path], tmp_path: Path) -> None:
    cache = FeatureCache(tmp_path / "cache", get_system("crnn"), 30.0)
    done = [0]

    def progress(count: int, total: int) -> None:
        done[0] = count

    with pytest.raises(Stopped):
        cache.load_all(music, 1, progress, lambda: done[0] >= 2)
    # Tracks that were on their way when it was told to stop may be kept as well.
    assert 2 <= len(entries(tmp_path / "cache")) < len(music)
    assert len(DigestIndex(tmp_path / "cache" / "digests.json", tmp_path / "lock")._rows) >= 2


def test_jobs_are_drawn_as_there_is_room(music: list[Path]) -> None:
    drawn: list[int] = []

    def jobs() -> Iterator[tuple[int, tuple[str, int, float, float]]]:
        for number in range(20):
            drawn.append(number)
            yield number, (str(music[0]), 12_000, 30.0, 1.0)

    decoded = decode_ahead(load_middle, jobs(), 1)
    assert [next(decoded)[0], next(decoded)[0]] == [0, 1]
    assert len(drawn) <= 6
    decoded.close()


def test_without_a_process_to_decode_nothing_is_left_out(
    music: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A run that took every track for a bad one would go on with those that it had read before."""
    cache = FeatureCache(tmp_path, get_system("crnn"), 30.0)
    with monkeypatch.context() as patched:
        break_python(patched)
        with pytest.raises(WorkerError, match="No decoder process could be started"):
            cache.load_all(music, 1, quiet)
    found, bad = cache.load_all(music, 1, quiet)
    assert (len(found), bad) == (5, {})


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """Return a folder on a disk of 1 MB; skips where mounting is not allowed."""
    place = tmp_path / "disk"
    place.mkdir()
    if sys.platform != "linux" or os.geteuid() != 0 or shutil.which("mount") is None:
        pytest.skip("needs to mount a file system: Linux, as root")
    words = ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(place)]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"mounting is not allowed here: {done.stderr.strip()}")
    yield place
    subprocess.run(["umount", "--lazy", str(place)], check=True)


def test_a_full_disk_is_a_sentence_and_leaves_no_half_entry(music: list[Path], small_disk: Path) -> None:
    cache = FeatureCache(small_disk / "cache", get_system("crnn"), 30.0, limit_bytes=10**9)
    with (small_disk / "filler").open("wb", buffering=0) as filler:
        filler.write(bytes(980_000))  # leaves room for the index, the lock and two entries
    with pytest.raises(TrainingError) as caught:
        cache.load_all(music, 1, quiet)
    assert "No space left on device" in caught.value.sentence
    assert "free some space" in caught.value.sentence
    assert "\n" not in caught.value.sentence
    assert not [name for name in entries(small_disk / "cache") if name.endswith(".tmp")]
    (small_disk / "filler").unlink()
    assert len(load(cache, music)) == len(music)
    cache.close()


# Imports where the decoder processes, which read the script too, do not come.
FILLER = """
import sys
from pathlib import Path
def tell(done, total):
    print(done, flush=True)
if __name__ == "__main__":
    from training.data.cache import FeatureCache
    from training.systems import get_system
    cache = FeatureCache(Path(sys.argv[1]), get_system("crnn"), 30.0)
    features, bad = cache.load_all(sorted(Path(sys.argv[2]).iterdir()), 1, tell)
    assert not bad, bad
    print("features", len(features), float(sum(f.astype("f8").sum() for f in features.values())))
"""


@pytest.fixture
def album(tmp_path: Path) -> Path:
    folder = tmp_path / "album"
    folder.mkdir()
    for number in range(12):
        settled(synth.write_audio(folder / f"{number:02}.wav", synth.drums(1.5, seed=number)))
    return folder


@pytest.fixture
def fill(tmp_path: Path, album: Path) -> Callable[[Path], subprocess.Popen[str]]:
    """Return what starts a process that fills a cache folder."""
    script = tmp_path / "filler.py"
    script.write_text(FILLER)
    env = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}

    def start(folder: Path) -> subprocess.Popen[str]:
        words = [sys.executable, str(script), str(folder), str(album)]
        return subprocess.Popen(words, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    return start


@pytest.mark.timeout(240)
def test_two_processes_fill_the_same_folder(
    fill: Callable[[Path], subprocess.Popen[str]], album: Path, tmp_path: Path
) -> None:
    with fill(tmp_path / "both") as one, fill(tmp_path / "both") as two:
        cache = FeatureCache(tmp_path / "alone", get_system("crnn"), 30.0)
        total = sum(float(f.astype("f8").sum()) for f in load(cache, sorted(album.iterdir())).values())
        said = [process.communicate(timeout=200) for process in (one, two)]
    assert [process.returncode for process in (one, two)] == [0, 0], said
    assert {output.splitlines()[-1] for output, _ in said} == {f"features 12 {total}"}
    assert entries(tmp_path / "both") == entries(tmp_path / "alone")
    assert len(entries(tmp_path / "both")) == 12
    cache.close()


@pytest.mark.slow
@pytest.mark.timeout(240)
def test_a_killed_process_leaves_no_wrong_entry(fill: Callable[[Path], subprocess.Popen[str]], tmp_path: Path) -> None:
    with fill(tmp_path / "alone") as alone:
        alone.communicate(timeout=100)
    whole = entries(tmp_path / "alone")
    for enough in (1, 4, 8):
        with fill(tmp_path / "cache") as process:
            assert process.stdout is not None
            while int(process.stdout.readline()) < enough:
                pass
            process.send_signal(signal.SIGKILL)
            process.communicate(timeout=20)
        made = entries(tmp_path / "cache")
        assert made
        assert all(data == whole[name] for name, data in made.items() if not name.endswith(".tmp"))
    with fill(tmp_path / "cache") as last:
        assert last.communicate(timeout=100)[0].splitlines()[-1].startswith("features 12 ")
    assert entries(tmp_path / "cache") == whole
