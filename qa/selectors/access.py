"""Who may do what with which knowledge base; a stand-in until the branch `access` is merged, whose file wins."""

from typing import Any

from django.db.models import Q, QuerySet

from qa.models import KnowledgeBase, Membership, Role


def may(user: Any, role: Role, knowledge_base: KnowledgeBase | None) -> bool:
    """Tell whether somebody has a role with a knowledge base."""
    if not (user and user.is_active and user.is_staff):
        return False
    covered = Q(knowledge_base=None) | Q(knowledge_base=knowledge_base)
    return bool(user.is_superuser) or Membership.objects.filter(covered, user=user, role=role).exists()


def bases_for(user: Any, *roles: Role) -> QuerySet[KnowledgeBase]:
    """Return the knowledge bases with which somebody has one of the roles."""
    allowed = [b.pk for b in KnowledgeBase.objects.all() if any(may(user, role, b) for role in roles)]
    return KnowledgeBase.objects.filter(pk__in=allowed).order_by("pk")
