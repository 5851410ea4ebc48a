"""Who may do what with which knowledge base: the one place that is asked, by pages, API, sockets and admin.

A role comes from a `Membership`, with one knowledge base or with all. Superusers have every role. Three of Django's
permissions count as a role with all knowledge bases, as they did before there were memberships.
"""

from dataclasses import dataclass
from typing import TypeGuard, TypeVar

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser, User
from django.db.models import Model, QuerySet

from qa.models import KnowledgeBase, Membership, Role
from qa.permissions import EDIT, REVIEW, TRAIN

Person = AbstractBaseUser | AnonymousUser | None
"""Whoever asks: a request's user, a socket's, or nobody."""
Row = TypeVar("Row", bound=Model)

PERMISSIONS = {Role.REVIEWER: REVIEW, Role.EDITOR: EDIT, Role.OPERATOR: TRAIN}
"""Django permissions that are as good as a role with every knowledge base; agents have none."""


@dataclass(frozen=True)
class Reach:
    """Somebody's roles at one moment; read anew for every request and frame, so that what is taken back is gone.

    Attributes:
        everywhere: Roles with all knowledge bases.
        somewhere: Roles with one knowledge base, by its number.
    """

    everywhere: frozenset[Role] = frozenset()
    somewhere: frozenset[tuple[Role, int]] = frozenset()

    def covers(self, *roles: Role, base_id: int | None) -> bool:
        """Tell whether one of the roles is held with a knowledge base; None asks for all of them."""
        return any(
            role in self.everywhere or (base_id is not None and (role, base_id) in self.somewhere) for role in roles
        )

    def touches(self, *roles: Role) -> bool:
        """Tell whether one of the roles is held with anything at all."""
        return any(role in self.everywhere or any(role == held for held, _base in self.somewhere) for role in roles)

    def bases(self, *roles: Role) -> QuerySet[KnowledgeBase]:
        """Return the knowledge bases with which one of the roles is held, the oldest first."""
        bases = KnowledgeBase.objects.order_by("pk")
        if self.everywhere.intersection(roles):
            return bases
        return bases.filter(pk__in={base_id for role, base_id in self.somewhere if role in roles})


def reach_of(user: Person, *, by_permissions: bool = True) -> Reach:
    """Read somebody's roles. Customers' accounts, inactive ones and nobody have none.

    Args:
        user: Whose.
        by_permissions: Whether Django's permissions count; in the admin they say what they say themselves.
    """
    if not _is_staff(user):
        return Reach()
    if user.is_superuser:
        return Reach(everywhere=frozenset(Role))
    held = Membership.objects.filter(user=user).values_list("role", "knowledge_base")
    roles = [(Role(role), base_id) for role, base_id in held]
    granted = {role for role, name in PERMISSIONS.items() if user.has_perm(name)} if by_permissions else set()
    return Reach(
        everywhere=frozenset(role for role, base_id in roles if base_id is None) | granted,
        somewhere=frozenset((role, base_id) for role, base_id in roles if base_id is not None),
    )


def may(user: Person, role: Role, knowledge_base: KnowledgeBase | None) -> bool:
    """Tell whether somebody has a role with a knowledge base.

    Args:
        user: Who asks.
        role: Roles don't include each other: an operator who reviews needs both.
        knowledge_base: None asks for all of them, as the installation's own machinery (models, releases) needs.
    """
    return reach_of(user).covers(role, base_id=knowledge_base.pk if knowledge_base else None)


def has_role(user: Person, *roles: Role, everywhere: bool = False) -> bool:
    """Tell whether somebody has one of several roles: with any knowledge base, or with all of them."""
    reach = reach_of(user)
    return reach.covers(*roles, base_id=None) if everywhere else reach.touches(*roles)


def bases_for(user: Person, *roles: Role) -> QuerySet[KnowledgeBase]:
    """Return the knowledge bases with which somebody has a role, or one of several, the oldest first."""
    return reach_of(user).bases(*roles)


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


def sees_models(user: User | AnonymousUser) -> bool:
    """Tell whether somebody may look at trainings and releases.

    One model answers for all knowledge bases, and its reports quote the customers of all.
    """
    return has_role(user, Role.REVIEWER, Role.OPERATOR, everywhere=True)
