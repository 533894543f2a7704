"""Time limits where pytest-timeout has none: what is torn down after a failed test, and the end of Python itself.

pytest-timeout stops its clock when a test fails, so that a debugger may look at it. Whatever is torn down then could
wait for ever: for a process that nobody ends any more, for a thread. So could Python after the last test. Both have
limits here. The first fails the test; the last one tells where the threads stand, and ends the process at once.
"""

from __future__ import annotations

import faulthandler
import os
import sys
from collections.abc import Generator

import pytest
import pytest_timeout

_FORCE_AFTER = 2.0  # times a test's or a teardown's own limit, where the exception of that limit was of no avail
_stderr = pytest.StashKey[int]()


def add_options(parser: pytest.Parser) -> None:
    parser.addini("teardown_timeout", "s that the teardown of one test may take", type=float, default=60.0)
    parser.addini("exit_timeout", "s that Python may take to end after the last test", type=float, default=60.0)


def pytest_configure(config: pytest.Config) -> None:
    # Output is not captured yet: this is the real one. It stays open to the end.
    assert sys.__stderr__ is not None
    config.stash[_stderr] = os.dup(sys.__stderr__.fileno())


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    limit = pytest_timeout._get_item_settings(item).timeout
    if limit:
        _exit_after(_FORCE_AFTER * limit, item.config)
    try:
        return (yield)
    finally:
        faulthandler.cancel_dump_traceback_later()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(item: pytest.Item) -> Generator[None, object, object]:
    limit = item.config.getini("teardown_timeout")
    settings = pytest_timeout.Settings(limit, pytest_timeout.DEFAULT_METHOD, False, False)
    item.ihook.pytest_timeout_cancel_timer(item=item)
    item.ihook.pytest_timeout_set_timer(item=item, settings=settings)
    _exit_after(_FORCE_AFTER * limit, item.config)
    return (yield)


@pytest.hookimpl(trylast=True)
def pytest_unconfigure(config: pytest.Config) -> None:
    _exit_after(config.getini("exit_timeout"), config)


def _exit_after(seconds: float, config: pytest.Config) -> None:
    """End the process in `seconds`, unless that is called off: also where no Python code gets a turn any more."""
    if not config.getoption("usepdb"):
        faulthandler.dump_traceback_later(seconds, exit=True, file=config.stash[_stderr])
