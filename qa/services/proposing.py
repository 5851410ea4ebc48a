"""Proposing reviews: utterances that were answered wrongly, unsurely or not at all, de-identified and merged."""

import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from math import log2
from typing import Protocol

import numpy as np
from django.db import transaction
from django.db.models import Exists, OuterRef, Prefetch, QuerySet
from django.utils import timezone

from qa import selecting
from qa.exceptions import Unavailable
from qa.models import Entry, Evidence, KnowledgeBase, LiveRelease, Occurrence, ReviewItem, Turn
from qa.privacy import deidentify, parse_templates, without_placeholders
from qa.selecting import Asked, Proposal, Sign
from qa.services.reviewing import settle_by_agents

MAX_READ = 5_000
"""Utterances looked at in one run, the newest; what is left of them is looked at again in the next."""
MAX_COMPARED = 2_000
"""Items that a new utterance may turn out to repeat, the newest; encoding them takes 3 ms each."""
MAX_TEXT = 1_000
"""Longer utterances are tales; as a phrasing they would teach nothing."""


class Encoder(Protocol):
    """What makes vectors of texts."""

    def encode(self, texts: Sequence[str]) -> selecting.FloatArray:
        """Return (num_texts, dim) float32, L2-normalised."""


@dataclass(frozen=True)
class ProposalReport:
    """What one run came to.

    Attributes:
        num_read: Answered utterances that no item held yet.
        num_known: Of them, those that the bot knows already.
        num_merged: Of them, those that repeat an item, old or new.
        num_proposed: New items.
        num_left: Useful ones beyond the limit, for the next run.
        num_refreshed: Items in the queue that new signs changed.
        num_agreed: Items that two agents settled.
    """

    num_read: int
    num_known: int
    num_merged: int
    num_proposed: int
    num_left: int
    num_refreshed: int
    num_agreed: int


@dataclass(frozen=True)
class _Found:
    """One utterance that may be proposed; `key` and `plain` are of its de-identified text."""

    turn: Turn
    reply: Turn
    text: str
    plain: str
    key: str
    proposal: Proposal | None


def propose_reviews(*, knowledge_base_id: int, limit: int = 200, encoder: Encoder | None = None) -> ProposalReport:
    """Put what is worth a reviewer's look into the queue of a knowledge base.

    Running it again proposes nothing twice. It takes turns with other runs on the same knowledge base.

    Args:
        knowledge_base_id: Of a knowledge base that is there.
        limit: Most new items.
        encoder: The live release's when None.

    Raises:
        Unavailable: No model is live, so texts can't be compared.
    """
    encoder = encoder or _live_encoder()
    base = KnowledgeBase.objects.get(pk=knowledge_base_id)
    found = _find(base)
    held = _held_keys(base)
    useful = [f for f in found if f.key in held or f.proposal is not None]
    comparison = _compare(base, [f for f in useful if f.key not in held], encoder)
    # Nothing is encoded under the lock: customers are being answered meanwhile.
    with transaction.atomic():
        KnowledgeBase.objects.select_for_update().get(pk=base.pk)
        num_refreshed = _refresh(base)
        num_merged = _merge_exact(base, useful)
        num_alike, num_proposed, num_left = _store(base, comparison, limit)
        num_agreed = _settle_agents(base)
    return ProposalReport(
        num_read=len(found),
        num_known=len(found) - len(useful),
        num_merged=num_merged + num_alike,
        num_proposed=num_proposed,
        num_left=num_left,
        num_refreshed=num_refreshed,
        num_agreed=num_agreed,
    )


def _live_encoder() -> Encoder:
    from qa.engine.building import load_interpreter  # LiteRT: not in every process that imports services

    live = LiveRelease.objects.select_related("release").first()
    if live is None or live.release is None or not live.release.model_fingerprint:
        raise Unavailable("No model is live, so texts can't be compared. Run `manage.py prepare_model` first.")
    return load_interpreter(live.release.model_fingerprint).encoder


def _questions(base: KnowledgeBase) -> QuerySet[Turn]:
    """Read customers' utterances that the bot decided on, with what followed, the newest first."""
    replies = Turn.objects.filter(reply_to=OuterRef("pk")).exclude(decision="")
    turns = Turn.objects.filter(
        Exists(replies), conversation__knowledge_base=base, role=Turn.Role.CUSTOMER, reply_to__isnull=True
    )
    decided = Prefetch("replies", Turn.objects.exclude(decision="").order_by("seq"))
    return turns.prefetch_related(decided, "signs").select_related("conversation").order_by("-pk")


def _find(base: KnowledgeBase) -> list[_Found]:
    templates = parse_templates(base.number_templates)
    normalise = _normaliser()
    found = []
    for turn in _questions(base).filter(occurrence__isnull=True)[:MAX_READ]:
        text = deidentify(turn.text, templates).text
        plain = normalise(without_placeholders(text))
        if not any(character.isalnum() for character in plain) or len(text) > MAX_TEXT:
            continue
        reply = turn.replies.all()[0]  # prefetched: those with a decision
        key = hashlib.sha256(plain.encode()).hexdigest()
        found.append(_Found(turn, reply, text, plain, key, selecting.propose(asked_of(reply, turn.signs.all()))))
    return found


def _normaliser() -> Callable[[str], str]:
    from nlp.text import normalise  # OpenCC: heavy to import

    return normalise


def asked_of(reply: Turn, signs: Iterable[Evidence]) -> Asked:
    """Return what a stored reply and the signs on its question tell, for `qa.selecting`."""
    thresholds = reply.evidence.get("thresholds", {})
    hits = tuple((hit["entry"], hit["probability"]) for hit in reply.evidence.get("hits", []))
    return Asked(
        decision=reply.decision,
        probability=reply.confidence or 0.0,
        answer_threshold=thresholds.get("answer", 0.5),
        clarify_threshold=thresholds.get("clarify", 0.2),
        hits=hits,
        signs=tuple(Sign(s.source, s.claim, s.entry_id, s.weight) for s in signs),
    )


def _held_keys(base: KnowledgeBase) -> set[str]:
    return set(ReviewItem.objects.filter(knowledge_base=base).values_list("key", flat=True))


@dataclass(frozen=True)
class _Comparison:
    """New utterances in groups of those alike.

    Attributes:
        repeating: Item's primary key → utterances that say what it says.
        groups: The rest.
        vectors: (num_groups, dim), one for each group.
    """

    repeating: dict[int, list[_Found]]
    groups: list[list[_Found]]
    vectors: selecting.FloatArray


def _compare(base: KnowledgeBase, fresh: Sequence[_Found], encoder: Encoder) -> _Comparison:
    if not fresh:
        return _Comparison({}, [], np.zeros((0, 1), np.float32))
    normalise = _normaliser()
    items = list(ReviewItem.objects.filter(knowledge_base=base).order_by("-pk")[:MAX_COMPARED])
    texts = [normalise(without_placeholders(item.text)) for item in items] + [found.plain for found in fresh]
    vectors = encoder.encode(texts)
    first_of = selecting.group_near_duplicates(texts, vectors)
    alike: dict[int, list[_Found]] = {}
    for found, first in zip(fresh, first_of[len(items) :], strict=True):
        alike.setdefault(first, []).append(found)
    places = [place for place in alike if place >= len(items)]
    repeating = {items[place].pk: members for place, members in alike.items() if place < len(items)}
    return _Comparison(repeating, [alike[place] for place in places], vectors[places])


def _merge_exact(base: KnowledgeBase, useful: Sequence[_Found]) -> int:
    """Count utterances whose very words an item has already, also one that another run has just made."""
    items = {item.key: item for item in ReviewItem.objects.filter(knowledge_base=base, key__in={f.key for f in useful})}
    repeating: dict[str, list[_Found]] = {}
    for found in useful:
        if found.key in items:
            repeating.setdefault(found.key, []).append(found)
    return sum(_add_occurrences(items[key], members) for key, members in repeating.items())


def _store(base: KnowledgeBase, comparison: _Comparison, limit: int) -> tuple[int, int, int]:
    """Store the best of the new utterances; return how many were merged, are new, and are left."""
    items = ReviewItem.objects.in_bulk(comparison.repeating)
    num_merged = sum(
        _add_occurrences(items[pk], members) for pk, members in comparison.repeating.items() if pk in items
    )
    priorities = [_group_priority(members) for members in comparison.groups]
    chosen = selecting.choose_diverse(priorities, comparison.vectors, limit)
    taken = _held_keys(base)
    for number in chosen:
        members = [found for found in comparison.groups[number] if found.key not in taken]
        if members:
            num_merged += _add_occurrences(_new_item(base, members, priorities[number]), members) - 1
    return num_merged, len(chosen), len(comparison.groups) - len(chosen)


def _group_priority(members: Sequence[_Found]) -> float:
    best = max(member.proposal.priority for member in members if member.proposal is not None)
    return best + selecting.ASKED_WORTH * log2(len(members))


def _new_item(base: KnowledgeBase, members: Sequence[_Found], priority: float) -> ReviewItem:
    """Make an item of the utterance that has most to say for itself among those that are alike."""
    found = max(members, key=lambda member: member.proposal.priority if member.proposal else -1.0)
    item = ReviewItem(
        knowledge_base=base,
        text=found.text,
        key=found.key,
        language=found.reply.language,
        num_asked=0,
        bot_decision=found.reply.decision,
        bot_entry_id=found.reply.entry_id,
        confidence=found.reply.confidence,
        release=found.reply.release,
    )
    if found.proposal is None:
        raise AssertionError("only what has a proposal comes here without an item")
    _write_proposal(item, found.proposal, priority)
    item.save()
    return item


def _write_proposal(item: ReviewItem, proposal: Proposal, priority: float) -> None:
    there = set(Entry.objects.filter(pk__in=[pk for pk, _p in proposal.suggestions]).values_list("pk", flat=True))
    item.suggestions = [[pk, round(p, 4)] for pk, p in proposal.suggestions if pk in there]
    item.proposal, item.proposed_entry_id = proposal.label, proposal.entry_id
    item.reasons = [asdict(reason) for reason in proposal.reasons]
    item.priority, item.refreshed_at = round(priority, 4), timezone.now()


def _add_occurrences(item: ReviewItem, members: Sequence[_Found]) -> int:
    held = set(Occurrence.objects.filter(turn__in=[f.turn for f in members]).values_list("turn_id", flat=True))
    members = [found for found in members if found.turn.pk not in held]
    if not members:
        return 0
    Occurrence.objects.bulk_create(
        Occurrence(
            item=item,
            turn=found.turn,
            conversation_digest=Occurrence.digest_of(found.turn.conversation.public_id),
            text=found.text,
            key=found.key,
            asked_at=found.turn.at,
        )
        for found in members
    )
    item.num_asked += len(members)
    item.save(update_fields=["num_asked"])
    return len(members)


def _refresh(base: KnowledgeBase) -> int:
    """Take new signs into the items that wait; return how many changed."""
    newer = Evidence.objects.filter(turn__occurrence__item=OuterRef("pk"), created_at__gt=OuterRef("refreshed_at"))
    items = ReviewItem.objects.waiting().filter(Exists(newer), knowledge_base=base)
    num = 0
    for item in items:
        turns = list(_questions(base).filter(occurrence__item=item))
        if not turns:
            continue
        signs = [sign for turn in turns for sign in turn.signs.all()]
        proposal = selecting.propose(asked_of(turns[0].replies.all()[0], signs))
        if proposal is not None:
            worth = proposal.priority + selecting.ASKED_WORTH * log2(max(item.num_asked, 1))
            _write_proposal(item, proposal, worth)
            item.save()
            num += 1
    return num


def _settle_agents(base: KnowledgeBase) -> int:
    """Give items the label that two different agents chose and no other agent differs from."""
    chosen = Evidence.objects.filter(turn__occurrence__item=OuterRef("pk"), source=Evidence.Source.AGENT)
    return sum(
        settle_by_agents(item) for item in ReviewItem.objects.waiting().filter(Exists(chosen), knowledge_base=base)
    )
