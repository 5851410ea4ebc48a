"""Figures: scripts that measure, each run by hand; none of them is a test."""

import os


def django_for_benchmarks() -> None:
    """Make Django's models importable without a database; benchmarks build their knowledge in memory."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "qa.settings")
    import django

    django.setup()
