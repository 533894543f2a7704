"""JSON from elsewhere: only what the standard says, and only so deep."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from mgc_desktop.core.errors import ModelError
from mgc_desktop.model import strict_json
from mgc_desktop.model.members import read_member


def test_what_json_says_is_returned() -> None:
    value = {"a": [1, -2.5, True, None, "ü"], "b": {}}
    assert strict_json.loads(json.dumps(value).encode()) == value
    assert strict_json.loads("\ufeff[1]".encode()) == [1]


@pytest.mark.parametrize(
    "raw",
    [
        b"NaN",
        b"[Infinity]",
        b"-Infinity",
        b"1e999",
        b'{"a": 1, "a": 2}',
        b"\xff\xfe",
        b"",
        b"[" * 200_000,
        b"[" * 30 + b"]" * 30,
        b"9" * 5000,
    ],
    ids=range(10),
)
def test_what_json_leaves_open_is_refused(raw: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        strict_json.loads(raw)


def test_a_member_is_read_up_to_its_limit(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"12345")
    assert read_member(tmp_path / "a", 5) == b"12345"
    with pytest.raises(ModelError, match="too large"):
        read_member(tmp_path / "a", 4)
    with pytest.raises(FileNotFoundError):
        read_member(tmp_path / "b", 4)


def test_a_link_and_a_pipe_are_not_opened(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"12345")
    (tmp_path / "link").symlink_to(tmp_path / "a")
    os.mkfifo(tmp_path / "pipe")
    for name in ("link", "pipe", "."):
        with pytest.raises(ModelError, match="not opened"):
            read_member(tmp_path / name, 10)
