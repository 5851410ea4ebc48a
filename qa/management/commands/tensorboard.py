"""`manage.py tensorboard`: the curves of trainings in a browser."""

import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser


class Command(BaseCommand):
    """Shows TensorBoard's logs of every training: losses, held-out accuracy, the vectors in its projector."""

    help = "Show the logs of trainings in TensorBoard."

    def add_arguments(self, parser: CommandParser) -> None:
        """Say where to listen and what to show."""
        parser.add_argument("--host", default="127.0.0.1")
        parser.add_argument("--port", type=int, default=6006)
        parser.add_argument("--logs", type=Path, help="folder of the logs (default: var/tensorboard)")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Start it and wait until Ctrl-C."""
        logs = options["logs"] or Path(settings.VAR_DIR) / "tensorboard"
        if not logs.is_dir():
            raise CommandError(f"There are no logs in {logs}. Train first, or name the folder with --logs.")
        host, port = options["host"], options["port"]
        address = f"[{host}]" if ":" in host else host
        self.stdout.write(f"TensorBoard: http://{address}:{port}/  (Ctrl-C stops it)")
        self.stdout.flush()
        command = [sys.executable, "-m", "tensorboard.main", "--logdir", str(logs), "--host", host, "--port", str(port)]
        with subprocess.Popen(command) as process:
            # Ctrl-C reaches both: it ends by itself, and this waits for it.
            signal.signal(signal.SIGINT, signal.SIG_IGN)
            signal.signal(signal.SIGTERM, lambda *_: process.terminate())
            code = process.wait()
        if code not in {0, -signal.SIGINT, -signal.SIGTERM}:
            raise CommandError(f"TensorBoard ended with {code}; what is wrong stands above. Is port {port} taken?")
