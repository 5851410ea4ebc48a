"""Hand-offs, one step after another: who has a conversation, what the customer is told, and what is refused."""

import pytest
from django.contrib.auth.models import User

from qa.exceptions import BadMessage, Conflict, NotFound
from qa.models import Conversation, Entry, Evidence, KnowledgeBase, Transition, Turn
from qa.services import handoff
from qa.services.conversations import NewTurn, record_turn
from tests.factories import CONTACT_EN, customer_says, make_conversation, make_knowledge_base
from tests.qa.services.handoff.conftest import ask, last_words, make_agent, new_id, state, steps

State = Conversation.State


def test_a_person_is_called_and_the_customer_knows_their_place(conversation: Conversation, ann: User) -> None:
    before = make_conversation()
    assert ask(before) == 1
    assert ask(conversation) == 1
    assert (state(conversation), conversation.reason, conversation.is_urgent) == (State.WAITING, "request", False)
    assert conversation.waiting_since is not None
    said, told = conversation.turns.order_by("seq")
    assert (said.role, said.text) == ("customer", "I would like to talk to a person.")
    assert (told.role, told.kind, told.reply_to) == ("system", "handoff", said)
    assert told.text.endswith("You are number 2 in the queue.")
    assert steps(conversation) == [("bot", "waiting", "customer", "request")]


def test_asking_again_with_the_same_id_does_nothing_and_with_another_tells_the_place(
    conversation: Conversation, ann: User
) -> None:
    client_id = new_id()
    assert [ask(conversation, client_id) for _ in range(2)] == [1, 1]
    assert conversation.turns.count() == 2
    assert ask(conversation) == 3
    assert last_words(conversation).endswith("You are next.")
    assert len(steps(conversation)) == 1


def test_nobody_at_the_desk_makes_a_message_of_it(conversation: Conversation) -> None:
    ask(conversation)
    assert (state(conversation), conversation.reason) == (State.TICKET, "request")
    assert last_words(conversation).startswith("Nobody is at the desk just now. Leave your e-mail address")
    assert last_words(conversation).endswith(CONTACT_EN)
    ask(conversation)
    assert (state(conversation), len(steps(conversation))) == (State.TICKET, 1)


@pytest.mark.parametrize("kind", ["away", "another knowledge base", "no agent"])
def test_who_can_not_answer_here_is_nobody(conversation: Conversation, kind: str) -> None:
    agent = make_agent("Cy", make_knowledge_base("other") if kind == "another knowledge base" else None)
    if kind == "away":
        agent.presence.status = "away"
        agent.presence.save()
    if kind == "no agent":
        agent.memberships.all().delete()
    ask(conversation)
    assert state(conversation) == State.TICKET


def test_a_message_becomes_a_place_in_the_queue_when_somebody_is_there(conversation: Conversation) -> None:
    ask(conversation)
    make_agent("Ann")
    ask(conversation)
    assert state(conversation) == State.WAITING


@pytest.mark.parametrize(
    ("is_urgent", "words"),
    [
        (False, "Nobody is at the desk just now. Leave your e-mail address or telephone number here"),
        (True, "Nobody is at the desk just now, so do not wait here for help."),
    ],
)
def test_who_asks_again_after_everybody_left_is_told_so(
    conversation: Conversation, ann: User, is_urgent: bool, words: str
) -> None:
    ask(conversation)
    Conversation.objects.filter(pk=conversation.pk).update(is_urgent=is_urgent)
    ann.presence.delete()
    ask(conversation)
    assert last_words(conversation).startswith(words)
    assert (state(conversation), len(steps(conversation))) == (State.WAITING, 1)


@pytest.mark.parametrize(
    ("is_urgent", "words"),
    [
        (False, "Nobody is at the desk just now. Leave your e-mail address or telephone number here"),
        (True, "Nobody is at the desk just now, so do not wait here for help."),
    ],
)
def test_who_is_put_back_with_nobody_there_is_told_so(
    conversation: Conversation, ann: User, is_urgent: bool, words: str
) -> None:
    handoff.claim(conversation_id=conversation.pk, agent=ann, client_id=new_id())
    Conversation.objects.filter(pk=conversation.pk).update(is_urgent=is_urgent)
    ann.presence.delete()
    handoff.transfer(conversation_id=conversation.pk, agent=ann, to=None, client_id=new_id())
    assert last_words(conversation).startswith(f"Ann Lee can't go on here. {words}")
    assert state(conversation) == State.WAITING


def test_claiming_tells_the_customer_who_is_there(conversation: Conversation, ann: User, bob: User) -> None:
    ask(conversation)
    client_id = new_id()
    for _ in range(2):
        claimed = handoff.claim(conversation_id=conversation.pk, agent=ann, client_id=client_id)
        assert (claimed.state, claimed.assignee) == (State.ASSIGNED, ann)
    assert last_words(conversation) == "Ann Lee has joined the conversation."
    assert steps(conversation)[1:] == [("waiting", "assigned", "agent", "request")]
    assert handoff.claim(conversation_id=conversation.pk, agent=ann, client_id=new_id()).assignee == ann
    with pytest.raises(Conflict, match="Ann Lee has this conversation"):
        handoff.claim(conversation_id=conversation.pk, agent=bob, client_id=new_id())
    ask(conversation)
    assert last_words(conversation) == "Ann Lee is with you and will answer here."
    assert conversation.turns.filter(text__contains="joined").count() == 1


def test_what_is_over_is_not_claimed(conversation: Conversation, ann: User) -> None:
    handoff.end(conversation_id=conversation.pk, client_id=new_id())
    with pytest.raises(Conflict, match="closed"):
        handoff.claim(conversation_id=conversation.pk, agent=ann, client_id=new_id())
    with pytest.raises(Conflict, match="closed"):
        handoff.say(conversation_id=conversation.pk, agent=ann, text="hi", client_id=new_id())


def test_a_conversation_goes_from_hand_to_hand_and_back_into_the_queue(
    conversation: Conversation, ann: User, bob: User
) -> None:
    pk = conversation.pk
    with pytest.raises(Conflict):
        handoff.transfer(conversation_id=pk, agent=ann, to=bob, client_id=new_id())
    handoff.claim(conversation_id=pk, agent=ann, client_id=new_id())
    with pytest.raises(Conflict, match="Ann Lee has this"):
        handoff.transfer(conversation_id=pk, agent=bob, to=bob, client_id=new_id())
    first = new_id()
    for _ in range(2):
        handoff.transfer(conversation_id=pk, agent=ann, to=bob, client_id=first)
    assert (state(conversation), conversation.assignee) == (State.ASSIGNED, bob)
    assert last_words(conversation) == "Ann Lee has handed over to Bob, who sees all that was said."
    handoff.transfer(conversation_id=pk, agent=bob, to=None, client_id=new_id())
    assert (state(conversation), conversation.assignee) == (State.WAITING, None)
    assert last_words(conversation).startswith("Bob can't go on here.")
    assert last_words(conversation).endswith("You are next.")
    assert [step[:2] for step in steps(conversation)] == [
        ("bot", "assigned"),
        ("assigned", "assigned"),
        ("assigned", "waiting"),
    ]


def test_what_agents_say_takes_the_conversation(conversation: Conversation, ann: User, bob: User) -> None:
    client_id = new_id()
    for _ in range(2):
        turn = handoff.say(conversation_id=conversation.pk, agent=ann, text=" Hello! ", client_id=client_id)
    assert (turn.role, turn.kind, turn.text, turn.author) == ("agent", "text", "Hello!", ann)
    assert (state(conversation), conversation.assignee) == (State.ASSIGNED, ann)
    assert [t.role for t in conversation.turns.order_by("seq")] == ["system", "agent"]
    first_reply_at = conversation.first_reply_at
    assert first_reply_at is not None
    with pytest.raises(Conflict):
        handoff.say(conversation_id=conversation.pk, agent=bob, text="No, me", client_id=new_id())
    with pytest.raises(BadMessage):
        handoff.say(conversation_id=conversation.pk, agent=ann, text="  ", client_id=new_id())
    handoff.say(conversation_id=conversation.pk, agent=ann, text="More", client_id=new_id())
    assert state(conversation) == State.ASSIGNED
    assert conversation.first_reply_at == first_reply_at


def test_an_entry_is_sent_word_for_word_in_the_customers_language(conversation: Conversation, ann: User) -> None:
    entry = Entry.objects.get(external_id="relocation-fee")
    turn = handoff.send_entry(conversation_id=conversation.pk, agent=ann, entry_id=entry.pk, client_id=new_id())
    assert (turn.role, turn.kind, turn.entry, turn.author) == ("agent", "answer", entry, ann)
    assert (turn.text, turn.html) == (
        "Relocation starts at **200 yuan**.",
        "<p>Relocation starts at <strong>200 yuan</strong>.</p>\n",
    )
    Entry.objects.filter(pk=entry.pk).update(status=Entry.Status.ARCHIVED)
    elsewhere = make_knowledge_base("other").entries.get(external_id="warranty")
    for refused in (entry.pk, elsewhere.pk, 10**6):
        with pytest.raises(NotFound):
            handoff.send_entry(conversation_id=conversation.pk, agent=ann, entry_id=refused, client_id=new_id())


def test_resolving_and_taking_up_again(conversation: Conversation, ann: User, bob: User) -> None:
    pk = conversation.pk
    with pytest.raises(Conflict):
        handoff.resolve(conversation_id=pk, agent=ann, client_id=new_id())
    handoff.claim(conversation_id=pk, agent=ann, client_id=new_id())
    with pytest.raises(Conflict, match="Ann Lee"):
        handoff.resolve(conversation_id=pk, agent=bob, client_id=new_id())
    client_id = new_id()
    for _ in range(2):
        handoff.resolve(conversation_id=pk, agent=ann, client_id=client_id)
    assert (state(conversation), conversation.resolved_at is not None) == (State.RESOLVED, True)
    assert last_words(conversation) == "This has been marked as settled. If it is not, just write again."
    handoff.reopen(conversation_id=pk, agent=bob, client_id=new_id())
    assert (state(conversation), conversation.assignee) == (State.ASSIGNED, bob)
    with pytest.raises(Conflict):
        handoff.reopen(conversation_id=pk, agent=ann, client_id=new_id())


def test_the_bot_answers_again_when_it_is_given_back(conversation: Conversation, ann: User, bob: User) -> None:
    handoff.claim(conversation_id=conversation.pk, agent=ann, client_id=new_id())
    Conversation.objects.filter(pk=conversation.pk).update(num_misses=2, is_urgent=True)
    with pytest.raises(Conflict):
        handoff.return_to_bot(conversation_id=conversation.pk, agent=bob, client_id=new_id())
    handoff.return_to_bot(conversation_id=conversation.pk, agent=ann, client_id=new_id())
    assert (state(conversation), conversation.assignee, conversation.num_misses) == (State.BOT, None, 0)
    assert (conversation.is_urgent, conversation.reason) == (False, "")
    assert last_words(conversation).startswith("The assistant answers again")


@pytest.mark.parametrize("over", ["resolved", "closed"])
def test_who_writes_again_is_answered_by_the_bot_and_told(conversation: Conversation, ann: User, over: str) -> None:
    if over == "resolved":
        handoff.claim(conversation_id=conversation.pk, agent=ann, client_id=new_id())
        handoff.resolve(conversation_id=conversation.pk, agent=ann, client_id=new_id())
        handoff.rate(conversation_id=conversation.pk, client_id=new_id(), score=2, comment="")
    else:
        handoff.end(conversation_id=conversation.pk, client_id=new_id())
    received = handoff.receive_message(
        conversation_id=conversation.pk, client_id=new_id(), text="one more thing", language="en"
    )
    assert (state(conversation), conversation.assignee, conversation.satisfaction) == (State.BOT, None, None)
    assert (received.turn.text, received.turn.conversation.state) == ("one more thing", State.BOT)
    assert last_words(conversation).startswith("The conversation is open again")
    # The notice is no reply: whoever comes after a crash still answers the question.
    pending = handoff.pending_message(conversation_id=conversation.pk)
    assert pending is not None
    assert pending.turn == received.turn


def test_this_answered_it_is_evidence_for_the_question(conversation: Conversation, ann: User) -> None:
    question = record_turn(conversation_id=conversation.pk, turn=customer_says("how long?"))
    reply = handoff.say(conversation_id=conversation.pk, agent=ann, text="Six years", client_id=new_id())
    warranty = Entry.objects.get(external_id="warranty")
    handoff.link_entry(turn_id=reply.pk, agent=ann, entry_id=warranty.pk)
    evidence = handoff.link_entry(turn_id=question.pk, agent=ann, entry_id=warranty.pk)
    assert (evidence.turn, evidence.entry, evidence.source) == (question, warranty, "agent")
    assert Evidence.objects.count() == 1
    assert handoff.link_entry(turn_id=question.pk, agent=ann, entry_id=None).claim == "out_of_scope"
    elsewhere = make_knowledge_base("other").entries.get(external_id="warranty")
    alone = record_turn(conversation_id=make_conversation().pk, turn=NewTurn(Turn.Role.SYSTEM, Turn.Kind.NOTICE, "x"))
    wishing = make_conversation()
    ask(wishing)  # a wish for a person is no question
    wish = wishing.turns.get(seq=1)
    refused = (question.pk, elsewhere.pk), (10**6, warranty.pk), (alone.pk, warranty.pk), (wish.pk, warranty.pk)
    for turn_id, entry_id in refused:
        with pytest.raises(NotFound):
            handoff.link_entry(turn_id=turn_id, agent=ann, entry_id=entry_id)


def test_the_same_id_makes_no_second_step(conversation: Conversation, ann: User, bob: User) -> None:
    client_id = new_id()
    handoff.claim(conversation_id=conversation.pk, agent=ann, client_id=client_id)
    handoff.transfer(conversation_id=conversation.pk, agent=ann, to=bob, client_id=new_id())
    # A claim that comes again, late, takes nothing back.
    assert handoff.claim(conversation_id=conversation.pk, agent=ann, client_id=client_id).assignee == bob
    assert Transition.objects.filter(client_id=client_id).count() == 1


def test_words_are_in_the_language_and_the_script_of_the_page(knowledge_base: KnowledgeBase, ann: User) -> None:
    conversation = make_conversation()
    Conversation.objects.filter(pk=conversation.pk).update(language="zh-Hant")
    handoff.claim(conversation_id=conversation.pk, agent=ann, client_id=new_id())
    turn = conversation.turns.get()
    assert (turn.text, turn.language) == ("Ann Lee 已加入對話。", "zh")


def test_wish_for_a_person_is_in_the_script_of_the_page(knowledge_base: KnowledgeBase, ann: User) -> None:
    conversation = make_conversation()
    Conversation.objects.filter(pk=conversation.pk).update(language="zh-Hant")
    client_id = new_id()
    for _ in range(2):
        handoff.request_person(conversation_id=conversation.pk, client_id=client_id, language="zh")
    assert conversation.turns.get(role=Turn.Role.CUSTOMER).text == "我想轉人工客服。"


def test_chinese_sentences_stand_together_without_a_space(knowledge_base: KnowledgeBase) -> None:
    conversation = make_conversation()
    Conversation.objects.filter(pk=conversation.pk).update(language="zh-Hans")
    handoff.request_person(conversation_id=conversation.pk, client_id=new_id(), language="zh")
    assert last_words(conversation).startswith("目前没有客服在线。请在此留下")
