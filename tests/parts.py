"""The two parts of the tests: those that may run side by side, and those that must run alone.

A busy machine plays sound with gaps, and is late. Tests with a sound server run alone, and so do those that are marked
`alone`.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

import pytest

PARTS = ("together", "alone")


def add_options(parser: pytest.Parser) -> None:
    parser.addoption("--part", choices=PARTS, help="only the tests that may run side by side, or only the others")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    part = config.getoption("--part")
    if part is None:
        return
    left_out = [item for item in items if (part == "alone") is not must_run_alone(item)]
    items[:] = [item for item in items if (part == "alone") is must_run_alone(item)]
    config.hook.pytest_deselected(items=left_out)


def must_run_alone(item: pytest.Item) -> bool:
    """Return whether nothing may run beside a test."""
    fixtures: tuple[str, ...] = tuple(getattr(item, "fixturenames", ()))
    return "virtual_microphone" in fixtures or item.get_closest_marker("alone") is not None


@pytest.hookimpl(wrapper=True)
def pytest_report_to_serializable() -> Generator[None, Any, Any]:
    return sendable((yield))


def sendable(said: Any) -> Any:
    """Return a report that can be sent from one process to another: names of files may hold what UTF-8 does not."""
    if isinstance(said, str):
        return said.encode("utf-8", "backslashreplace").decode("utf-8")
    if isinstance(said, dict):
        return {sendable(key): sendable(value) for key, value in said.items()}
    if isinstance(said, list | tuple):
        return type(said)(map(sendable, said))
    return said
