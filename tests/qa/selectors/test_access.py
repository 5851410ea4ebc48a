"""Who may do what: by membership, by Django's permission, by being a superuser; and who never."""

import pytest
from django.contrib.auth.models import AnonymousUser, Permission, User

from qa.models import KnowledgeBase, Membership, Product, Role
from qa.selectors.access import bases_for, has_role, may, reach_of, visible_to

pytestmark = pytest.mark.django_db


@pytest.fixture
def bases() -> tuple[KnowledgeBase, KnowledgeBase]:
    """Give two knowledge bases."""
    return KnowledgeBase.objects.create(slug="ours", name="O"), KnowledgeBase.objects.create(slug="theirs", name="T")


def make_staff(**fields: bool) -> User:
    return User.objects.create(username="somebody", **{"is_staff": True, **fields})


def rights(user: object, bases: tuple[KnowledgeBase, KnowledgeBase], role: Role) -> tuple[bool, bool, bool, list[str]]:
    """Return whether somebody may with ours, with theirs, with all, and the bases that they get."""
    found = [base.slug for base in bases_for(user, role)]  # type: ignore[arg-type]
    return may(user, role, bases[0]), may(user, role, bases[1]), may(user, role, None), found  # type: ignore[arg-type]


NOTHING = (False, False, False, [])
OURS = (True, False, False, ["ours"])
ALL = (True, True, True, ["ours", "theirs"])


@pytest.mark.parametrize("role", Role)
def test_a_membership_holds_for_its_knowledge_base_and_role(
    bases: tuple[KnowledgeBase, KnowledgeBase], role: Role
) -> None:
    user = make_staff()
    Membership.objects.create(user=user, knowledge_base=bases[0], role=role)
    assert {other: rights(user, bases, other) for other in Role} == {
        other: OURS if other == role else NOTHING for other in Role
    }


@pytest.mark.parametrize("role", Role)
def test_a_membership_without_a_knowledge_base_holds_for_all(
    bases: tuple[KnowledgeBase, KnowledgeBase], role: Role
) -> None:
    user = make_staff()
    Membership.objects.create(user=user, role=role)
    assert {other: rights(user, bases, other) for other in Role} == {
        other: ALL if other == role else NOTHING for other in Role
    }


@pytest.mark.parametrize(
    ("codename", "role"),
    [("review", Role.REVIEWER), ("change_entry", Role.EDITOR), ("train", Role.OPERATOR), ("view_note", None)],
)
def test_three_permissions_are_roles_with_all(
    bases: tuple[KnowledgeBase, KnowledgeBase], codename: str, role: Role | None
) -> None:
    user = make_staff()
    user.user_permissions.add(Permission.objects.get(codename=codename, content_type__app_label="qa"))
    assert {other: rights(user, bases, other) for other in Role} == {
        other: ALL if other == role else NOTHING for other in Role
    }
    assert not reach_of(user, by_permissions=False).touches(*Role)


def test_superusers_have_every_role(bases: tuple[KnowledgeBase, KnowledgeBase]) -> None:
    user = make_staff(is_superuser=True)
    assert [rights(user, bases, role) for role in Role] == [ALL] * 4


@pytest.mark.parametrize("fields", [{"is_active": False}, {"is_staff": False}], ids=["inactive", "customer"])
@pytest.mark.parametrize("is_superuser", [False, True])
def test_who_is_no_active_staff_may_nothing(
    bases: tuple[KnowledgeBase, KnowledgeBase], fields: dict[str, bool], is_superuser: bool
) -> None:
    user = make_staff(**fields, is_superuser=is_superuser)
    for role in Role:
        Membership.objects.create(user=user, role=role)
    assert [rights(user, bases, role) for role in Role] == [NOTHING] * 4
    assert not has_role(user, *Role)


@pytest.mark.parametrize("user", [None, AnonymousUser()], ids=["nobody", "anonymous"])
def test_nobody_may_nothing(bases: tuple[KnowledgeBase, KnowledgeBase], user: AnonymousUser | None) -> None:
    assert [rights(user, bases, role) for role in Role] == [NOTHING] * 4


def test_of_several_roles_any_will_do(bases: tuple[KnowledgeBase, KnowledgeBase]) -> None:
    user = make_staff()
    Membership.objects.create(user=user, knowledge_base=bases[0], role=Role.AGENT)
    Membership.objects.create(user=user, knowledge_base=bases[1], role=Role.EDITOR)
    assert [base.slug for base in bases_for(user, Role.AGENT, Role.EDITOR)] == ["ours", "theirs"]
    assert has_role(user, Role.REVIEWER, Role.EDITOR)
    assert not has_role(user, Role.REVIEWER, Role.OPERATOR)
    assert not has_role(user, Role.AGENT, Role.EDITOR, everywhere=True)


def test_a_role_with_all_counts_before_there_is_a_knowledge_base() -> None:
    user = make_staff()
    Membership.objects.create(user=user, role=Role.REVIEWER)
    assert has_role(user, Role.REVIEWER)
    assert not has_role(user, Role.EDITOR)


def test_rows_of_other_knowledge_bases_are_left_out(bases: tuple[KnowledgeBase, KnowledgeBase]) -> None:
    user = make_staff()
    Membership.objects.create(user=user, knowledge_base=bases[0], role=Role.EDITOR)
    ours, theirs = (Product.objects.create(knowledge_base=base, code="split") for base in bases)
    assert list(visible_to(user, Role.EDITOR, rows=Product.objects.all())) == [ours]
    assert list(visible_to(user, Role.AGENT, rows=Product.objects.all())) == []
    user.is_superuser = True
    assert list(visible_to(user, Role.AGENT, rows=Product.objects.order_by("pk"))) == [ours, theirs]
