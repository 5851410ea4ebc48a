"""Compares the file's terms with the database's, and writes what differs."""

from collections.abc import Sequence
from dataclasses import dataclass

from qa.models import KnowledgeBase, Term
from qa.models.terms import Alias
from qa.services.importing.planning import batched
from qa.services.importing.rows import TermRow

_FIELDS = ("language", "kind", "status", "definition_zh", "definition_en")


@dataclass(frozen=True)
class TermChange:
    """What makes one term as the file wants it.

    Attributes:
        term: With its new field values, not saved.
    """

    term: Term
    is_new: bool
    new_aliases: tuple[Alias, ...]
    stale_alias_ids: tuple[int, ...]


def plan_terms(rows: Sequence[TermRow], knowledge_base: KnowledgeBase) -> tuple[TermChange, ...]:
    """Tell which terms must change, and how; writes nothing."""
    changes: list[TermChange] = []
    for batch in batched(rows):
        texts = [row.text for row in batch]
        terms = knowledge_base.terms.filter(text__in=texts).prefetch_related("aliases")
        stored = {term.text: term for term in terms}
        for row in batch:
            term = stored.get(row.text) or Term(knowledge_base=knowledge_base, text=row.text)
            if change := _plan_term(row, term):
                changes.append(change)
    return tuple(changes)


def _plan_term(row: TermRow, term: Term) -> TermChange | None:
    is_new = term.pk is None
    given = {name: value for name in _FIELDS if (value := getattr(row, name)) is not None}
    fields_changed = any(getattr(term, name) != value for name, value in given.items())
    for name, value in given.items():
        setattr(term, name, value)
    before = {} if is_new else {alias.text: alias.pk for alias in term.aliases.all()}
    wanted = before if row.aliases is None else dict.fromkeys(row.aliases)
    new_aliases = tuple(Alias(term=term, text=text) for text in wanted if text not in before)
    stale_ids = tuple(pk for text, pk in before.items() if text not in wanted)
    if not (is_new or fields_changed or new_aliases or stale_ids):
        return None
    return TermChange(term, is_new, new_aliases, stale_ids)


def write_terms(changes: Sequence[TermChange]) -> None:
    """Write every change of terms, in bulk."""
    for batch in batched(changes):
        Term.objects.bulk_create([c.term for c in batch if c.is_new])
        Term.objects.bulk_update([c.term for c in batch if not c.is_new], list(_FIELDS))
        for stale_ids in batched([pk for c in batch for pk in c.stale_alias_ids]):
            Alias.objects.filter(pk__in=stale_ids).delete()
        Alias.objects.bulk_create([alias for c in batch for alias in c.new_aliases])
