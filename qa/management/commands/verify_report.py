"""`manage.py verify_report`: whether an acceptance report is what was signed."""

import hashlib
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from qa.exceptions import QAError


class Command(BaseCommand):
    """Checks the signature of an acceptance report, and the page beside it; exits with 1 where something is wrong."""

    help = "Check the signature of an acceptance report, and the page that lies beside it."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Name the report and the key."""
        parser.add_argument("report", type=Path, metavar="REPORT.json")
        parser.add_argument(
            "--key", type=Path, required=True, metavar="PUBLIC.pem", help="of whoever is expected to have signed it"
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        """Check, and say what was found."""
        from qa.evaluating.signing import read_public_key, verify

        path: Path = options["report"]
        try:
            document = verify(path.read_bytes().decode(), read_public_key(options["key"]))
        except QAError as error:
            raise CommandError(str(error)) from error
        except OSError as error:
            raise CommandError(f"{path} can't be read: {error.strerror}.") from error
        except UnicodeDecodeError as error:
            raise CommandError("The report is not UTF-8: it was changed after it was signed.") from error
        page = path.with_name("report.html")
        if page.is_file() and hashlib.sha256(page.read_bytes()).hexdigest() != document.get("page_sha256"):
            raise CommandError(f"The report is valid, but {page.name} beside it is not the page that was made with it.")
        beside = "and so is the page beside it" if page.is_file() else f"{page.name} was not beside it"
        self.stdout.write(self.style.SUCCESS(f"Valid: {path.name} is what was signed with this key; {beside}."))
