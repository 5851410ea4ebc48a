"""Giving and taking roles under /admin/: operators within their own knowledge bases, nobody above themselves."""

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from qa.models import KnowledgeBase, Membership, Role

pytestmark = pytest.mark.django_db
ADD = "admin:qa_membership_add"


@pytest.fixture
def bases() -> tuple[KnowledgeBase, KnowledgeBase]:
    """Give two knowledge bases."""
    return KnowledgeBase.objects.create(slug="ours", name="O"), KnowledgeBase.objects.create(slug="theirs", name="T")


@pytest.fixture
def colleague() -> User:
    """Give a member of staff without a role."""
    return User.objects.create(username="colleague", is_staff=True)


def operator_of(base: KnowledgeBase | None) -> Client:
    user, client = User.objects.create(username="operator", is_staff=True), Client(headers={"accept-language": "en"})
    Membership.objects.create(user=user, role=Role.OPERATOR, knowledge_base=base)
    client.force_login(user)
    return client


def given(user: User) -> set[tuple[str, int | None]]:
    return set(user.memberships.values_list("role", "knowledge_base"))


def test_operators_give_roles_with_their_own_knowledge_base(
    bases: tuple[KnowledgeBase, KnowledgeBase], colleague: User
) -> None:
    ours, theirs = bases
    client = operator_of(ours)
    form = {"user": colleague.pk, "role": "agent"}
    assert client.post(reverse(ADD), form | {"knowledge_base": ours.pk}).status_code == 302
    assert given(colleague) == {("agent", ours.pk)}
    for other in (theirs.pk, ""):  # empty would be all of them
        assert client.post(reverse(ADD), form | {"knowledge_base": other}).status_code == 200
    assert given(colleague) == {("agent", ours.pk)}


def test_operators_of_one_neither_see_nor_change_roles_with_all(
    bases: tuple[KnowledgeBase, KnowledgeBase], colleague: User
) -> None:
    everywhere = Membership.objects.create(user=colleague, role=Role.EDITOR)
    client = operator_of(bases[0])
    assert "colleague" not in client.get(reverse("admin:qa_membership_changelist")).text
    url = reverse("admin:qa_membership_change", args=[everywhere.pk])
    assert client.post(url, {"user": colleague.pk, "role": "agent", "knowledge_base": bases[0].pk}).status_code == 404
    assert given(colleague) == {("editor", None)}


def test_operators_of_all_give_roles_with_all(bases: tuple[KnowledgeBase, KnowledgeBase], colleague: User) -> None:
    client = operator_of(None)
    assert client.post(reverse(ADD), {"user": colleague.pk, "role": "agent", "knowledge_base": ""}).status_code == 302
    [membership] = colleague.memberships.all()
    url = reverse("admin:qa_membership_delete", args=[membership.pk])
    assert client.post(url, {"post": "yes"}).status_code == 302
    assert given(colleague) == set()


def test_customers_accounts_are_not_offered(bases: tuple[KnowledgeBase, KnowledgeBase]) -> None:
    customer = User.objects.create(username="customer")
    client = operator_of(bases[0])
    page = client.post(reverse(ADD), {"user": customer.pk, "role": "agent", "knowledge_base": bases[0].pk})
    assert "Select a valid choice" in page.text
    assert given(customer) == set()


def test_a_role_is_given_once(admin_client: Client, colleague: User) -> None:
    form = {"user": colleague.pk, "role": "agent", "knowledge_base": ""}
    assert admin_client.post(reverse(ADD), form).status_code == 302
    assert admin_client.post(reverse(ADD), form).status_code == 200
    assert colleague.memberships.count() == 1


def test_roles_stand_on_the_page_of_a_member_of_staff(admin_client: Client, colleague: User) -> None:
    page = admin_client.get(reverse("admin:auth_user_change", args=[colleague.pk])).text
    assert 'name="memberships-0-role"' in page
    assert "memberships-0-role" not in admin_client.get(reverse("admin:auth_user_add")).text


LINKS = {
    (Role.AGENT, "ours"): ["desk"],
    (Role.REVIEWER, "ours"): ["learning"],
    (Role.REVIEWER, None): ["learning", "learning-models"],
    (Role.OPERATOR, "ours"): [],
    (Role.OPERATOR, None): ["learning-models"],
    (Role.EDITOR, None): [],
}


@pytest.mark.parametrize(("role", "slug"), LINKS)
def test_the_header_leads_to_the_pages_that_let_one_in(
    bases: tuple[KnowledgeBase, KnowledgeBase], colleague: User, role: Role, slug: str | None
) -> None:
    Membership.objects.create(user=colleague, role=role, knowledge_base=bases[0] if slug else None)
    client = Client(headers={"accept-language": "en"})
    client.force_login(colleague)
    header = client.get(reverse("admin:index")).text.partition("</header>")[0]
    pages = ("desk", "learning", "learning-models")
    assert [name for name in pages if f'href="{reverse(name)}"' in header] == LINKS[role, slug]
    assert [name for name in pages if client.get(reverse(name)).status_code == 200] == LINKS[role, slug]


def test_the_page_for_signing_in_leads_nowhere_else(client: Client) -> None:
    assert reverse("desk") not in client.get(reverse("admin:login")).text
