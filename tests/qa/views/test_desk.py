"""The agents' page: whom it lets in, and what leads to it."""

import pytest
from django.test import Client

from qa.models import KnowledgeBase, Role
from tests.qa.desk_socket import make_agent

pytestmark = pytest.mark.django_db


def test_strangers_are_asked_to_sign_in(client: Client) -> None:
    answer = client.get("/desk/")
    assert (answer.status_code, answer["Location"]) == (302, "/admin/login/?next=/desk/")


def test_staff_without_the_role_are_refused_in_words(client: Client, knowledge_base: KnowledgeBase) -> None:
    client.force_login(make_agent("carl", knowledge_base, role=Role.EDITOR))
    answer = client.get("/desk/", headers={"Accept-Language": "en"})
    assert answer.status_code == 403
    assert "You can't work at the desk yet" in answer.content.decode()


def test_agents_get_the_page(client: Client, knowledge_base: KnowledgeBase) -> None:
    client.force_login(make_agent("ann", knowledge_base))
    for language, title in (("en", "Desk"), ("zh-CN", "客服工作台")):
        answer = client.get("/desk/", headers={"Accept-Language": language})
        assert answer.status_code == 200
        assert f"<h1>{title}</h1>" in answer.content.decode()
        assert 'data-socket="/ws/desk/"' in answer.content.decode()


def test_admin_pages_of_the_desk(admin_client: Client, knowledge_base: KnowledgeBase) -> None:
    for name in ("cannedreply", "tag", "note"):
        assert admin_client.get(f"/admin/qa/{name}/").status_code == 200
    assert admin_client.get("/admin/qa/note/add/").status_code == 403
