"""Links to pages only for those whom the pages let in."""

from django import template
from django.contrib.auth.models import AnonymousUser, User

from qa.models import Role
from qa.selectors.access import bases_for

register = template.Library()


@register.filter
def has_role(user: User | AnonymousUser, role: str) -> bool:
    """Tell whether somebody has a role with any knowledge base."""
    return bases_for(user, Role(role)).exists()
