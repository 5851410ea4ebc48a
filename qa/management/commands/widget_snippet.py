"""`manage.py widget_snippet`: the tag that puts a widget on a page."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from qa.selectors import active_widget, snippet_of
from qa.widget_build import build, store


class Command(BaseCommand):
    """Prints the tag of one widget."""

    help = "The tag that puts a widget on a page; with --sri it names one build and its hash."

    def add_arguments(self, parser: CommandParser) -> None:
        """Say which widget, and where this installation is reached."""
        parser.add_argument("key", help="of the widget; the admin shows it")
        parser.add_argument("--url", default="http://127.0.0.1:8000", help="of this installation, as browsers see it")
        parser.add_argument("--sri", action="store_true", help="name this build and its hash (Subresource Integrity)")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Print it."""
        widget = active_widget(options["key"])
        if widget is None:
            raise CommandError(
                f"There is no active widget with the key '{options['key']}'; /admin/qa/widget/ has them."
            )
        pinned = build() if options["sri"] else None
        if pinned is not None:
            store(pinned, settings.VAR_DIR / "widget")  # from now on it is served, whatever is installed later
        self.stdout.write(snippet_of(widget, url=options["url"], pinned=pinned))
