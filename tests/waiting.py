"""Waiting for what something else does, however slow the machine is."""

import time
from collections.abc import Callable
from typing import TypeVar

from tests.servers import PATIENCE_S

T = TypeVar("T")
LOOK_EVERY_S = 0.02


def wait_for(
    look: Callable[[], T],
    what: str,
    *,
    pause: Callable[[], object] = lambda: time.sleep(LOOK_EVERY_S),
    seconds: float = PATIENCE_S,
) -> T:
    """Look until there is something to see, and return it.

    Args:
        look: What it returns is looked at: anything true ends the wait.
        what: What is waited for, for the words of the failure.
        pause: Done between two looks; a browser's page has to go on meanwhile (`page.wait_for_timeout`).
        seconds: How long to wait at most.

    Raises:
        AssertionError: It was never seen.
    """
    deadline = time.monotonic() + seconds
    while not (found := look()):
        assert time.monotonic() < deadline, f"{what}: not within {seconds:.0f} s"
        pause()
    return found
