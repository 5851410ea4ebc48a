"""Forgetting: what is old goes, what was reviewed stays; and whoever wants it is forgotten wholly."""

import uuid

import pytest
from django.contrib.auth.models import User
from pytest_django import Settings

from qa.exceptions import NotFound
from qa.models import Conversation, Evidence, KnowledgeBase, Occurrence, Phrasing, ReviewItem, Turn
from qa.protocol import Feedback
from qa.services.feedback import vote
from qa.services.forgetting import Forgotten, forget_conversation, forget_old_conversations
from qa.services.proposing import propose_reviews
from qa.services.reviewing import NewJudgement, add_phrasing, review_item
from tests.factories import make_conversation
from tests.qa.services.review_fakes import LetterEncoder, asked, grow_old, proposed_item

CONFIRM = NewJudgement(ReviewItem.State.CONFIRMED)


@pytest.fixture
def reviewer(db: None) -> User:
    """Give somebody who reviews."""
    return User.objects.create(username="reviewer")


def conversation_of(item: ReviewItem) -> Conversation:
    turn = item.occurrences.order_by("pk")[0].turn
    assert turn is not None
    return turn.conversation


def counts() -> tuple[int, ...]:
    return tuple(model.objects.count() for model in (Conversation, Turn, Evidence, ReviewItem, Occurrence))


def test_old_conversations_go_and_young_ones_stay(knowledge_base: KnowledgeBase, settings: Settings) -> None:
    settings.CONVERSATION_DAYS = 30
    old, young = make_conversation(), make_conversation()
    for conversation in (old, young):
        reply = asked("it is dusty", conversation=conversation)
        vote(conversation_id=conversation.pk, feedback=Feedback(uuid.uuid4(), reply.seq, "down", None))
    grow_old(old, 30.1)
    grow_old(young, 29.9)
    assert forget_old_conversations() == Forgotten(num_conversations=1)
    assert list(Conversation.objects.all()) == [young]
    assert counts()[:3] == (1, 2, 1)


def test_the_last_word_counts(knowledge_base: KnowledgeBase, settings: Settings) -> None:
    settings.CONVERSATION_DAYS = 30
    conversation = make_conversation()
    asked("it is dusty", conversation=conversation)
    grow_old(conversation, 90)
    asked("still dusty", conversation=conversation)
    assert forget_old_conversations() == Forgotten()
    empty = make_conversation()
    grow_old(empty, 90)
    assert forget_old_conversations() == Forgotten(num_conversations=1)


def test_zero_days_keep_for_ever(knowledge_base: KnowledgeBase, settings: Settings) -> None:
    settings.CONVERSATION_DAYS = 0
    grow_old(make_conversation(), 10_000)
    assert (forget_old_conversations(), Conversation.objects.count()) == (Forgotten(), 1)


def test_what_was_reviewed_outlives_its_conversation(
    knowledge_base: KnowledgeBase, reviewer: User, settings: Settings
) -> None:
    settings.CONVERSATION_DAYS = 30
    kept, waiting = proposed_item(knowledge_base), proposed_item(knowledge_base, "where are the bicycles")
    review_item(item_id=kept.pk, reviewer=reviewer, judgement=CONFIRM)
    for item in (kept, waiting):
        grow_old(conversation_of(item), 31)
    assert forget_old_conversations() == Forgotten(num_conversations=2, num_items=1)
    assert counts() == (0, 0, 0, 1, 1)
    occurrence = Occurrence.objects.get()
    assert (occurrence.item, occurrence.turn) == (kept, None)


def test_a_forgotten_conversation_leaves_nothing(knowledge_base: KnowledgeBase, reviewer: User) -> None:
    item = proposed_item(knowledge_base)
    public_id = conversation_of(item).public_id
    review_item(item_id=item.pk, reviewer=reviewer, judgement=CONFIRM)
    add_phrasing(item_id=item.pk)
    assert forget_conversation(public_id=public_id) == Forgotten(1, 1, 1)
    assert (counts(), Phrasing.objects.filter(text=item.text).count()) == ((0, 0, 0, 0, 0), 0)
    with pytest.raises(NotFound):
        forget_conversation(public_id=public_id)


def test_it_is_forgotten_after_its_turns_are_gone(
    knowledge_base: KnowledgeBase, reviewer: User, settings: Settings
) -> None:
    settings.CONVERSATION_DAYS = 30
    item = proposed_item(knowledge_base)
    conversation = conversation_of(item)
    review_item(item_id=item.pk, reviewer=reviewer, judgement=CONFIRM)
    grow_old(conversation, 31)
    forget_old_conversations()
    assert forget_conversation(public_id=conversation.public_id) == Forgotten(0, 1, 0)
    assert counts() == (0, 0, 0, 0, 0)


def test_what_others_asked_too_stays_in_their_words(knowledge_base: KnowledgeBase, reviewer: User) -> None:
    first = "why does the indoor unit in my bedroom drip water on the carpet at night"
    second = "why does the indoor unit in my bedroom drip water on the carpet at nights"
    item = proposed_item(knowledge_base, first)
    asked(second, decision="clarify", hits=[("filter", 0.4), ("smell", 0.3)])
    propose_reviews(knowledge_base_id=knowledge_base.pk, encoder=LetterEncoder())
    item.refresh_from_db()
    assert (item.text, item.num_asked) == (first, 2)
    review_item(item_id=item.pk, reviewer=reviewer, judgement=CONFIRM)
    add_phrasing(item_id=item.pk)
    assert forget_conversation(public_id=conversation_of(item).public_id) == Forgotten(1, 0, 1)
    item.refresh_from_db()
    assert (item.text, item.num_asked, item.state, item.phrasing) == (second, 1, "confirmed", None)
    assert not Phrasing.objects.filter(text=first).exists()


def test_what_others_asked_in_the_same_words_stays_as_it_is(knowledge_base: KnowledgeBase, reviewer: User) -> None:
    item = proposed_item(knowledge_base)
    asked(item.text, decision="clarify", hits=[("filter", 0.4)])
    propose_reviews(knowledge_base_id=knowledge_base.pk, encoder=LetterEncoder())
    review_item(item_id=item.pk, reviewer=reviewer, judgement=CONFIRM)
    add_phrasing(item_id=item.pk)
    assert forget_conversation(public_id=conversation_of(item).public_id) == Forgotten(1, 0, 0)
    item.refresh_from_db()
    assert (item.num_asked, item.phrasing is not None) == (1, True)
