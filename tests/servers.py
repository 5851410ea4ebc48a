"""Real servers for tests: an installation in a folder of its own, and the web process on it."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from qa.protocol import MAX_FRAME_BYTES

ROOT = Path(__file__).resolve().parent.parent
READY_S = 240.0
PATIENCE_S = 60.0
"""Longest that a test waits for what must come at some time, on a machine that others use too."""
STAFF = "operator"
PASSWORD = "correct horse battery"


def environment(var: Path, **extra: str) -> dict[str, str]:
    """Return the environment of an installation in `var`: SQLite, whatever the tests themselves run on."""
    ours = {k: v for k, v in os.environ.items() if k not in {"DATABASE_URL", "REDIS_URL"}}
    settings = {"DJANGO_SETTINGS_MODULE": "qa.settings", "HANGJIA_VAR": str(var), "TF_CPP_MIN_LOG_LEVEL": "3"}
    return {**ours, **settings, "DJANGO_SUPERUSER_PASSWORD": PASSWORD, **extra}


def manage(var: Path, *arguments: str, **extra: str) -> str:
    """Run `manage.py`; what it wrote is in the error when it fails."""
    done = subprocess.run(  # noqa: PLW1510  # the caller looks at the code
        [sys.executable, "manage.py", *arguments],
        cwd=ROOT,
        env=environment(var, **extra),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    if done.returncode:
        raise RuntimeError(f"manage.py {' '.join(arguments)} exited with {done.returncode}:\n{done.stdout[-4000:]}")
    return done.stdout


def install_demonstration(var: Path) -> None:
    """Make an installation with the demonstration knowledge, a prepared model and one operator."""
    var.mkdir(parents=True, exist_ok=True)
    manage(var, "migrate", "-v0")
    manage(var, "shell", "-v0", "-c", "from qa.services.demonstration import load_demonstration as l; l()")
    manage(var, "createsuperuser", "--noinput", "--username", STAFF, "--email", "o@example.com")
    manage(var, "prepare_model")


def free_port() -> int:
    """Return a port that nobody listens on just now, and that no other worker of pytest-xdist is given."""
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    num_workers = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    while True:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port: int = probe.getsockname()[1]
        if port // 2 % num_workers == worker:  # the system gives odd ports only to those who ask so
            return port


@contextmanager
def worker(var: Path, queue: str, extra: dict[str, str] | None = None) -> Iterator[None]:
    """Run an installation's worker of one queue; killed at the end, whatever it does."""
    process = start_worker(var, queue, extra)
    try:
        yield
    finally:
        process.kill()
        process.wait()


def start_worker(var: Path, queue: str, extra: dict[str, str] | None = None) -> "subprocess.Popen[bytes]":
    """Start an installation's worker of one queue, as the documentation says; it writes to `<queue>.log`."""
    for name in ("messages", "processed", "control"):
        (var / "queue" / name).mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", "celery", "-q", "-A", "qa", "worker", "--pool", "solo", "-Q", queue]
    command += ["--without-gossip", "--without-mingle", "--without-heartbeat"]
    with (var / f"{queue}.log").open("ab") as log:
        return subprocess.Popen(command, cwd=ROOT, env=environment(var, **extra or {}), stdout=log, stderr=log)


@dataclass
class Site:
    """The web process of an installation. A context manager: started and ready, stopped at the end."""

    var: Path
    extra: dict[str, str] = field(default_factory=dict)
    must_be_ready: bool = True
    port: int = field(default_factory=free_port)
    process: "subprocess.Popen[bytes] | None" = None

    @property
    def url(self) -> str:
        """The page at `/`."""
        return f"http://127.0.0.1:{self.port}/"

    @property
    def socket_url(self) -> str:
        """The chat socket."""
        return f"ws://127.0.0.1:{self.port}/ws/chat/"

    @property
    def log(self) -> Path:
        """Where the process writes."""
        return self.var / f"web-{self.port}.log"

    def __enter__(self) -> "Site":
        self.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self.stop()

    def start(self) -> None:
        """Start it and wait until it answers (and, unless told otherwise, is ready)."""
        command = [sys.executable, "-m", "uvicorn", "qa.asgi:application", "--port", str(self.port)]
        command += ["--ws-max-size", str(MAX_FRAME_BYTES), "--ws-per-message-deflate", "false"]
        command += ["--lifespan", "on", "--no-access-log", "--timeout-graceful-shutdown", "5"]
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                command, cwd=ROOT, env=environment(self.var, **self.extra), stdout=log, stderr=log
            )
        try:
            self._wait()
        except BaseException:
            self.stop()
            raise

    def _wait(self) -> None:
        path, deadline = "readyz" if self.must_be_ready else "livez", time.monotonic() + READY_S
        while time.monotonic() < deadline:
            if self.process is None or self.process.poll() is not None:
                break
            try:
                if httpx.get(f"{self.url}{path}", timeout=5).status_code == 200:
                    return
            except httpx.TransportError:
                pass
            time.sleep(0.1)
        raise RuntimeError(f"the server is not up; its log ends:\n{self.log_text()[-4000:]}")

    def kill(self) -> None:
        """End it without any warning."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()

    def stop(self) -> None:
        """End it, politely first."""
        if self.process is None or self.process.poll() is not None:
            return
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(15)
        except subprocess.TimeoutExpired:
            self.kill()

    def log_text(self) -> str:
        """Return what the process has written so far."""
        return self.log.read_text(errors="replace") if self.log.exists() else ""


def copy_installation(source: Path, target: Path) -> Path:
    """Copy an installation whose database may be in use; the copy may be damaged at will."""
    import sqlite3
    from contextlib import closing

    shutil.copytree(source, target, ignore=shutil.ignore_patterns("hangjia.sqlite3*", "*.log"))
    with (
        closing(sqlite3.connect(source / "hangjia.sqlite3")) as old,
        closing(sqlite3.connect(target / "hangjia.sqlite3")) as new,
    ):
        old.backup(new)
    return target
