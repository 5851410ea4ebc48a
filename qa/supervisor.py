"""Runs the web server and the worker as children, restarts what falls, and leaves none behind."""

import ctypes
import logging
import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

logger = logging.getLogger(__name__)

STOP_TIMEOUT_S = 15.0
"""How long a child may take to stop before it is killed."""
RESTART_PAUSE_S = 2.0
HEALTHY_AFTER_S = 30.0
MAX_QUICK_FALLS = 3
"""Falls in a row, each within HEALTHY_AFTER_S of its start, after which the whole is stopped."""
MAX_LOG_BYTES = 10 * 2**20
_PR_SET_PDEATHSIG = 1


@dataclass
class Child:
    """One supervised process."""

    name: str
    command: Sequence[str]
    log_path: Path | None = None
    process: "subprocess.Popen[bytes] | None" = None
    started_at: float = 0.0
    num_quick_falls: int = field(default=0)

    def start(self) -> None:
        """Start it in a session of its own: Ctrl-C in the terminal reaches the supervisor only."""
        self.started_at = time.monotonic()
        log = None if self.log_path is None else _open_log(self.log_path)
        # Started before any thread: a function before exec is safe here.
        self.process = subprocess.Popen(
            self.command,
            start_new_session=True,
            preexec_fn=_die_with_parent,  # noqa: PLW1509
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
        )
        if log is not None:
            log.close()  # the child has its own


def _open_log(path: Path) -> BinaryIO:
    """Open a log for appending; a large one is begun anew, the old one kept beside it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.exists() and path.stat().st_size > MAX_LOG_BYTES:
        path.replace(path.with_suffix(".old.log"))
    return path.open("ab")


def _die_with_parent() -> None:
    # Linux: even when the supervisor is killed outright, its children end.
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


class Supervisor:
    """Keeps children running until it is told to stop."""

    def __init__(self, children: Sequence[Child]) -> None:
        self._children = children
        self._is_stopping = False

    def start(self) -> None:
        """Start all children; SIGINT and SIGTERM end them from now on."""
        for name in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(name, self._on_signal)
        for child in self._children:
            child.start()

    @property
    def is_stopping(self) -> bool:
        """Whether a signal has arrived."""
        return self._is_stopping

    def watch(self) -> int:
        """Restart what falls until stopped; return the exit code, 1 when a child won't stay up."""
        while not self._is_stopping:
            for child in self._children:
                if not self._check(child):
                    self.stop()
                    return 1
            time.sleep(0.5)
        self.stop()
        return 0

    def _check(self, child: Child) -> bool:
        if child.process is None or child.process.poll() is None:
            return True
        lived = time.monotonic() - child.started_at
        child.num_quick_falls = child.num_quick_falls + 1 if lived < HEALTHY_AFTER_S else 1
        if child.num_quick_falls >= MAX_QUICK_FALLS:
            logger.error(
                "%s fell %d times in a row (exit %s); giving up", child.name, MAX_QUICK_FALLS, child.process.returncode
            )
            return False
        logger.error("%s ended with %s; starting it again", child.name, child.process.returncode)
        time.sleep(RESTART_PAUSE_S)
        if not self._is_stopping:
            child.start()
        return True

    def stop(self) -> None:
        """Ask every child to stop, wait, kill what does not."""
        running = [c.process for c in self._children if c.process is not None and c.process.poll() is None]
        for process in running:
            process.terminate()
        deadline = time.monotonic() + STOP_TIMEOUT_S
        for process in running:
            try:
                process.wait(max(0.1, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()

    def _on_signal(self, _number: int, _frame: object) -> None:
        self._is_stopping = True
