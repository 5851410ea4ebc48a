"""The import itself: read and check, compare, write in one transaction."""

from pathlib import Path

from django.db import transaction

from qa.models import KnowledgeBase
from qa.services.importing.planning import EntryPlan, plan_entries
from qa.services.importing.problems import Problems
from qa.services.importing.reading import read_file
from qa.services.importing.report import ImportReport
from qa.services.importing.rows import ParsedFile
from qa.services.importing.terms import TermChange, plan_terms, write_terms
from qa.services.importing.writing import Progress, new_product_codes, write_entries, write_products
from qa.services.releases import changing_knowledge, changing_lexicon


class _NothingChanged(Exception):
    """Raised inside a change of knowledge that turns out to change nothing, to take its release back."""


def import_knowledge(
    *, path: Path, knowledge_base: KnowledgeBase, dry_run: bool = False, progress: Progress | None = None
) -> ImportReport:
    """Bring a file's entries, product lines and terms into a knowledge base, all of them or none.

    Entries are known by `external_id`, terms by their text. What the file speaks of replaces what is
    there, language by language; what it doesn't speak of stays. A file that changes nothing makes no release.

    Args:
        path: A .csv, .tsv, .xlsx, .json, .jsonl or .md file; docs/importing.md shows each.
        knowledge_base: Saved already.
        dry_run: Check and compare only; writes nothing.
        progress: Called with how many entries of the file are done, and how many there are.

    Returns:
        What was done, or would be.

    Raises:
        ImportRefused: With every problem of the file; nothing was changed.
    """
    parsed = read_file(path, knowledge_base.default_language)
    problems = Problems(path.name)
    if dry_run:
        with transaction.atomic():
            plan = plan_entries(parsed.entries, knowledge_base, problems)
            return _report(parsed, plan, plan_terms(parsed.terms, knowledge_base), knowledge_base)
    with transaction.atomic():
        return _import(parsed, knowledge_base, problems, progress or (lambda num_done, num_entries: None))


def _import(parsed: ParsedFile, knowledge_base: KnowledgeBase, problems: Problems, progress: Progress) -> ImportReport:
    try:
        with changing_knowledge() as revision:
            # Compared under the lock: what is found here can't change before it is written.
            plan = plan_entries(parsed.entries, knowledge_base, problems)
            terms = plan_terms(parsed.terms, knowledge_base)
            report = _report(parsed, plan, terms, knowledge_base)
            if not plan.changes:
                raise _NothingChanged
            codes = new_product_codes(plan, parsed.products, knowledge_base)
            write_products(parsed.products, knowledge_base=knowledge_base, codes=codes)
            progress(plan.num_unchanged, len(parsed.entries))
            write_entries(plan, knowledge_base=knowledge_base, revision=revision, progress=progress)
    except _NothingChanged:
        # Names of product lines are shown to people only; they make no release.
        write_products(parsed.products, knowledge_base=knowledge_base, codes=frozenset())
        progress(len(parsed.entries), len(parsed.entries))
    if terms:
        with changing_lexicon():
            write_terms(terms)
    return report


def _report(
    parsed: ParsedFile, plan: EntryPlan, terms: tuple[TermChange, ...], knowledge_base: KnowledgeBase
) -> ImportReport:
    num_created = sum(change.is_new for change in plan.changes)
    warnings = [*parsed.warnings, *plan.warnings]
    if codes := new_product_codes(plan, parsed.products, knowledge_base):
        warnings.append(f"New product lines: {', '.join(sorted(codes))}. Check that none is a misspelling.")
    return ImportReport(
        num_created=num_created,
        num_updated=len(plan.changes) - num_created,
        num_unchanged=plan.num_unchanged,
        num_phrasings=sum(len(change.new_phrasings) for change in plan.changes),
        num_duplicates=sum(row.num_duplicates for row in parsed.entries),
        num_terms=len(terms),
        warnings=tuple(warnings),
    )
