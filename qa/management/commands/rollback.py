"""`manage.py rollback`: the model and thresholds of an earlier release answer again."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from qa.exceptions import QAError


class Command(BaseCommand):
    """Makes a release out of an earlier one's model and thresholds and today's knowledge."""

    help = "Take up an earlier release's model and thresholds again; knowledge and terms stay as they are now."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Say to which."""
        parser.add_argument(
            "release",
            nargs="?",
            type=int,
            metavar="RELEASE",
            help="its number; without one, the newest that differs in model or thresholds from what is live",
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        """Roll back, and say what was restored and what was not."""
        from nlp.exceptions import NLPError  # numpy: `manage.py help` stays fast
        from qa.services.promoting import live_release, restore_release

        try:
            before = live_release()
            restored = restore_release(number=options["release"])
        except (QAError, NLPError) as error:
            raise CommandError(str(error)) from error
        release, source = restored.release, restored.source
        model = f"model {source.model_fingerprint}"
        if source.model_fingerprint == before.model_fingerprint:
            model += " (it was live already)"
        bases = ", ".join(sorted(source.calibrations)) or "no knowledge base: the default confidence"
        self.stdout.write(
            self.style.SUCCESS(f"Release {release.number} is live with what release {source.number} had.")
        )
        self.stdout.write(f"Restored: {model}; confidence and thresholds of {bases}.")
        self.stdout.write(
            f"Not restored: knowledge (revision {release.knowledge_revision}; release {source.number} had "
            f"{source.knowledge_revision}) and terms (revision {release.lexicon_revision}; it had "
            f"{source.lexicon_revision}) stay as they are now, and so do promises."
        )
