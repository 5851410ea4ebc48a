"""What was said, and signs of what was meant, to look at."""

from typing import ClassVar

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy

from qa.admin.roles import OF_BASES, ReadOnlyAdmin, RoleAdmin, RoleInline
from qa.models import (
    Conversation,
    Evidence,
    Role,
    Turn,
)


class TurnInline(ReadOnlyAdmin, RoleInline[Turn, Conversation], admin.TabularInline[Turn, Conversation]):
    """What was said."""

    model = Turn
    extra = 0
    fields = ("seq", "role", "kind", "text", "entry", "confidence", "decision", "release", "latency_ms", "at")
    # Without change permission Django still builds an inline's form, and `at` can't be in one.
    readonly_fields = fields
    ordering = ("seq",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Turn]:
        """Fetch the entries with their turns."""
        return super().get_queryset(request).select_related("entry")


@admin.register(Conversation)
class ConversationAdmin(ReadOnlyAdmin, RoleAdmin[Conversation]):
    """Conversations, to look at."""

    viewers = (Role.AGENT,)
    list_display = ("public_id", "knowledge_base", "state", "last_seq", "updated_at")
    list_filter = (OF_BASES, "state")
    fields = ("public_id", "knowledge_base", "state", "created_at", "updated_at")
    inlines = (TurnInline,)
    ordering: ClassVar = ["-updated_at"]


@admin.register(Evidence)
class EvidenceAdmin(ReadOnlyAdmin, RoleAdmin[Evidence]):
    """Signs of what customers meant, to look at."""

    base_path = "turn__conversation__knowledge_base"  # quotes customers in full: by Django's permission only
    list_display = ("turn_text", "source", "claim", "entry", "weight", "created_at")
    list_filter = ("source", "claim", ("turn__conversation__knowledge_base", admin.RelatedOnlyFieldListFilter))
    list_select_related = ("turn", "entry")
    fields = ("turn", "given_by", "agent", "source", "claim", "entry", "weight", "created_at")
    ordering: ClassVar = ["-pk"]

    @admin.display(description=gettext_lazy("utterance"))
    def turn_text(self, sign: Evidence) -> str:
        """Return what the customer wrote, cut."""
        return sign.turn.text[:80]
