"""Pages of trials on disk. They quote what customers asked, so they don't stay for ever."""

import shutil
from pathlib import Path

from django.conf import settings

NUM_REPORTS_KEPT = 30
"""Pages of the newest trials."""


def report_folder(trial: int) -> Path:
    """Return where the report of a trial lies."""
    return Path(settings.VAR_DIR) / "reports" / f"trial-{trial}"


def drop_reports(*, num_kept: int = NUM_REPORTS_KEPT) -> None:
    """Delete all pages but those of the newest trials; rows and figures stay."""
    folders = Path(settings.VAR_DIR, "reports").glob("trial-*")
    newest_first = sorted(folders, key=lambda path: -int(path.name.partition("-")[2]))
    for folder in newest_first[num_kept:]:
        shutil.rmtree(folder, ignore_errors=True)
