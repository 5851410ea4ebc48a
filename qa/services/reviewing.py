"""Reviews: confirmed, corrected, discarded, undone; and adopted as a phrasing by an editor's own act."""

from dataclasses import dataclass
from functools import partial

from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from qa.exceptions import BadMessage, Conflict, NotFound
from qa.models import Entry, Evidence, Judgement, Label, Phrasing, ReviewItem
from qa.privacy import without_placeholders
from qa.services.jobs import CONSIDER_TRAINING, ask_worker_once
from qa.services.knowledge import topic_to_decline
from qa.services.releases import changing_knowledge

State = ReviewItem.State
CONSIDER_EVERY_S = 60
"""How often reviews make the worker look whether a training is due."""
NUM_AGREEING = 2
"""Different agents whose choice counts as reviewed when nobody differs."""


@dataclass(frozen=True, slots=True)
class NewJudgement:
    """What a reviewer says of an item.

    Attributes:
        verdict: `confirmed`, `corrected` or `discarded`.
        label: With `corrected` only: `entry` or `out_of_scope`.
        entry: With the label `entry` only: an external id.
    """

    verdict: ReviewItem.State
    label: str = ""
    entry: str = ""


def review_item(*, item_id: int, reviewer: User, judgement: NewJudgement) -> ReviewItem:
    """Record a reviewer's judgement; the same one again changes nothing.

    Choosing what is proposed anyway counts as confirming it.

    Raises:
        NotFound: There is no such item, or no such published entry.
        Conflict: It was judged otherwise already; undo that first.
        BadMessage: It is to be confirmed, and nothing is proposed.
    """
    with transaction.atomic():
        item = _locked(item_id)
        label, entry = _labelled(item, judgement)
        verdict = judgement.verdict
        if verdict == State.CORRECTED and (label, entry) == (item.proposal, item.proposed_entry):
            verdict = State.CONFIRMED
        if item.state != State.PROPOSED:
            if (item.reviewer, item.state, item.label, item.entry) == (reviewer, verdict, label, entry):
                return item
            raise Conflict(_("This was reviewed already; undo that review first."))
        Judgement.objects.create(item=item, by=reviewer, verdict=verdict, label=label, entry=entry)
        transaction.on_commit(partial(ask_worker_once, CONSIDER_TRAINING, every_s=CONSIDER_EVERY_S))
        return _settle(item)


def _labelled(item: ReviewItem, judgement: NewJudgement) -> tuple[str, Entry | None]:
    if judgement.verdict == State.DISCARDED:
        return "", None
    if judgement.verdict == State.CONFIRMED:
        if item.proposal == Label.UNKNOWN:
            raise BadMessage(_("Nothing is proposed here that could be confirmed. Choose an entry, or out of scope."))
        return item.proposal, item.proposed_entry
    if judgement.label == Label.OUT_OF_SCOPE:
        return Label.OUT_OF_SCOPE, None
    entry = Entry.objects.answering().filter(knowledge_base=item.knowledge_base, external_id=judgement.entry).first()
    if entry is None:
        raise NotFound(_("This knowledge base has no published entry with this id."))
    return Label.ENTRY, entry


def undo_review(*, item_id: int, reviewer: User) -> ReviewItem:
    """Take back a reviewer's own judgement; a phrasing that was made of it is withdrawn too, at once.

    Raises:
        NotFound: There is no such item.
        Conflict: It is not reviewed, or by somebody else.
    """
    with transaction.atomic():
        item = _locked(item_id)
        if item.state == State.PROPOSED:
            raise Conflict(_("This is not reviewed, so there is nothing to undo."))
        last = item.judgements.filter(is_agent=False, undone_at__isnull=True).last()
        if last is None or last.by != reviewer:
            raise Conflict(_("Somebody else reviewed this; only they can undo it."))
        last.undone_at = timezone.now()
        last.save(update_fields=["undone_at"])
        withdraw_phrasing(item=item)
        return _settle(item)


def settle_by_agents(item: ReviewItem) -> bool:
    """Give an item the label that agents agree on; return whether enough of them do, and none differs.

    What each agent chose is kept as a judgement of theirs.
    """
    chosen = Evidence.objects.filter(turn__occurrence__item=item, source=Evidence.Source.AGENT, agent__isnull=False)
    labels = {sign.agent_id: (sign.claim, sign.entry) for sign in chosen.select_related("entry")}
    if len(labels) < NUM_AGREEING or len(set(labels.values())) > 1:
        return False
    claim, entry = next(iter(labels.values()))
    label = Label.ENTRY if claim == Evidence.Claim.ENTRY else Label.OUT_OF_SCOPE
    verdict = State.CONFIRMED if (label, entry) == (item.proposal, item.proposed_entry) else State.CORRECTED
    with transaction.atomic():
        for agent_id in labels:
            Judgement.objects.update_or_create(
                item=item,
                by_id=agent_id,
                is_agent=True,
                defaults={"verdict": verdict, "label": label, "entry": entry, "undone_at": None},
            )
        _settle(item)
    return True


def add_phrasing(*, item_id: int) -> Phrasing:
    """Make a reviewed utterance a phrasing of its entry: an editor's act, published like any edit.

    What is out of scope goes to the knowledge base's topic to decline, which is made when there is none: questions
    like it are declined from then on. Placeholders are left out: the entry is not about anybody's telephone number.

    Raises:
        NotFound: There is no such item.
        Conflict: It is not reviewed, is a phrasing already, or says nothing without its placeholders.
    """
    with transaction.atomic():
        item = _locked(item_id)
        entry = _adopting_entry(item)
        text = without_placeholders(item.text)
        if item.phrasing_id or entry.phrasings.filter(text=text).exists():
            raise Conflict(_("This entry has this phrasing already."))
        if not any(character.isalnum() for character in text):
            raise Conflict(_("Nothing is left of this without what names a person."))
        with changing_knowledge() as revision:
            item.phrasing = Phrasing.objects.create(
                entry=entry,
                language=item.language or item.knowledge_base.default_language,
                text=text,
                source=Phrasing.Source.REVIEW,
            )
            Entry.objects.filter(pk=entry.pk).update(revision=revision)
        item.save(update_fields=["phrasing"])
        return item.phrasing


def _adopting_entry(item: ReviewItem) -> Entry:
    if item.state in {State.CONFIRMED, State.CORRECTED}:
        if item.entry is not None:
            return item.entry
        if item.label == Label.OUT_OF_SCOPE:
            return topic_to_decline(knowledge_base=item.knowledge_base)
    raise Conflict(_("Only what was reviewed as belonging to an entry, or to none, can become a phrasing."))


def withdraw_phrasing(*, item: ReviewItem) -> None:
    """Delete the phrasing that was made of an item, if one was, and release that."""
    if item.phrasing is None:
        return
    with changing_knowledge() as revision:
        Entry.objects.filter(pk=item.phrasing.entry_id).update(revision=revision)
        item.phrasing.delete()
    item.phrasing = None


def _locked(item_id: int) -> ReviewItem:
    item = ReviewItem.objects.select_for_update().filter(pk=item_id).first()
    if item is None:
        raise NotFound(_("There is no such review."))
    return item


def _settle(item: ReviewItem) -> ReviewItem:
    """Write what the judgements that still count come to."""
    standing = list(item.judgements.filter(undone_at__isnull=True).select_related("by", "entry"))
    deciding = next((j for j in reversed(standing) if not j.is_agent), None) or _agreed(standing)
    item.state = State(deciding.verdict) if deciding else State.PROPOSED
    item.label, item.entry = (deciding.label, deciding.entry) if deciding else ("", None)
    item.reviewer = deciding.by if deciding and not deciding.is_agent else None
    item.reviewed_at = deciding.at if deciding else None
    item.save(update_fields=["state", "label", "entry", "reviewer", "reviewed_at", "phrasing"])
    return item


def _agreed(standing: list[Judgement]) -> Judgement | None:
    by_agents = [judgement for judgement in standing if judgement.is_agent]
    agree = len({(judgement.label, judgement.entry_id) for judgement in by_agents}) == 1
    return by_agents[-1] if agree and len(by_agents) >= NUM_AGREEING else None
