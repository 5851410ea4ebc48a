"""Writes planned entries and product lines, in bulk."""

from collections.abc import Callable, Sequence

from django.utils import timezone

from qa.models import Answer, Entry, KnowledgeBase, Phrasing, Product
from qa.services.importing.planning import EntryChange, EntryPlan, batched
from qa.services.importing.rows import ProductRow
from qa.services.knowledge import sync_question_phrasings

Progress = Callable[[int, int], None]
"""Called with how many entries of the file are done, and how many there are."""


def write_entries(plan: EntryPlan, *, knowledge_base: KnowledgeBase, revision: int, progress: Progress) -> None:
    """Write every change with the revision that makes index processes read it."""
    products = dict(knowledge_base.products.values_list("code", "pk"))
    num_done, num_entries = plan.num_unchanged, plan.num_unchanged + len(plan.changes)
    for batch in batched(plan.changes):
        _write_batch(batch, products, revision)
        num_done += len(batch)
        progress(num_done, num_entries)


def _write_batch(changes: Sequence[EntryChange], products: dict[str, int], revision: int) -> None:
    for change in changes:
        change.entry.revision = revision
        change.entry.updated_at = timezone.now()
    Entry.objects.bulk_create([c.entry for c in changes if c.is_new])
    Entry.objects.bulk_update(
        [c.entry for c in changes if not c.is_new],
        ["category", "is_emergency", "is_out_of_scope", "status", "revision", "updated_at"],
    )
    _link_products([c for c in changes if c.product_codes is not None], products)
    Answer.objects.bulk_create(
        [answer for c in changes for answer in c.answers],
        update_conflicts=True,
        unique_fields=["entry", "language"],
        update_fields=["question", "text"],
    )
    for stale_ids in batched([pk for c in changes for pk in c.stale_phrasing_ids]):
        Phrasing.objects.filter(pk__in=stale_ids).delete()
    Phrasing.objects.bulk_create([phrasing for c in changes for phrasing in c.new_phrasings])
    sync_question_phrasings(entries=[c.entry for c in changes])


def _link_products(changes: Sequence[EntryChange], products: dict[str, int]) -> None:
    link = Entry.products.through
    link.objects.filter(entry__in=[c.entry.pk for c in changes]).delete()
    link.objects.bulk_create(
        link(entry_id=c.entry.pk, product_id=products[code]) for c in changes for code in sorted(c.product_codes or ())
    )


def write_products(rows: Sequence[ProductRow], *, knowledge_base: KnowledgeBase, codes: frozenset[str]) -> None:
    """Name product lines as the file does, and make those that entries speak of and nobody made yet."""
    existing = {product.code: product for product in knowledge_base.products.all()}
    for code in sorted(codes | {row.code for row in rows}):
        existing.setdefault(code, Product(knowledge_base=knowledge_base, code=code))
    for row in rows:
        product = existing[row.code]
        product.name_zh = row.name_zh if row.name_zh is not None else product.name_zh
        product.name_en = row.name_en if row.name_en is not None else product.name_en
    Product.objects.bulk_create([p for p in existing.values() if p.pk is None])
    named = [existing[row.code] for row in rows]
    Product.objects.bulk_update(named, ["name_zh", "name_en"])


def new_product_codes(plan: EntryPlan, rows: Sequence[ProductRow], knowledge_base: KnowledgeBase) -> frozenset[str]:
    """Return the codes that entries speak of and neither the database nor the file's product lines know."""
    spoken_of = frozenset(code for change in plan.changes for code in change.product_codes or ())
    known = set(knowledge_base.products.values_list("code", flat=True))
    return spoken_of - known - {row.code for row in rows}
