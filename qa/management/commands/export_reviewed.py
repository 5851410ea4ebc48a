"""`manage.py export_reviewed`: everything that was reviewed, as label<TAB>text."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from qa import selectors
from qa.exceptions import QAError


class Command(BaseCommand):
    """Writes reviewed utterances in the benchmark format, which `calibrate` and `evaluate` read."""

    help = "Write reviewed utterances as label<TAB>text, for `calibrate --questions` and `evaluate --questions`."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the options."""
        parser.add_argument("file", type=Path, metavar="FILE")
        parser.add_argument("--knowledge-base", metavar="SLUG", help="Needed when there are several.")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Write the file, all of it or nothing."""
        from qa.evaluating.live import choose_knowledge_base  # the engine: `manage.py help` stays fast

        try:
            base = choose_knowledge_base(options["knowledge_base"])
        except QAError as error:
            raise CommandError(str(error)) from error
        rows = selectors.reviewed_rows(base)
        if not rows:
            raise CommandError("Nothing has been reviewed in this knowledge base yet. Review some at /learning/.")
        path: Path = options["file"]
        lines = ["label\ttext", *(f"{label}\t{text}" for label, text in rows)]
        temporary = path.with_name(f".{path.name}.part")
        try:
            temporary.write_text("\n".join(lines) + "\n", encoding="utf-8")
            temporary.replace(path)
        except OSError as error:
            raise CommandError(f"{path} can't be written: {error.strerror}.") from error
        self.stdout.write(f"Wrote {len(rows):,} reviewed utterances to {path}.")
