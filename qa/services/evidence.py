"""Signs of what customers meant, kept as evidence: the one place that makes them, each once.

A sign never changes knowledge or training data by itself; `qa.services.proposing` adds signs up for a reviewer.
"""

from functools import partial

from django.db import transaction
from django.utils import timezone
from rapidfuzz import fuzz

from qa.models import Entry, Evidence, Turn, Vote
from qa.services.jobs import PROPOSE_REVIEWS, ask_worker_once

WEIGHTS = {
    Evidence.Source.AGENT: 1.0,
    Evidence.Source.CHOICE: 0.8,
    Evidence.Source.VOTE_DOWN: 0.7,
    Evidence.Source.VOTE_UP: 0.6,
    Evidence.Source.NONE_OF_THESE: 0.6,
    Evidence.Source.REASKED: 0.5,
    Evidence.Source.PERSON: 0.4,
    Evidence.Source.HAND_OFF: 0.2,
}
"""How much a sign counts, 0..1, by how deliberate it is: an agent knows the entries, a choice names one, a vote is
cheap, a wish for a person may have nothing to do with the answer. Ordering only; a reviewer decides."""
PROPOSE_EVERY_S = 60
"""A new sign is in the review queue after this long; the worker looks for all of that time's at once."""
REASKED_FROM = 75.0
"""Likeness of two utterances, 0..100 (rapidfuzz ratio), from which the second says the first again."""


def note_vote(*, voted: Turn, value: str) -> None:
    """Note a vote on a bot's or an agent's turn; it takes the place of an earlier one."""
    question = question_behind(voted)
    if question is None:
        return
    is_up = value == Vote.Value.UP
    claim = Evidence.Claim.ENTRY if is_up else Evidence.Claim.NOT_ENTRY
    source, other = Evidence.Source.VOTE_UP, Evidence.Source.VOTE_DOWN
    if not is_up:
        source, other = other, source
    with transaction.atomic():
        Evidence.objects.filter(given_by=voted, source=other).delete()
        _note(question, voted, source, claim, voted.entry)


def note_choice(*, said: Turn, entry: Entry | None) -> None:
    """Note what a customer chose when asked back; no entry means none of these."""
    question = question_behind(said)
    if question is None:
        return
    if entry is None:
        _note(question, said, Evidence.Source.NONE_OF_THESE, Evidence.Claim.UNKNOWN, None)
    else:
        _note(question, said, Evidence.Source.CHOICE, Evidence.Claim.ENTRY, entry)


def note_wish_for_person(*, said: Turn) -> None:
    """Note that a customer wants a person: a sign against the last answer, if there was one."""
    question = _question_before(said)
    if question is not None:
        _note_failure(question, said, Evidence.Source.PERSON)


def note_reply(*, reply: Turn) -> None:
    """Note what a bot's reply says of its question (handed over) and of the one before (asked again)."""
    question = reply.reply_to
    if question is None:
        return
    if reply.kind == Turn.Kind.HANDOFF:
        _note(question, reply, Evidence.Source.HAND_OFF, Evidence.Claim.UNKNOWN, None)
    before = _question_before(question)
    if before is not None and _is_asked_again(before, question):
        _note_failure(before, question, Evidence.Source.REASKED)


def note_agent_choice(*, question: Turn, agent_id: int, entry: Entry | None) -> Evidence:
    """Note which entry an agent answered a customer's turn with; none means that no entry could.

    A later choice of the same agent takes the place of the earlier one.
    """
    noted, _created = Evidence.objects.update_or_create(
        turn=question,
        agent_id=agent_id,
        defaults={
            "source": Evidence.Source.AGENT,
            "claim": Evidence.Claim.OUT_OF_SCOPE if entry is None else Evidence.Claim.ENTRY,
            "entry": entry,
            "weight": WEIGHTS[Evidence.Source.AGENT],
            "created_at": timezone.now(),  # a choice that was changed is news to an item that knows the earlier
        },
    )
    _ask_for_proposals(question)
    return noted


def question_behind(turn: Turn) -> Turn | None:
    """Return the customer's utterance that a reply, or a choice, goes back to."""
    behind = turn.reply_to
    while behind is not None and (behind.role != Turn.Role.CUSTOMER or behind.reply_to_id is not None):
        behind = behind.reply_to
    return behind


def _question_before(turn: Turn) -> Turn | None:
    """Return the customer's last utterance before a turn, other than choices and wishes for a person."""
    if turn.seq == 1:
        return None
    earlier = Turn.objects.filter(
        conversation_id=turn.conversation_id, seq__lt=turn.seq, role=Turn.Role.CUSTOMER, reply_to__isnull=True
    )
    return earlier.exclude(replies__role=Turn.Role.SYSTEM).order_by("-seq").first()


def _is_asked_again(before: Turn, question: Turn) -> bool:
    if fuzz.ratio(before.text.casefold(), question.text.casefold()) >= REASKED_FROM:
        return True
    between = Turn.objects.filter(conversation_id=question.conversation_id, seq__gt=before.seq, seq__lt=question.seq)
    return between.filter(vote__value=Vote.Value.DOWN).exists()


def _note_failure(question: Turn, given_by: Turn, source: Evidence.Source) -> None:
    """Note that what followed a question did not settle it: against the entry given last, if one was."""
    followed = Turn.objects.filter(
        conversation_id=question.conversation_id, seq__gt=question.seq, seq__lt=given_by.seq, entry__isnull=False
    )
    answer = followed.select_related("entry").order_by("-seq").first()
    _note(question, given_by, source, Evidence.Claim.NOT_ENTRY, answer.entry if answer else None)


def _note(question: Turn, given_by: Turn, source: Evidence.Source, claim: Evidence.Claim, entry: Entry | None) -> None:
    if entry is None and claim in {Evidence.Claim.ENTRY, Evidence.Claim.NOT_ENTRY}:
        claim = Evidence.Claim.UNKNOWN
    _noted, is_new = Evidence.objects.get_or_create(
        given_by=given_by,
        source=source,
        defaults={"turn": question, "claim": claim, "entry": entry, "weight": WEIGHTS[source]},
    )
    if is_new:
        _ask_for_proposals(question)


def _ask_for_proposals(question: Turn) -> None:
    base_id = question.conversation.knowledge_base_id
    transaction.on_commit(
        partial(ask_worker_once, PROPOSE_REVIEWS, base_id, every_s=PROPOSE_EVERY_S, delay_s=PROPOSE_EVERY_S)
    )
