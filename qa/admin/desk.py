"""The operators' pages of what the desk uses: canned replies, labels, notes."""

from typing import ClassVar

from django.contrib import admin

from qa.admin.roles import OF_BASES, ReadOnlyAdmin, RoleAdmin
from qa.models import CannedReply, Note, Role, Tag


@admin.register(CannedReply)
class CannedReplyAdmin(RoleAdmin[CannedReply]):
    """Canned replies; open desks have a change when they open the next conversation."""

    viewers = (Role.AGENT,)
    changers = (Role.OPERATOR,)
    list_display = ("shortcut", "knowledge_base", "text_zh", "text_en")
    list_filter = (OF_BASES,)
    search_fields = ("shortcut", "text_zh", "text_en")


@admin.register(Tag)
class TagAdmin(RoleAdmin[Tag]):
    """Labels of conversations."""

    viewers = (Role.AGENT,)
    changers = (Role.OPERATOR,)
    list_display = ("name", "knowledge_base")
    list_filter = (OF_BASES,)
    search_fields = ("name",)


@admin.register(Note)
class NoteAdmin(ReadOnlyAdmin, RoleAdmin[Note]):
    """Notes of agents, to be read; they are written at the desk."""

    base_path = "conversation__knowledge_base"
    viewers = (Role.AGENT,)
    list_display = ("conversation", "author", "at")
    search_fields = ("text",)
    readonly_fields: ClassVar = ["conversation", "author", "text", "at"]
