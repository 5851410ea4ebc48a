"""`POST /api/v1/ask`: what it answers, whom it lets ask what, and what it refuses in words."""

import json
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from pytest_django import Settings

from qa.api import asking
from qa.models import Conversation, KnowledgeBase, Membership, Release, Role, Turn, Widget
from qa.rates import RateLimit, network_of
from tests.factories import SLUG, make_entry

LEAK = "water is dripping from the indoor unit"
KEYS = {"decision", "entry", "answer", "html", "options", "confidence", "release", "language"}


def ask(body: object, client: Client | None = None, **extra: str) -> tuple[int, Any]:
    answer = (client or Client(headers={"accept-language": "en"})).post(
        "/api/v1/ask", json.dumps(body), content_type="application/json", **extra
    )
    return answer.status_code, answer.json()


@pytest.fixture(autouse=True)
def fresh_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    """Begin a new minute."""
    monkeypatch.setattr(asking, "_limit", RateLimit())


def test_a_question_is_decided_on_and_kept_nowhere(engine_loaded: Release) -> None:
    status, asked = ask({"knowledge_base": SLUG, "text": LEAK})
    assert (status, set(asked)) == (200, KEYS)
    assert (asked["decision"], asked["entry"]) == ("answer", "water-leak")
    assert asked["answer"] == "Switch it off and check the drain hose."
    assert (asked["release"], asked["language"], asked["options"]) == (engine_loaded.number, "en", [])
    assert 0 < asked["confidence"] <= 1
    assert (Conversation.objects.count(), Turn.objects.count()) == (0, 0)


def test_what_nobody_wrote_about_is_handed_over(engine_loaded: Release) -> None:
    status, asked = ask({"knowledge_base": SLUG, "text": "who won the football match yesterday"})
    assert (status, asked["decision"]) == (200, "handoff")
    assert (asked["entry"], asked["answer"], asked["html"], asked["options"]) == (None, None, None, [])


def test_a_widget_asks_its_own_knowledge_base(engine_loaded: Release) -> None:
    widget = Widget.objects.create(name="shop", knowledge_base=KnowledgeBase.objects.get())
    assert ask({"widget": widget.key, "text": LEAK})[1]["entry"] == "water-leak"
    Widget.objects.update(requires_identity=True)
    assert ask({"widget": widget.key, "text": LEAK})[0] == 401
    Widget.objects.update(requires_identity=False, is_active=False)
    assert ask({"widget": widget.key, "text": LEAK})[0] == 404


def test_other_knowledge_bases_are_for_their_staff(db: None) -> None:
    for slug in ("public", "inside"):
        make_entry(KnowledgeBase.objects.create(slug=slug, name=slug), "fee", "How much?", "A.")
    inside = {"knowledge_base": "inside", "text": "How much?"}
    unknown = ask({"knowledge_base": "never-was", "text": "How much?"})
    assert ask(inside) == unknown
    assert unknown[0] == 404
    user, client = User.objects.create(username="agent", is_staff=True), Client()
    client.force_login(user)
    assert ask(inside, client)[0] == 404
    Membership.objects.create(user=user, role=Role.AGENT, knowledge_base=KnowledgeBase.objects.get(slug="inside"))
    assert ask(inside, client)[0] == 503  # it is found; no engine is loaded here
    assert ask({"knowledge_base": "public", "text": "How much?"})[0] == 503


@pytest.mark.parametrize(
    "body",
    [
        [],
        {},
        {"text": "q"},
        {"knowledge_base": "small"},
        {"knowledge_base": "small", "widget": "k", "text": "q"},
        {"knowledge_base": "small", "text": ""},
        {"knowledge_base": "small", "text": " \n"},
        {"knowledge_base": "small", "text": 1},
        {"knowledge_base": ["small"], "text": "q"},
        {"knowledge_base": "small", "text": "q\0"},
        {"knowledge_base": "small", "text": "q" * 4001},
        {"knowledge_base": "small", "text": "q", "more": 1},
    ],
    ids=str,
)
def test_a_body_that_is_not_as_described_is_refused(db: None, body: object) -> None:
    status, said = ask(body)
    assert (status, set(said), said["code"]) == (400, {"code", "message"}, "bad_message")


def test_too_many_in_a_minute_are_told_to_wait(db: None, settings: Settings) -> None:
    settings.MESSAGES_PER_MINUTE = 2
    body = {"knowledge_base": "small", "text": "q"}
    assert [ask(body, REMOTE_ADDR="192.0.2.1")[0] for _ in range(3)] == [404, 404, 429]
    assert ask(body, REMOTE_ADDR="192.0.2.2")[0] == 404
    assert [ask(body, REMOTE_ADDR=f"2001:db8::{n}")[0] for n in range(3)] == [404, 404, 429]


def test_only_post_is_understood(db: None) -> None:
    answer = Client(headers={"accept-language": "en"}).get("/api/v1/ask")
    assert (answer.status_code, answer["Allow"]) == (405, "POST")


@pytest.mark.parametrize(
    ("address", "network"),
    [("192.0.2.1", "192.0.2.1"), ("2001:db8::1", "2001:db8::/64"), ("::ffff:192.0.2.1", "192.0.2.1"), ("", "")],
)
def test_an_address_is_counted_by_what_one_customer_has(address: str, network: str) -> None:
    assert network_of(address) == network
