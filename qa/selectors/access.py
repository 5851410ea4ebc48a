"""Who may do what with which knowledge base: the one place that is asked, by pages, API, sockets and admin.

A role comes from a `Membership`, with one knowledge base or with all. Superusers have every role. Three of Django's
permissions count as a role with all knowledge bases, as they did before there were memberships.
"""

from typing import TypeGuard, TypeVar

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser, User
from django.db.models import Model, Q, QuerySet

from qa.models import KnowledgeBase, Membership, Role
from qa.permissions import EDIT, REVIEW, TRAIN

Person = AbstractBaseUser | AnonymousUser | None
"""Whoever asks: a request's user, a socket's, or nobody."""
Row = TypeVar("Row", bound=Model)

PERMISSIONS = {Role.REVIEWER: REVIEW, Role.EDITOR: EDIT, Role.OPERATOR: TRAIN}
"""Django permissions that are as good as a role with every knowledge base; agents have none."""


def may(user: Person, role: Role, knowledge_base: KnowledgeBase | None) -> bool:
    """Tell whether somebody has a role with a knowledge base.

    Args:
        user: Customers' accounts, inactive ones and nobody may nothing.
        role: Roles don't include each other: an operator who reviews needs both.
        knowledge_base: None asks for all of them, as the installation's own machinery (models, releases) needs.
    """
    if not _is_staff(user):
        return False
    if _has_everywhere(user, role):
        return True
    wanted = (
        Q(knowledge_base=None) if knowledge_base is None else Q(knowledge_base=None) | Q(knowledge_base=knowledge_base)
    )
    return Membership.objects.filter(wanted, user=user, role=role).exists()


def has_role(user: Person, *roles: Role, everywhere: bool = False) -> bool:
    """Tell whether somebody has one of several roles: with any knowledge base, or with all of them."""
    if everywhere:
        return any(may(user, role, None) for role in roles)
    # A grant for all counts before there is a knowledge base, too.
    return any(may(user, role, None) for role in roles) or bases_for(user, *roles).exists()


def bases_for(user: Person, *roles: Role) -> QuerySet[KnowledgeBase]:
    """Return the knowledge bases with which somebody has a role, or one of several, the oldest first."""
    bases = KnowledgeBase.objects.order_by("pk")
    if not _is_staff(user):
        return bases.none()
    if any(_has_everywhere(user, role) for role in roles):
        return bases
    return bases.filter(_held_in(user, roles))


def member_bases(user: Person, *roles: Role) -> QuerySet[KnowledgeBase]:
    """Return the same by memberships alone, for the admin: there Django's permissions say what they say themselves."""
    bases = KnowledgeBase.objects.order_by("pk")
    return bases.filter(_held_in(user, roles)) if _is_staff(user) else bases.none()


def is_member_everywhere(user: Person, *roles: Role) -> bool:
    """Tell whether somebody has one of the roles with all knowledge bases, by memberships alone or as a superuser."""
    if not _is_staff(user):
        return False
    return user.is_superuser or Membership.objects.filter(user=user, role__in=roles, knowledge_base=None).exists()


def visible_to(user: Person, *roles: Role, rows: QuerySet[Row], path: str = "knowledge_base") -> QuerySet[Row]:
    """Keep the rows of knowledge bases with which somebody has one of the roles.

    A row that this leaves out does not exist for them: answer 404, never 403.

    Args:
        user: Who asks.
        roles: Any of them will do.
        rows: Of any model.
        path: Where the rows name their knowledge base, as in `conversation__knowledge_base`.
    """
    return rows.filter(**{f"{path}__in": bases_for(user, *roles)})


def _is_staff(user: Person) -> TypeGuard[User]:
    return isinstance(user, User) and user.is_active and user.is_staff


def _has_everywhere(user: User, role: Role) -> bool:
    permission = PERMISSIONS.get(role)
    return user.is_superuser or (permission is not None and user.has_perm(permission))


def _held_in(user: User, roles: tuple[Role, ...]) -> Q:
    """Return the condition on knowledge bases that a membership covers them."""
    if is_member_everywhere(user, *roles):
        return Q()
    return Q(pk__in=Membership.objects.filter(user=user, role__in=roles).values("knowledge_base"))
