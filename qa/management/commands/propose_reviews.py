"""`manage.py propose_reviews`: what was wrong, unsure or new goes into the review queue."""

import dataclasses
import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from qa.exceptions import QAError
from qa.progress import native_messages_hidden

DEFAULT_LIMIT = 200


class Command(BaseCommand):
    """Looks through a knowledge base's conversations for what is worth a reviewer's second."""

    help = "Put utterances that were answered wrongly, unsurely or not at all into the review queue at /learning/."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the options."""
        parser.add_argument("--knowledge-base", metavar="SLUG", help="Needed when there are several.")
        parser.add_argument("--limit", type=int, default=DEFAULT_LIMIT, help=f"Most new items ({DEFAULT_LIMIT}).")
        parser.add_argument("--json", action="store_true", help="Print the report as JSON.")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Propose and print."""
        if options["limit"] < 1:
            raise CommandError(f"--limit {options['limit']} is no number of items; give 1 or more.")
        with native_messages_hidden():
            import nlp.encoder  # noqa: F401  # late: `manage.py help` stays fast
        from nlp.exceptions import NLPError
        from qa.evaluating.live import choose_knowledge_base
        from qa.services.proposing import propose_reviews

        try:
            base = choose_knowledge_base(options["knowledge_base"])
            report = propose_reviews(knowledge_base_id=base.pk, limit=options["limit"])
        except (QAError, NLPError) as error:
            raise CommandError(str(error)) from error
        if options["json"]:
            self.stdout.write(json.dumps(dataclasses.asdict(report)))
            return
        self.stdout.write(
            f"Read {report.num_read:,} answered utterances: {report.num_known:,} known already, "
            f"{report.num_merged:,} repeat an item, {report.num_left:,} left for the next run."
        )
        self.stdout.write(
            f"Proposed {report.num_proposed:,}, refreshed {report.num_refreshed:,}; "
            f"agents settled {report.num_agreed:,}. Review them at /learning/."
        )
