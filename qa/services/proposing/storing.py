"""What is worth a review, written into the queue."""

from collections.abc import Sequence
from dataclasses import asdict

from django.db.models import Exists, OuterRef
from django.utils import timezone

from qa import selecting
from qa.models import Entry, Evidence, KnowledgeBase, Occurrence, ReviewItem
from qa.selecting import Proposal
from qa.services.proposing.comparing import Comparison
from qa.services.proposing.reading import FoundUtterance, asked_of, decided_questions, decision_on
from qa.services.reviewing import settle_by_agents


def held_keys(base: KnowledgeBase) -> set[str]:
    """Return the keys of every text that is an item, whatever its state."""
    return set(ReviewItem.objects.filter(knowledge_base=base).values_list("key", flat=True))


def merge_exact(base: KnowledgeBase, useful: Sequence[FoundUtterance]) -> int:
    """Count utterances whose very words an item has already, also one that another run has just made."""
    items = {item.key: item for item in ReviewItem.objects.filter(knowledge_base=base, key__in={f.key for f in useful})}
    repeating: dict[str, list[FoundUtterance]] = {}
    for found in useful:
        if found.key in items:
            repeating.setdefault(found.key, []).append(found)
    return sum(_add_occurrences(items[key], members) for key, members in repeating.items())


def store(base: KnowledgeBase, comparison: Comparison, limit: int) -> tuple[int, int, int]:
    """Store the best of the new utterances; return how many were merged, are new, and are left."""
    items = ReviewItem.objects.in_bulk(comparison.repeating)
    num_merged = sum(
        _add_occurrences(items[pk], members) for pk, members in comparison.repeating.items() if pk in items
    )
    worths = [_worth_of(members) for members in comparison.groups]
    chosen = selecting.choose_covering(worths, comparison.vectors, comparison.held, limit)
    taken = held_keys(base)
    for number, gain in chosen:
        members = [found for found in comparison.groups[number] if found.key not in taken]
        if members:
            num_merged += _add_occurrences(_new_item(base, members, gain), members) - 1
    return num_merged, len(chosen), len(comparison.groups) - len(chosen)


def _worth_of(members: Sequence[FoundUtterance]) -> float:
    return selecting.worth_of_group([member.proposal.worth for member in members if member.proposal is not None])


def _new_item(base: KnowledgeBase, members: Sequence[FoundUtterance], priority: float) -> ReviewItem:
    """Make an item of the utterance that has most to say for itself among those that are alike."""
    found = max(members, key=lambda member: member.proposal.worth if member.proposal else -1.0)
    item = ReviewItem(knowledge_base=base, text=found.text, key=found.key, language=found.turn.language, num_asked=0)
    if (reply := found.reply) is not None:
        item.language, item.release = reply.language, reply.release
        item.bot_decision, item.bot_entry_id, item.confidence = reply.decision, reply.entry_id, reply.confidence
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


def _add_occurrences(item: ReviewItem, members: Sequence[FoundUtterance]) -> int:
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


def refresh(base: KnowledgeBase) -> int:
    """Take new signs into the items that wait; return how many changed."""
    newer = Evidence.objects.filter(turn__occurrence__item=OuterRef("pk"), created_at__gt=OuterRef("refreshed_at"))
    items = ReviewItem.objects.waiting().filter(Exists(newer), knowledge_base=base)
    num = 0
    for item in items:
        turns = list(decided_questions(base).filter(occurrence__item=item))
        if not turns:
            continue
        signs = [sign for turn in turns for sign in turn.signs.all()]
        reply = decision_on(turns[0])
        proposal = selecting.propose(asked_of(reply, signs))
        if proposal is not None:
            before = selecting.propose(asked_of(reply, [s for s in signs if s.created_at <= item.refreshed_at]))
            added = proposal.worth - (before.worth if before else 0.0)
            _write_proposal(item, proposal, item.priority + max(added, 0.0))
            item.save()
            num += 1
    return num


def settle_agents(base: KnowledgeBase) -> int:
    """Give items the label that two different agents chose and no other agent differs from."""
    chosen = Evidence.objects.filter(turn__occurrence__item=OuterRef("pk"), source=Evidence.Source.AGENT)
    return sum(
        settle_by_agents(item) for item in ReviewItem.objects.waiting().filter(Exists(chosen), knowledge_base=base)
    )
