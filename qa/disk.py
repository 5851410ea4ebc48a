"""A disk that refuses, said in words."""

import errno
from collections.abc import Iterator
from contextlib import contextmanager

from qa.exceptions import QAError

_REFUSALS = (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EPERM)


class DiskRefused(QAError):
    """Raised when there is no room for what was made, or no right to read or write it."""

    def __init__(self, error: OSError) -> None:
        super().__init__(
            f"{error.filename or 'A file'} could not be read or written: {error.strerror}. What is live stays. Make "
            "room, or give this account the right (`manage.py doctor` checks the folders), and start it again."
        )


@contextmanager
def disk_refusals_in_words() -> Iterator[None]:
    """Raise `DiskRefused` for an operating system's error that says so; others stay as they are."""
    try:
        yield
    except OSError as error:
        if error.errno in _REFUSALS:
            raise DiskRefused(error) from error
        raise
