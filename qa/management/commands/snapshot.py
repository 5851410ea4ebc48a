"""`manage.py snapshot`: what is published and reviewed, as an immutable dataset."""

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from qa.exceptions import QAError


class Command(BaseCommand):
    """Writes the dataset that a training would use now, and prints its hash."""

    help = "Write what is published and reviewed as an immutable dataset snapshot, and print its hash."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the options."""
        parser.add_argument("--json", action="store_true", help="print the manifest as JSON and nothing else")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Write and describe."""
        from qa.services.snapshots.storage import folder_of, read_manifest  # pandas: `manage.py help` stays fast
        from qa.services.snapshots.workflow import make_snapshot

        try:
            snapshot, _dataset = make_snapshot()
            manifest = read_manifest(snapshot.sha256)
        except QAError as error:
            raise CommandError(str(error)) from error
        if options["json"]:
            self.stdout.write(json.dumps(manifest, ensure_ascii=False, indent=2))
            return
        by_source = ", ".join(f"{number:,} {source}" for source, number in snapshot.counts["source"].items())
        self.stdout.write(f"Snapshot {snapshot.sha256}")
        self.stdout.write(
            f"{by_source or 'no rows'}; {snapshot.num_train:,} to train on, {snapshot.num_dev:,} held out, "
            f"{snapshot.num_left_out:,} left out"
        )
        self.stdout.write(str(folder_of(snapshot.sha256)))
