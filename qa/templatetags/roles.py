"""Links to pages only for those whom the pages let in."""

from django import template
from django.contrib.auth.models import AnonymousUser, User

from qa.models import Role
from qa.selectors import access

register = template.Library()


@register.filter
def has_role(user: User | AnonymousUser, role: str) -> bool:
    """Tell whether somebody has a role with any knowledge base."""
    return access.bases_for(user, Role(role)).exists()


@register.filter
def sees_models(user: User | AnonymousUser) -> bool:
    """Tell whether somebody may look at trainings and releases."""
    return access.sees_models(user)
