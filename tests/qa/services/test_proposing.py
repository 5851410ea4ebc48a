"""Proposing: each utterance once, de-identified, merged with what says the same, refreshed by later signs."""

import uuid

import pytest
from django.contrib.auth.models import User
from django.utils import translation

from qa.exceptions import Unavailable
from qa.models import Evidence, Judgement, KnowledgeBase, Occurrence, ReviewItem, Turn
from qa.protocol import Feedback
from qa.selectors.review import show_item
from qa.services.conversations import record_turn
from qa.services.evidence import note_agent_choice, question_behind
from qa.services.feedback import vote
from qa.services.proposing import ProposalReport, propose_reviews
from qa.services.reviewing import NewJudgement, review_item
from tests.factories import customer_says, make_conversation
from tests.qa.services.review_fakes import LetterEncoder, asked, entry_of

DISCARDED = NewJudgement(ReviewItem.State.DISCARDED)


def propose(base: KnowledgeBase, limit: int = 200) -> ProposalReport:
    return propose_reviews(knowledge_base_id=base.pk, limit=limit, encoder=LetterEncoder())


def down(reply: Turn) -> None:
    vote(conversation_id=reply.conversation_id, feedback=Feedback(uuid.uuid4(), reply.seq, "down", None))


def test_a_question_in_pieces_is_reviewed_as_one(knowledge_base: KnowledgeBase) -> None:
    conversation = make_conversation()
    record_turn(conversation_id=conversation.pk, turn=customer_says("my unit"))
    reply = asked("is dusty", decision="answer", hits=[("filter", 0.52)], conversation=conversation)
    reply.evidence["merged"] = [1]
    reply.save()
    propose(knowledge_base)
    assert ReviewItem.objects.get().text == "my unit\nis dusty"


def question_of(reply: Turn) -> Turn:
    question = question_behind(reply)
    assert question is not None
    return question


def test_only_what_is_wrong_unsure_or_new_is_proposed(knowledge_base: KnowledgeBase) -> None:
    asked("how do I wash the filter", decision="answer", hits=[("filter", 0.9)])
    unsure = asked("it is dusty", decision="answer", hits=[("filter", 0.52)])
    wrong = asked("how long do you repair for free", decision="answer", hits=[("invoice", 0.9), ("warranty", 0.4)])
    down(wrong)
    asked("do you sell bicycles", decision="handoff", hits=[("spare-parts", 0.05)])
    report = propose(knowledge_base)
    assert report == ProposalReport(
        num_read=4, num_known=1, num_merged=0, num_proposed=3, num_left=0, num_refreshed=0, num_agreed=0
    )
    items = {item.text: item for item in ReviewItem.objects.waiting()}
    assert list(items) == ["how long do you repair for free", "it is dusty", "do you sell bicycles"]
    assert [(i.proposal, i.proposed_entry and i.proposed_entry.external_id) for i in items.values()] == [
        ("entry", "warranty"),
        ("entry", "filter"),
        ("out_of_scope", None),
    ]
    item = items["it is dusty"]
    assert (item.bot_decision, item.bot_entry, item.confidence, item.release, item.language, item.num_asked) == (
        "answer",
        entry_of("filter"),
        0.52,
        7,
        "en",
        1,
    )
    assert item.reasons == [{"code": "unsure", "probability": 0.52, "threshold": 0.5}]
    assert item.suggestions == [[entry_of("filter").pk, 0.52]]
    assert item.occurrences.get().turn == question_of(unsure)


def test_running_again_changes_nothing(knowledge_base: KnowledgeBase) -> None:
    asked("do you sell bicycles")
    propose(knowledge_base)
    assert propose(knowledge_base) == ProposalReport(0, 0, 0, 0, 0, 0, 0)
    assert Occurrence.objects.count() == 1


def test_what_names_a_person_is_not_stored(knowledge_base: KnowledgeBase) -> None:
    knowledge_base.number_templates = "HJ########-####"
    knowledge_base.save()
    asked("my name is Mary Jones, order HJ20250101-0001, call 13812345678")
    propose(knowledge_base)
    assert ReviewItem.objects.get().text == "my name is <name>, order <order>, call <phone>"
    assert Occurrence.objects.get().text == "my name is <name>, order <order>, call <phone>"


def test_what_says_nothing_without_a_person_is_left_out(knowledge_base: KnowledgeBase) -> None:
    for text in ("13812345678", "???", "x" * 1_001):
        asked(text)
    assert propose(knowledge_base).num_proposed == 0


def test_the_same_words_are_counted_in_one_item(knowledge_base: KnowledgeBase) -> None:
    asked("Do you sell bicycles")
    asked("do you  sell bicycles")
    asked("call 13812345678: where is E4")
    asked("call 13987654321: where is E4")
    report = propose(knowledge_base)
    assert (report.num_proposed, report.num_merged) == (2, 2)
    assert [item.num_asked for item in ReviewItem.objects.all()] == [2, 2]
    asked("do you sell bicycles")
    assert (propose(knowledge_base).num_merged, ReviewItem.objects.get(text__endswith="bicycles").num_asked) == (1, 3)


def test_another_code_is_another_item(knowledge_base: KnowledgeBase) -> None:
    asked("the display of my unit in the bedroom shows E4 since yesterday")
    asked("the display of my unit in the bedroom shows E5 since yesterday")
    assert propose(knowledge_base).num_proposed == 2


def test_what_was_reviewed_or_discarded_is_not_proposed_again(knowledge_base: KnowledgeBase) -> None:
    asked("hello there")
    propose(knowledge_base)
    item = ReviewItem.objects.get()
    review_item(item_id=item.pk, reviewer=User.objects.create(username="r"), judgement=DISCARDED)
    asked("hello there")
    assert (propose(knowledge_base).num_proposed, ReviewItem.objects.get().num_asked) == (0, 2)
    assert ReviewItem.objects.get().state == "discarded"


def test_a_known_answer_counts_for_an_item_that_has_its_words(knowledge_base: KnowledgeBase) -> None:
    asked("it is dusty", decision="answer", hits=[("filter", 0.52)])
    propose(knowledge_base)
    asked("it is dusty", decision="answer", hits=[("filter", 0.95)])
    report = propose(knowledge_base)
    assert (report.num_known, report.num_merged, ReviewItem.objects.get().num_asked) == (0, 1, 2)


def test_the_limit_takes_the_most_useful(knowledge_base: KnowledgeBase) -> None:
    asked("do you sell bicycles")
    down(asked("how long do you repair for free", decision="answer", hits=[("invoice", 0.9)]))
    report = propose(knowledge_base, limit=1)
    assert (report.num_proposed, report.num_left) == (1, 1)
    assert ReviewItem.objects.get().text == "how long do you repair for free"
    assert propose(knowledge_base).num_proposed == 1


def test_a_later_sign_refreshes_what_waits(knowledge_base: KnowledgeBase) -> None:
    reply = asked("it is dusty", decision="answer", hits=[("smell", 0.52), ("filter", 0.3)])
    propose(knowledge_base)
    before = ReviewItem.objects.get()
    down(reply)
    assert propose(knowledge_base).num_refreshed == 1
    after = ReviewItem.objects.get()
    assert (before.proposed_entry, after.proposed_entry) == (entry_of("smell"), entry_of("filter"))
    assert [reason["code"] for reason in after.reasons] == ["voted_down", "unsure"]
    assert after.priority > before.priority
    assert propose(knowledge_base).num_refreshed == 0


def test_two_agents_who_agree_count_as_reviewed(knowledge_base: KnowledgeBase) -> None:
    agents = [User.objects.create(username=name) for name in "abc"]
    question = question_of(asked("it is dusty", decision="handoff", hits=[("smell", 0.1)]))
    note_agent_choice(question=question, agent_id=agents[0].pk, entry=entry_of("filter"))
    assert (propose(knowledge_base).num_agreed, ReviewItem.objects.get().state) == (0, "proposed")
    note_agent_choice(question=question, agent_id=agents[1].pk, entry=entry_of("filter"))
    assert propose(knowledge_base).num_agreed == 1
    item = ReviewItem.objects.get()
    assert (item.state, item.label, item.entry, item.reviewer) == ("confirmed", "entry", entry_of("filter"), None)
    assert list(Judgement.objects.values_list("by__username", "is_agent", "verdict")) == [
        ("a", True, "confirmed"),
        ("b", True, "confirmed"),
    ]


def test_agents_who_differ_leave_it_to_the_reviewer(knowledge_base: KnowledgeBase) -> None:
    question = question_of(asked("it is dusty", decision="handoff", hits=[("smell", 0.1)]))
    for name, entry in (("a", "filter"), ("b", "smell"), ("c", "filter")):
        agent = User.objects.create(username=name)
        note_agent_choice(question=question, agent_id=agent.pk, entry=entry_of(entry))
    assert (propose(knowledge_base).num_agreed, Evidence.objects.filter(source="agent").count()) == (0, 3)
    assert "agents_differ" in [reason["code"] for reason in ReviewItem.objects.get().reasons]


def test_what_was_asked_of_a_person_is_proposed_with_the_agents_entry(knowledge_base: KnowledgeBase) -> None:
    conversation, agent = make_conversation(), User.objects.create(username="a")
    question = record_turn(conversation_id=conversation.pk, turn=customer_says("it is dusty"))
    record_turn(conversation_id=conversation.pk, turn=customer_says("are you there?"))
    assert propose(knowledge_base).num_read == 0
    for entry in ("filter", None):
        note_agent_choice(question=question, agent_id=agent.pk, entry=entry and entry_of(entry))
        assert propose(knowledge_base).num_read == (1 if entry else 0)
        item = ReviewItem.objects.get()
        assert (item.text, item.language, item.bot_decision, item.confidence) == ("it is dusty", "en", "", None)
        assert [reason["code"] for reason in item.reasons] == ["agent_chose"]
        assert item.proposed_entry == (entry and entry_of(entry))
    assert item.proposal == "out_of_scope"
    with translation.override("en"):
        assert show_item(item).bot == "The bot was not asked: a person had the conversation."


def test_an_agent_who_thinks_again_refreshes_what_waits(knowledge_base: KnowledgeBase) -> None:
    agent, question = User.objects.create(username="a"), question_of(asked("it is dusty", hits=[("smell", 0.1)]))
    for entry, num_refreshed in (("filter", 0), ("smell", 1)):
        note_agent_choice(question=question, agent_id=agent.pk, entry=entry_of(entry))
        assert propose(knowledge_base).num_refreshed == num_refreshed
        assert ReviewItem.objects.get().proposed_entry == entry_of(entry)


def test_one_agent_twice_is_one_agent(knowledge_base: KnowledgeBase) -> None:
    agent = User.objects.create(username="a")
    for _ in range(2):
        question = question_of(asked("it is dusty", decision="handoff", hits=[("smell", 0.1)]))
        note_agent_choice(question=question, agent_id=agent.pk, entry=entry_of("filter"))
    assert (propose(knowledge_base).num_agreed, ReviewItem.objects.get().num_asked) == (0, 2)


def test_choices_and_wishes_are_no_utterances(knowledge_base: KnowledgeBase) -> None:
    reply = asked("how long", decision="clarify", hits=[("warranty", 0.3), ("filter", 0.25)])
    asked("None of these", conversation=reply.conversation)
    Turn.objects.filter(text="None of these").update(reply_to=reply)
    assert propose(knowledge_base).num_read == 1


def test_bases_are_apart(knowledge_base: KnowledgeBase) -> None:
    other = KnowledgeBase.objects.create(slug="other", name="other")
    asked("do you sell bicycles")
    assert propose(other).num_read == 0


def test_without_a_model_it_says_so(knowledge_base: KnowledgeBase) -> None:
    with pytest.raises(Unavailable, match="prepare_model"):
        propose_reviews(knowledge_base_id=knowledge_base.pk)
