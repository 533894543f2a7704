"""What damaged tags make mutagen raise besides its own error."""

from __future__ import annotations

import struct

import mutagen

FAILURES = (
    mutagen.MutagenError,
    OSError,
    ValueError,
    LookupError,
    ArithmeticError,
    TypeError,
    AttributeError,
    RuntimeError,
    AssertionError,
    EOFError,
    MemoryError,
    struct.error,
)
