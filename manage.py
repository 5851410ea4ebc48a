#!/usr/bin/env python
"""Hangjia's command line."""

import os
import sys


def main() -> None:
    """Run one management command."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "qa.settings")
    try:
        from django.core.management import execute_from_command_line
    except ImportError:
        sys.exit(
            "Django is not installed in this Python. Run `make install` once, then `.venv/bin/python manage.py …`."
        )
    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
