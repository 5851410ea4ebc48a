"""`manage.py calibrate`: P(correct) and its thresholds corrected on questions whose answer is known."""

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from qa.exceptions import QAError
from qa.progress import StageBar, native_messages_hidden
from qa.promising import describe_promise


class Command(BaseCommand):
    """Asks the live release labelled questions, corrects its confidence on them, and releases that."""

    help = "Correct the confidence on label<TAB>text questions, and say what can be promised."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Name the questions."""
        parser.add_argument("--questions", type=Path, required=True, metavar="FILE", help="label<TAB>text")
        parser.add_argument("--knowledge-base", metavar="SLUG", help="Needed when there are several.")
        parser.add_argument("--json", action="store_true", help="Print the outcome as JSON, and nothing else.")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Calibrate, release, and say what the promise has become."""
        with native_messages_hidden():
            import nlp.encoder  # noqa: F401  # late: `manage.py help` stays fast
        from nlp.exceptions import NLPError
        from qa.evaluating.live import choose_knowledge_base, load_live_bundle
        from qa.evaluating.questions import known_entries, read_questions
        from qa.services.calibrating import calibrate_on_questions

        try:
            base = choose_knowledge_base(options["knowledge_base"])
            question_set = read_questions(options["questions"], known_entries(base))
            with StageBar(self.stderr) as bar:
                bundle = load_live_bundle(progress=bar.update)
                calibration, release = calibrate_on_questions(
                    bundle=bundle, knowledge_base=base, question_set=question_set, progress=bar.update
                )
        except (QAError, NLPError) as error:
            raise CommandError(str(error)) from error
        if options["json"]:
            self.stdout.write(json.dumps({"release": release.number, "calibration": calibration.to_json()}, indent=2))
            return
        self.stdout.write(
            f"Answers from P(correct) {calibration.answer_threshold:.2f} on, asks back from "
            f"{calibration.clarify_threshold:.2f} on. {describe_promise(calibration, base.promise_target)}"
        )
        self.stdout.write(self.style.SUCCESS(f"Release {release.number} is live."))
