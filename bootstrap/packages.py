"""What goes into .venv, and by which installer: the pinned packages and the right build of PyTorch."""

import ast
import contextlib
import os
import platform
import re
import shutil
import subprocess
from typing import Callable, Dict, List, Mapping, NamedTuple, Optional, Sequence

from bootstrap.base import (
    PROGRAM_LOCK,
    ROOT,
    SPACE_NEEDED,
    SPACE_NEEDED_CUDA,
    TEST_LOCK,
    TORCH_CPU_LOCK,
    TORCH_LOCK,
    UV_LOCK,
    VENV,
    Problem,
    disk_full,
    known_cause,
    logged,
    problem,
    say,
)
from bootstrap.environment import venv_is_made, venv_program


class Installer(NamedTuple):
    """A command that installs into .venv, and the environment variables that it needs."""

    command: List[str]
    env: Mapping[str, str]


def pip_settings(listing: str) -> Dict[str, str]:
    """Read what `pip config list` printed: option -> value; the environment counts more than the files."""
    settings = {}
    for section in ("global.", "install.", ":env:."):
        for line in listing.splitlines():
            key, _, value = line.partition("=")
            if key.startswith(section):
                with contextlib.suppress(ValueError, SyntaxError):
                    settings[key[len(section) :]] = str(ast.literal_eval(value))
    return settings


def uv_environment(settings: Mapping[str, str], environ: Mapping[str, str]) -> Dict[str, str]:
    """Tell uv what pip knows: indexes, folders of wheels, certificate, proxy. What is set for uv itself stays."""
    told = {
        "UV_DEFAULT_INDEX": settings.get("index-url"),
        "UV_INDEX": " ".join(settings.get("extra-index-url", "").split()),
        "UV_FIND_LINKS": ",".join(settings.get("find-links", "").split()),
        "UV_NO_INDEX": "1" if settings.get("no-index", "").lower() in ("1", "true", "yes", "on") else None,
        "UV_INSECURE_HOST": " ".join(settings.get("trusted-host", "").split()),
        "UV_INDEX_STRATEGY": "unsafe-best-match",  # as pip does it; the hashes say which file is right
        "UV_PYTHON_DOWNLOADS": "never",
        "SSL_CERT_FILE": settings.get("cert"),
        "HTTPS_PROXY": settings.get("proxy"),
        "HTTP_PROXY": settings.get("proxy"),
    }
    return {**{name: value for name, value in told.items() if value}, **environ}


def pip_command() -> List[str]:
    return [str(venv_program("python")), "-m", "pip", "--disable-pip-version-check", "--no-input"]


def uv_with_pip_settings() -> Dict[str, str]:
    command = [*pip_command(), "config", "list"]
    listing = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False).stdout
    return uv_environment(pip_settings(listing.decode("utf-8", "replace")), os.environ)


def fetch_uv() -> bool:
    """See to uv in .venv: it installs in a fifth of pip's time. Where it cannot be had, pip does everything."""
    if venv_program("uv").exists():
        return True
    command = [*pip_command(), "install", "--require-hashes", "-r", str(ROOT / UV_LOCK)]
    output = logged("Fetching uv, the installer", command)
    if output is not None and known_cause(output):
        raise problem("Fetching uv", output)
    return output is None


def installers() -> List[Installer]:
    """Return the ways to install, the quickest first; with MGC_NO_UV=1 in the environment, pip alone."""
    ways = [Installer([*pip_command(), "install", "--require-hashes"], os.environ)]
    if not os.environ.get("MGC_NO_UV") and fetch_uv():
        python = str(venv_program("python"))
        uv = [str(venv_program("uv")), "pip", "install", "--python", python, "--require-hashes"]
        ways.insert(0, Installer(uv, uv_with_pip_settings()))
    return ways


def locked_torch() -> str:
    """Return the version of torch that is pinned, without the name of a build."""
    found = re.search(r"^torch==([\w.]+)", (ROOT / TORCH_LOCK).read_text(encoding="utf-8"), re.MULTILINE)
    if found is None:
        raise Problem(f"{TORCH_LOCK} names no torch: restore it from the repository and start again")
    return found.group(1)


def installed_torch() -> Optional[str]:
    for pattern in ("lib/python*/site-packages", "Lib/site-packages"):
        for folder in VENV.glob(pattern + "/torch-*.dist-info"):
            return folder.name[len("torch-") : -len(".dist-info")]
    return None


def has_nvidia_driver() -> bool:
    places = ("/proc/driver/nvidia/version", "/usr/lib/wsl/lib/libcuda.so.1")
    return any(os.path.exists(place) for place in places) or shutil.which("nvidia-smi") is not None


def choose_torch(
    installed: Optional[str], system: str, driver: bool, cpu_build_exists: Callable[[], bool]
) -> Optional[str]:
    """Return the lock with the build of torch for this machine; None if the pinned version is there already."""
    if installed is not None and installed.partition("+")[0] == locked_torch():
        return None
    if system != "Linux" or driver:
        return TORCH_LOCK
    return TORCH_CPU_LOCK if cpu_build_exists() else TORCH_LOCK


def can_get_cpu_build(installer: Installer) -> bool:
    command = [*installer.command, "--dry-run", "--no-deps", "-r", str(ROOT / TORCH_CPU_LOCK)]
    output = logged("Looking for PyTorch's build without CUDA", command, installer.env, failed="found none in")
    if output is not None and known_cause(output):
        raise problem("Looking for PyTorch", output)
    return output is None


def check_space(gigabytes: float) -> None:
    free = shutil.disk_usage(str(ROOT)).free / 1e9
    if free < gigabytes:
        raise Problem(
            f"Setting up takes {gigabytes:.0f} GB of disk space and only {free:.1f} GB are free: "
            "free some and start again"
        )


def check_space_for_torch() -> None:
    """Stop early where the environment will not fit; one that has torch already grows by little."""
    if not (venv_is_made() and installed_torch()):
        check_space(SPACE_NEEDED)


def announce_cuda(driver: bool) -> None:
    reason = "" if driver else ": no smaller build was found for this Python"
    say("PyTorch with CUDA will be fetched, 2.7 GB" + reason)
    check_space(SPACE_NEEDED_CUDA)


def count_pins(locks: Sequence[str]) -> int:
    texts = [(ROOT / lock).read_text(encoding="utf-8") for lock in locks]
    return sum(len(re.findall(r"^[\w.-]+==", text, re.MULTILINE)) for text in texts)


def install(use: str) -> None:
    """Install what the locks pin for `use` into .venv."""
    ways = installers()
    driver = has_nvidia_driver()
    torch_lock = choose_torch(installed_torch(), platform.system(), driver, lambda: can_get_cpu_build(ways[0]))
    if torch_lock == TORCH_LOCK and platform.system() == "Linux":
        announce_cuda(driver)
    locks = [PROGRAM_LOCK] + ([TEST_LOCK] if use == "test" else []) + ([torch_lock] if torch_lock else [])
    files = [word for lock in locks for word in ("-r", str(ROOT / lock))]
    title = f"Installing up to {count_pins(locks)} pinned packages into .venv"
    for way in ways:
        output = logged(title, [*way.command, *files], way.env)
        if output is None:
            return
        if way is ways[-1] or known_cause(output) == disk_full():
            raise problem("Installing the packages", output)
        title = "Trying the same with pip, which is slower"
