"""`manage.py train`: the encoder learns this installation's knowledge."""

import json
from argparse import ArgumentTypeError
from dataclasses import asdict
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from qa.exceptions import QAError
from qa.progress import StageBar, native_messages_hidden


class Command(BaseCommand):
    """Trains on every published phrasing; the result goes live only if the judge finds it no worse."""

    help = "Train the encoder on the published knowledge; it goes live only if it is no worse."

    def add_arguments(self, parser: CommandParser) -> None:
        """Say how long and from which seed."""
        parser.add_argument("--seed", type=int, default=0)
        parser.add_argument("--epochs", type=_above_zero, default=6, help="passes over the phrasings")
        parser.add_argument("--max-steps", type=_above_zero, default=1000, help="bound on the training's steps")
        parser.add_argument("--logs", type=Path, help="folder of TensorBoard's logs (default: a new one in var)")
        parser.add_argument("--json", action="store_true", help="print the outcome as JSON and nothing else")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Train, compare, and say what came of it."""
        with native_messages_hidden():
            import nlp.training.tuning  # noqa: F401  # TensorFlow, late: `manage.py help` stays fast
        from nlp.exceptions import NLPError
        from nlp.training.settings import TrainingSettings
        from qa.services.training import train_encoder

        logs = options["logs"] or Path(settings.VAR_DIR) / "tensorboard" / f"{timezone.localtime():%Y%m%d-%H%M%S}"
        training = TrainingSettings(seed=options["seed"], epochs=options["epochs"], max_steps=options["max_steps"])
        try:
            with StageBar(self.stderr) as bar:
                outcome = train_encoder(training=training, progress=bar.update, log_folder=logs)
        except (QAError, NLPError) as error:
            raise CommandError(str(error)) from error
        if options["json"]:
            release = {"release": outcome.release.number, "logs": str(logs)}
            plain = {
                "comparisons": [asdict(c) for c in outcome.comparisons],
                "reasons": [reason.to_json() for reason in outcome.reasons],
            }
            described = {k: v for k, v in vars(outcome).items() if k not in {"release", *plain}}
            self.stdout.write(json.dumps(described | release | plain, indent=2))
            return
        self.stdout.write(f"{outcome.num_steps} steps in {outcome.seconds:.0f} s; TensorBoard's logs: {logs}")
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


def _above_zero(text: str) -> int:
    try:
        number = int(text)
    except ValueError:
        number = 0
    if number < 1:
        raise ArgumentTypeError(f"'{text}' is no whole number above 0.")
    return number
