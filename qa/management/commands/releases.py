"""`manage.py releases`: what answers customers, since when and why, and what did before."""

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone, translation

from qa.models import LiveRelease, Release, Trial


class Command(BaseCommand):
    """Lists releases, the newest first."""

    help = "List releases: what is live, since when, and why."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the options."""
        parser.add_argument("--limit", type=int, default=20, help="most releases (default %(default)s)")
        parser.add_argument("--json", action="store_true", help="print them as JSON and nothing else")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Print the list."""
        live = LiveRelease.objects.first()
        number, since = (live.release_id, live.since) if live else (None, None)
        rows = [_plain(one, number) for one in Release.objects.all()[: max(options["limit"], 1)]]
        if options["json"]:
            shown_since = since.isoformat(timespec="seconds") if since and number else None
            self.stdout.write(json.dumps({"live": number, "since": shown_since, "releases": rows}, indent=2))
            return
        if not rows:
            self.stdout.write("There is no release yet.")
            return
        if since and number:
            self.stdout.write(f"Release {number} is live since {timezone.localtime(since):%Y-%m-%d %H:%M:%S}.")
        for row in rows:
            mark = "*" if row["live"] else " "
            trial = f", trial {row['trial']}" if row["trial"] else ""
            restores = f", as {row['restores']}" if row["restores"] else ""
            model = str(row["model"])[:16] or "none"
            self.stdout.write(
                f"{mark} {row['number']:6} {str(row['at'])[:16]:16}  {row['reason_in_words']}{restores}{trial}; model "
                f"{model}, knowledge {row['knowledge_revision']}, terms {row['lexicon_revision']}"
            )


def _plain(release: Release, live: int | None) -> dict[str, object]:
    trial = None
    if release.reason == Release.Reason.PROMOTION and release.restores is None:
        judged = Trial.objects.filter(candidate_fingerprint=release.model_fingerprint, kind=Trial.Kind.MODEL)
        trial = judged.filter(created_at__lte=release.created_at).values_list("pk", flat=True).first()
    with translation.override("en"):
        words = str(release.get_reason_display())
    return {
        "number": release.number,
        "live": release.number == live,
        "at": timezone.localtime(release.created_at).isoformat(timespec="seconds"),
        "reason": release.reason,
        "reason_in_words": words,
        "restores": release.restores,
        "trial": trial,
        "model": release.model_fingerprint,
        "knowledge_revision": release.knowledge_revision,
        "lexicon_revision": release.lexicon_revision,
        "thresholds_of": sorted(release.calibrations),
    }
