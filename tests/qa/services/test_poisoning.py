"""A hundred sock puppets who vote for a wrong entry: they fill the queue, and change nothing without a reviewer."""

import uuid

import pytest
from django.contrib.auth.models import User

from qa.models import Entry, Evidence, KnowledgeBase, LiveRelease, Phrasing, ReviewItem, TrainingJob
from qa.protocol import Feedback
from qa.services.feedback import vote
from qa.services.proposing import propose_reviews
from qa.services.reviewing import NewJudgement, review_item
from qa.services.snapshots.workflow import make_snapshot
from qa.services.trainings.triggers import consider_training
from tests.qa.services.review_fakes import LetterEncoder, asked, entry_of

NUM_PUPPETS = 100
QUESTION = "how long do you repair for free"


def state() -> tuple[object, ...]:
    """Return all that answers customers or is trained on."""
    snapshot, dataset = make_snapshot()
    return (
        list(Phrasing.objects.order_by("pk").values_list("pk", "entry_id", "text")),
        list(Entry.objects.order_by("pk").values_list("pk", "status", "revision")),
        LiveRelease.objects.values_list("release_id", flat=True).first(),
        (snapshot.sha256, dataset.rows),
    )


@pytest.mark.django_db
def test_sock_puppets_change_nothing_without_a_reviewer(knowledge_base: KnowledgeBase) -> None:
    before = state()
    for number in range(NUM_PUPPETS):
        # The bot is right, or offers the wrong one: whatever it says, they all push "invoice".
        hits = [("warranty", 0.9), ("invoice", 0.3)] if number % 2 else [("invoice", 0.55), ("warranty", 0.5)]
        reply = asked(QUESTION, decision="answer", hits=hits)
        said = "down" if number % 2 else "up"
        vote(conversation_id=reply.conversation_id, feedback=Feedback(uuid.uuid4(), reply.seq, said, None))
    for _ in range(3):
        propose_reviews(knowledge_base_id=knowledge_base.pk, encoder=LetterEncoder())
    assert Evidence.objects.count() == NUM_PUPPETS
    (item,) = ReviewItem.objects.all()  # one look of one reviewer, not a hundred
    assert (item.state, item.label, item.num_asked) == ("proposed", "", NUM_PUPPETS)
    assert state() == before
    assert consider_training() is None
    assert not TrainingJob.objects.exists()

    right = NewJudgement(ReviewItem.State.CORRECTED, "entry", "warranty")
    review_item(item_id=item.pk, reviewer=User.objects.create(username="reviewer"), judgement=right)
    item.refresh_from_db()
    assert item.entry == entry_of("warranty")
    assert state() != before
