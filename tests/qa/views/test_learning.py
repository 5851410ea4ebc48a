"""The reviewers' page: who sees it, and what it holds."""

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.urls import reverse

from qa.models import KnowledgeBase


@pytest.fixture
def reviewer(db: None) -> User:
    """Give staff with the permission to review."""
    user = User.objects.create(username="reviewer", is_staff=True)
    user.user_permissions.add(Permission.objects.get(codename="review"))
    return user


def test_visitors_are_sent_to_sign_in(db: None) -> None:
    answer = Client().get("/learning/")
    assert (answer.status_code, answer["Location"]) == (302, "/admin/login/?next=/learning/")


def test_customers_accounts_are_sent_to_sign_in(client: Client, db: None) -> None:
    client.force_login(User.objects.create(username="customer"))
    assert client.get("/learning/").status_code == 302


def test_staff_without_the_permission_are_told_so(client: Client, db: None) -> None:
    client.force_login(User.objects.create(username="staff", is_staff=True))
    answer = client.get("/learning/", headers={"accept-language": "en"})
    assert answer.status_code == 403
    assert "An operator can give it to you" in answer.text


@pytest.mark.parametrize(("language", "title"), [("zh-hans", "审核"), ("en", "Review")])
def test_reviewers_see_the_queue(
    client: Client, reviewer: User, knowledge_base: KnowledgeBase, language: str, title: str
) -> None:
    client.force_login(reviewer)
    answer = client.get(reverse("learning"), headers={"accept-language": language})
    assert answer.status_code == 200
    assert f"<title>{title}</title>" in answer.text
    assert 'data-base="small"' in answer.text
    assert "data-may-edit" not in answer.text
    assert "default-src 'self'" in answer["Content-Security-Policy"]


def test_editors_may_add_phrasings(client: Client, reviewer: User, knowledge_base: KnowledgeBase) -> None:
    reviewer.user_permissions.add(Permission.objects.get(codename="change_entry"))
    client.force_login(reviewer)
    assert "data-may-edit" in client.get("/learning/").text


def test_a_knowledge_base_can_be_chosen(client: Client, reviewer: User, knowledge_base: KnowledgeBase) -> None:
    KnowledgeBase.objects.create(slug="second", name="Second")
    client.force_login(reviewer)
    assert 'data-base="second"' in client.get("/learning/?knowledge_base=second").text
    assert client.get("/learning/?knowledge_base=third").status_code == 404


def test_without_a_knowledge_base_the_page_says_so(client: Client, reviewer: User) -> None:
    client.force_login(reviewer)
    answer = client.get("/learning/", headers={"accept-language": "en"})
    assert (answer.status_code, "Import one first" in answer.text) == (200, True)
