"""Errors of the service. `user_message` may be shown to anyone; `code` is protocol.md's."""

from enum import StrEnum


class ErrorCode(StrEnum):
    """Codes of the protocol's error events."""

    BAD_MESSAGE = "bad_message"
    TOO_LONG = "too_long"
    RATE_LIMITED = "rate_limited"
    CONFLICT = "conflict"
    NOT_FOUND = "not_found"
    UNAUTHORISED = "unauthorised"
    UNAVAILABLE = "unavailable"
    INVALID = "invalid"


class QAError(Exception):
    """Root of everything that the service raises on purpose.

    Attributes:
        code: What programs read.
        user_message: What people read; holds nothing that a customer wrote.
    """

    code = ErrorCode.UNAVAILABLE

    def __init__(self, user_message: str) -> None:
        super().__init__(user_message)
        self.user_message = user_message


class BadMessage(QAError):
    """Raised when a client's frame is not what the protocol says."""

    code = ErrorCode.BAD_MESSAGE


class TooLong(QAError):
    """Raised when a text or a frame is longer than the protocol allows."""

    code = ErrorCode.TOO_LONG


class RateLimited(QAError):
    """Raised when a conversation sends faster than is allowed."""

    code = ErrorCode.RATE_LIMITED


class Conflict(QAError):
    """Raised when a message id was used for something else, or a choice was already made."""

    code = ErrorCode.CONFLICT


class NotFound(QAError):
    """Raised when a turn, an option or a knowledge base does not exist for this visitor."""

    code = ErrorCode.NOT_FOUND


class Unauthorised(QAError):
    """Raised when a token opens no conversation."""

    code = ErrorCode.UNAUTHORISED


class Invalid(QAError):
    """Raised when what a person typed can't be what it should be, such as an e-mail address (version 2)."""

    code = ErrorCode.INVALID


class Unavailable(QAError):
    """Raised when no engine is loaded, or it can't answer just now."""

    code = ErrorCode.UNAVAILABLE


class ImportRefused(QAError):
    """Raised when a file can't be imported; nothing of it was kept.

    Attributes:
        problems: One line for each bad row: where, what was found, what was expected.
    """

    code = ErrorCode.BAD_MESSAGE

    def __init__(self, user_message: str, problems: tuple[str, ...] = ()) -> None:
        super().__init__(user_message)
        self.problems = problems


class NothingToTrainOn(QAError):
    """Raised when too little is published to train on."""

    def __init__(self) -> None:
        super().__init__("Training needs at least two published entries with phrasings. Publish or import some.")


class SnapshotDamaged(QAError):
    """Raised when a dataset snapshot is missing, was changed, or breaks its schema."""


class SnapshotWithdrawn(QAError):
    """Raised when a dataset snapshot holds rows of a conversation that was deleted."""

    code = ErrorCode.CONFLICT
