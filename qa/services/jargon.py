"""The lexicon's upkeep: words that mining proposes, and what an editor decides on them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db import models, transaction
from django.utils.translation import gettext as _

from qa.exceptions import QAError
from qa.models import Alias, Answer, Entry, KnowledgeBase, Phrasing, Term, Turn
from qa.privacy import deidentify, parse_templates, without_placeholders
from qa.services.releases import changing_lexicon

if TYPE_CHECKING:
    from nlp.jargon.aliases import ProposedAlias
    from nlp.jargon.mining import ProposedTerm
    from nlp.lexicon import Lexicon, LexiconTerm

MAX_UTTERANCES = 20_000
"""The newest ones are read; older customers had other words."""


@dataclass(frozen=True)
class MiningReport:
    """What was read and what came of it.

    Attributes:
        num_texts: Phrasings, questions, answers and utterances that were read.
        terms: Proposals, best first.
        aliases: Pairs of words that may mean the same, best first; an editor joins them (`approve_as_alias`).
        num_stored: Proposals that were stored as proposed terms.
    """

    num_texts: int
    terms: "tuple[ProposedTerm, ...]"
    aliases: "tuple[ProposedAlias, ...]"
    num_stored: int


def propose_terms(*, knowledge_base_id: int, limit: int = 100, dry_run: bool = False) -> MiningReport:
    """Mine a knowledge base and its conversations for jargon; store what is found as proposed terms.

    Nothing that customers see changes until an editor approves. What the lexicon has already, in whatever
    status, is not proposed again.

    Args:
        knowledge_base_id: Of a knowledge base that is there.
        limit: Most proposals, and most pairs.
        dry_run: Look only; store nothing.
    """
    from nlp.jargon.aliases import mine_aliases  # qa.services is imported by every process; nlp is not
    from nlp.jargon.mining import mine_terms

    entries = _phrasings_by_entry(knowledge_base_id)
    texts = [*(text for phrasings in entries for text in phrasings), *_other_texts(knowledge_base_id)]
    terms = mine_terms(texts, _lexicon(knowledge_base_id, tuple(Term.Status)), limit=limit)
    approved = _lexicon(knowledge_base_id, (Term.Status.APPROVED,))
    aliases = mine_aliases(entries, [term.text for term in terms], approved, limit=limit)
    num_stored = 0 if dry_run else _store(knowledge_base_id, terms)
    return MiningReport(len(texts), tuple(terms), tuple(aliases), num_stored)


def approve_terms(*, terms: Sequence[Term]) -> int:
    """Let terms take effect: they are understood from the next question on.

    Returns:
        How many were not approved before.

    Raises:
        QAError: When a term is another approved term's alias already; nothing was approved.
    """
    waiting = [term for term in terms if term.status != Term.Status.APPROVED]
    if not waiting:
        return 0
    with changing_lexicon():
        _refuse_taken(waiting)
        return Term.objects.filter(pk__in=[term.pk for term in waiting]).update(status=Term.Status.APPROVED)


def approve_as_alias(*, term: Term, of: Term) -> Alias:
    """Make a proposed term, with its aliases, another way to say an approved one; at once.

    Raises:
        QAError: When the terms are of two knowledge bases, the first is approved or the second is not.
    """
    if term.knowledge_base_id != of.knowledge_base_id:
        raise QAError(_("“%(alias)s” and “%(term)s” belong to different knowledge bases.") % _pair(term, of))
    if term.status == Term.Status.APPROVED or of.status != Term.Status.APPROVED:
        raise QAError(
            _("“%(alias)s” must be a proposed term, and “%(term)s” an approved one; approve that one first.")
            % _pair(term, of)
        )
    with changing_lexicon():
        texts = [term.text, *term.aliases.values_list("text", flat=True)]
        made = [Alias.objects.get_or_create(term=of, text=text)[0] for text in texts]
        term.delete()
    return made[0]


def reject_terms(*, terms: Sequence[Term]) -> int:
    """Turn terms down: mining does not propose them again. Approved ones lose their effect at once.

    Returns:
        How many were not rejected before.
    """
    standing = [term for term in terms if term.status != Term.Status.REJECTED]
    chosen = Term.objects.filter(pk__in=[term.pk for term in standing])
    if any(term.status == Term.Status.APPROVED for term in standing):
        with changing_lexicon():
            return chosen.update(status=Term.Status.REJECTED)
    return chosen.update(status=Term.Status.REJECTED)


def _pair(term: Term, of: Term) -> dict[str, str]:
    return {"alias": term.text, "term": of.text}


def _phrasings_by_entry(knowledge_base_id: int) -> list[list[str]]:
    """Return what customers say for each published entry, canonical questions among it."""
    found: dict[int, list[str]] = {}
    phrasings = Phrasing.objects.filter(entry__in=_published(knowledge_base_id)).order_by("entry_id", "pk")
    for entry_id, text in phrasings.values_list("entry_id", "text"):
        found.setdefault(entry_id, []).append(text)
    return list(found.values())


def _other_texts(knowledge_base_id: int) -> Iterator[str]:
    """Yield answers, then what customers wrote without what names a person, the newest first."""
    answers = Answer.objects.filter(entry__in=_published(knowledge_base_id)).order_by("pk")
    yield from answers.values_list("text", flat=True)
    said = Turn.objects.filter(conversation__knowledge_base_id=knowledge_base_id, role=Turn.Role.CUSTOMER)
    templates = parse_templates(KnowledgeBase.objects.get(pk=knowledge_base_id).number_templates)
    for text in said.exclude(text="").order_by("-pk").values_list("text", flat=True)[:MAX_UTTERANCES]:
        yield without_placeholders(deidentify(text, templates).text)


def _published(knowledge_base_id: int) -> models.QuerySet[Entry]:
    return Entry.objects.published().filter(knowledge_base_id=knowledge_base_id)


def _lexicon(knowledge_base_id: int, statuses: Sequence[Term.Status]) -> "Lexicon":
    from nlp.lexicon import Lexicon

    terms = Term.objects.filter(knowledge_base_id=knowledge_base_id, status__in=statuses)
    return Lexicon(_lexicon_term(term) for term in terms.prefetch_related("aliases").order_by("pk"))


def _lexicon_term(term: Term) -> "LexiconTerm":
    from nlp.lexicon import LexiconTerm

    kind: Any = term.kind
    return LexiconTerm(term.text, kind, tuple(alias.text for alias in term.aliases.all()))


def _store(knowledge_base_id: int, proposals: "Sequence[ProposedTerm]") -> int:
    """Store proposals; one that somebody else stored meanwhile is left as it is."""
    with transaction.atomic():
        before = Term.objects.filter(knowledge_base_id=knowledge_base_id).count()
        Term.objects.bulk_create(
            [
                Term(
                    knowledge_base_id=knowledge_base_id,
                    text=proposal.text if proposal.kind == "jargon" else proposal.text.upper(),
                    language=proposal.language,
                    kind=proposal.kind,
                    status=Term.Status.PROPOSED,
                )
                for proposal in proposals
            ],
            ignore_conflicts=True,
        )
        return Term.objects.filter(knowledge_base_id=knowledge_base_id).count() - before


def _refuse_taken(terms: Sequence[Term]) -> None:
    from nlp.text import normalise

    for base_id in {term.knowledge_base_id for term in terms}:
        surfaces = _lexicon(base_id, (Term.Status.APPROVED,)).surfaces
        for term in terms:
            owner = surfaces.get(normalise(term.text))
            if term.knowledge_base_id == base_id and owner is not None:
                raise QAError(
                    _("“%(alias)s” is already a way to say “%(term)s”; reject it, or take it from there first.")
                    % {"alias": term.text, "term": owner}
                )
