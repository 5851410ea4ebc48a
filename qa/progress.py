"""Progress bars of commands, one for each stage of a longer job."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Protocol, Self

from tqdm import tqdm

Progress = Callable[[str, int, int], None]
"""Told of a stage's name, of how much of it is done, and of how much there is to do."""


def silent(_stage: str, _done: int, _of: int) -> None:
    """Tell nobody."""


class Stream(Protocol):
    """What a bar is written to: a terminal, or a command's wrapper of one."""

    def write(self, text: str, /) -> object:
        """Write a text."""

    def flush(self) -> None:
        """Pass on what was written."""


class StageBar:
    """A bar that begins anew when the stage changes; plain lines where there is no terminal."""

    def __init__(self, stream: Stream) -> None:
        self._stream = stream
        self._stage = ""
        self._bar: tqdm | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._close()

    def update(self, stage: str, done: int, total: int) -> None:
        """Show that `done` of `total` of a stage is done."""
        if stage != self._stage or self._bar is None:
            self._close()
            self._stage = stage
            self._bar = tqdm(total=total, desc=stage, file=self._stream, leave=True, ncols=80)
        self._bar.total = total
        self._bar.update(done - self._bar.n)

    def _close(self) -> None:
        if self._bar is not None:
            self._bar.close()
            self._bar = None


@contextmanager
def native_messages_hidden() -> Iterator[None]:
    """Hide what native libraries write to the terminal while they load; TensorFlow has no setting for it.

    Python's own errors are raised as ever.
    """
    kept = os.dup(2)
    try:
        with open(os.devnull, "wb") as nothing:  # noqa: PTH123  # a device
            os.dup2(nothing.fileno(), 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
