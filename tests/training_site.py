"""A small installation with the tiny encoder, and a real training worker that can be killed."""

import shutil
import sqlite3
import subprocess
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

from tests.servers import manage, start_worker

WAITS_S = 250.0
_MAKE = """
import random
from qa.models import KnowledgeBase
from tests.factories import make_entry
rng = random.Random(0)
base = KnowledgeBase.objects.create(slug='small', name='Small', default_language='en')
for number in range(6):
    words = [''.join(rng.choices('abcdefghijklmnopqrstuvwxyz', k=5)) for _ in range(3)]
    phrasings = [' '.join(rng.sample(words, 2)) + f' {n}' for n in range(12)]
    make_entry(base, f'entry-{number}', ' '.join(words), 'Answer.', *phrasings)
"""


@dataclass
class TrainingSite:
    """An installation of six entries; its training worker is started and killed at will."""

    var: Path
    pretrained: Path
    process: "subprocess.Popen[bytes] | None" = field(default=None)

    @property
    def extra(self) -> dict[str, str]:
        """Settings besides the folder."""
        return {"PRETRAINED": str(self.pretrained), "COMPANION": "", "TRAINING_LEASE_S": "8"}

    def make(self) -> None:
        """Write knowledge and tiny weights, and prepare a model."""
        from tests.nlp.small_training import tiny_start
        from tests.qa.conftest import write_pretrained

        write_pretrained(self.pretrained, tiny_start())
        self.var.mkdir(parents=True, exist_ok=True)
        self.manage("migrate", "-v0")
        self.manage("shell", "-v0", "-c", _MAKE)
        self.manage("prepare_model")

    def copy(self, var: Path) -> "TrainingSite":
        """Return a copy of it in another folder."""
        shutil.copytree(self.var, var)
        return TrainingSite(var, self.pretrained)

    def manage(self, *arguments: str) -> str:
        """Run `manage.py`."""
        return manage(self.var, *arguments, **self.extra)

    def start_worker(self) -> None:
        """Start the training worker as the documentation says."""
        self.process = start_worker(self.var, "training", self.extra)

    def kill(self) -> None:
        """End the worker without any warning."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()

    def query(self, sql: str) -> tuple[object, ...]:
        """Return the first row of a query on the database."""
        with closing(sqlite3.connect(self.var / "hangjia.sqlite3", timeout=20)) as database:
            found = database.execute(sql).fetchone()
        return tuple(found or ())

    def job(self) -> dict[str, object]:
        """Return the newest training."""
        names = ("id", "state", "attempts", "step", "num_steps", "stage", "candidate", "history")
        return dict(
            zip(names, self.query(f"SELECT {', '.join(names)} FROM qa_trainingjob ORDER BY id DESC"), strict=True)
        )

    def live_model(self) -> str:
        """Return the live release's model."""
        sql = "SELECT r.model_fingerprint FROM qa_release r JOIN qa_liverelease l ON l.release_id = r.number"
        return str(self.query(sql)[0])

    def wait_for(self, holds: Callable[[dict[str, object]], bool]) -> dict[str, object]:
        """Wait until the newest training is as it should be."""
        deadline = time.monotonic() + WAITS_S
        while time.monotonic() < deadline:
            job = self.job()
            if holds(job):
                return job
            time.sleep(0.05)
        log = (self.var / "training.log").read_text(errors="replace")
        raise RuntimeError(f"after {WAITS_S:.0f} s the training is {self.job()}; the worker's log ends:\n{log[-3000:]}")

    def strays(self) -> list[str]:
        """Return what was half-written and left behind."""
        found = [*self.var.glob("models/.*"), *self.var.glob("snapshots/.*"), *self.var.glob("index/**/.*")]
        return [str(path.relative_to(self.var)) for path in [*found, *self.var.glob("checkpoints/*")]]
