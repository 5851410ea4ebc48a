"""Records → checked product lines and terms."""

from collections.abc import Mapping, Sequence

from qa.models import Term
from qa.services.importing.checks import check_choice, check_code, check_optional, check_text, check_unique
from qa.services.importing.problems import Problems
from qa.services.importing.rows import ProductRow, Record, TermRow

_LANGUAGES: Mapping[str, str] = {"zh": "zh", "en": "en"}
_KINDS: Mapping[str, Term.Kind] = {kind.value: kind for kind in Term.Kind}
_STATUSES: Mapping[str, Term.Status] = {status.value: status for status in Term.Status}


def check_products(records: Sequence[Record], problems: Problems) -> tuple[ProductRow, ...]:
    """Check every product line; all problems are noted, none raised."""
    rows = tuple(_check_product(record, problems) for record in records)
    seen: dict[str, str] = {}
    for row in rows:
        check_unique(problems, seen, row.position, "code", row.code)
    return rows


def _check_product(record: Record, problems: Problems) -> ProductRow:
    code = check_code(problems, record.position, "code", record.texts.get("code", ""))
    if not code:
        problems.add(record.position, "code", "nothing", "the product line's code")
    return ProductRow(
        position=record.position,
        code=code,
        name_zh=check_optional(problems, record.position, record.texts, "name_zh"),
        name_en=check_optional(problems, record.position, record.texts, "name_en"),
    )


def check_terms(records: Sequence[Record], problems: Problems) -> tuple[TermRow, ...]:
    """Check every term; all problems are noted, none raised."""
    rows = tuple(_check_term(record, problems) for record in records)
    seen: dict[str, str] = {}
    for row in rows:
        check_unique(problems, seen, row.position, "term", row.text)
    return rows


def _check_term(record: Record, problems: Problems) -> TermRow:
    position, texts = record.position, record.texts
    text = check_text(problems, position, "term", texts.get("term", ""))
    if not text:
        problems.add(position, "term", "nothing", "the term itself")
    # An empty language is said on purpose: codes and model numbers belong to none.
    language = check_choice(problems, position, texts, "language", _LANGUAGES)
    return TermRow(
        position=position,
        text=text,
        language=(language or "") if "language" in texts else None,
        kind=check_choice(problems, position, texts, "kind", _KINDS),
        status=check_choice(problems, position, texts, "status", _STATUSES),
        aliases=_check_aliases(record, text, problems),
        definition_zh=check_optional(problems, position, texts, "definition_zh"),
        definition_en=check_optional(problems, position, texts, "definition_en"),
    )


def _check_aliases(record: Record, term: str, problems: Problems) -> tuple[str, ...] | None:
    listed = record.lists.get("aliases")
    if listed is None:
        return None
    texts = [check_text(problems, record.position, "aliases", alias) for alias in listed]
    return tuple(dict.fromkeys(text for text in texts if text and text != term))
