"""Makes the requirements*.lock files from pyproject.toml: pins and hashes, and no address of any index."""

import hashlib
import itertools
import re
import subprocess
import tempfile
from pathlib import Path
from typing import Dict, Iterable, Mapping, Sequence, Set

from bootstrap.base import PROGRAM_LOCK, ROOT, TEST_LOCK, TORCH_CPU_LOCK, TORCH_LOCK, UV_LOCK, Problem, say
from bootstrap.environment import venv_program
from bootstrap.packages import pip_command, uv_with_pip_settings

OPTIONS = ["--quiet", "--universal", "--fork-strategy", "fewest", "--python-version", "3.11", "--generate-hashes"]
OPTIONS += ["--no-emit-index-url", "--no-emit-find-links", "--no-header", "--no-annotate"]


def split_pins(text: str) -> Dict[str, str]:
    """Return name -> its lines in the lock `text`; a package that differs by platform has several pins."""
    pins: Dict[str, str] = {}
    for block in re.findall(r"^[\w].*\n(?:[ \t].*\n)*", text, re.MULTILINE):
        name = re.split(r"[=\[ ]", block, maxsplit=1)[0]
        pins[name] = pins.get(name, "") + block
    return pins


def resolve(words: Sequence[str], env: Mapping[str, str], requirement: str = "") -> Dict[str, str]:
    """Let uv resolve the files in `words`, or else the one `requirement`."""
    command = [str(venv_program("uv")), "pip", "compile", *OPTIONS, *words, *(["-"] if requirement else [])]
    said = subprocess.PIPE
    done = subprocess.run(command, input=requirement.encode(), stdout=said, stderr=said, env=env, cwd=ROOT, check=False)
    if done.returncode:
        raise Problem("uv could not resolve the requirements: " + done.stderr.decode("utf-8", "replace").strip())
    return split_pins(done.stdout.decode())


def write_lock(name: str, what: str, pins: Mapping[str, str]) -> None:
    header = f"# {what}. Made by `python3 run.py lock` from pyproject.toml.\n"
    (ROOT / name).write_text(header + "".join(pins[key] for key in sorted(pins)), encoding="utf-8", newline="\n")
    say(f"{name}: {len(pins)} packages")


def without(pins: Mapping[str, str], others: Iterable[str]) -> Dict[str, str]:
    return {name: text for name, text in pins.items() if name not in others}


def torch_version() -> str:
    found = re.search(r'"torch==([\w.]+)"', (ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    if found is None:
        raise Problem('pyproject.toml must pin torch to one version, as "torch==1.2.3"')
    return found.group(1)


def cpu_build(version: str) -> Dict[str, str]:
    """Return the pin of torch's build without CUDA, with the hash of each wheel that pip finds from here."""
    hashes: Set[str] = set()
    for python, machine in itertools.product(("3.11", "3.12", "3.13"), ("x86_64", "aarch64")):
        with tempfile.TemporaryDirectory() as folder:
            options = ["--python-version", python, "--platform", "manylinux_2_28_" + machine, "--dest", folder]
            command = [*pip_command(), "download", "--quiet", "--no-deps", "--only-binary=:all:", *options]
            subprocess.run([*command, f"torch=={version}+cpu"], stderr=subprocess.DEVNULL, check=False)
            hashes.update(hashlib.sha256(wheel.read_bytes()).hexdigest() for wheel in Path(folder).iterdir())
    lines = [f"torch=={version}+cpu", *(f"    --hash=sha256:{digest}" for digest in sorted(hashes))]
    return {"torch": " \\\n".join(lines) + "\n"} if hashes else {}


def make_locks() -> None:
    """Resolve anew, within the ranges of pyproject.toml, and write all locks."""
    # The main index alone: others, and folders of wheels, may hold no more than this machine needs.
    env = {name: value for name, value in uv_with_pip_settings().items() if name not in ("UV_INDEX", "UV_FIND_LINKS")}
    torch = torch_version()
    program = resolve(["pyproject.toml"], env)
    with tempfile.TemporaryDirectory() as folder:
        pinned = Path(folder, "pinned.txt")
        pinned.write_text("".join(program.values()), encoding="utf-8")
        test = resolve(["pyproject.toml", "--extra", "test", "--constraint", str(pinned)], env)
        cuda = resolve(["--no-config", "--constraint", str(pinned)], env, f"torch=={torch}")
    write_lock(PROGRAM_LOCK, "Everything the program needs but PyTorch", without(program, ["torch"]))
    write_lock(TEST_LOCK, "What the tests need besides", without(test, program))
    write_lock(TORCH_LOCK, "PyTorch, on Linux with CUDA", {**without(cuda, program), "torch": cuda["torch"]})
    write_lock(UV_LOCK, "The installer that run.py uses", resolve(["--no-config", "--no-deps"], env, "uv"))
    cpu = cpu_build(torch)
    if cpu:
        write_lock(TORCH_CPU_LOCK, "PyTorch without CUDA, for Linux", cpu)
    else:
        say(f"{TORCH_CPU_LOCK} is left as it is: pip's settings here lead to no torch {torch}+cpu")
