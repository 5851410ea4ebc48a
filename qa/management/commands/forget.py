"""`manage.py forget`: conversations after their time, or one at once."""

from argparse import ArgumentParser
from typing import Any
from uuid import UUID

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from qa.exceptions import QAError
from qa.services.forgetting import forget_conversation, forget_old_conversations


class Command(BaseCommand):
    """Deletes conversations that are older than CONVERSATION_DAYS, or one with all that was made of it."""

    help = "Delete conversations older than CONVERSATION_DAYS, or one by its id with all that was derived from it."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the options."""
        parser.add_argument("--conversation", metavar="ID", help="Its public id: only this one, whatever its age.")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Delete and say what went."""
        if options["conversation"] is None:
            done = forget_old_conversations()
            kept = f"{settings.CONVERSATION_DAYS} days" if settings.CONVERSATION_DAYS else "ever (CONVERSATION_DAYS=0)"
            self.stdout.write(f"Conversations are kept for {kept}.")
        else:
            try:
                done = forget_conversation(public_id=UUID(options["conversation"]))
            except ValueError as error:
                raise CommandError(f"{options['conversation']!r} is no conversation id; expected a UUID.") from error
            except QAError as error:
                raise CommandError(str(error)) from error
        self.stdout.write(
            f"Deleted {done.num_conversations:,} conversations, {done.num_items:,} review items and "
            f"{done.num_phrasings:,} phrasings made of them."
        )
        if done.num_snapshots:
            self.stdout.write(
                f"{done.num_snapshots:,} dataset snapshots held them: their rows are deleted and nothing is trained on "
                "them again. Models that were trained on them before stay until the next training."
            )
