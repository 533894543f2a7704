"""The program's log."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterator

import pytest

from mgc_desktop.core.logs import setup_logging, stop_logging
from mgc_desktop.core.paths import Profile


@pytest.fixture(autouse=True)
def quiet_again() -> Iterator[None]:
    level = logging.getLogger().level
    yield
    stop_logging()
    logging.getLogger().setLevel(level)


def test_messages_and_warnings_reach_the_file(profile: Profile) -> None:
    setup_logging(profile)
    logging.getLogger("mgc_desktop.engine").info("heard %s", "été \udcff")
    logging.getLogger("mgc_desktop.engine").debug("detail")
    logging.getLogger("elsewhere").info("chatter")
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        logging.captureWarnings(True)
        warnings.warn("be careful", UserWarning, stacklevel=1)
    text = profile.log_file.read_text(encoding="utf-8")
    assert "heard été" in text
    assert "be careful" in text
    assert "detail" not in text
    assert "chatter" not in text


def test_verbose_says_more_and_to_stderr(profile: Profile, capsys: pytest.CaptureFixture[str]) -> None:
    setup_logging(profile, verbose=True)
    logging.getLogger("mgc_desktop.engine").debug("detail")
    assert "detail" in capsys.readouterr().err
    assert "detail" in profile.log_file.read_text(encoding="utf-8")


def test_calling_again_does_not_log_twice(profile: Profile) -> None:
    setup_logging(profile)
    setup_logging(profile)
    logging.getLogger("mgc_desktop").info("once")
    assert profile.log_file.read_text(encoding="utf-8").count("once") == 1


def test_the_file_is_rotated(profile: Profile) -> None:
    setup_logging(profile)
    for _ in range(3):
        logging.getLogger("mgc_desktop").info("x" * 600_000)
    assert len(list(profile.log_dir.glob("mgc-desktop.log*"))) == 3


def test_a_log_that_cannot_be_written_is_not_fatal(profile: Profile, capsys: pytest.CaptureFixture[str]) -> None:
    profile.log_file.mkdir()
    setup_logging(profile)
    logging.getLogger("mgc_desktop").warning("heard all the same")
    assert "heard all the same" in capsys.readouterr().err
