"""`manage.py promote`: a judged model goes live, or the model and thresholds of an earlier release."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from qa.exceptions import QAError
from qa.models import Release
from qa.progress import StageBar, native_messages_hidden


class Command(BaseCommand):
    """Makes a release; every process answers with it within a second."""

    help = "Go live with a model that the judge has blessed, or with an earlier release's model and thresholds."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Say what."""
        parser.add_argument("what", metavar="RELEASE_OR_FINGERPRINT", help="a release's number, or a model's name")
        parser.add_argument("--unjudged", action="store_true", help="go live without the judge's blessing")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Promote, and say what is live."""
        with native_messages_hidden():
            import nlp.encoder  # noqa: F401  # late: `manage.py help` stays fast
        from nlp.exceptions import NLPError
        from qa.services.promoting import promote_candidate, restore_release

        what: str = options["what"]
        try:
            if what.isdecimal() and Release.objects.filter(pk=int(what)).exists():
                release = restore_release(number=int(what), reason=Release.Reason.PROMOTION).release
            else:
                with StageBar(self.stderr) as bar:
                    release = promote_candidate(fingerprint=what, is_forced=options["unjudged"], progress=bar.update)
        except (QAError, NLPError) as error:
            raise CommandError(str(error)) from error
        message = f"Release {release.number} is live with model {release.model_fingerprint}."
        self.stdout.write(self.style.SUCCESS(message))
