"""Imports a file of knowledge; docs/importing.md shows the formats."""

import dataclasses
import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.core.validators import validate_slug
from django.db import transaction
from django.forms import ValidationError
from tqdm import tqdm

from qa.exceptions import ImportRefused
from qa.models import KnowledgeBase
from qa.services.importing import ImportReport, Progress, import_knowledge


class Command(BaseCommand):
    """Brings the entries, product lines and terms of one file into a knowledge base, all or none."""

    help = "Import entries, product lines and terms from a .csv, .tsv, .xlsx, .json, .jsonl or .md file."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the file and the options."""
        parser.add_argument("file", type=Path, metavar="FILE")
        parser.add_argument("--knowledge-base", metavar="SLUG", help="Made when it is the first one.")
        parser.add_argument(
            "--create", action="store_true", help="Make the knowledge base if there is none of this name."
        )
        parser.add_argument("--dry-run", action="store_true", help="Check and compare only; change nothing.")
        parser.add_argument("--json", action="store_true", help="Print the report as JSON.")

    def handle(self, *args: Any, **options: Any) -> None:
        """Run the import and print its report; exit 1 with every problem when the file is refused."""
        with tqdm(unit="entry", disable=None, leave=False) as bar:

            def show(num_done: int, num_entries: int) -> None:
                bar.total = num_entries
                bar.update(num_done - bar.n)

            try:
                report = _import(
                    options["file"], options["knowledge_base"], options["create"], options["dry_run"], show
                )
            except ImportRefused as refused:
                raise CommandError("\n".join((refused.user_message, *refused.problems))) from refused
        if options["json"]:
            self.stdout.write(json.dumps(dataclasses.asdict(report), ensure_ascii=False))
            return
        for line in _describe(report, options["dry_run"]):
            self.stdout.write(line)


def _import(path: Path, slug: str | None, create: bool, dry_run: bool, show: Progress) -> ImportReport:
    # One transaction around both: a refused file or a dry run leaves no empty knowledge base behind.
    with transaction.atomic():
        knowledge_base = _knowledge_base(slug, create)
        report = import_knowledge(path=path, knowledge_base=knowledge_base, dry_run=dry_run, progress=show)
        transaction.set_rollback(dry_run)
    return report


def _knowledge_base(slug: str | None, create: bool) -> KnowledgeBase:
    """Return the named one, the only one, or a new one: the first, or one that is asked for."""
    slugs = list(KnowledgeBase.objects.order_by("slug").values_list("slug", flat=True))
    if slug in slugs or (slug is None and len(slugs) == 1):
        return KnowledgeBase.objects.get(slug=slug or slugs[0])
    if slugs and not (create and slug):
        given = f"There is no knowledge base {slug!r}" if slug else "There are several knowledge bases"
        raise CommandError(f"{given}; give --knowledge-base one of {', '.join(slugs)}, or add --create.")
    if slug is None:
        raise CommandError("There is no knowledge base yet. Name a first one: --knowledge-base SLUG.")
    try:
        validate_slug(slug)
    except ValidationError as error:
        raise CommandError(f"{slug!r} is no slug: use letters a to z, digits, - and _ only.") from error
    return KnowledgeBase.objects.create(slug=slug, name=slug)


def _describe(report: ImportReport, dry_run: bool) -> list[str]:
    done = "Would import" if dry_run else "Imported"
    summary = (
        f"{done}: {report.num_created:,} new entries, {report.num_updated:,} changed, "
        f"{report.num_unchanged:,} as they were; {report.num_phrasings:,} phrasings added, "
        f"{report.num_duplicates:,} duplicates left out; {report.num_terms:,} terms new or changed."
    )
    return [*(f"Warning: {warning}" for warning in report.warnings), summary]
