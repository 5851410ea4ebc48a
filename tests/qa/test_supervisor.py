"""The supervisor as a real process: what falls is started again, and nothing is left behind."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

pytestmark = pytest.mark.integration

PROGRAM = """
import sys
from qa import supervisor
from qa.supervisor import Child, Supervisor
supervisor.RESTART_PAUSE_S = 0.05
supervisor.STOP_TIMEOUT_S = 1.0
whole = Supervisor([Child(f"child {n}", [sys.executable, "-c", code]) for n, code in enumerate(sys.argv[1:])])
whole.start()
print("started", flush=True)
sys.exit(whole.watch())
"""
SLEEPER = "import os, sys, time; open({path!r}, 'a').write(f'{{os.getpid()}}\\n'); time.sleep(60)"
STUBBORN = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); "
Start = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture
def start() -> Iterator[Start]:
    started: list[subprocess.Popen[str]] = []

    def start(*codes: str) -> "subprocess.Popen[str]":
        process = subprocess.Popen(
            [sys.executable, "-c", PROGRAM, *codes], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        started.append(process)
        assert process.stdout is not None
        assert process.stdout.readline() == "started\n"
        return process

    yield start
    for process in started:
        for left in (*_children_of(process.pid), process):
            left.kill()
        process.communicate()


def _children_of(pid: int) -> list[psutil.Process]:
    return psutil.Process(pid).children(recursive=True) if psutil.pid_exists(pid) else []


def pids(path: Path, at_least: int) -> list[int]:
    """Wait until that many children have written their process id."""
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        lines = path.read_text().split() if path.exists() else []
        if len(lines) >= at_least:
            return [int(line) for line in lines]
        time.sleep(0.02)
    raise AssertionError(f"{at_least} children were expected within 10 s")


def is_gone(pid: int) -> bool:
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        try:
            if psutil.Process(pid).status() == psutil.STATUS_ZOMBIE:
                return True
        except psutil.NoSuchProcess:
            return True
        time.sleep(0.02)
    return False


def test_child_that_falls_is_started_again(start: Start, tmp_path: Path) -> None:
    path, other = tmp_path / "pids", tmp_path / "other"
    start(SLEEPER.format(path=str(path)), SLEEPER.format(path=str(other)))
    os.kill(pids(path, 1)[0], signal.SIGKILL)
    first, second = pids(path, 2)
    assert first != second
    assert is_gone(first)
    assert len(pids(other, 1)) == 1


def test_child_that_will_not_stay_up_ends_the_whole(start: Start, tmp_path: Path) -> None:
    path = tmp_path / "pids"
    falls = f"import os, time\nwhile not os.path.exists({str(path)!r}): time.sleep(0.01)\nraise SystemExit(3)"
    process = start(falls, SLEEPER.format(path=str(path)))
    assert process.wait(20) == 1
    assert is_gone(pids(path, 1)[0])
    assert process.stderr is not None
    assert "giving up" in process.stderr.read()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP], ids=lambda n: n.name)
def test_signal_leaves_no_process_behind(start: Start, tmp_path: Path, number: signal.Signals) -> None:
    path = tmp_path / "pids"
    process = start(SLEEPER.format(path=str(path)), SLEEPER.format(path=str(path)))
    children = pids(path, 2)
    process.send_signal(number)
    assert process.wait(10) == 0
    assert all(is_gone(pid) for pid in children)


def test_child_that_ignores_the_signal_is_killed(start: Start, tmp_path: Path) -> None:
    path = tmp_path / "pids"
    process = start(STUBBORN + SLEEPER.format(path=str(path)))
    (child,) = pids(path, 1)
    process.terminate()
    assert process.wait(10) == 0
    assert is_gone(child)


def test_kill_of_the_supervisor_takes_its_children_along(start: Start, tmp_path: Path) -> None:
    path = tmp_path / "pids"
    process = start(SLEEPER.format(path=str(path)), SLEEPER.format(path=str(path)))
    children = pids(path, 2)
    process.kill()
    process.wait(10)
    assert all(is_gone(pid) for pid in children)
