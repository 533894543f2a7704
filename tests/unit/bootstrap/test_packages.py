"""Which build of torch is chosen, and what uv is told."""

from __future__ import annotations

import pytest

from bootstrap import base, packages


@pytest.mark.parametrize(
    ("installed", "machine", "driver", "cpu_build", "expected"),
    [
        ("2.13.0+cpu", "Linux", False, True, None),
        ("2.13.0", "Linux", True, True, None),
        ("2.12.0+cpu", "Linux", False, True, base.TORCH_CPU_LOCK),
        (None, "Linux", False, True, base.TORCH_CPU_LOCK),
        (None, "Linux", False, False, base.TORCH_LOCK),
        (None, "Linux", True, True, base.TORCH_LOCK),
        (None, "Windows", False, True, base.TORCH_LOCK),
        (None, "Darwin", False, True, base.TORCH_LOCK),
    ],
)
def test_which_torch(
    installed: str | None, machine: str, driver: bool, cpu_build: bool, expected: str | None, monkeypatch
) -> None:
    monkeypatch.setattr(packages, "locked_torch", lambda: "2.13.0")
    assert packages.choose_torch(installed, machine, driver, lambda: cpu_build) == expected


def test_uv_is_told_what_pip_knows() -> None:
    listing = (
        "global.cert='/certificates.pem'\n"
        "global.extra-index-url='\\nfile:///a/simple\\nfile:///b/simple'\n"
        "global.find-links='/of/the/file'\n"
        ":env:.find-links='/wheels /more'\n"
        "install.no-index='true'\n"
        "global.odd='\n"
    )
    env = packages.uv_environment(packages.pip_settings(listing), {"SSL_CERT_FILE": "/mine.pem", "HOME": "/home"})
    assert env["UV_INDEX"] == "file:///a/simple file:///b/simple"
    assert env["UV_FIND_LINKS"] == "/wheels,/more"
    assert env["UV_NO_INDEX"] == "1"
    assert env["SSL_CERT_FILE"] == "/mine.pem"
    assert env["HOME"] == "/home"
    assert "UV_DEFAULT_INDEX" not in env
