"""`manage.py mine_terms`: jargon that the lexicon lacks, proposed to the editors."""

import dataclasses
import json
from argparse import ArgumentParser
from collections.abc import Iterator
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from qa.models import KnowledgeBase
from qa.services.jargon import MiningReport, propose_terms

_NUM_PRINTED_PAIRS = 30


class Command(BaseCommand):
    """Mines the knowledge and the conversations of a knowledge base for words of the trade."""

    help = "Propose terms and aliases from the knowledge and the conversations; an editor approves them."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the options."""
        parser.add_argument("--knowledge-base", metavar="SLUG", help="Needed when there are several.")
        parser.add_argument("--limit", type=int, default=100, help="Most proposals (default 100).")
        parser.add_argument("--dry-run", action="store_true", help="Show the proposals only; store none.")
        parser.add_argument("--json", action="store_true", help="Print the report as JSON.")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Mine, store and print."""
        if options["limit"] < 1:
            raise CommandError(f"--limit {options['limit']} is no number of proposals; give 1 or more.")
        base = _knowledge_base(options["knowledge_base"])
        report = propose_terms(knowledge_base_id=base.pk, limit=options["limit"], dry_run=options["dry_run"])
        if options["json"]:
            self.stdout.write(json.dumps(dataclasses.asdict(report), ensure_ascii=False))
            return
        for line in _describe(report, options["dry_run"]):
            self.stdout.write(line)


def _knowledge_base(slug: str | None) -> KnowledgeBase:
    bases = {base.slug: base for base in KnowledgeBase.objects.order_by("slug")}
    if slug is None and len(bases) == 1:
        return next(iter(bases.values()))
    if slug in bases:
        return bases[slug]
    if not bases:
        raise CommandError("There is no knowledge base yet; import one with `manage.py import_knowledge`.")
    given = f"There is no knowledge base {slug!r}" if slug else "There are several knowledge bases"
    raise CommandError(f"{given}; give --knowledge-base one of {', '.join(bases)}.")


def _describe(report: MiningReport, dry_run: bool) -> Iterator[str]:
    yield f"Read {report.num_texts:,} texts."
    if not report.terms:
        yield "Nothing new: no word that the lexicon lacks stands out in them."
        return
    yield f"{'score':>7}  {'texts':>5}  {'strange':>7}  {'kind':<6}  term"
    for term in report.terms:
        yield f"{term.score:7.1f}  {term.num_texts:5d}  {term.strangeness:7.1f}  {term.kind:<6}  {term.text}"
    if report.aliases:
        yield "These may mean the same:"
    for pair in report.aliases[:_NUM_PRINTED_PAIRS]:
        yield f"{pair.score:7.2f}  {pair.term} = {pair.alias}"
    done = "Would propose" if dry_run else "Proposed"
    number = len(report.terms) if dry_run else report.num_stored
    yield f"{done} {number:,} terms. Approve or reject them in /admin/ under Terms, status “proposed”."
