"""`manage.py doctor`: what is wrong with this installation, in words."""

import json
import sys
from argparse import ArgumentParser
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand

from qa.progress import native_messages_hidden


class Command(BaseCommand):
    """Looks at database, model, index, queue, worker, disk and settings; changes nothing."""

    help = "Say what is wrong with this installation and what to do about it; exit 0 when nothing is."
    requires_system_checks: list[str] = []  # noqa: RUF012  # Django's own; what they would refuse is told here

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the options."""
        parser.add_argument("--json", action="store_true", help="print everything as JSON and nothing else")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Examine, print, and exit with 1 when something is wrong."""
        with native_messages_hidden():
            from qa.diagnosing.examining import examine  # Celery and more: `manage.py help` stays fast

            found = list(examine())
        num_problems = sum(len(one.problems) for one in found)
        if options["json"]:
            self.stdout.write(
                json.dumps({"well": not num_problems, "checks": [asdict(one) for one in found]}, indent=2)
            )
        else:
            self._print(found, num_problems)
        if num_problems:
            sys.exit(1)

    def _print(self, found: list[Any], num_problems: int) -> None:
        for one in found:
            if one.needed:
                self.stdout.write(f"  ?  {one.name}: not looked at, because of “{one.needed}”")
            elif not one.problems:
                self.stdout.write(f"  ok {one.name}")
            for problem in one.problems:
                self.stdout.write(self.style.ERROR(f"  !! {one.name}: {problem.says}"))
                self.stdout.write(f"     {problem.mend}")
        verdict = f"{num_problems} things are wrong." if num_problems > 1 else "One thing is wrong."
        self.stdout.write(verdict if num_problems else self.style.SUCCESS("Nothing is wrong."))
