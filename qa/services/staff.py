"""Members of staff: made with a first role, or given another one."""

import secrets
from dataclasses import dataclass

from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from qa.exceptions import BadMessage, Conflict
from qa.models import KnowledgeBase, Membership, Role


@dataclass(frozen=True)
class Staff:
    """A member of staff with a role.

    Attributes:
        password: To be shown once; empty when the account was there before.
        is_new: Whether the role is.
    """

    membership: Membership
    password: str
    is_new: bool


def add_staff(*, name: str, role: Role, knowledge_base: KnowledgeBase | None) -> Staff:
    """Give somebody a role, and an account with a generated password when they have none.

    Args:
        name: To sign in with.
        role: What they work as.
        knowledge_base: With which; None for all, those to come too.

    Raises:
        BadMessage: The name can't be one.
        Conflict: It is the account of somebody who is no active staff.
    """
    with transaction.atomic():
        user, password = User.objects.filter(username=name).first(), ""
        if user is None:
            user, password = _new_account(name)
        elif not (user.is_staff and user.is_active):
            raise Conflict(
                _("“%(name)s” is an account without access for staff. Choose another name.") % {"name": name}
            )
        membership, is_new = Membership.objects.get_or_create(user=user, role=role, knowledge_base=knowledge_base)
        return Staff(membership, password, is_new)


def _new_account(name: str) -> tuple[User, str]:
    password = secrets.token_urlsafe(12)
    user = User(username=name, is_staff=True)
    user.set_password(password)
    try:
        user.full_clean()
    except ValidationError as error:
        raise BadMessage(" ".join(error.messages)) from error
    user.save()
    return user, password
