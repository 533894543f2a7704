"""Where the program's own log goes: a rotating file in the profile, and the terminal where asked."""

from __future__ import annotations

import logging
import logging.handlers
import sys

from mgc_desktop.core.paths import Profile

_FORMAT = "%(asctime)s %(levelname)-7s %(threadName)s %(name)s: %(message)s"
_MAX_BYTES = 1 << 20
_KEPT = 3  # older files beside the current one
_OURS = "_mgc_desktop_handler"


def setup_logging(profile: Profile, verbose: bool = False) -> None:
    """Log to the profile's file; may be called again, for another profile.

    Parameters
    ----------
    profile : Profile
        A log folder that cannot be written is not fatal: warnings then go to stderr.
    verbose : bool
        Log everything of this program, and to stderr as well. Libraries are logged from warnings on.
    """
    stop_logging()
    root = logging.getLogger()
    try:
        handler: logging.Handler = logging.handlers.RotatingFileHandler(
            profile.log_file, maxBytes=_MAX_BYTES, backupCount=_KEPT, encoding="utf-8", errors="backslashreplace"
        )
    except OSError:
        handler = logging.StreamHandler(sys.stderr)
        handler.setLevel(logging.WARNING)
    handlers = [handler, logging.StreamHandler(sys.stderr)] if verbose else [handler]
    for each in handlers:
        each.setFormatter(logging.Formatter(_FORMAT))
        setattr(each, _OURS, True)
        root.addHandler(each)
    root.setLevel(logging.WARNING)
    for package in ("mgc_desktop", "training"):
        logging.getLogger(package).setLevel(logging.DEBUG if verbose else logging.INFO)
    logging.captureWarnings(True)


def stop_logging() -> None:
    """Close what `setup_logging` opened."""
    root = logging.getLogger()
    for handler in [each for each in root.handlers if getattr(each, _OURS, False)]:
        root.removeHandler(handler)
        handler.close()
    logging.captureWarnings(False)
