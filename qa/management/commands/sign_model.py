"""`manage.py sign_model`: vouch for a model directory that was written elsewhere, or before there was a key."""

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from qa.exceptions import QAError


class Command(BaseCommand):
    """Verifies each file against the manifest, then signs the manifest with MODEL_SIGNING_KEY."""

    help = "Sign a sound model directory with MODEL_SIGNING_KEY, so that this installation loads it."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Say which."""
        parser.add_argument("model", metavar="FINGERPRINT", help="a model's name, or its first characters")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Sign it."""
        from nlp.artifacts import sign_model  # numpy and more: `manage.py help` stays fast
        from nlp.exceptions import NLPError
        from qa.engine.installed import model_folder
        from qa.services.promoting import whole_fingerprint

        if not settings.MODEL_SIGNING_KEY:
            raise CommandError("MODEL_SIGNING_KEY is not set; expected a long random text. Set it, then sign.")
        try:
            folder = model_folder(whole_fingerprint(options["model"]))
            model = sign_model(folder, signing_key=settings.MODEL_SIGNING_KEY)
        except (QAError, NLPError) as error:
            raise CommandError(str(error)) from error
        self.stdout.write(self.style.SUCCESS(f"Model {model.fingerprint} is signed."))
