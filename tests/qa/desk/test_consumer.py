"""The desk's socket, frame by frame: what is promised in docs/desk.md."""

import asyncio

import pytest
from asgiref.sync import sync_to_async
from channels.layers import get_channel_layer
from django.contrib.auth.models import User

from qa.models import (
    CannedReply,
    Conversation,
    Entry,
    Evidence,
    KnowledgeBase,
    Note,
    ReadMark,
    Role,
    Turn,
)
from qa.services.conversations import record_turn
from qa.services.waking import conversation_group
from tests import factories
from tests.chat_client import new_id
from tests.qa.desk.conftest import LEAK, Opening, customer_writes, make_waiting
from tests.qa.desk_socket import make_agent

pytestmark = [pytest.mark.django_db(transaction=True)]


async def test_conversation_is_taken_answered_and_settled(
    seat: Opening, ann: User, waiting: Conversation, base: KnowledgeBase
) -> None:
    desk = await seat(ann)
    await desk.do("list", view="queue", base=None, limit=50)
    listed = await desk.next("list")
    assert [(row["conversation"], row["excerpt"], row["num_unanswered"]) for row in listed["rows"]] == [
        (waiting.pk, LEAK, 1)
    ]
    assert listed["bases"] == [{"id": base.pk, "name": "Small"}]
    await desk.do("open", conversation=waiting.pk, after=0)
    assert [turn["text"] for turn in (await desk.next("turns"))["turns"]] == [LEAK]
    await desk.do("claim", conversation=waiting.pk)
    assert (await desk.next("conversation", state="assigned"))["is_mine"]
    ack = await desk.do("say", conversation=waiting.pk, text="I am here.")
    turns = [turn for frame in desk.heard if frame["type"] == "turns" for turn in frame["turns"]]
    while not any(turn["seq"] == ack["seq"] for turn in turns):
        turns += (await desk.next("turns"))["turns"]
    assert [(t["role"], t["text"], t["author"]) for t in turns if t["seq"] == ack["seq"]] == [
        ("agent", "I am here.", "Ann")
    ]
    await desk.do("resolve", conversation=waiting.pk)
    await desk.next("conversation", state="resolved")
    await desk.do("reopen", conversation=waiting.pk)
    await desk.next("conversation", state="assigned")
    await desk.do("return_to_bot", conversation=waiting.pk)
    await desk.next("conversation", state="bot")


async def test_same_frame_again_does_nothing_twice(seat: Opening, ann: User, waiting: Conversation) -> None:
    desk = await seat(ann, waiting)
    said, noted = new_id(), new_id()
    first = await desk.ask("say", client_id=said, conversation=waiting.pk, text="I am here.")
    assert await desk.ask("say", client_id=said, conversation=waiting.pk, text="I am here.") == first
    assert (await desk.ask("say", client_id=said, conversation=waiting.pk, text="Other."))["code"] == "conflict"
    for _ in range(2):
        await desk.ask("note", client_id=noted, conversation=waiting.pk, text="A note.")
    assert (await desk.ask("note", client_id=noted, conversation=waiting.pk, text="Other."))["code"] == "conflict"
    assert await Turn.objects.filter(role="agent").acount() == 1
    assert await Note.objects.acount() == 1


async def test_second_agent_is_told_who_has_it(seat: Opening, ann: User, bob: User, waiting: Conversation) -> None:
    one, other = await seat(ann), await seat(bob)
    await one.do("claim", conversation=waiting.pk)
    for kind, fields in (("claim", {}), ("say", {"text": "me too"}), ("resolve", {})):
        refusal = await other.ask(kind, conversation=waiting.pk, **fields)
        assert (refusal["code"], "Ann" in refusal["message"]) == ("conflict", True), kind


async def test_transfer_to_a_colleague_and_to_the_queue(
    seat: Opening, ann: User, bob: User, waiting: Conversation
) -> None:
    stranger = await sync_to_async(make_agent)("eve", None, role=Role.EDITOR)
    one, other = await seat(ann, waiting), await seat(bob, waiting)
    await one.do("claim", conversation=waiting.pk)
    assert (await one.ask("agents", conversation=waiting.pk))["agents"] == [{"id": bob.pk, "name": "Bob"}]
    assert (await one.ask("transfer", conversation=waiting.pk, to=stranger.pk))["code"] == "not_found"
    await one.do("transfer", conversation=waiting.pk, to=bob.pk)
    assert (await other.next("conversation", is_mine=True))["assignee"]["name"] == "Bob"
    await other.do("transfer", conversation=waiting.pk, to=None)
    await other.next("conversation", state="waiting")


async def test_notes_and_labels_are_seen_by_colleagues(
    seat: Opening, ann: User, bob: User, waiting: Conversation
) -> None:
    one, other = await seat(ann, waiting), await seat(bob, waiting)
    await one.do("note", conversation=waiting.pk, text="Lives on the third floor.")
    shown = await other.next("conversation")
    assert [(n["author"], n["text"]) for n in shown["notes"]] == [("Ann", "Lives on the third floor.")]
    await one.do("tag", conversation=waiting.pk, name="  Refund ")
    await one.do("tag", conversation=waiting.pk, name="refund")
    assert (await other.next("conversation", labels=["Refund"]))["labels"] == ["Refund"]
    await other.do("untag", conversation=waiting.pk, name="Refund")
    await one.next("conversation", labels=[])
    assert (await one.ask("canned", conversation=waiting.pk))["labels"] == ["Refund"]


async def test_what_was_read_is_read_in_every_browser_of_the_agent_alone(
    seat: Opening, ann: User, bob: User, waiting: Conversation
) -> None:
    one, other, colleague = await seat(ann), await seat(ann), await seat(bob)
    for desk in (one, other, colleague):
        await desk.do("list", view="queue", base=None, limit=50)
        assert [row["is_unread"] for row in (await desk.next("list"))["rows"]] == [True]
    await one.do("read", conversation=waiting.pk, seq=10**6)  # more than there is reads what there is
    for desk in (one, other):
        assert [row["is_unread"] for row in (await desk.next("list"))["rows"]] == [False]
    await sync_to_async(customer_writes)(waiting, "are you there")
    assert [row["is_unread"] for row in (await other.next("list"))["rows"]] == [True]
    await other.do("read", conversation=waiting.pk, seq=2)
    assert [row["is_unread"] for row in (await other.next("list"))["rows"]] == [False]
    await one.do("read", conversation=waiting.pk, seq=1)  # late: what was read stays read
    assert await ReadMark.objects.aget(user=ann, conversation=waiting) == await ReadMark.objects.aget(seq=2)
    await colleague.do("list", view="all", base=None, limit=50)
    assert [row["is_unread"] for row in (await colleague.next("list", view="all"))["rows"]] == [True]


async def test_entry_is_searched_sent_and_linked(seat: Opening, ann: User, waiting: Conversation) -> None:
    desk = await seat(ann, waiting)
    [found] = (await desk.ask("search_entries", conversation=waiting.pk, words="drip water"))["items"]
    assert (found["code"], found["question"]) == ("water-leak", "Why does the indoor unit drip water?")
    ack = await desk.do("send_entry", conversation=waiting.pk, entry=found["entry"])
    turn = await Turn.objects.aget(conversation=waiting, seq=ack["seq"])
    assert (turn.role, turn.kind, turn.entry_id) == ("agent", "answer", found["entry"])
    await desk.do("link_entry", conversation=waiting.pk, turn=ack["seq"], entry=found["entry"])
    evidence = await Evidence.objects.aget(agent=ann)
    assert (evidence.entry_id, evidence.source, evidence.claim) == (found["entry"], "agent", "entry")
    shown = await desk.next("conversation", marks=[{"seq": 1, "vote": None, "linked": found["question"]}])
    assert shown["state"] == "assigned"
    await desk.do("link_entry", conversation=waiting.pk, turn=1, entry=None)
    await desk.next("conversation", marks=[{"seq": 1, "vote": None, "linked": ""}])


async def test_turn_and_entry_of_others_can_not_be_linked(seat: Opening, ann: User, waiting: Conversation) -> None:
    other = await sync_to_async(factories.make_knowledge_base)("other")
    foreign = await Entry.objects.filter(knowledge_base=other).afirst()
    assert foreign is not None
    desk = await seat(ann)
    for fields in ({"turn": 1, "entry": foreign.pk}, {"turn": 99, "entry": None}):
        assert (await desk.ask("link_entry", conversation=waiting.pk, **fields))["code"] == "not_found"
    assert (await desk.ask("send_entry", conversation=waiting.pk, entry=foreign.pk))["code"] == "not_found"


async def test_draft_of_an_entry_names_nobody(seat: Opening, ann: User, waiting: Conversation) -> None:
    await sync_to_async(customer_writes)(waiting, "My phone is 138 1234 5678, can you clean the duct?")
    desk = await seat(ann, waiting)
    ack = await desk.do("say", conversation=waiting.pk, text="Yes, we clean ducts. I call you at 138 1234 5678.")
    drafts = [await desk.ask("draft_entry", conversation=waiting.pk, turn=ack["seq"]) for _ in range(2)]
    entry = await Entry.objects.aget(status="draft")
    assert {draft["url"] for draft in drafts} == {f"/admin/qa/entry/{entry.pk}/change/"}
    phrasing, answer = await entry.phrasings.aget(), await entry.answers.aget()
    assert "1234" not in phrasing.text + answer.text + answer.question
    assert "clean the duct" in phrasing.text
    assert answer.text.startswith("Yes, we clean ducts.")


async def test_canned_replies_are_in_the_customers_language(
    seat: Opening, ann: User, base: KnowledgeBase, waiting: Conversation
) -> None:
    await CannedReply.objects.acreate(knowledge_base=base, shortcut="hi", text_zh="您好", text_en="Hello")
    await CannedReply.objects.acreate(knowledge_base=base, shortcut="zh", text_zh="只有中文")
    other = await KnowledgeBase.objects.acreate(slug="other", name="Other")
    await CannedReply.objects.acreate(knowledge_base=other, shortcut="no", text_en="Not ours")
    desk = await seat(ann)
    canned = await desk.ask("canned", conversation=waiting.pk)
    assert [(r["shortcut"], r["text"]) for r in canned["replies"]] == [("hi", "Hello"), ("zh", "只有中文")]


async def test_suggestions_without_an_engine_are_those_of_the_bot(
    seat: Opening, ann: User, waiting: Conversation
) -> None:
    entry = await Entry.objects.aget(external_id="water-leak")
    question = await Turn.objects.aget(conversation=waiting, seq=1)
    evidence = {"text": LEAK, "hits": [{"entry": entry.pk, "probability": 0.7}]}
    reply = factories.NewTurn(Turn.Role.BOT, Turn.Kind.HANDOFF, "?", reply_to=question, evidence=evidence)
    await sync_to_async(record_turn)(conversation_id=waiting.pk, turn=reply)
    desk = await seat(ann, waiting)
    suggested = await desk.ask("suggest", conversation=waiting.pk)
    assert suggested["seq"] == 1
    assert [(s["code"], s["probability"]) for s in suggested["items"]] == [("water-leak", 0.7)]


@pytest.mark.usefixtures("engine_loaded")
async def test_suggestions_of_the_engine(seat: Opening) -> None:
    base = await KnowledgeBase.objects.aget(slug=factories.SLUG)
    user = await sync_to_async(make_agent)("ann", base)
    waiting = await sync_to_async(make_waiting)(base)
    desk = await seat(user, waiting)
    suggested = await desk.ask("suggest", conversation=waiting.pk)
    assert (suggested["seq"], len(suggested["items"])) == (1, 3)
    assert suggested["items"][0]["code"] == "water-leak"


async def test_earlier_turns_come_in_pages(seat: Opening, ann: User, waiting: Conversation) -> None:
    def say_much() -> None:
        for number in range(2, 80):
            record_turn(conversation_id=waiting.pk, turn=factories.customer_says(f"line {number}"))

    await sync_to_async(say_much)()
    desk = await seat(ann)
    await desk.do("open", conversation=waiting.pk, after=0)
    shown = await desk.next("turns")
    assert ([t["seq"] for t in shown["turns"]], shown["has_earlier"]) == (list(range(20, 80)), True)
    earlier = await desk.ask("earlier", conversation=waiting.pk, before=20)
    assert ([t["seq"] for t in earlier["turns"]], earlier["has_earlier"]) == (list(range(1, 20)), False)
    await desk.do("open", conversation=waiting.pk, after=10)
    assert [t["seq"] for t in (await desk.next("turns"))["turns"]] == list(range(11, 71))
    assert [t["seq"] for t in (await desk.next("turns"))["turns"]] == list(range(71, 80))


async def test_lost_wake_up_is_made_good(seat: Opening, ann: User, waiting: Conversation) -> None:
    desk = await seat(ann, waiting)
    # Recorded without any wake-up: only a look at the rows finds it.
    await sync_to_async(record_turn)(conversation_id=waiting.pk, turn=factories.customer_says("hello?"))
    assert [t["text"] for t in (await desk.next("turns"))["turns"]] == ["hello?"]


async def test_colleagues_see_one_another_and_the_customer_is_not_told(
    seat: Opening, ann: User, bob: User, waiting: Conversation
) -> None:
    layer = get_channel_layer()
    customer = await layer.new_channel()
    await layer.group_add(conversation_group(waiting.pk), customer)
    one = await seat(ann, waiting)
    other = await seat(bob, waiting)
    assert (await one.last("viewers"))["viewers"] == [{"name": "Bob", "is_typing": False}]
    assert (await other.last("viewers"))["viewers"] == [{"name": "Ann", "is_typing": False}]
    await one.do("claim", conversation=waiting.pk)
    assert (await layer.receive(customer))["type"] == "turns.committed"
    await other.do("typing", conversation=waiting.pk)
    assert (await one.next("viewers"))["viewers"] == [{"name": "Bob", "is_typing": True}]
    await one.do("typing", conversation=waiting.pk)
    heard = await layer.receive(customer)
    while heard["type"] != "typing.seen":
        heard = await layer.receive(customer)
    assert heard["role"] == "agent"
    with pytest.raises(TimeoutError):  # Ann's was the only one
        await asyncio.wait_for(layer.receive(customer), 0.2)
    await other.do("leave")
    assert (await one.next("viewers", viewers=[]))["viewers"] == []


async def test_customers_typing_is_shown(seat: Opening, ann: User, waiting: Conversation) -> None:
    desk = await seat(ann, waiting)
    event = {"type": "typing.seen", "by": "somebody", "role": "customer"}
    await get_channel_layer().group_send(conversation_group(waiting.pk), event)
    assert (await desk.next("typing"))["conversation"] == waiting.pk


async def test_deleted_conversation_is_gone(seat: Opening, ann: User, waiting: Conversation) -> None:
    desk = await seat(ann, waiting)
    pk = waiting.pk
    await Turn.objects.all().adelete()
    await Conversation.objects.filter(pk=pk).adelete()
    assert (await desk.next("gone"))["conversation"] == pk
