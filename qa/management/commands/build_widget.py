"""`manage.py build_widget`: builds the widget's files ahead of the first request, and says what they weigh."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from qa.widget_build import build, store


class Command(BaseCommand):
    """Builds and stores the widget's files."""

    help = "Builds the widget's files into VAR_DIR/widget/ and prints their sizes; the web process does it by itself."

    def handle(self, *_args: Any, **_options: Any) -> None:
        """Build, store, print."""
        built = build()
        place = store(built, settings.VAR_DIR / "widget")
        for name, content in built.files.items():
            self.stdout.write(f"{name:20} {len(content):6} bytes, {built.compressed_size(name):6} gzipped")
        self.stdout.write(f"{place}")
