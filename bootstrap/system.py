"""The libraries and programs that the operating system must have: only Linux lacks any."""

import importlib
import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import List, NamedTuple, Optional, Sequence

from bootstrap.base import Problem, logged, say

QT_LIBRARIES = (
    ("libEGL.so.1", "libegl1"),
    ("libGL.so.1", "libgl1"),
    ("libxkbcommon-x11.so.0", "libxkbcommon-x11-0"),
    ("libxcb-cursor.so.0", "libxcb-cursor0"),
    ("libxcb-icccm.so.4", "libxcb-icccm4"),
    ("libxcb-keysyms.so.1", "libxcb-keysyms1"),
    ("libxcb-shape.so.0", "libxcb-shape0"),
    ("libdbus-1.so.3", "libdbus-1-3"),
    ("libfontconfig.so.1", "libfontconfig1"),
    ("libglib-2.0.so.0", "libglib2.0-0"),
)
TEST_PROGRAMS = (
    (("Xvfb",), "xvfb"),
    (("xauth",), "xauth"),
    (("pulseaudio", "pipewire-pulse"), "pulseaudio"),  # either will do, and the two may exclude each other
    (("pactl",), "pulseaudio-utils"),
    (("ffmpeg",), "ffmpeg"),
)
FONT_FOLDERS = ("/usr/share/fonts", "/usr/local/share/fonts", "~/.local/share/fonts", "~/.fonts")
ALSA_FOLDERS = ("/usr/lib", "/usr/lib64", "/usr/local/lib")


class Part(NamedTuple):
    """Something that the operating system lacks."""

    name: str
    package: str  # of Debian and Ubuntu
    needed: bool  # nothing works without it; where not, only sound or the look of the text suffers


def loads(library: str) -> bool:
    import ctypes  # here: the second start has no use for it and should be quick

    try:
        ctypes.CDLL(library)
    except OSError:
        return False
    return True


def has_fonts() -> bool:
    folders = [Path(folder).expanduser() for folder in FONT_FOLDERS]
    return any(True for folder in folders for _ in folder.rglob("*.[to]t[fc]"))


def has_alsa_plugin() -> bool:
    # PipeWire's own plugin does the same for a system that has PipeWire in PulseAudio's place.
    plugins = [f"alsa-lib/libasound_module_pcm_{server}.so" for server in ("pulse", "pipewire")]
    folders = [folder for root in ALSA_FOLDERS for folder in (Path(root), *Path(root).glob("*-linux-*"))]
    return any((folder / plugin).exists() for folder in folders for plugin in plugins)


def missing_parts(use: str, venv_is_made: bool) -> List[Part]:
    """Return what Linux lacks for `use`: "window", "test", or "program" for the verbs that open no window."""
    parts = []
    if not venv_is_made and importlib.util.find_spec("ensurepip") is None:
        parts.append(Part("Python's venv module", "python{}.{}-venv".format(*sys.version_info[:2]), True))
    if use in ("window", "test"):
        parts += [Part(library, package, True) for library, package in QT_LIBRARIES if not loads(library)]
        if not has_fonts():
            parts.append(Part("fonts", "fonts-dejavu-core", False))
    if not loads("libportaudio.so.2"):
        parts.append(Part("libportaudio.so.2", "libportaudio2", False))
    if not has_alsa_plugin():
        parts.append(Part("ALSA's plugin for PulseAudio", "libasound2-plugins", False))
    if use == "test":
        parts += [
            Part(names[0], package, True)
            for names, package in TEST_PROGRAMS
            if not any(shutil.which(name) for name in names)
        ]
    return parts


def root_prefix() -> Optional[List[str]]:
    """Return what to put before a command that needs root; None where a password would be asked for."""
    if sys.platform != "win32" and os.geteuid() == 0:
        return []
    sudo = shutil.which("sudo")
    if sudo and subprocess.call([sudo, "-n", "true"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) == 0:
        return [sudo, "-n"]
    return None


def apt_install(packages: Sequence[str], prefix: Sequence[str], lists: Path = Path("/var/lib/apt/lists")) -> bool:
    """Install `packages`; the lists of packages are fetched where there are none, or where they are stale."""
    apt = [*prefix, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-o", "DPkg::Lock::Timeout=120"]
    install = [*apt, "install", "-y", "--no-remove", "--no-install-recommends", *packages]
    title = "Installing system packages: " + " ".join(packages)
    if any(lists.glob("*_Packages*")) and logged(title, install) is None:
        return True
    return logged("Fetching the lists of system packages", [*apt, "update"]) is None and logged(title, install) is None


def provide_system_parts(use: str, venv_is_made: bool) -> None:
    """Install what the operating system lacks for `use`, or say how; stop only where nothing works without it."""
    parts = missing_parts(use, venv_is_made) if sys.platform.startswith("linux") else []
    if not parts:
        return
    packages = [part.package for part in parts]
    if shutil.which("apt-get"):
        prefix = root_prefix()
        if prefix is not None and apt_install(packages, prefix):
            importlib.invalidate_caches()
            return
        sentence = "System packages are missing; install them with: sudo apt-get install " + " ".join(packages)
    else:
        names = ", ".join(part.name for part in parts)
        sentence = f"This system lacks {names}: install what is missing with its package manager"
    if any(part.needed for part in parts):
        raise Problem(sentence)
    say(sentence)
