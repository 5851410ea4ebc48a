"""`manage.py prepare_model`: pretrained weights → this installation's live model."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from qa.disk import disk_refusals_in_words
from qa.exceptions import QAError
from qa.progress import StageBar, native_messages_hidden


class Command(BaseCommand):
    """Prepares the encoder, indexes and calibrates the knowledge, and makes it live."""

    help = "Prepare the encoder from pretrained weights, index and calibrate the knowledge, and go live."

    def handle(self, *_args: Any, **_options: Any) -> None:
        """Run it, with a progress bar for each stage."""
        with native_messages_hidden():
            import nlp.export.transformer  # noqa: F401  # TensorFlow, late: `manage.py help` stays fast
        from nlp.exceptions import NLPError
        from qa.services.learning import prepare_live_model

        try:
            with StageBar(self.stderr) as bar, disk_refusals_in_words():
                release = prepare_live_model(progress=bar.update)
        except (NLPError, QAError) as error:
            raise CommandError(str(error)) from error
        self.stdout.write(
            self.style.SUCCESS(f"Release {release.number} is live with model {release.model_fingerprint}.")
        )
