"""One run: read, compare, then write under the knowledge base's lock."""

from dataclasses import dataclass

from django.db import transaction

from qa.models import KnowledgeBase
from qa.services.proposing.comparing import Encoder, compare, live_encoder
from qa.services.proposing.reading import find_utterances
from qa.services.proposing.storing import held_keys, merge_exact, refresh, settle_agents, store


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
    encoder = encoder or live_encoder()
    base = KnowledgeBase.objects.get(pk=knowledge_base_id)
    found = find_utterances(base)
    held = held_keys(base)
    useful = [f for f in found if f.key in held or f.proposal is not None]
    comparison = compare(base, [f for f in useful if f.key not in held], encoder)
    # Nothing is encoded under the lock: customers are being answered meanwhile.
    with transaction.atomic():
        KnowledgeBase.objects.select_for_update().get(pk=base.pk)
        num_refreshed = refresh(base)
        num_merged = merge_exact(base, useful)
        num_alike, num_proposed, num_left = store(base, comparison, limit)
        num_agreed = settle_agents(base)
    return ProposalReport(
        num_read=len(found),
        num_known=len(found) - len(useful),
        num_merged=num_merged + num_alike,
        num_proposed=num_proposed,
        num_left=num_left,
        num_refreshed=num_refreshed,
        num_agreed=num_agreed,
    )
