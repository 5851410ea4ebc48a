"""`manage.py export_snapshot`: a dataset snapshot's rows as a file."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from qa.exceptions import QAError


class Command(BaseCommand):
    """Writes a snapshot's rows with their lineage for another program."""

    help = "Write a dataset snapshot's rows to a .parquet or .jsonl file."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the options."""
        parser.add_argument("hash", metavar="HASH", help="its first eight characters or more")
        parser.add_argument("file", type=Path, metavar="FILE")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Write the file, all of it or nothing."""
        from qa.services.snapshots.workflow import export_snapshot  # pandas: `manage.py help` stays fast

        try:
            num_rows = export_snapshot(sha256=options["hash"], file=options["file"])
        except QAError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"Wrote {num_rows:,} rows to {options['file']}.")
