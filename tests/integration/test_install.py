"""Installing for real: the wheel, the command `mgc-desktop`, and a first start from nothing, all without a network."""

from __future__ import annotations

import base64
import hashlib
import os
import signal
import subprocess
import sys
import time
import venv
import zipfile
from pathlib import Path

import pytest

from tests.checkouts import ROOT, copy_setup, start

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]


def output(*command: str, cwd: Path) -> str:
    env = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}  # it names this checkout
    done = subprocess.run(command, cwd=cwd, env=env, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def names_under(folder: Path) -> set[str]:
    files = (path for path in folder.rglob("*") if path.is_file() and "__pycache__" not in path.parts)
    return {path.relative_to(ROOT).as_posix() for path in files}


# --- pip install .


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the project's wheel, built as `pip install .` builds it."""
    pytest.importorskip("hatchling")
    folder = tmp_path_factory.mktemp("wheel")
    options = ["--no-deps", "--no-build-isolation", "--no-index", "--wheel-dir", str(folder)]
    output(sys.executable, "-m", "pip", "wheel", *options, str(ROOT), cwd=folder)
    return next(folder.glob("mgc_desktop-*.whl"))


def test_the_wheel_carries_programs_models_and_resources(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        held = set(archive.namelist())
    assert names_under(ROOT / "mgc_desktop") | names_under(ROOT / "training") <= held
    shipped = names_under(ROOT / "models") | names_under(ROOT / "resources")
    assert any(name.endswith("mgc-desktop.svg") for name in shipped)
    assert {f"mgc_desktop/_shipped/{name}" for name in shipped} <= held
    assert not [name for name in held if name.startswith(("tests/", "bootstrap/", "docs/"))]


def test_the_installed_command_works(wheel: Path, tmp_path: Path) -> None:
    folder = tmp_path / "installed"
    # Everything else comes from the environment that runs the tests; the program itself only from the wheel.
    venv.create(folder, with_pip=True)
    python = str(folder / ("Scripts" if os.name == "nt" else "bin") / "python")
    output(python, "-m", "pip", "install", "--no-deps", "--no-index", str(wheel), cwd=tmp_path)
    packages = output(python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))", cwd=tmp_path).strip()
    here = output(sys.executable, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))", cwd=tmp_path)
    Path(packages, "dependencies.pth").write_text(here)
    command = str(Path(python).with_name("mgc-desktop"))
    assert "classify PATH" in output(command, "--help", cwd=tmp_path)
    code = "from mgc_desktop.core import paths; print(paths.shipped_models_dir(), paths.resources_dir(), sep='\\n')"
    for line in output(python, "-c", code, cwd=tmp_path).splitlines():
        assert Path(line).is_relative_to(packages)
        assert Path(line).is_dir()


# --- python3 run.py, from nothing


def make_wheel(folder: Path, name: str, version: str) -> str:
    """Write a wheel with one empty module and return its pin with its hash."""
    info = f"{name}-{version}.dist-info"
    files = {
        f"{name}.py": "",
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: tests\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    path = folder / f"{name}-{version}-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        for inside, text in files.items():
            archive.writestr(inside, text)
        with archive.open(f"{info}/RECORD", "w") as record:
            lines = [f"{inside},sha256={_digest(text)},{len(text)}" for inside, text in files.items()]
            record.write("\n".join([*lines, f"{info}/RECORD,,\n"]).encode())
    return f"{name}=={version} \\\n    --hash=sha256:{hashlib.sha256(path.read_bytes()).hexdigest()}\n"


def _digest(text: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode()


class Machine:
    """A checkout with locks of two small packages, and a folder of wheels in place of the network."""

    def __init__(self, folder: Path) -> None:
        self.checkout = copy_setup(folder / "check out")
        self.wheels = folder / "wheels"
        self.wheels.mkdir()
        (self.checkout / "requirements.lock").write_text(make_wheel(self.wheels, "mgcsmall", "1.0"))
        (self.checkout / "requirements-torch.lock").write_text(make_wheel(self.wheels, "torch", "2.13.0"))
        (self.checkout / "requirements-torch-cpu.lock").write_text(make_wheel(self.wheels, "torch", "2.13.0+cpu"))

        pip = {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(self.wheels), "PIP_NO_CACHE_DIR": "1"}
        self.settings = {**pip, "PIP_CONFIG_FILE": os.devnull, "MGC_NO_UV": "1"}

    def start(self, *words: str) -> subprocess.CompletedProcess[str]:
        return start(self.checkout, *words, **self.settings)

    def installed(self) -> set[str]:
        return {path.name for path in (self.checkout / ".venv").rglob("*.dist-info")}


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def test_the_first_start_installs_what_is_pinned_and_the_second_nothing(machine: Machine) -> None:
    first = machine.start("classify", "song.wav")
    assert first.returncode == 0, first.stderr
    assert first.stdout.startswith("['classify', 'song.wav']")
    assert "Making .venv" in first.stderr
    assert "mgcsmall-1.0.dist-info" in machine.installed()
    assert [name for name in machine.installed() if name.startswith("torch-2.13.0")]
    for wheel in machine.wheels.iterdir():
        wheel.unlink()
    second = machine.start("classify", "song.wav")
    assert (second.returncode, second.stdout, second.stderr) == (0, first.stdout, "")


def test_an_interrupted_first_start_is_taken_up(machine: Machine) -> None:
    half = machine.checkout / ".venv"
    (half / "lib").mkdir(parents=True)
    (half / "lib" / "half a package").write_text("")
    (half / "setup-unfinished").touch()
    assert machine.start("doctor").returncode == 0
    assert "mgcsmall-1.0.dist-info" in machine.installed()
    assert not (half / "lib" / "half a package").exists()
    assert not (half / "setup-unfinished").exists()


def test_an_altered_package_is_refused(machine: Machine) -> None:
    with zipfile.ZipFile(machine.wheels / "mgcsmall-1.0-py3-none-any.whl", "a") as archive:
        archive.writestr("mgcsmall_extra.py", "harm = True\n")
    done = machine.start("doctor")
    assert done.returncode == 1
    assert "is not the one that the locks pin" in done.stderr.splitlines()[-1]
    assert "mgcsmall-1.0.dist-info" not in machine.installed()


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux has the choice")
def test_the_other_torch_where_the_cpu_build_is_not_to_be_had(machine: Machine) -> None:
    (machine.wheels / "torch-2.13.0+cpu-py3-none-any.whl").unlink()
    done = machine.start("doctor")
    if "disk space" in done.stderr:
        pytest.skip("needs 10 GB of free disk space, as the build with CUDA does")
    assert done.returncode == 0, done.stderr
    assert "PyTorch with CUDA will be fetched, 2.7 GB" in done.stderr
    assert "torch-2.13.0.dist-info" in machine.installed()


def test_missing_packages_are_told_with_the_end_of_the_log(machine: Machine) -> None:
    (machine.wheels / "mgcsmall-1.0-py3-none-any.whl").unlink()
    done = machine.start("doctor")
    assert done.returncode == 1
    assert "Installing the packages failed" in done.stderr
    assert "No matching distribution found for mgcsmall==1.0" in done.stderr
    assert "Traceback" not in done.stderr


def test_an_update_that_cannot_be_fetched_keeps_the_environment(machine: Machine) -> None:
    assert machine.start("doctor").returncode == 0
    before = machine.installed()
    lock = machine.checkout / "requirements.lock"
    pins = lock.read_text()
    lock.write_text(pins + make_wheel(machine.wheels, "mgcnew", "2.0"))
    new = machine.wheels / "mgcnew-2.0-py3-none-any.whl"
    new.rename(new.with_suffix(".away"))
    assert machine.start("doctor").returncode == 1
    assert machine.installed() == before
    new.with_suffix(".away").rename(new)
    done = machine.start("doctor")
    assert done.returncode == 0
    assert "Making .venv" not in done.stderr
    assert machine.installed() == before | {"mgcnew-2.0.dist-info"}


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such signals")
@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_stopped_start_leaves_nothing_at_work(machine: Machine, ending: signal.Signals) -> None:
    state = machine.checkout / ".venv"
    command = [sys.executable, str(machine.checkout / "run.py"), "doctor"]
    env = {**os.environ, **machine.settings}
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=env) as process:
        while not list(state.glob("lib/*/site-packages/pip")):  # `venv` and the pip that it starts are both at work
            assert process.poll() is None
            time.sleep(0.02)
        process.send_signal(ending)
        assert process.wait(timeout=20) == 130
        assert process.stderr is not None
        assert "the next start takes up what was left" in process.stderr.read()
    before = sum(1 for _ in state.rglob("*"))
    time.sleep(0.5)
    assert sum(1 for _ in state.rglob("*")) == before
    assert machine.start("doctor").returncode == 0
