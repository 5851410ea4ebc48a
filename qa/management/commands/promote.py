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
        parser.add_argument(
            "what", metavar="RELEASE_OR_FINGERPRINT", nargs="?", help="a release's number, or a model's name"
        )
        parser.add_argument("--unjudged", action="store_true", help="go live without the judge's blessing")
        shadow = parser.add_mutually_exclusive_group()
        shadow.add_argument(
            "--shadow", action="store_true", help="run the model beside the live one; customers see nothing"
        )
        shadow.add_argument("--stop-shadow", action="store_true", help="stop what runs beside the live one")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Promote, and say what is live."""
        if (options["what"] is None) is not options["stop_shadow"]:
            raise CommandError("Name a release's number or a model's name, or give --stop-shadow and neither.")
        with native_messages_hidden():
            import nlp.encoder  # noqa: F401  # late: `manage.py help` stays fast
        from nlp.exceptions import NLPError
        from qa.services.promoting import promote_candidate, restore_release

        what: str = options["what"] or ""
        try:
            if options["stop_shadow"] or options["shadow"]:
                self.stdout.write(self.style.SUCCESS(_shadow(what, options["unjudged"])))
                return
            if what.isdecimal() and Release.objects.filter(pk=int(what)).exists():
                release = restore_release(number=int(what), reason=Release.Reason.PROMOTION).release
            else:
                with StageBar(self.stderr) as bar:
                    release = promote_candidate(fingerprint=what, is_forced=options["unjudged"], progress=bar.update)
        except (QAError, NLPError) as error:
            raise CommandError(str(error)) from error
        message = f"Release {release.number} is live with model {release.model_fingerprint}."
        self.stdout.write(self.style.SUCCESS(message))


def _shadow(fingerprint: str, is_forced: bool) -> str:
    from qa.services.shadows import start_shadow, stop_shadow

    if not fingerprint:
        stopped = stop_shadow()
        return f"Model {stopped.model_fingerprint} no longer runs as a shadow; {stopped.num_compared} were compared."
    started = start_shadow(fingerprint=fingerprint, is_forced=is_forced)
    return f"Model {started.model_fingerprint} runs as a shadow; /learning/models/ lists where it disagrees."
