"""`/api/v1/review/`: who may, what is refused in words, and what a decision answers."""

import json
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.urls import reverse

from qa.models import Entry, KnowledgeBase, Phrasing, ReviewItem
from tests.qa.services.review_fakes import proposed_item

Response = Any  # django.test's own type is private


@pytest.fixture
def item(knowledge_base: KnowledgeBase) -> ReviewItem:
    """Give an item for which the entry `filter` is proposed."""
    return proposed_item(knowledge_base)


def make_user(role: str) -> User | None:
    """Return a user of a role; None is a visitor."""
    if role == "anonymous":
        return None
    user = User.objects.create(username=role, is_staff=role != "customer")
    names = {"reviewer": ["review"], "editor": ["change_entry"], "both": ["review", "change_entry"]}.get(role, [])
    user.user_permissions.set(Permission.objects.filter(codename__in=names, content_type__app_label="qa"))
    return user


def signed_in(role: str) -> Client:
    client, user = Client(), make_user(role)
    if user is not None:
        client.force_login(user)
    return client


def post(client: Client, name: str, body: object, *ids: int, **headers: str) -> Response:
    return client.post(reverse(name, args=ids), json.dumps(body), content_type="application/json", headers=headers)


def call(client: Client, name: str, item: ReviewItem) -> Response:
    """Call an address in the way that it wants to be called."""
    if name in {"review-queue", "review-entries"}:
        return client.get(reverse(name))
    body = {"review-decision": {"verdict": "confirm"}, "review-propose": {"knowledge_base": "small"}}.get(name, {})
    return post(client, name, body, *([] if name == "review-propose" else [item.pk]))


READING = ("review-queue", "review-entries", "review-decision", "review-propose")
STATUS = {
    "anonymous": (401, 401, 401),
    "customer": (403, 403, 403),
    "staff": (403, 403, 403),
    "editor": (403, 403, 409),
    "reviewer": (200, 409, 403),
    "both": (200, 409, 409),
}


@pytest.mark.parametrize("role", STATUS)
def test_every_address_asks_for_its_role(item: ReviewItem, role: str) -> None:
    client = signed_in(role)
    of_reviews, of_undo, of_phrasing = STATUS[role]
    assert call(client, "review-undo", item).status_code == of_undo
    assert call(client, "review-phrasing", item).status_code == of_phrasing
    found = [call(client, name, item).status_code for name in READING]
    assert found == [of_reviews, of_reviews, of_reviews, 202 if of_reviews == 200 else of_reviews]
    assert ReviewItem.objects.get().state == ("confirmed" if of_reviews == 200 else "proposed")


def test_refusals_are_in_words_and_in_the_visitors_language(item: ReviewItem) -> None:
    refused = signed_in("staff").get(reverse("review-queue"), headers={"accept-language": "en"})
    assert refused.json() == {
        "code": "forbidden",
        "message": "You lack the permission for this. An operator can give it to you.",
    }
    assert "请先登录" in Client().get(reverse("review-queue"), headers={"accept-language": "zh"}).json()["message"]


def test_a_post_needs_its_csrf_token(item: ReviewItem) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(User.objects.create_superuser("root"))
    assert post(client, "review-decision", {"verdict": "confirm"}, item.pk).status_code == 403
    client.get(reverse("learning"))
    token = client.cookies["csrftoken"].value
    answered = post(client, "review-decision", {"verdict": "confirm"}, item.pk, **{"X-CSRFToken": token})
    assert answered.status_code == 200


def test_the_queue_shows_what_a_reviewer_needs(item: ReviewItem) -> None:
    answer = signed_in("reviewer").get(reverse("review-queue"), headers={"accept-language": "en"}).json()
    assert answer["num_waiting"] == 1
    (shown,) = answer["items"]
    suggestions = shown.pop("suggestions")
    assert shown == {
        "id": item.pk,
        "text": "my unit is dirty",
        "language": "en",
        "num_asked": 1,
        "bot": "Asked back; its likeliest entry had 40 %.",
        "bot_entry": None,
        "reasons": ["The bot was unsure: 40 %, and 50 % are needed to answer."],
        "proposal": "entry",
        "proposed_entry": "filter",
        "state": "proposed",
        "label": "",
        "entry": None,
        "reviewer": "",
        "reviewed_at": "",
        "has_phrasing": False,
    }
    assert suggestions[0] == {
        "id": "filter",
        "question": "How do I clean the filter?",
        "html": "<p>Take it out, rinse it, let it dry in the shade.</p>\n",
        "probability": 0.4,
    }


def test_decide_look_and_undo(item: ReviewItem) -> None:
    client = signed_in("both")
    body = {"verdict": "correct", "label": "entry", "entry": "smell"}
    decided = post(client, "review-decision", body, item.pk).json()["item"]
    assert (decided["state"], decided["label"], decided["entry"]["id"], decided["reviewer"]) == (
        "corrected",
        "entry",
        "smell",
        "both",
    )
    reviewed = client.get(reverse("review-queue"), {"state": "reviewed"}).json()
    assert ([shown["id"] for shown in reviewed["items"]], reviewed["num_waiting"]) == ([item.pk], 0)
    added = post(client, "review-phrasing", {}, item.pk)
    assert (added.status_code, added.json()) == (201, {"entry": "smell", "text": "my unit is dirty"})
    assert post(client, "review-undo", {}, item.pk).json()["item"]["state"] == "proposed"
    assert not Phrasing.objects.filter(text="my unit is dirty").exists()


@pytest.mark.parametrize(
    "body",
    [
        {},
        [],
        "confirm",
        {"verdict": "maybe"},
        {"verdict": None},
        {"verdict": "confirm", "entry": "filter"},
        {"verdict": "discard", "label": "entry"},
        {"verdict": "confirm", "more": 1},
        {"verdict": "correct"},
        {"verdict": "correct", "label": "entry"},
        {"verdict": "correct", "label": "unknown"},
        {"verdict": "correct", "label": "out_of_scope", "entry": "filter"},
        {"verdict": "correct", "label": "entry", "entry": 5},
        {"verdict": "correct", "label": "entry", "entry": ""},
        {"verdict": "correct", "label": "entry", "entry": "x" * 129},
        {"verdict": "correct", "label": "entry", "entry": "a\0b"},
    ],
    ids=range(16),
)
def test_a_decision_that_says_something_else_is_refused(item: ReviewItem, body: object) -> None:
    refused = post(signed_in("reviewer"), "review-decision", body, item.pk)
    assert (refused.status_code, refused.json()["code"]) == (400, "bad_message")
    assert len(refused.json()["message"]) > 8
    assert ReviewItem.objects.get().state == "proposed"


@pytest.mark.parametrize(
    ("body", "content_type", "status"),
    [
        (b"{", "application/json", 400),
        (b'{"verdict": NaN}', "application/json", 400),
        (b"\xff", "application/json", 400),
        (b"verdict=confirm", "application/x-www-form-urlencoded", 400),
        (b'{"verdict": "' + b"x" * 20_000 + b'"}', "application/json", 413),
    ],
)
def test_what_is_no_small_json_is_refused(item: ReviewItem, body: bytes, content_type: str, status: int) -> None:
    url = reverse("review-decision", args=[item.pk])
    refused = signed_in("reviewer").post(url, body, content_type=content_type)
    assert refused.status_code == status


@pytest.mark.parametrize(
    "query",
    [
        {"limit": "0"},
        {"limit": "101"},
        {"limit": "-1"},
        {"limit": "１"},
        {"limit": "1e1"},
        {"state": "all"},
        {"page": "2"},
        {"knowledge_base": "x" * 201},
        {"knowledge_base": "a\0"},
        {"limit": ["1", "2"]},
    ],
)
def test_a_query_that_says_something_else_is_refused(item: ReviewItem, query: dict[str, str]) -> None:
    assert signed_in("reviewer").get(reverse("review-queue"), query).status_code == 400


def test_what_is_not_there_is_not_found(item: ReviewItem) -> None:
    client = signed_in("reviewer")
    assert client.get(reverse("review-queue"), {"knowledge_base": "nowhere"}).status_code == 404
    assert post(client, "review-decision", {"verdict": "confirm"}, item.pk + 1).status_code == 404
    body = {"verdict": "correct", "label": "entry", "entry": "nowhere"}
    assert post(client, "review-decision", body, item.pk).status_code == 404


def test_the_wrong_method_is_named(item: ReviewItem) -> None:
    client = signed_in("reviewer")
    refused = client.get(reverse("review-undo", args=[item.pk]))
    assert (refused.status_code, refused["Allow"]) == (405, "POST")
    assert post(client, "review-queue", {}).status_code == 405


def test_somebody_elses_review_is_a_conflict(item: ReviewItem) -> None:
    assert call(signed_in("both"), "review-decision", item).status_code == 200
    other = signed_in("reviewer")
    assert call(other, "review-decision", item).status_code == 409
    assert call(other, "review-undo", item).status_code == 409


def found(client: Client, words: str, language: str = "en") -> list[str]:
    entries = client.get(reverse("review-entries"), {"q": words, "language": language}).json()["entries"]
    return [entry["id"] for entry in entries]


def test_entries_are_found_by_question_then_by_phrasing(item: ReviewItem) -> None:
    client = signed_in("reviewer")
    assert found(client, "unit")[:3] == ["noise", "water-leak", "wifi"]
    assert found(client, "indoor UNIT") == ["water-leak"]
    assert found(client, "dusty") == ["filter"]
    assert found(client, "滤网") == ["filter"]
    assert found(client, "dusty invoice") == []
    assert len(found(client, "")) == 8
    Entry.objects.filter(external_id="filter").update(status=Entry.Status.ARCHIVED)
    assert found(client, "dusty") == []
