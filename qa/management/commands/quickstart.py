"""`manage.py quickstart` (what `make run` calls): everything from an empty folder to a running service."""

import json
import secrets
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser

from qa.models import KnowledgeBase
from qa.protocol import MAX_FRAME_BYTES
from qa.services.demonstration import DEMO_SLUG, let_demo_stand_at, load_demonstration
from qa.supervisor import Child, Supervisor

READY_TIMEOUT_S = 180.0


class Command(BaseCommand):
    """Migrates, loads the demonstration, prepares a model, and runs web and worker together."""

    help = "From an empty folder to a running service: database, demonstration knowledge, model, web and worker."

    def add_arguments(self, parser: CommandParser) -> None:
        """Say where to listen."""
        parser.add_argument("--host", default="127.0.0.1")
        parser.add_argument("--port", type=int, default=8000)
        parser.add_argument("--no-demo", action="store_true", help="start with an empty knowledge base")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Do what is still to be done, then run until Ctrl-C."""
        host, port = options["host"], options["port"]
        _check_port(host, port)
        call_command("migrate", verbosity=0, interactive=False)
        if not options["no_demo"] and not KnowledgeBase.objects.exists():
            report = load_demonstration()
            self.stdout.write(
                f"Demonstration knowledge: {report.num_created} entries, {report.num_phrasings} phrasings."
            )
        let_demo_stand_at(
            origins=[f"http://{name}:{port}" for name in dict.fromkeys([_in_url(host), "127.0.0.1", "localhost"])]
        )
        password = _create_staff()
        self._prepare_model()
        sys.exit(self._run(host, port, password))

    def _prepare_model(self) -> None:
        from qa.services.learning import live_model  # without TensorFlow: it only looks at files

        if live_model() is not None:
            return
        # A process of its own gives its memory back.
        done = subprocess.run([sys.executable, "manage.py", "prepare_model"], cwd=settings.BASE_DIR, check=False)
        if done.returncode:
            raise CommandError("The model could not be prepared; what is wrong stands above.")

    def _run(self, host: str, port: int, password: str) -> int:
        for name in ("messages", "processed", "control"):
            (settings.QUEUE_DIR / name).mkdir(parents=True, exist_ok=True)
        logs = Path(settings.VAR_DIR) / "log"
        web = Child("web", _web_command(host, port), logs / "web.log")
        worker = Child("worker", _worker_command("default"), logs / "worker.log")
        # Customers come first: a training takes what CPU they leave.
        trainer = Child("trainer", ["nice", "-n", "10", *_worker_command("training")], logs / "trainer.log")
        supervisor = Supervisor([web, worker, trainer])
        self.stdout.write("Starting the web server and the workers (about ten seconds) …")
        self.stdout.flush()
        supervisor.start()
        url = f"http://{_in_url(host)}:{port}"
        if not self._wait_until_ready(f"{url}/readyz", supervisor):
            supervisor.stop()
            return 0 if supervisor.is_stopping else 1
        self._announce(url, password)
        return supervisor.watch()

    def _wait_until_ready(self, url: str, supervisor: Supervisor) -> bool:
        deadline, detail = time.monotonic() + READY_TIMEOUT_S, ""
        while time.monotonic() < deadline and not supervisor.is_stopping:
            is_ready, detail = _readiness(url)
            if is_ready:
                return True
            time.sleep(0.3)
        if not supervisor.is_stopping:
            self.stderr.write(
                f"The service did not become ready within {READY_TIMEOUT_S:.0f} s: {detail}. "
                f"What happened stands in {settings.VAR_DIR}/log/web.log."
            )
        return False

    def _announce(self, url: str, password: str) -> None:
        has_demo = KnowledgeBase.objects.filter(slug=DEMO_SLUG).exists()
        lines = [
            "",
            f"  Chat        {url}/",
            *([f"  Shop page   {url}/widget/demo/   (the widget on it)"] if has_demo else []),
            f"  Desk        {url}/desk/",
            f"  Review      {url}/learning/",
            f"  Models      {url}/learning/models/",
            f"  Operators   {url}/admin/",
        ]
        if password:
            lines += [
                f"  Sign in as  admin  with  {password}",
                "              (shown this once; change it under /admin/password_change/)",
            ]
        lines += [f"  Logs        {settings.VAR_DIR}/log/", "", "  Ctrl-C stops everything.", ""]
        self.stdout.write("\n".join(lines))
        self.stdout.flush()


def _check_port(host: str, port: int) -> None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise CommandError(
                f"Can't listen on {host}:{port} ({error.strerror}). Choose another port: `make run PORT=8001`."
            ) from error


def _create_staff() -> str:
    """Create the first operator; return the password, empty when there is one already."""
    users = get_user_model().objects
    if users.filter(is_superuser=True).exists():
        return ""
    password = secrets.token_urlsafe(12)
    users.create_superuser("admin", password=password)
    return password


def _web_command(host: str, port: int) -> list[str]:
    command = [sys.executable, "-m", "uvicorn", "qa.asgi:application", "--host", host, "--port", str(port)]
    command += ["--lifespan", "on", "--no-access-log", "--log-level", "warning", "--timeout-graceful-shutdown", "5"]
    return [*command, "--ws-max-size", str(MAX_FRAME_BYTES), "--ws-per-message-deflate", "false"]


def _in_url(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def _worker_command(queue: str) -> list[str]:
    quiet = ["-W", "ignore::RuntimeWarning:celery.platforms"]  # in a container it runs as root
    command = [sys.executable, *quiet, "-m", "celery", "-q", "-A", "qa", "worker", "--pool", "solo", "-Q", queue]
    return [*command, "--loglevel", "WARNING", "--without-gossip", "--without-mingle", "--without-heartbeat"]


def _readiness(url: str) -> tuple[bool, str]:
    try:
        with urllib.request.urlopen(url, timeout=2) as response:  # noqa: S310  # our own address
            return bool(json.load(response)["ready"]), ""
    except urllib.error.HTTPError as error:
        return False, str(json.load(error).get("detail", ""))
    except (OSError, ValueError) as error:
        return False, str(error)
