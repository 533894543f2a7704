"""Known failures, each told in one sentence: what failed, why, and what to do."""

from __future__ import annotations

from enum import StrEnum


class MgcError(Exception):
    """A failure that the program expects and can explain.

    Parameters
    ----------
    sentence : str
        What failed, why, and what to do, for the person in front of the program.
    detail : str
        What a bug report needs besides (the foreign exception, a path, numbers). May be empty.
    """

    def __init__(self, sentence: str, detail: str = "") -> None:
        super().__init__(sentence, detail)
        self.sentence = sentence
        self.detail = detail

    def __str__(self) -> str:
        return self.sentence


class UsageError(MgcError):
    """The words of the command line, or a choice in a dialog, do not make sense together."""


class DeviceCause(StrEnum):
    """Why a device does not do what is wanted, for those who have to decide whether waiting helps."""

    NONE = "none"  # there is no device at all
    ABSENT = "absent"  # the chosen one is not connected, or went away
    DENIED = "denied"  # the system does not allow its use
    BUSY = "busy"  # another program has it
    STALLED = "stalled"  # it delivers nothing any more
    UNSUPPORTED = "unsupported"  # it refuses the rate or the channels
    OTHER = "other"


class DeviceError(MgcError):
    """A microphone, loudspeaker or compute device is missing, busy or failed."""

    def __init__(self, sentence: str, detail: str = "", cause: DeviceCause = DeviceCause.OTHER) -> None:
        super().__init__(sentence, detail)
        self.cause = cause


class SaveError(MgcError):
    """A file that a person asked for could not be written."""


class DecodeError(MgcError):
    """A file could not be read as audio."""


class WorkerError(DecodeError):
    """No process could be started that would have read the file: nothing is known of the file itself."""


class ModelError(MgcError):
    """A model folder is missing, damaged, unknown, or does not do what it says."""


class LibraryError(MgcError):
    """The library database could not be opened, upgraded, read or written."""


class LibraryWaitError(LibraryError):
    """The same, but it may work in a moment: the disk is full or failed, or another program holds the database."""


class TagError(MgcError):
    """A tag could not be read or written."""


class TagLeftError(TagError):
    """A file was left alone on purpose: it changed, may not be written, or has no place for a genre."""


class TagRoomError(TagLeftError):
    """There was no room for the copy that a write needs."""


class TrainingError(MgcError):
    """Training could not start, or could not go on."""
