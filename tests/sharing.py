"""What is expensive is made once for all workers of pytest-xdist, by the one that needs it first."""

import fcntl
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest


def made_once(factory: pytest.TempPathFactory, name: str, make: Callable[[Path], object]) -> Path:
    """Return a folder that `make` filled in this worker or in another; it is for reading and copying only.

    Args:
        factory: The session's temporary folders; those of all workers have one parent.
        name: Names the folder; one name, one content.
        make: Fills the folder that it is given, which is not there yet.
    """
    root = factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        root = root.parent
    made = root / "shared" / name
    made.parent.mkdir(exist_ok=True)
    with made.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # let go when the file is closed, or its process ends
        if not made.exists():
            building = made.with_suffix(".half")
            shutil.rmtree(building, ignore_errors=True)  # of a worker that was killed
            make(building)
            building.replace(made)
    return made
