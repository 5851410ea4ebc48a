"""`manage.py train`: the encoder learns this installation's knowledge and what was reviewed."""

import json
from argparse import ArgumentTypeError
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from qa.exceptions import QAError
from qa.models import Snapshot, TrainingJob
from qa.progress import StageBar, native_messages_hidden

if TYPE_CHECKING:
    from qa.services.training import TrainingOutcome


class Command(BaseCommand):
    """Trains on a dataset snapshot; the result goes live only if the judge finds it no worse."""

    help = "Train the encoder on what is published and reviewed; it goes live only if it is no worse."

    def add_arguments(self, parser: CommandParser) -> None:
        """Say on what, how long and from which seed."""
        parser.add_argument("--snapshot", metavar="HASH", help="train on this one (default: one made of what is there)")
        parser.add_argument("--seed", type=int, default=0)
        parser.add_argument("--epochs", type=_above_zero, default=6, help="passes over the phrasings")
        parser.add_argument("--max-steps", type=_above_zero, default=1000, help="bound on the training's steps")
        parser.add_argument("--checkpoint-every", type=_above_zero, default=100, help="steps between checkpoints")
        parser.add_argument("--quick", action="store_true", help="train the small encoder; the other is as pretrained")
        parser.add_argument("--logs", type=Path, help="folder of TensorBoard's logs (default: a new one in var)")
        parser.add_argument("--queue", action="store_true", help="leave it to the training worker")
        parser.add_argument("--debug-numerics", action="store_true", help="check every operation for NaN; slow")
        parser.add_argument("--json", action="store_true", help="print the outcome as JSON and nothing else")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Train, compare, and say what came of it."""
        from qa.services.trainings.asking import request_training
        from qa.services.trainings.leasing import adopt_training, claim_training

        chosen = {name: options[name] for name in ("epochs", "max_steps", "checkpoint_every")}
        if options["quick"]:
            chosen["quick"] = True
        try:
            snapshot = _find(options["snapshot"])
            job = None if options["queue"] or snapshot else adopt_training(seed=options["seed"], options=chosen)
            if job is None:
                job = request_training(
                    trigger=TrainingJob.Trigger.COMMAND,
                    snapshot=snapshot,
                    seed=options["seed"],
                    options=chosen,
                    is_queued=options["queue"],
                )
                if options["queue"]:
                    self._say_queued(job, is_json=options["json"])
                    return
                if claim_training(job_id=job.pk) is None:
                    job.delete()
                    raise CommandError(_busy())
                job.refresh_from_db()
        except QAError as error:
            raise CommandError(str(error)) from error
        self._run(job, options)

    def _say_queued(self, job: TrainingJob, *, is_json: bool) -> None:
        if is_json:
            self.stdout.write(json.dumps({"job": job.pk, "state": job.state}))
        else:
            self.stdout.write(
                f"Training {job.pk} waits for the training worker; /learning/models/ shows how far it is."
            )

    def _run(self, job: TrainingJob, options: dict[str, Any]) -> None:
        with native_messages_hidden():
            import nlp.training.tuning  # noqa: F401  # TensorFlow, late: `manage.py help` stays fast
        from qa.services.trainings.running import run_claimed

        logs = options["logs"] or Path(settings.VAR_DIR) / "tensorboard" / f"{timezone.localtime():%Y%m%d-%H%M%S}"
        with StageBar(self.stderr) as bar:
            outcome = run_claimed(
                job=job, progress=bar.update, log_folder=logs, debug_numerics=options["debug_numerics"]
            )
        job.refresh_from_db()
        if outcome is None:
            raise CommandError(_what_happened(job))
        if options["json"]:
            self._print_json(job, outcome, logs)
        else:
            self._print(job, outcome, logs)

    def _print_json(self, job: TrainingJob, outcome: "TrainingOutcome", logs: Path) -> None:
        plain = {
            "comparisons": [asdict(c) for c in outcome.comparisons],
            "reasons": [reason.to_json() for reason in outcome.reasons],
        }
        described = {k: v for k, v in vars(outcome).items() if k not in {"release", *plain}}
        described |= {"release": outcome.release.number, "logs": str(logs), "job": job.pk}
        described |= {"snapshot": job.snapshot.sha256 if job.snapshot else None}
        self.stdout.write(json.dumps(described | plain, indent=2))

    def _print(self, job: TrainingJob, outcome: "TrainingOutcome", logs: Path) -> None:
        self.stdout.write(f"{outcome.num_steps} steps in {outcome.seconds:.0f} s; TensorBoard's logs: {logs}")
        self.stdout.write(f"Training {job.pk}, on snapshot {job.snapshot}")
        for c in outcome.comparisons:
            self.stdout.write(
                f"{c.knowledge_base}: {c.num_questions} questions; first entry right "
                f"{100 * c.live_top1:.1f} → {100 * c.candidate_top1:.1f} %, joint "
                f"{100 * c.live_joint:.1f} → {100 * c.candidate_joint:.1f} %"
            )
        if outcome.is_live:
            message = f"Release {outcome.release.number} is live with model {outcome.model_fingerprint}."
            self.stdout.write(self.style.SUCCESS(message))
        else:
            for reason in outcome.reasons:
                self.stdout.write(str(reason.to_json()["words"]))
            message = f"The judge rejected the trained model (trial {outcome.trial}); the one that was live stays."
            self.stdout.write(self.style.WARNING(message))


def _find(sha256: str | None) -> Snapshot | None:
    if sha256 is None:
        return None
    from qa.services.snapshots.workflow import open_snapshot  # pandas: `manage.py help` stays fast

    return open_snapshot(sha256=sha256)[0]


def _busy() -> str:
    running = TrainingJob.objects.filter(slot=1).first()
    which = f"Training {running.pk} is" if running else "Another training is"
    return (
        f"{which} running in another process. Wait for it, stop it under /learning/models/, or queue this one "
        "behind it with --queue."
    )


def _what_happened(job: TrainingJob) -> str:
    last = job.history[-1] if job.history else {"detail": "another process has taken it over", "event": ""}
    detail = str(last["detail"])
    if last["event"] == TrainingJob.Event.UNEXPECTED:
        detail = f"An unexpected {detail}; its traceback stands above."
    if job.state == TrainingJob.State.QUEUED:
        detail += f" Training {job.pk} waits for another attempt of the training worker."
    return detail or f"Training {job.pk} ended as {job.state}."


def _above_zero(text: str) -> int:
    try:
        number = int(text)
    except ValueError:
        number = 0
    if number < 1:
        raise ArgumentTypeError(f"'{text}' is no whole number above 0.")
    return number
