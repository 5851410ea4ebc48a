"""The operators' pages of what the desk uses: canned replies, labels, notes."""

from typing import ClassVar

from django.contrib import admin
from django.http import HttpRequest

from qa.models import CannedReply, Note, Tag


@admin.register(CannedReply)
class CannedReplyAdmin(admin.ModelAdmin[CannedReply]):
    """Canned replies; open desks have a change when they open the next conversation."""

    list_display = ("shortcut", "knowledge_base", "text_zh", "text_en")
    list_filter = ("knowledge_base",)
    search_fields = ("shortcut", "text_zh", "text_en")


@admin.register(Tag)
class TagAdmin(admin.ModelAdmin[Tag]):
    """Labels of conversations."""

    list_display = ("name", "knowledge_base")
    list_filter = ("knowledge_base",)
    search_fields = ("name",)


@admin.register(Note)
class NoteAdmin(admin.ModelAdmin[Note]):
    """Notes of agents, to be read and deleted; they are written at the desk."""

    list_display = ("conversation", "author", "at")
    search_fields = ("text",)
    readonly_fields: ClassVar = ["conversation", "author", "text", "at"]

    def has_add_permission(self, _request: HttpRequest) -> bool:
        """Nobody writes a note here: the desk says whose it is."""
        return False
