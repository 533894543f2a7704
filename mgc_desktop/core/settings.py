"""The person's settings: a JSON file, written atomically; a damaged one is set aside, not fatal."""

from __future__ import annotations

import json
import logging
import os
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

from mgc_desktop.core.errors import UsageError

log = logging.getLogger(__name__)


class Settings:
    """Values by name. Any thread may call any method.

    Parameters
    ----------
    path : Path
        The file, which need not exist. One that cannot be understood is renamed, and the defaults hold.

    Attributes
    ----------
    note : str
        One sentence where the file was damaged, to show once; else empty.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.note = ""
        self._lock = threading.Lock()
        self._values = self._read()
        self._saved = _as_text(self._values)

    def get(self, key: str, default: Any = None) -> Any:
        """Return a value; `default` where it was never set, or where what the file holds is of another kind.

        A default of None takes any kind. Whole numbers count as floats.
        """
        value = self._values.get(key, default)
        if default is None or value is None or isinstance(value, type(default)):
            return value
        if isinstance(default, float) and isinstance(value, int) and not isinstance(value, bool):
            return float(value)
        return default

    def set(self, key: str, value: Any) -> None:
        """Set a value that JSON can hold; `save` writes it."""
        with self._lock:
            self._values[key] = value

    def save(self) -> None:
        """Write the file, whole or not at all. Does nothing where nothing changed.

        Raises
        ------
        UsageError
            Where the disk is full or the folder may not be written; the file is then as it was.
        """
        with self._lock:
            text = _as_text(self._values)
            if text == self._saved:
                return
            try:
                self._write(text)
            except OSError as error:
                raise UsageError(
                    f"The settings could not be saved ({error.strerror or error}); see that “{self.path.parent}” has "
                    "room and may be written.",
                    repr(error),
                ) from error
            self._saved = text

    def _write(self, text: str) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        descriptor, name = tempfile.mkstemp(prefix=f".{self.path.name}.", dir=self.path.parent)
        try:
            with os.fdopen(descriptor, "w", encoding="utf-8", errors="backslashreplace") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            os.replace(name, self.path)
        except OSError:
            Path(name).unlink(missing_ok=True)
            raise

    def _read(self) -> dict[str, Any]:
        try:
            values = json.loads(self.path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return {}
        except (OSError, ValueError, RecursionError) as error:
            return self._set_aside(error)
        return values if isinstance(values, dict) else self._set_aside(ValueError("not a table of settings"))

    def _set_aside(self, error: Exception) -> dict[str, Any]:
        aside = self.path.with_name(f"{self.path.stem}.damaged-{time.strftime('%Y%m%d-%H%M%S')}{self.path.suffix}")
        try:
            os.replace(self.path, aside)
        except OSError as reason:
            self.note = f"The settings in “{self.path}” could not be read ({reason.strerror}); the defaults are used."
        else:
            self.note = f"The settings were damaged; the defaults are used, and the old file is kept as “{aside.name}”."
        log.warning("%s (%s)", self.note, error)
        return {}


def _as_text(values: dict[str, Any]) -> str:
    return json.dumps(values, indent=2, ensure_ascii=False, sort_keys=True) + "\n"
